//! Tokens made with the signing key that the operator lent: RFC 9068 §4, RFC 7519 §4.1, RFC 7515 §4.1.11.

use super::trials;

trials! { LabTrial:
    /// The control: everything right.
    RIGHT = "minted", "sent a token with everything right, signed with the key given";
    /// Expired an hour ago.
    EXPIRED = "expired", "sent a token that expired an hour ago";
    /// For another resource.
    OTHER_AUDIENCE = "other-audience", "sent a token whose `aud` is another resource";
}
