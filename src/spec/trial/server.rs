//! Bad requests at the endpoints of the authorization server that create nothing: RFC 6749 §5.2, RFC 7591 §3.2.2,
//! RFC 7009 §2.2, RFC 7662 §2.1.

use super::trials;

trials! { ServerTrial:
    /// A code that was never issued, by a client that nobody knows.
    BOGUS_CODE = "bogus-code", "sent a code that was never issued";
}
