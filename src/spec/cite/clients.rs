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
    /// `application_type`, loopback redirects.
    MCP_APPLICATION_TYPE = "MCP 2026-07-28 client registration", "Application Type and Redirect URI Constraints",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#application-type-and-redirect-uri-constraints";
    /// Consent for every client of a proxy.
    MCP_CONFUSED_DEPUTY = "MCP 2026-07-28 authorization security considerations", "Confused Deputy Problem",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#confused-deputy-problem";
    /// Reading a registration.
    RFC7592_2_1 = "RFC 7592", "2.1",
        "https://www.rfc-editor.org/rfc/rfc7592#section-2.1";
    /// Deleting it.
    RFC7592_2_3 = "RFC 7592", "2.3",
        "https://www.rfc-editor.org/rfc/rfc7592#section-2.3";
    /// Redirects to the user's own machine.
    RFC8252_7_3 = "RFC 8252", "7.3",
        "https://www.rfc-editor.org/rfc/rfc8252#section-7.3";
    /// Registered redirect URIs.
    OAUTH21_2_3_1 = "OAuth 2.1 (draft 13)", "2.3.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-2.3.1";
    /// Answers with credentials are not cached.
    OAUTH21_3_2_3 = "OAuth 2.1 (draft 13)", "3.2.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-3.2.3";
    /// Loopback redirects.
    OAUTH21_8_4_2 = "OAuth 2.1 (draft 13)", "8.4.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-8.4.2";
    /// Private-use schemes.
    OAUTH21_8_4_3 = "OAuth 2.1 (draft 13)", "8.4.3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-8.4.3";
    /// `application_type`: `web` unless said otherwise.
    OIDC_REGISTRATION_2 = "OpenID Connect Dynamic Client Registration 1.0", "2",
        "https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata";
    /// Issued ids that look like documents.
    CIMD_REGISTERED = "Client ID Metadata Documents (draft 01)", "Supporting Both Pre-Registered and Unregistered Clients",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-01";
    /// The form of the id.
    CIMD_3 = "Client ID Metadata Documents (draft 00)", "3",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-3";
    /// The document.
    CIMD_4 = "Client ID Metadata Documents (draft 00)", "4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4";
    /// No shared secrets.
    CIMD_4_1 = "Client ID Metadata Documents (draft 00)", "4.1",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.1";
    /// What is kept of a document.
    CIMD_4_4 = "Client ID Metadata Documents (draft 00)", "4.4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.4";
    /// Redirect URIs.
    CIMD_4_5 = "Client ID Metadata Documents (draft 00)", "4.5",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.5";
    /// Clients with keys.
    CIMD_6_2 = "Client ID Metadata Documents (draft 00)", "6.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-6.2";
    /// Fetching from private addresses.
    CIMD_6_5 = "Client ID Metadata Documents (draft 00)", "6.5",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-6.5";
    /// The size of a document.
    CIMD_6_6 = "Client ID Metadata Documents (draft 00)", "6.6",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-6.6";
    /// Authorization Server Abuse Protection.
    MCP_ABUSE = "MCP 2026-07-28 authorization security considerations", "Authorization Server Abuse Protection",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#authorization-server-abuse-protection";
    /// Localhost Redirect URI Risks.
    MCP_LOCALHOST_RISKS = "MCP 2026-07-28 authorization security considerations", "Localhost Redirect URI Risks",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#localhost-redirect-uri-risks";
    /// What a server does with documents.
    MCP_CIMD = "MCP 2026-07-28 client registration", "Client ID Metadata Documents",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#client-id-metadata-documents";
    /// `resource` in the authorization request.
    RFC8707_2_1 = "RFC 8707", "2.1",
        "https://www.rfc-editor.org/rfc/rfc8707#section-2.1";
    /// Methods that are not supported.
    RFC7636_4_4_1 = "RFC 7636", "4.4.1",
        "https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1";
    /// Scopes, and none.
    RFC6749_3_3 = "RFC 6749", "3.3",
        "https://www.rfc-editor.org/rfc/rfc6749#section-3.3";
    /// `iss` in every response.
    RFC9207_2 = "RFC 9207", "2",
        "https://www.rfc-editor.org/rfc/rfc9207#section-2";
    /// Its value.
    RFC9207_2_3 = "RFC 9207", "2.3",
        "https://www.rfc-editor.org/rfc/rfc9207#section-2.3";
    /// How clients compare it.
    RFC9207_2_4 = "RFC 9207", "2.4",
        "https://www.rfc-editor.org/rfc/rfc9207#section-2.4";
    /// No 307 after a form.
    OAUTH21_7_5_4 = "OAuth 2.1 (draft 13)", "7.5.4",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.5.4";
    /// Clickjacking.
    OAUTH21_7_10 = "OAuth 2.1 (draft 13)", "7.10",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.10";
    /// The authorization server as an open redirector.
    OAUTH21_7_12_2 = "OAuth 2.1 (draft 13)", "7.12.2",
        "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-7.12.2";
    /// Proxies with one client at the provider.
    SBP_PROXY = "MCP Security Best Practices", "Required Protections",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Consent pages.
    SBP_CONSENT_UI = "MCP Security Best Practices", "Consent UI Requirements",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Their cookies.
    SBP_CONSENT_COOKIE = "MCP Security Best Practices", "Consent Cookie Security",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
}
