//! MCP requests on both wires: stateless (2026-07-28, streamable HTTP) and stateful (to 2025-11-25, lifecycle).

use serde_json::{Value, json};

use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::wire::Ask;

/// Who we say we are.
pub const CLIENT_NAME: &str = "mcp-auth";

/// A request of the stateless wire, with complete headers and `_meta`, so that a 400 cannot hide a 401.
#[must_use]
pub fn stateless(step: Step, url: &str, method: &str, params: Value, because: &str) -> Ask {
    let said = Said { version: Revision::R2026_07_28.as_str().to_owned(), capabilities: json!({}) };
    said.request(step, url, method, params, &json!(format!("{method}-1")), because)
}

/// What a client says with every request of the stateless wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The protocol version.
    pub version: String,
    /// What the client can do for the server.
    pub capabilities: Value,
}

impl Said {
    /// A request with complete headers and `_meta`.
    #[must_use]
    pub fn request(&self, step: Step, url: &str, method: &str, mut params: Value, id: &Value, because: &str) -> Ask {
        let name = params.get(if method == "resources/read" { "uri" } else { "name" });
        let name = name.and_then(Value::as_str).map(str::to_owned);
        if let Some(params) = params.as_object_mut() {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": self.version,
                "io.modelcontextprotocol/clientInfo": { "name": CLIENT_NAME, "version": env!("CARGO_PKG_VERSION") },
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            });
            params.insert("_meta".to_owned(), meta);
        }
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let ask = post(step, url, body.to_string(), because)
            .header("mcp-protocol-version", self.version.clone())
            .header("mcp-method", method);
        match name {
            Some(name) => ask.header("mcp-name", header_text(&name)),
            None => ask,
        }
    }
}

/// A request of the stateful wire.
#[must_use]
pub fn stateful(step: Step, url: &str, session: Option<&Session>, method: &str, params: &Value, because: &str) -> Ask {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let ask = post(step, url, body.to_string(), because);
    match session {
        Some(session) => session.on(ask),
        None => ask,
    }
}

/// The `initialize` request of the newest stateful revision.
#[must_use]
pub fn initialize(url: &str, because: &str) -> Ask {
    let params = json!({
        "protocolVersion": Revision::LATEST_STATEFUL.as_str(),
        "capabilities": {},
        "clientInfo": { "name": CLIENT_NAME, "version": env!("CARGO_PKG_VERSION") },
    });
    stateful(Step::McpInitialize, url, None, "initialize", &params, because)
}

/// A notification, on the stateful wire.
#[must_use]
pub fn notification(step: Step, url: &str, method: &str, because: &str) -> Ask {
    post(step, url, json!({ "jsonrpc": "2.0", "method": method }).to_string(), because)
}

/// A POST of a body as MCP wants it.
#[must_use]
pub fn post(step: Step, url: &str, body: String, because: &str) -> Ask {
    Ask {
        step,
        about: None,
        because: because.to_owned(),
        method: "POST",
        url: url.to_owned(),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ],
        body: Some(body),
        follows: None,
        named: Vec::new(),
        is_result: false,
    }
}

/// A DELETE of the endpoint, which ends a session (2025-11-25 transports, "Session Management").
#[must_use]
pub fn delete(step: Step, url: &str, because: &str) -> Ask {
    Ask { method: "DELETE", body: None, ..post(step, url, String::new(), because) }
}

/// A session of the stateful wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The `Mcp-Session-Id`, if the server gave one.
    pub id: Option<String>,
    /// The version agreed on, as the server wrote it.
    pub version: String,
}

impl Session {
    /// The same request within the session.
    #[must_use]
    pub fn on(&self, ask: Ask) -> Ask {
        let ask = ask.header("mcp-protocol-version", self.version.clone());
        match &self.id {
            Some(id) => ask.header("mcp-session-id", id.clone()),
            None => ask,
        }
    }
}

/// A value as `Mcp-Name` and `Mcp-Param-…` carry it: as it is, or in the Base64 sentinel (2026-07-28, "Value Encoding").
#[must_use]
pub fn header_text(value: &str) -> String {
    use base64::Engine as _;
    let plain =
        value.bytes().all(|b| (0x20..0x7f).contains(&b)) && value.trim() == value && !value.starts_with("=?base64?");
    if plain {
        value.to_owned()
    } else {
        format!("=?base64?{}?=", base64::engine::general_purpose::STANDARD.encode(value))
    }
}

#[cfg(test)]
mod tests {
    use super::header_text;

    #[test]
    fn what_a_header_cannot_carry_is_encoded_and_nothing_else() {
        for plain in ["search", "a b", "~!", ""] {
            assert_eq!(header_text(plain), plain);
        }
        for (value, encoded) in [
            (" a", "=?base64?IGE=?="),
            ("a ", "=?base64?YSA=?="),
            ("\u{e9}", "=?base64?w6k=?="),
            ("a\nb", "=?base64?YQpi?="),
            ("\u{7f}", "=?base64?fw==?="),
            ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="),
        ] {
            assert_eq!(header_text(value), encoded);
        }
    }
}
