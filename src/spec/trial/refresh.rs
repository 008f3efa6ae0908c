//! Refresh tokens, revocation and introspection: draft-ietf-oauth-v2-1 §4.3, RFC 7009, RFC 7662.

use super::trials;

trials! { RefreshTrial:
    /// The control: a refresh as it must be.
    RIGHT = "refresh-right", "used a refresh token as it must be done";
}
