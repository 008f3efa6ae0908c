//! What the token endpoint, refresh, revocation, introspection and the extensions are held against.

use super::cites;

cites! { OF_GRANTS:
    /// Redeeming a code.
    OAUTH21_4_1_3 = "OAuth 2.1 (draft 13)", "4.1.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.1.3";
    /// Errors of the token endpoint.
    OAUTH21_3_2_4 = "OAuth 2.1 (draft 13)", "3.2.4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.2.4";
    /// Refresh token protection.
    OAUTH21_4_3_1 = "OAuth 2.1 (draft 13)", "4.3.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.1";
    /// Verifying the code verifier.
    RFC7636_4_6 = "RFC 7636", "4.6",
        "https://www.rfc-editor.org/rfc/rfc7636#section-4.6";
    /// Short-lived tokens, rotation.
    MCP_TOKEN_THEFT = "MCP 2026-07-28 authorization security considerations", "Token Theft",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft";
}
