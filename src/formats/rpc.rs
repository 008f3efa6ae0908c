//! Answers of an MCP server: JSON-RPC 2.0 messages, with the `resultType` and error codes of MCP 2024-11-05 to 2026-07-28.

use std::fmt;

use serde_json::{Map, Value};
use thiserror::Error;

use super::json::{self, Field, JsonProblem, Kind};

/// Why a body holds no JSON-RPC.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RpcProblem {
    /// No JSON.
    #[error(transparent)]
    Json(#[from] JsonProblem),
    /// JSON, but neither an object nor an array.
    #[error("the body is {0}, not a JSON-RPC message")]
    NotMessage(Kind),
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One message.
    Single(Message),
    /// An array of messages: legal in MCP 2025-03-26 only.
    Batch(Vec<Message>),
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What it is.
    pub body: Body,
    /// The `id`, if it is one: a string, a number or null.
    pub id: Option<Id>,
    /// Whether `jsonrpc` is `"2.0"`.
    pub is_version_2: bool,
    /// The message as it came, but for its result.
    pub raw: Value,
}

/// The kinds of message.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A response with a result.
    Result(Value),
    /// A response with an error.
    Error(RpcError),
    /// A request of the server.
    Request {
        /// Its method.
        method: String,
    },
    /// A notification.
    Notification {
        /// Its method.
        method: String,
    },
    /// None of these.
    Odd(Oddity),
}

/// Why a message is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Oddity {
    /// No object.
    #[error("the message is {0}, not an object")]
    NotObject(Kind),
    /// `result` and `error` together (JSON-RPC 2.0 §5).
    #[error("the message has both `result` and `error`")]
    Both,
    /// Neither `result` nor `error` nor `method`.
    #[error("the message has neither `result` nor `error` nor `method`")]
    Neither,
    /// `error` is no object.
    #[error("`error` is {0}, not an object")]
    ErrorKind(Kind),
    /// `method` is no string.
    #[error("`method` is {0}, not a string")]
    MethodKind(Kind),
}

/// The `id` of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// A whole number.
    Number(i64),
    /// A string.
    Text(String),
    /// `null`: the server could not read the request's.
    Null,
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The error of a response. Members of the wrong kind are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// The code.
    pub code: Option<Code>,
    /// The message.
    pub message: Option<String>,
    /// Anything more.
    pub data: Option<Value>,
}

/// An error code. Displays as `-32602 (invalid params)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub i64);

impl Code {
    /// JSON could not be read.
    pub const PARSE_ERROR: Self = Self(-32700);
    /// Not a request.
    pub const INVALID_REQUEST: Self = Self(-32600);
    /// No such method.
    pub const METHOD_NOT_FOUND: Self = Self(-32601);
    /// Wrong parameters.
    pub const INVALID_PARAMS: Self = Self(-32602);
    /// The server failed.
    pub const INTERNAL_ERROR: Self = Self(-32603);
    /// A header is absent or differs from the body (MCP 2026-07-28, HTTP 400).
    pub const HEADER_MISMATCH: Self = Self(-32020);
    /// The client lacks a capability (MCP 2026-07-28, HTTP 400).
    pub const MISSING_CLIENT_CAPABILITY: Self = Self(-32021);
    /// The protocol version is not supported (MCP 2026-07-28, HTTP 400).
    pub const UNSUPPORTED_VERSION: Self = Self(-32022);
    /// No such resource (MCP to 2025-11-25).
    pub const RESOURCE_NOT_FOUND: Self = Self(-32002);
    /// The user must visit a URL first (MCP 2025-11-25 only).
    pub const URL_ELICITATION_REQUIRED: Self = Self(-32042);

