//! The wires of MCP with a good token: streamable HTTP and versioning of 2026-07-28, lifecycle and transports to
//! 2025-11-25.

use super::trials;

trials! { WireTrial:
    /// The control of the stateless wire: `server/discover`.
    DISCOVER = "discover", "sent `server/discover`";
    /// `tools/list` of the stateless wire.
    LIST = "list", "sent `tools/list`";
    /// The same on another day: the list ought to be the same.
    LIST_AGAIN = "list-again", "sent `tools/list` a second time";
    /// The control of the stateful wire: `initialize`.
    INITIALIZE = "initialize", "sent `initialize`";
    /// A method that does not exist, stateless wire.
    UNKNOWN_METHOD = "unknown-method", "sent a method that does not exist";
    /// A version that does not exist, in header and body.
    UNKNOWN_VERSION = "unknown-version", "sent a request of protocol version `1900-01-01`";
    /// One version in the header, another in the body.
    OTHER_VERSION = "other-version", "named another protocol version in the header than in `_meta`";
    /// No version in the header.
    NO_VERSION = "no-version", "left `MCP-Protocol-Version` out";
    /// No `Mcp-Method`.
    NO_METHOD = "no-method", "left `Mcp-Method` out";
    /// Another `Mcp-Method`.
    OTHER_METHOD = "other-method", "named another method in `Mcp-Method` than in the body";
    /// `Mcp-Method` in capital letters.
    CAPITAL_METHOD = "capital-method", "wrote the method in `Mcp-Method` in other letters than in the body";
    /// Another `Mcp-Name`, for a tool that does not exist.
    OTHER_NAME = "other-name", "named another tool in `Mcp-Name` than in the body";
    /// The right name of a tool that does not exist, in the Base64 sentinel.
    ENCODED_NAME = "encoded-name", "wrote the right name into `Mcp-Name` as `=?base64?…?=`";
    /// No `clientCapabilities`.
    NO_CAPABILITIES = "no-capabilities", "left `clientCapabilities` out of `_meta`";
    /// No `clientInfo`.
    NO_CLIENT_INFO = "no-client-info", "left `clientInfo` out of `_meta`";
    /// A session id on the wire that has no sessions.
    STRAY_SESSION = "stray-session", "sent an `Mcp-Session-Id` with a request of the stateless wire";
    /// The id of an event on the wire that resumes nothing.
    STRAY_EVENT = "stray-event", "sent a `Last-Event-ID` with a request of the stateless wire";
    /// No token, and no headers of the stateless wire.
    BARE_HEADERS = "bare-headers", "sent a request without a token and without the headers that the stateless wire wants";
    /// An `id` that is the number 0.
    ZERO_ID = "zero-id", "sent a request whose `id` is the number 0";
    /// An `id` that is a large number.
    LARGE_ID = "large-id", "sent a request whose `id` is the number 9007199254740991";
    /// A web page of somebody else.
    STRANGE_ORIGIN = "strange-origin", "sent a good token with `Origin: https://evil.example`";
    /// A page of the server itself.
    OWN_ORIGIN = "own-origin", "sent a good token with the server's own origin in `Origin`";
    /// A host that is not the server's.
    STRANGE_HOST = "strange-host", "sent a good token with `Host: evil.example`";
    /// An `Accept` that names JSON only.
    ONLY_JSON = "only-json", "accepted JSON only";
    /// GET of the endpoint, where POST is refused.
    OLD_STREAM = "old-stream", "opened a stream (GET) with a good token, since POST was refused";
    /// GET of the endpoint.
    GET = "get", "sent a GET of the endpoint with a good token";
    /// DELETE of the endpoint.
    DELETE = "delete", "sent a DELETE of the endpoint with a good token";
    /// A version that does not exist, in `initialize`.
    ANCIENT_VERSION = "ancient-version", "asked for protocol version `1999-01-01` in `initialize`";
    /// A session that the trials of the stateful wire use.
    SESSION = "session", "began a session";
    /// Further sessions, for their ids.
    MORE_SESSIONS = "more-sessions", "began another session, for its id";
    /// Completes the handshake.
    READY = "ready", "sent `notifications/initialized`";
    /// `tools/list` in a session.
    SESSION_LIST = "session-list", "sent `tools/list` in a session";
    /// A version that does not exist, in the header, in a session.
    SESSION_VERSION = "session-version", "sent `MCP-Protocol-Version: 1999-01-01` in a session";
    /// No version in a session.
    SESSION_NO_VERSION = "session-no-version", "left `MCP-Protocol-Version` out in a session";
    /// No session id.
    NO_SESSION = "no-session", "left `Mcp-Session-Id` out";
    /// The id of a session that never was.
    RANDOM_SESSION = "random-session", "sent the id of a session that never was";
    /// GET in a session.
    SESSION_GET = "session-get", "sent a GET of the endpoint in a session";
    /// The end of the session.
    SESSION_DELETE = "session-delete", "ended the session with DELETE";
    /// A request in the session that has ended.
    DEAD_SESSION = "dead-session", "used a session after its end";
    /// A session of 2025-03-26, which has batches.
    OLD_SESSION = "old-session", "began a session of 2025-03-26";
    /// Several requests at once in that session.
    OLD_BATCH = "old-batch", "sent a batch with one `ping` in a session of 2025-03-26";
}
