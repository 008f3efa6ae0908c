//! The wires of MCP with a good token: streamable HTTP and versioning of 2026-07-28, lifecycle and transports to
//! 2025-11-25.

use super::trials;

trials! { WireTrial:
    /// The control of the stateless wire: `server/discover`.
    DISCOVER = "discover", "sent `server/discover`";
    /// The control of the stateful wire: `initialize`.
    INITIALIZE = "initialize", "sent `initialize`";
    /// A method that does not exist, stateless wire.
    UNKNOWN_METHOD = "unknown-method", "sent a method that does not exist";
    /// A version that does not exist, in `initialize`.
    ANCIENT_VERSION = "ancient-version", "asked for protocol version `1999-01-01` in `initialize`";
}
