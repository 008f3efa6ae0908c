//! What MCP itself says of authorization, of its base protocol and its transports.

use super::cites;

cites! { PROTOCOL:
    /// The origin is the authorization server.
    MCP1_BASE_URL = "MCP 2025-03-26 authorization", "Authorization Base URL",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-3-2-authorization-base-url";
    /// Metadata at the origin.
    MCP1_METADATA = "MCP 2025-03-26 authorization", "Server Metadata Discovery",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-3-server-metadata-discovery";
    /// Default endpoints.
    MCP1_FALLBACKS = "MCP 2025-03-26 authorization", "Fallbacks for Servers without Metadata Discovery",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-3-3-fallbacks-for-servers-without-metadata-discovery";
    /// HTTPS for all endpoints.
    MCP1_SECURITY = "MCP 2025-03-26 authorization", "Security Considerations",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-7-security-considerations";
    /// Registration.
    MCP1_DCR = "MCP 2025-03-26 authorization", "Dynamic Client Registration",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-4-dynamic-client-registration";
    /// PRM and the challenge.
    MCP2_LOCATION = "MCP 2025-06-18 authorization", "Authorization Server Location",
        "https://modelcontextprotocol.io/specification/2025-06-18/basic/authorization#authorization-server-location";
    /// Who implements what.
    MCP_OVERVIEW = "MCP 2026-07-28 authorization", "Overview",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#overview";
    /// 401, 403, 400.
    MCP_ERRORS = "MCP 2026-07-28 authorization", "Error Handling",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#error-handling";
    /// On every request, never in the URL.
    MCP_TOKEN_REQUIREMENTS = "MCP 2026-07-28 authorization", "Token Requirements",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#token-requirements";
    /// Validation, 401 for bad tokens.
    MCP_TOKEN_HANDLING = "MCP 2026-07-28 authorization", "Token Handling",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#token-handling";
    /// `scope` in the challenge.
    MCP_SCOPE_STRATEGY = "MCP 2026-07-28 authorization", "Scope Selection Strategy",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#scope-selection-strategy";
    /// `offline_access`.
    MCP_REFRESH = "MCP 2026-07-28 authorization", "Refresh Tokens",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#refresh-tokens";
    /// Identifier of the server.
    MCP_CANONICAL_URI = "MCP 2026-07-28 authorization", "Canonical Server URI",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#canonical-server-uri";
    /// RFC 9207.
    MCP_ISS = "MCP 2026-07-28 authorization", "Authorization Response Validation",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#authorization-response-validation";
    /// Header or well-known.
    MCP_PRM_DISCOVERY = "MCP 2026-07-28 authorization server discovery", "Protected Resource Metadata Discovery Requirements",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#protected-resource-metadata-discovery-requirements";
    /// `authorization_servers`.
    MCP_AS_LOCATION = "MCP 2026-07-28 authorization server discovery", "Authorization Server Location",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-location";
    /// Order of URLs, issuer identity.
    MCP_ASM_DISCOVERY = "MCP 2026-07-28 authorization server discovery", "Authorization Server Metadata Discovery",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery#authorization-server-metadata-discovery";
    /// CIMD, DCR, pre-registration.
    MCP_REGISTRATION = "MCP 2026-07-28 client registration", "Client Registration Approaches",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#client-registration-approaches";
    /// `client_id_metadata_document_supported`.
    MCP_CIMD_ADVERTISE = "MCP 2026-07-28 client registration", "Advertising CIMD Support",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#advertising-cimd-support";
    /// Dynamic registration is deprecated.
    MCP_DEPRECATED = "MCP 2026-07-28 changelog", "Deprecated",
        "https://modelcontextprotocol.io/specification/2026-07-28/changelog#deprecated";
    /// PKCE must be advertised.
    MCP_PKCE = "MCP 2026-07-28 authorization security considerations", "Authorization Code Protection",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#authorization-code-protection";
    /// HTTPS.
    MCP_COMMUNICATION_SECURITY = "MCP 2026-07-28 authorization security considerations", "Communication Security",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#communication-security";
    /// One endpoint, POST.
    MCP_TRANSPORT = "MCP 2026-07-28 streamable HTTP", "Sending Messages to the Server",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#sending-messages-to-the-server";
    /// `Mcp-Method`, `Mcp-Name`.
    MCP_HEADERS = "MCP 2026-07-28 streamable HTTP", "Standard Request Headers",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#standard-request-headers";
    /// DELETE ends a session.
    MCP3_SESSIONS = "MCP 2025-11-25 transports", "Session Management",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management";
    /// The list may vary by authorization.
    MCP_TOOLS = "MCP 2026-07-28 tools", "Capabilities",
        "https://modelcontextprotocol.io/specification/2026-07-28/server/tools#capabilities";
    /// More scope when it is needed.
    MCP_STEP_UP = "MCP 2026-07-28 authorization", "Step-Up Authorization Flow",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#step-up-authorization-flow";
    /// Credentials belong to one issuer.
    MCP_AS_BINDING = "MCP 2026-07-28 client registration", "Authorization Server Binding",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#authorization-server-binding";
    /// Registration, deprecated but there.
    MCP_DCR = "MCP 2026-07-28 client registration", "Dynamic Client Registration",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#dynamic-client-registration";
    /// No token goes to another server.
    MCP_PRIVILEGE = "MCP 2026-07-28 authorization security considerations", "Access Token Privilege Restriction",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#access-token-privilege-restriction";
    /// Arguments that headers repeat.
    MCP_PARAM_HEADERS = "MCP 2026-07-28 streamable HTTP", "Custom Headers from Tool Parameters",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters";
    /// Older servers.
    MCP_COMPATIBILITY = "MCP 2026-07-28 streamable HTTP", "Backward Compatibility",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility";
    /// `_meta` of every request.
    MCP_META = "MCP 2026-07-28 base protocol", "_meta",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic#meta";
    /// Results and their types.
    MCP_RESULTS = "MCP 2026-07-28 base protocol", "Responses",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic#responses";
    /// The handshake of the stateful wire.
    MCP3_LIFECYCLE = "MCP 2025-11-25 lifecycle", "Initialization",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization";
    /// The version on every later request.
    MCP3_VERSION_HEADER = "MCP 2025-11-25 transports", "Protocol Version Header",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header";
}
