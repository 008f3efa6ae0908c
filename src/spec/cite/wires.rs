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
}
