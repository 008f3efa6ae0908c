//! JSON-RPC 2.0 messages, in and out. MCP base protocol; batches as 2025-03-26 had them.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::serve::answer::Answer;
use crate::serve::strict;

/// The key of the server's name in `_meta`.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Messages in a batch at most.
pub(super) const BATCH_LIMIT: usize = 50;

/// A message.
#[derive(Debug)]
pub(crate) enum Message {
    /// Wants an answer.
    Request { id: Value, method: String, params: Map<String, Value> },
    /// Wants none.
    Notification { method: String },
    /// An answer to something the server asked.
    Response,
    /// Several at once (2025-03-26 only).
    Batch(Vec<Self>),
}

impl Message {
    /// Reads a message; the error is the reply to something else.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Box<Answer>> {
        let Some(value) = strict::value(body) else {
            return Err(Box::new(error(StatusCode::BAD_REQUEST, &Value::Null, PARSE_ERROR, "the body is not JSON")));
        };
        let message = match value {
            Value::Array(list) if (1..=BATCH_LIMIT).contains(&list.len()) => {
                list.into_iter().map(one).collect::<Option<_>>().map(Self::Batch)
            }
            value => one(value),
        };
        let what = "the body is not a JSON-RPC 2.0 message";
        message.ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, &Value::Null, INVALID_REQUEST, what)))
    }

    /// The method, if it is one message that has one.
    pub(crate) fn method(&self) -> &str {
        match self {
            Self::Request { method, .. } | Self::Notification { method } => method,
            _ => "",
        }
    }

    /// A string in the `_meta` of a request.
    pub(crate) fn meta(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Request { params, .. } => params.get("_meta")?.get(name),
            _ => None,
        }
    }
}

fn one(value: Value) -> Option<Message> {
    let Value::Object(mut members) = value else { return None };
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return None;
    }
    let method = members.get("method").and_then(Value::as_str).map(str::to_owned);
    let params = match members.shift_remove("params") {
        Some(Value::Object(params)) => params,
        None => Map::new(),
        Some(_) => return None,
    };
    match (method, members.shift_remove("id")) {
        (Some(method), Some(id @ (Value::String(_) | Value::Number(_)))) => {
            Some(Message::Request { id, method, params })
        }
        (Some(method), None) => Some(Message::Notification { method }),
        (None, Some(_)) if members.contains_key("result") || members.contains_key("error") => Some(Message::Response),
        _ => None,
    }
}

pub(crate) const PARSE_ERROR: i32 = -32700;
pub(crate) const INVALID_REQUEST: i32 = -32600;
pub(crate) const METHOD_NOT_FOUND: i32 = -32601;
pub(crate) const INVALID_PARAMS: i32 = -32602;
/// There is no resource of this URI (to 2025-11-25; later it is -32602).
pub(crate) const RESOURCE_NOT_FOUND: i32 = -32002;
/// A header does not say what the body says (2026-07-28).
pub(crate) const HEADER_MISMATCH: i32 = -32020;
/// The client lacks a capability that the answer would need (2026-07-28).
pub(crate) const MISSING_CAPABILITY: i32 = -32021;
/// The protocol version is not spoken here (2026-07-28).
pub(crate) const UNSUPPORTED_VERSION: i32 = -32022;

/// A JSON-RPC error.
pub(crate) fn error(status: StatusCode, id: &Value, code: i32, message: &str) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } });
    Answer::json(status, body).no_store().open()
}

/// A JSON-RPC error with data.
pub(crate) fn error_with(status: StatusCode, id: &Value, code: i32, message: &str, data: &Value) -> Answer {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message, "data": data } });
    Answer::json(status, body).no_store().open()
}

/// A JSON-RPC result.
pub(crate) fn result(id: &Value, value: Value) -> Answer {
    let mut body = json!({ "jsonrpc": "2.0", "id": id });
    if let Some(members) = body.as_object_mut() {
        // Put in, not written into the macro, which would copy it.
        members.insert("result".into(), value);
    }
    Answer::json(StatusCode::OK, body).no_store().open()
}

/// A JSON-RPC result that is text already.
pub(crate) fn printed(id: &Value, value: &str) -> Answer {
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{value}}}");
    Answer::text(StatusCode::OK, body).header("content-type", "application/json").no_store().open()
}

/// The name of the server.
pub(crate) fn server_info() -> Value {
    json!({ "name": "mcp-auth-reference", "title": "mcp-auth reference search", "version": env!("CARGO_PKG_VERSION") })
}

/// A result as 2026-07-28 has it: complete, and signed with the server's name.
pub(crate) fn modern(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.entry("resultType").or_insert_with(|| json!("complete"));
        members.insert("_meta".into(), json!({ SERVER_INFO: server_info() }));
    }
    value
}
