//! The messages of MCP behind the token check. JSON-RPC 2.0; MCP 2026-07-28 `server/discover`, `tools/list`; the
//! `initialize` handshake to 2025-11-25.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::site::Site;
use crate::spec::posture::Posture;
use crate::spec::revision::{Revision, WireStyle};

use super::bearer::Principal;

/// A JSON-RPC message.
#[derive(Debug)]
pub(crate) enum Message {
    /// Wants an answer.
    Request { id: Value, method: String, params: Map<String, Value> },
    /// Wants none.
    Notification { method: String },
    /// An answer to something the server asked.
    Response,
}

impl Message {
    /// Reads a message; the error is the reply to something else.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Box<Answer>> {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Err(Box::new(error(StatusCode::BAD_REQUEST, &Value::Null, -32700, "the body is not JSON")));
        };
        let invalid = || {
            let what = "the body is not one JSON-RPC 2.0 message";
            Box::new(error(StatusCode::BAD_REQUEST, &Value::Null, -32600, what))
        };
        let Value::Object(mut members) = value else { return Err(invalid()) };
        if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(invalid());
        }
        let method = members.get("method").and_then(Value::as_str).map(str::to_owned);
        let params = match members.shift_remove("params") {
            Some(Value::Object(params)) => params,
            None => Map::new(),
            Some(_) => return Err(invalid()),
        };
        match (method, members.shift_remove("id")) {
            (Some(method), Some(id @ (Value::String(_) | Value::Number(_)))) => {
                Ok(Self::Request { id, method, params })
            }
            (Some(method), None) => Ok(Self::Notification { method }),
            (None, Some(_)) if members.contains_key("result") || members.contains_key("error") => Ok(Self::Response),
            _ => Err(invalid()),
        }
    }

    fn method(&self) -> &str {
        match self {
            Self::Request { method, .. } | Self::Notification { method } => method,
            Self::Response => "",
        }
    }
}

/// Whether a message is answered without a token.
pub(crate) fn is_open(posture: Posture, message: &Message) -> bool {
    const OPEN: [&str; 5] = ["server/discover", "initialize", "notifications/initialized", "ping", "tools/list"];
    posture == Posture::Public || posture == Posture::Lazy && OPEN.contains(&message.method())
}

/// Answers a message.
pub(crate) fn handle(site: &Site, _ask: &Ask, _principal: &Principal, message: Message) -> Answer {
    let Message::Request { id, method, params } = message else {
        return Answer::empty(StatusCode::ACCEPTED).open();
    };
    let result = match method.as_str() {
        "server/discover" if speaks(site, WireStyle::Stateless) => discover(site),
        "initialize" if speaks(site, WireStyle::Stateful) => initialize(&params),
        "tools/list" => tools(),
        "ping" => json!({}),
        _ => return error(StatusCode::NOT_FOUND, &id, -32601, "no such method"),
    };
    Answer::json(StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "result": result })).no_store().open()
}

fn speaks(site: &Site, style: WireStyle) -> bool {
    match site.layout.posture {
        Posture::LegacyWire | Posture::Revision2025_03_26 | Posture::NoMetadata => style == WireStyle::Stateful,
        Posture::ModernWire => style == WireStyle::Stateless,
        _ => true,
    }
}

fn revisions(site: &Site) -> Vec<&'static str> {
    let spoken = |revision: &&Revision| speaks(site, revision.wire_style());
    Revision::ALL.iter().rev().filter(spoken).map(|revision| revision.as_str()).collect()
}

fn server_info() -> Value {
    json!({ "name": "mcp-auth-reference", "version": env!("CARGO_PKG_VERSION") })
}

fn discover(site: &Site) -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": revisions(site),
        "capabilities": { "tools": {} },
        "ttlMs": 60_000,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
    })
}

fn initialize(params: &Map<String, Value>) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str).and_then(|text| text.parse::<Revision>().ok());
    let spoken = asked.filter(|revision| revision.wire_style() == WireStyle::Stateful);
    json!({
        "protocolVersion": spoken.unwrap_or(Revision::LATEST_STATEFUL).as_str(),
        "capabilities": { "tools": {} },
        "serverInfo": server_info(),
    })
}

fn tools() -> Value {
    json!({
        "resultType": "complete",
        "tools": [],
        "ttlMs": 60_000,
        "cacheScope": "private",
        "_meta": { "io.modelcontextprotocol/serverInfo": server_info() },
    })
}

/// A JSON-RPC error.
fn error(status: StatusCode, id: &Value, code: i32, message: &str) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } });
    Answer::json(status, body).no_store().open()
}
