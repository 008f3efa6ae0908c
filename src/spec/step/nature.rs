//! What kind of request a step is.

use super::Step;

impl Step {
    /// Whether a request that the server had no time for may be made again: it uses nothing up and calls no tool.
    #[must_use]
    pub const fn is_repeatable(self) -> bool {
        !matches!(
            self,
            Self::McpCall
                | Self::AuthorizationPush
                | Self::DeviceBegin
                | Self::TokenDevice
                | Self::TokenCode
                | Self::TokenRefresh
                | Self::TokenExchange
                | Self::TokenAssertion
                | Self::SessionCall
                | Self::SessionReply
                | Self::SessionResume
                | Self::SessionStream
                | Self::DocumentGrant
                | Self::TokenTrial
                | Self::SlowTrial
                | Self::RefreshTrial
                | Self::ToolTrial
                | Self::ImpliedTrial
                | Self::ScopeTrial
        )
    }

    /// Whether a request may be sent again though nobody knows whether the first one was read: it changes nothing, or the same
    /// once more (RFC 9110 §9.2.2).
    #[must_use]
    pub fn is_idempotent(self, method: &str) -> bool {
        let asks_only = matches!(self, Self::McpDiscover | Self::McpList);
        self.is_repeatable() && (asks_only || matches!(method, "GET" | "HEAD" | "OPTIONS" | "DELETE"))
    }

    /// Whether it is a plain GET of a public document.
    #[must_use]
    pub const fn fetches_document(self) -> bool {
        matches!(
            self,
            Self::ChallengeMetadata
                | Self::PathMetadata
                | Self::RootMetadata
                | Self::AppendedMetadata
                | Self::OauthMetadata
                | Self::OidcInserted
                | Self::OidcAppended
                | Self::OauthAppended
                | Self::OauthRoot
                | Self::LegacyMetadata
                | Self::Jwks
                | Self::ResourceJwks
        )
    }

    /// Whether it is no request of ours: something that was seen.
    #[must_use]
    pub const fn is_witnessed(self) -> bool {
        matches!(self, Self::AuthorizeReturn | Self::CodeReturn | Self::CanaryFetched | Self::DocumentFetched)
    }
}
