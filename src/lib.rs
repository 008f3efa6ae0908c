//! `mcp-auth`: probes and tests the OAuth of MCP servers.
pub mod formats;
pub mod serve;
pub mod spec;
