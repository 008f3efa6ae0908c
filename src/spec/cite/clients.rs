//! What registration, client documents and the authorization endpoint are held against.

use super::cites;

cites! { OF_CLIENTS:
    /// The answer to a registration.
    RFC7591_3_2_1 = "RFC 7591", "3.2.1",
        "https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1";
    /// What a registration can be abused for.
    RFC7591_5 = "RFC 7591", "5",
        "https://www.rfc-editor.org/rfc/rfc7591#section-5";
    /// The refusal of a registration.
    RFC7591_3_2_2 = "RFC 7591", "3.2.2",
        "https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2";
    /// Errors of the authorization endpoint.
    OAUTH21_4_1_2_1 = "OAuth 2.1 (draft 13)", "4.1.2.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.1.2.1";
    /// Exact redirect URIs.
    MCP_OPEN_REDIRECTION = "MCP 2026-07-28 authorization security considerations", "Open Redirection",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#open-redirection";
    /// HTTPS, or localhost for redirects.
    MCP_COMMUNICATION = "MCP 2026-07-28 authorization security considerations", "Communication Security",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#communication-security";
    /// PKCE.
    MCP_CODE_PROTECTION = "MCP 2026-07-28 authorization security considerations", "Authorization Code Protection",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#authorization-code-protection";
}
