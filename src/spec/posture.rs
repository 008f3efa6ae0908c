//! The correct shapes a deployment may have. A clean posture must trip no check.

use super::revision::Revision;

/// A correct way to lay out a protected deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Posture {
    /// MCP server and authorization server on two origins, issuer with a path, both metadata documents,
    /// metadata of the resource at the path and in the challenge, CIMD and open registration.
    Reference,
    /// The issuer has no path.
    RootIssuer,
    /// Authorization server and MCP server share one origin.
    SameOrigin,
    /// The MCP endpoint is the origin itself; its metadata is the root document.
    McpAtRoot,
    /// Only OpenID Connect discovery, in the appended form issuers with a path use.
    OidcOnly,
    /// Only RFC 8414 metadata.
    OauthOnly,
    /// Opaque access tokens, checked by introspection; no key set.
    OpaqueTokens,
    /// Client ID metadata documents, no dynamic registration.
    CimdOnly,
    /// Dynamic registration, no client ID metadata documents.
    DcrOnly,
    /// Only the stateful wire, to 2025-11-25.
    LegacyWire,
    /// Only the stateless wire of 2026-07-28.
    ModernWire,
    /// Named hosts, HTTPS, certificates of a private authority.
    Https,
    /// The 2025-03-26 layout: no resource metadata, the MCP origin is the authorization server.
    Revision2025_03_26,
    /// The same without any metadata: clients use the default endpoints.
    NoMetadata,
    /// Answers everything without a token.
    Public,
    /// Opens discovery and listing, protects `tools/call`.
    Lazy,
    /// Named hosts, the MCP server without TLS. Not correct; the ground for faults about missing HTTPS.
    PlainHttp,
}

impl Posture {
    /// Every posture.
    pub const ALL: [Self; 17] = [
        Self::Reference,
        Self::RootIssuer,
        Self::SameOrigin,
        Self::McpAtRoot,
        Self::OidcOnly,
        Self::OauthOnly,
        Self::OpaqueTokens,
        Self::CimdOnly,
        Self::DcrOnly,
        Self::LegacyWire,
        Self::ModernWire,
        Self::Https,
        Self::Revision2025_03_26,
        Self::NoMetadata,
        Self::Public,
        Self::Lazy,
        Self::PlainHttp,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::RootIssuer => "root-issuer",
            Self::SameOrigin => "same-origin",
            Self::McpAtRoot => "mcp-at-root",
            Self::OidcOnly => "oidc-only",
            Self::OauthOnly => "oauth-only",
            Self::OpaqueTokens => "opaque-tokens",
            Self::CimdOnly => "cimd-only",
            Self::DcrOnly => "dcr-only",
            Self::LegacyWire => "legacy-wire",
            Self::ModernWire => "modern-wire",
            Self::Https => "https",
            Self::Revision2025_03_26 => "2025-03-26",
            Self::NoMetadata => "no-metadata",
            Self::Public => "public",
            Self::Lazy => "lazy",
            Self::PlainHttp => "plain-http",
        }
    }

    /// One clause that says what it is.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Reference => "two origins, issuer with a path, every metadata document",
            Self::RootIssuer => "the issuer has no path",
            Self::SameOrigin => "authorization server and MCP server share one origin",
            Self::McpAtRoot => "the MCP endpoint is the origin itself",
            Self::OidcOnly => "only OpenID Connect discovery",
            Self::OauthOnly => "only RFC 8414 metadata",
            Self::OpaqueTokens => "opaque access tokens, checked by introspection",
            Self::CimdOnly => "client ID metadata documents, no dynamic registration",
            Self::DcrOnly => "dynamic registration, no client ID metadata documents",
            Self::LegacyWire => "only the stateful wire, to 2025-11-25",
            Self::ModernWire => "only the stateless wire of 2026-07-28",
            Self::Https => "named hosts, HTTPS, a private certificate authority",
            Self::Revision2025_03_26 => "the 2025-03-26 layout, without resource metadata",
            Self::NoMetadata => "the 2025-03-26 layout, without any metadata",
            Self::Public => "answers everything without a token",
            Self::Lazy => "opens discovery and listing, protects tools/call",
            Self::PlainHttp => "named hosts, the MCP server without TLS (not correct)",
        }
    }

    /// Whether it has the layout of 2025-03-26: the MCP origin is the authorization server, nothing names it.
    #[must_use]
    pub const fn has_first_layout(self) -> bool {
        matches!(self, Self::Revision2025_03_26 | Self::NoMetadata)
    }

    /// The revisions at which this posture is correct, first and last; `None` if it never is.
    #[must_use]
    pub const fn correct(self) -> Option<(Revision, Revision)> {
        use Revision::{R2025_03_26, R2025_06_18, R2025_11_25, R2026_07_28};
        match self {
            Self::PlainHttp => None,
            Self::Revision2025_03_26 | Self::NoMetadata => Some((R2025_03_26, R2025_03_26)),
            Self::SameOrigin => Some((R2025_03_26, R2026_07_28)),
            Self::DcrOnly => Some((R2025_03_26, R2025_11_25)),
            Self::LegacyWire => Some((R2025_03_26, R2025_11_25)),
            Self::CimdOnly | Self::OidcOnly => Some((R2025_11_25, R2026_07_28)),
            Self::OauthOnly | Self::ModernWire => Some((R2025_06_18, R2026_07_28)),
            _ => Some((R2025_03_26, R2026_07_28)),
        }
    }
}
