//! Refresh tokens used rightly and wrongly, revocation, introspection: draft-ietf-oauth-v2-1 §4.3, RFC 7009, RFC 7662.

use super::trials;

trials! { RefreshTrial:
    /// The control: everything right.
    RIGHT = "refresh-right", "used a refresh token as it must be done";
    /// The same without `resource`.
    NO_RESOURCE = "refresh-no-resource", "used a refresh token without `resource`";
    /// The token that the refresh brought.
    NEXT = "refresh-next", "used the refresh token that the refresh brought";
    /// The token that was replaced, when the one after it was used already.
    OLD = "refresh-old", "used a refresh token that had been replaced twice";
    /// The same a minute later.
    OLD_LATER = "refresh-old-later", "used a refresh token that had been replaced more than a minute ago";
    /// The newest token after that.
    FAMILY = "refresh-family", "used the newest refresh token after an old one had been shown";
    /// More scope than there was.
    MORE_SCOPE = "refresh-more-scope", "asked for more scope in a refresh than was granted";
    /// Another client.
    OTHER_CLIENT = "refresh-other-client", "used a refresh token as another client than its own";
}

/// Revocations, and what is still good after them.
pub mod revocation {
    use crate::spec::trial::trials;

    trials! { RevokeTrial:
        /// The control: the access token before.
        BEFORE = "access-before", "used an access token before it was revoked";
        /// Revokes the access token.
        ACCESS = "revoke-access", "revoked an access token";
        /// The access token after.
        ACCESS_AFTER = "access-after", "used an access token after it was revoked";
        /// Revokes a refresh token.
        REFRESH = "revoke-refresh", "revoked a refresh token";
        /// The refresh token after.
        REFRESH_AFTER = "refresh-after", "used a refresh token after it was revoked";
    }
}

/// Introspections.
pub mod introspection {
    use crate::spec::trial::trials;

    trials! { IntrospectTrial:
        /// The control: a live token, with credentials.
        LIVE = "introspect-live", "asked with credentials what a good token is worth";
        /// A token that was never issued, with credentials.
        UNKNOWN = "introspect-unknown", "asked with credentials what a token is worth that was never issued";
        /// A live token, without credentials.
        STRANGER = "introspect-live-stranger", "asked without credentials what a good token is worth";
    }
}
