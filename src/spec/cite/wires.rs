//! What the MCP server with a good token, and the wires of MCP, are held against.

use super::cites;

cites! { OF_WIRES:
    /// `aud`.
    RFC7519_4_1_3 = "RFC 7519", "4.1.3",
        "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3";
    /// Tokens for this server only.
    MCP_AUDIENCE = "MCP 2026-07-28 authorization security considerations", "Access Token Privilege Restriction",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#access-token-privilege-restriction";
    /// Methods that do not exist.
    MCP_UNKNOWN_METHOD = "MCP 2026-07-28 streamable HTTP", "Sending Messages to the Server",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#sending-messages-to-the-server";
    /// Servers of both eras.
    MCP_BACKWARD = "MCP 2026-07-28 streamable HTTP", "Backward Compatibility",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#backward-compatibility";
    /// Which version is spoken.
    MCP_VERSIONING = "MCP 2026-07-28 versioning", "Versioning",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning";
    /// The version agreed on.
    MCP3_VERSION_NEGOTIATION = "MCP 2025-11-25 lifecycle", "Version Negotiation",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#version-negotiation";
    /// Where the version stands on the stateless wire.
    MCP_VERSION_HEADER = "MCP 2026-07-28 streamable HTTP", "Protocol Version Header",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#protocol-version-header";
    /// How headers carry values.
    MCP_VALUE_ENCODING = "MCP 2026-07-28 streamable HTTP", "Value Encoding",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding";
    /// What a server compares.
    MCP_SERVER_VALIDATION = "MCP 2026-07-28 streamable HTTP", "Server Validation",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation";
    /// What streams hold.
    MCP_RECEIVING = "MCP 2026-07-28 streamable HTTP", "Receiving Messages from the Server",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#receiving-messages-from-the-server";
    /// What is left of earlier revisions.
    MCP_EARLIER = "MCP 2026-07-28 streamable HTTP", "Earlier Streamable HTTP Revisions",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#earlier-streamable-http-revisions";
    /// `Origin`.
    MCP_TRANSPORT_SECURITY = "MCP 2026-07-28 streamable HTTP", "Security Warning",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security-warning";
    /// `server/discover`.
    MCP_DISCOVER = "MCP 2026-07-28 discovery", "server/discover",
        "https://modelcontextprotocol.io/specification/2026-07-28/server/discover";
    /// What may be kept, and how long.
    MCP_CACHING = "MCP 2026-07-28 caching", "Caching",
        "https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching";
    /// Messages of the base protocol.
    MCP_BASE = "MCP 2026-07-28 base protocol", "Messages",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/index#messages";
    /// What each request says in `_meta`.
    MCP_REQUEST_FIELDS = "MCP 2026-07-28 base protocol", "Per-request protocol fields",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/index#per-request-protocol-fields";
    /// What each response says in `_meta`.
    MCP_RESPONSE_FIELDS = "MCP 2026-07-28 base protocol", "Per-response protocol fields",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/index#per-response-protocol-fields";
    /// The codes of errors.
    MCP_ERROR_CODES = "MCP 2026-07-28 base protocol", "Error Codes",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/index#error-codes";
    /// Lists of tools.
    MCP_LISTING = "MCP 2026-07-28 tools", "Listing Tools",
        "https://modelcontextprotocol.io/specification/2026-07-28/server/tools#listing-tools";
    /// `initialize`.
    MCP3_INITIALIZATION = "MCP 2025-11-25 lifecycle", "Initialization",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#initialization";
    /// Messages to the server.
    MCP3_SENDING = "MCP 2025-11-25 transports", "Sending Messages to the Server",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server";
    /// Streams by GET.
    MCP3_LISTENING = "MCP 2025-11-25 transports", "Listening for Messages from the Server",
        "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#listening-for-messages-from-the-server";
    /// Batches.
    MCP1_BATCHING = "MCP 2025-03-26 base protocol", "Batching",
        "https://modelcontextprotocol.io/specification/2025-03-26/basic/index#batching";
    /// Session ids.
    SBP_SESSIONS = "MCP Security Best Practices", "Session Hijacking",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices#session-hijacking";
    /// The 403 to a token whose scope does not suffice.
    MCP_RUNTIME_SCOPE = "MCP 2026-07-28 authorization", "Runtime Insufficient Scope Errors",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#runtime-insufficient-scope-errors";
    /// `nbf`.
    RFC7519_4_1_5 = "RFC 7519", "4.1.5",
        "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.5";
    /// Requests that stand for themselves.
    MCP_STATELESSNESS = "MCP 2026-07-28 base protocol", "Statelessness",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/index#statelessness";
    /// Tokens that are passed on.
    SBP_PASSTHROUGH = "MCP Security Best Practices", "Token Passthrough",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// Handles of state that somebody else made.
    SBP_HANDLES = "MCP Security Best Practices", "State Handle Hijacking",
        "https://modelcontextprotocol.io/docs/tutorials/security/security_best_practices";
    /// What a server that asks for input must do.
    MCP_MULTI_ROUND = "MCP 2026-07-28 multi round-trip requests", "Server Requirements",
        "https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr#server-requirements";
    /// The request of a workload.
    EXT_WORKLOAD_TOKEN = "MCP extension workload identity federation (draft 13b5523)", "Token Endpoint",
        "https://github.com/modelcontextprotocol/ext-auth/blob/13b55238f0b1ad540db248f230f3229606d30657/specification/draft/workload-identity-federation.mdx";
    /// What is checked of it.
    EXT_WORKLOAD_VALIDATION = "MCP extension workload identity federation (draft 13b5523)", "JWT Validation",
        "https://github.com/modelcontextprotocol/ext-auth/blob/13b55238f0b1ad540db248f230f3229606d30657/specification/draft/workload-identity-federation.mdx";
}
