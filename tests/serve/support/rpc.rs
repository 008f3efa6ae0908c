//! Calls of the MCP endpoint, and what stands in answers.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Reply, try_send};

/// Sends a request on the stateless wire. `name`: what the header `Mcp-Name` repeats.
pub(crate) fn rpc(mcp: &str, token: &str, method: &str, name: Option<&str>, params: Value) -> Reply {
    try_rpc(mcp, token, method, name, params).unwrap_or_else(|error| panic!("{mcp}: {error}"))
}

/// The same; an error when nobody answers.
pub(crate) fn try_rpc(
    mcp: &str,
    token: &str,
    method: &str,
    name: Option<&str>,
    mut params: Value,
) -> std::io::Result<Reply> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let authorization = format!("Bearer {token}");
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("authorization", &authorization),
    ];
    headers.extend(name.map(|name| ("mcp-name", name)));
    try_send("POST", mcp, &headers, &body.to_string())
}

/// Calls `search` with a token; the status.
pub(crate) fn search(mcp: &str, token: &str) -> u16 {
    rpc(mcp, token, "tools/call", Some("search"), json!({ "name": "search", "arguments": { "query": "pkce" } })).status
}

/// The text of a member.
pub(crate) fn member(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Waits until something holds.
pub(crate) fn until(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {seconds} s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A part of a JWT: 0 the header, 1 the claims.
pub(crate) fn decoded(token: &str, part: usize) -> Value {
    let text = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}
