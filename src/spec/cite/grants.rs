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
    /// Client secrets.
    OAUTH21_2_4_1 = "OAuth 2.1 (draft 13)", "2.4.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-2.4.1";
    /// Client authentication.
    OAUTH21_3_2_1 = "OAuth 2.1 (draft 13)", "3.2.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.2.1";
    /// Refresh tokens.
    OAUTH21_4_3 = "OAuth 2.1 (draft 13)", "4.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3";
    /// The answer to a refresh.
    OAUTH21_4_3_3 = "OAuth 2.1 (draft 13)", "4.3.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.3";
    /// Access tokens for one audience.
    OAUTH21_7_1_4 = "OAuth 2.1 (draft 13)", "7.1.4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.1.4";
    /// Codes that are shown again.
    OAUTH21_7_5_3 = "OAuth 2.1 (draft 13)", "7.5.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.5.3";
    /// `redirect_uri` in the token request.
    OAUTH21_10_2 = "OAuth 2.1 (draft 13)", "10.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-10.2";
    /// Redeeming a code, with `redirect_uri`.
    RFC6749_4_1_3 = "RFC 6749", "4.1.3",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    /// `resource` in the token request.
    RFC8707_2_2 = "RFC 8707", "2.2",
        "https://www.rfc-editor.org/rfc/rfc8707#section-2.2";
    /// Different kinds of JWT.
    RFC8725_3_12 = "RFC 8725", "3.12",
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.12";
    /// Access tokens for one audience.
    RFC9700_2_3 = "RFC 9700", "2.3",
        "https://www.rfc-editor.org/rfc/rfc9700#section-2.3";
    /// The revocation request.
    RFC7009_2_1 = "RFC 7009", "2.1",
        "https://www.rfc-editor.org/rfc/rfc7009#section-2.1";
    /// The answer to a revocation.
    RFC7009_2_2 = "RFC 7009", "2.2",
        "https://www.rfc-editor.org/rfc/rfc7009#section-2.2";
    /// Tokens that nobody asks about.
    RFC7009_3 = "RFC 7009", "3",
        "https://www.rfc-editor.org/rfc/rfc7009#section-3";
    /// The introspection request.
    RFC7662_2_1 = "RFC 7662", "2.1",
        "https://www.rfc-editor.org/rfc/rfc7662#section-2.1";
    /// The answer to an introspection.
    RFC7662_2_2 = "RFC 7662", "2.2",
        "https://www.rfc-editor.org/rfc/rfc7662#section-2.2";
    /// `resource` in every request.
    MCP_RESOURCE_PARAMETER = "MCP 2026-07-28 authorization", "Resource Parameter Implementation",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#resource-parameter-implementation";
    /// No refresh token for client credentials.
    RFC6749_4_4_3 = "RFC 6749", "4.4.3",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.4.3";
    /// Client authentication by assertion.
    RFC7523_2_2 = "RFC 7523", "2.2",
        "https://www.rfc-editor.org/rfc/rfc7523#section-2.2";
    /// What makes an assertion good.
    RFC7523_3 = "RFC 7523", "3",
        "https://www.rfc-editor.org/rfc/rfc7523#section-3";
    /// Checking a proof.
    RFC9449_4_3 = "RFC 9449", "4.3",
        "https://www.rfc-editor.org/rfc/rfc9449#section-4.3";
    /// Tokens bound to a key.
    RFC9449_5 = "RFC 9449", "5",
        "https://www.rfc-editor.org/rfc/rfc9449#section-5";
    /// `cnf`.
    RFC9449_6 = "RFC 9449", "6",
        "https://www.rfc-editor.org/rfc/rfc9449#section-6";
    /// The scheme DPoP.
    RFC9449_7_1 = "RFC 9449", "7.1",
        "https://www.rfc-editor.org/rfc/rfc9449#section-7.1";
    /// How clients authenticate.
    EXT_CLIENT_AUTHENTICATION = "MCP extension OAuth client credentials", "Client Authentication Methods",
        "https://github.com/modelcontextprotocol/ext-auth/blob/1ba4d865952f770ebff57fc88656bea9a0a1aefc/specification/draft/oauth-client-credentials.mdx";
    /// What MCP servers check of a proof.
    EXT_DPOP_VALIDATION = "MCP extension DPoP (draft 21eaa6e)", "MCP Server Validation",
        "https://github.com/modelcontextprotocol/ext-auth/blob/21eaa6e418b244de66f1bd13c05f6d2b167f1c22/specification/draft/dpop-extension.mdx";
    /// Negotiation of extensions.
    EXT_NEGOTIATION = "MCP extensions overview", "Negotiation",
        "https://modelcontextprotocol.io/extensions/overview#negotiation";
    /// Redeeming an identity assertion.
    IDJAG_4_4 = "Identity Assertion JWT Authorization Grant (draft 04)", "4.4",
        "https://www.ietf.org/archive/id/draft-ietf-oauth-identity-assertion-authz-grant-04.html#section-4.4";
    /// Checking an identity assertion.
    IDJAG_4_4_1 = "Identity Assertion JWT Authorization Grant (draft 04)", "4.4.1",
        "https://www.ietf.org/archive/id/draft-ietf-oauth-identity-assertion-authz-grant-04.html#section-4.4.1";
    /// Refresh tokens, and assertions used again.
    IDJAG_4_4_3 = "Identity Assertion JWT Authorization Grant (draft 04)", "4.4.3",
        "https://www.ietf.org/archive/id/draft-ietf-oauth-identity-assertion-authz-grant-04.html#section-4.4.3";
    /// Redeeming at the MCP authorization server.
    EXT_ENTERPRISE_5 = "MCP extension enterprise-managed authorization", "5",
        "https://github.com/modelcontextprotocol/ext-auth/blob/3daee734053c8654b7ce9ca757d29e3286a2906a/specification/stable/enterprise-managed-authorization.mdx";
    /// The audience of the token.
    EXT_ENTERPRISE_5_1 = "MCP extension enterprise-managed authorization", "5.1",
        "https://github.com/modelcontextprotocol/ext-auth/blob/3daee734053c8654b7ce9ca757d29e3286a2906a/specification/stable/enterprise-managed-authorization.mdx";
    /// Scope.
    EXT_ENTERPRISE_7_2 = "MCP extension enterprise-managed authorization", "7.2.1",
        "https://github.com/modelcontextprotocol/ext-auth/blob/3daee734053c8654b7ce9ca757d29e3286a2906a/specification/stable/enterprise-managed-authorization.mdx";
    /// Checking an assertion.
    EXT_ENTERPRISE_7_4 = "MCP extension enterprise-managed authorization", "7.4",
        "https://github.com/modelcontextprotocol/ext-auth/blob/3daee734053c8654b7ce9ca757d29e3286a2906a/specification/stable/enterprise-managed-authorization.mdx";
}
