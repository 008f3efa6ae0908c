//! Codes redeemed in wrong ways: draft-ietf-oauth-v2-1 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2.

use super::trials;

trials! { TokenTrial:
    /// The control: everything right.
    RIGHT = "code-right", "redeemed a code as it must be done";
    /// Another verifier.
    WRONG_VERIFIER = "wrong-verifier", "redeemed a code with a `code_verifier` that is not the one of the challenge";
    /// Another client.
    OTHER_CLIENT = "other-client", "redeemed a code as another client than the one it was issued to";
}