    /// What the code means, if it means anything: of -32000 to -32019 nothing may be assumed but for -32002.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PARSE_ERROR => "parse error",
            Self::INVALID_REQUEST => "invalid request",
            Self::METHOD_NOT_FOUND => "method not found",
            Self::INVALID_PARAMS => "invalid params",
            Self::INTERNAL_ERROR => "internal error",
            Self::HEADER_MISMATCH => "header mismatch",
            Self::MISSING_CLIENT_CAPABILITY => "missing required client capability",
            Self::UNSUPPORTED_VERSION => "unsupported protocol version",
            Self::RESOURCE_NOT_FOUND => "resource not found",
            Self::URL_ELICITATION_REQUIRED => "URL elicitation required",
            _ => return None,
        })
    }

    /// Whether only a server of MCP 2026-07-28 or later sends it.
    #[must_use]
    pub const fn is_modern(self) -> bool {
        matches!(self, Self::HEADER_MISMATCH | Self::MISSING_CLIENT_CAPABILITY | Self::UNSUPPORTED_VERSION)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// `resultType` of MCP 2026-07-28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType<'a> {
    /// `complete`, or absent as in all earlier revisions.
    Complete,
    /// `input_required`: to be retried with the answers to its requests.
    InputRequired,
    /// A type that we do not know: an error for the client.
    Unknown(&'a str),
    /// `resultType` is no string.
    Wrong(Kind),
}

impl<'r> ResultType<'r> {
    /// The type that a result says.
    #[must_use]
    pub fn of(result: &'r Value) -> Self {
        match result.get("resultType") {
            None => Self::Complete,
            Some(Value::String(text)) => match text.as_str() {
                "complete" => Self::Complete,
                "input_required" => Self::InputRequired,
                other => Self::Unknown(other),
            },
            Some(other) => Self::Wrong(Kind::of(other)),
        }
    }
}

/// Reads a body.
///
/// # Errors
/// [`RpcProblem`] if it is no JSON object or array; odd messages are no error but [`Body::Odd`].
pub fn read(bytes: &[u8]) -> Result<Answer, RpcProblem> {
    match json::read(bytes)? {
        Value::Array(list) => Ok(Answer::Batch(list.into_iter().map(Message::from_value).collect())),
        object @ Value::Object(_) => Ok(Answer::Single(Message::from_value(object))),
        other => Err(RpcProblem::NotMessage(Kind::of(&other))),
    }
}

impl Answer {
    /// All messages.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        match self {
            Self::Single(message) => std::slice::from_ref(message),
            Self::Batch(list) => list,
        }
    }

    /// The response to a request.
    #[must_use]
    pub fn response_to(&self, id: &Id) -> Option<&Message> {
        self.messages().iter().find(|message| message.is_response() && message.id.as_ref() == Some(id))
    }
}

impl Message {
    /// Reads one message; never fails, see [`Body::Odd`].
    #[must_use]
    pub fn from_value(mut raw: Value) -> Self {
        let Some(map) = raw.as_object_mut() else {
            return Self { body: Body::Odd(Oddity::NotObject(Kind::of(&raw))), id: None, is_version_2: false, raw };
        };
        let id = match map.get("id") {
            Some(Value::Null) => Some(Id::Null),
            Some(Value::String(text)) => Some(Id::Text(text.clone())),
            Some(Value::Number(number)) => whole(number).map(Id::Number),
            _ => None,
        };
        let is_version_2 = json::str_field(map, "jsonrpc") == Field::Present("2.0");
        Self { body: body(map), id, is_version_2, raw }
    }

    /// Whether it answers a request.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        matches!(self.body, Body::Result(_) | Body::Error(_))
    }

    /// The result, if it is one.
    #[must_use]
    pub const fn result(&self) -> Option<&Value> {
        match &self.body {
            Body::Result(value) => Some(value),
            _ => None,
        }
    }

    /// The error, if it is one.
    #[must_use]
    pub const fn error(&self) -> Option<&RpcError> {
        match &self.body {
            Body::Error(error) => Some(error),
            _ => None,
        }
    }

    /// The type of the result.
    #[must_use]
    pub fn result_type(&self) -> Option<ResultType<'_>> {
        self.result().map(ResultType::of)
    }

    /// Whether the result of a tool says that the tool failed (`isError`), which is no protocol error.
    #[must_use]
    pub fn is_tool_error(&self) -> bool {
        self.result().and_then(|result| result.get("isError")) == Some(&Value::Bool(true))
    }
}

/// Servers whose language has only floats answer `1` with `1.0`.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i64))
}

fn body(map: &mut Map<String, Value>) -> Body {
    // Some servers write the absent half as null.
    let has = |name: &str| map.get(name).is_some_and(|value| !value.is_null());
    if has("result") && has("error") {
        return Body::Odd(Oddity::Both);
    }
    // A result may be long: there is one of it.
    if (has("result") || !map.contains_key("error"))
        && let Some(result) = map.get_mut("result")
    {
        return Body::Result(result.take());
    }
    match (map.get("result"), map.get("error"), map.get("method")) {
        (_, Some(Value::Object(error)), _) => Body::Error(RpcError {
            code: json::number_field(error, "code").present().and_then(serde_json::Number::as_i64).map(Code),
            message: json::str_field(error, "message").present().map(str::to_owned),
            data: error.get("data").cloned(),
        }),
        (_, Some(other), _) => Body::Odd(Oddity::ErrorKind(Kind::of(other))),
        (_, None, Some(Value::String(method))) if map.contains_key("id") => Body::Request { method: method.clone() },
        (_, None, Some(Value::String(method))) => Body::Notification { method: method.clone() },
        (_, None, Some(other)) => Body::Odd(Oddity::MethodKind(Kind::of(other))),
        (_, None, None) => Body::Odd(Oddity::Neither),
    }
}

#[cfg(test)]
mod tests;
