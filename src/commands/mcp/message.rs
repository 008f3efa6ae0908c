//! JSON-RPC 2.0 messages over standard input and output: one a line. MCP base protocol ("Messages", `_meta`, error codes)
//! and the stdio transport, from 2025-03-26 to 2026-07-28.

use std::io;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};
use zeroize::Zeroizing;

use crate::formats::json;
use crate::spec::revision::{Revision, WireStyle};

/// The longest line that is read, in bytes. A token has at most 64 KiB.
pub(super) const LONGEST: usize = 1024 * 1024;

/// The line is not JSON.
pub(super) const PARSE_ERROR: i32 = -32700;
/// It is JSON, but no message.
pub(super) const INVALID_REQUEST: i32 = -32600;
/// There is no such method.
pub(super) const METHOD_NOT_FOUND: i32 = -32601;
/// The parameters are not what the method takes.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// Too much is asked at once; of the range that JSON-RPC leaves to servers.
pub(super) const BUSY: i32 = -32000;
/// The protocol version is not spoken here (2026-07-28).
pub(super) const UNSUPPORTED_VERSION: i32 = -32022;

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What came.
#[derive(Debug)]
pub(super) enum Message {
    /// Wants an answer.
    Request(Request),
    /// Wants none.
    Notification { method: String, params: Map<String, Value> },
    /// An answer, though nothing was asked.
    Response,
}

/// What wants an answer.
#[derive(Debug)]
pub(super) struct Request {
    /// A string or a number.
    pub(super) id: Value,
    /// The method.
    pub(super) method: String,
    /// The parameters.
    pub(super) params: Map<String, Value>,
}

/// Whose rules a request goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// To 2025-11-25: a handshake first.
    Handshake,
    /// 2026-07-28: every request says its version.
    Stateless,
}

impl Request {
    /// The era that the request names; the error is the version that it names and that is not spoken here.
    pub(super) fn era(&self) -> Result<Era, String> {
        match self.params.get("_meta").and_then(|meta| meta.get(META_VERSION)).and_then(Value::as_str) {
            None => Ok(Era::Handshake),
            Some(version) if version == Revision::R2026_07_28.as_str() => Ok(Era::Stateless),
            Some(version) => Err(version.to_owned()),
        }
    }

    /// The answer.
    pub(super) fn result(&self, era: Era, mut value: Value) -> Value {
        if let (Era::Stateless, Some(members)) = (era, value.as_object_mut()) {
            members.insert("resultType".into(), json!("complete"));
            members.insert("_meta".into(), json!({ SERVER_INFO: server_info() }));
        }
        json!({ "jsonrpc": "2.0", "id": self.id, "result": value })
    }
}

/// The versions that are spoken, the newest first.
pub(super) fn versions() -> Vec<&'static str> {
    Revision::ALL.iter().rev().map(|revision| revision.as_str()).collect()
}

/// The version that a handshake agrees on: the one asked for if it has a handshake, else the newest that has.
pub(super) fn agreed(asked: Option<&str>) -> &'static str {
    let asked = asked.and_then(|text| text.parse::<Revision>().ok());
    asked.filter(|revision| revision.wire_style() == WireStyle::Stateful).unwrap_or(Revision::R2025_11_25).as_str()
}

/// The name of this server.
pub(super) fn server_info() -> Value {
    json!({ "name": "mcp-auth", "title": "mcp-auth: the OAuth of MCP servers", "version": env!("CARGO_PKG_VERSION") })
}

/// An answer that is an error.
pub(super) fn error(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// The refusal of a version.
pub(super) fn unsupported(id: &Value, asked: &str) -> Value {
    let data = json!({ "supported": versions(), "requested": asked });
    let message = "this protocol version is not supported";
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": UNSUPPORTED_VERSION, "message": message, "data": data } })
}

/// Reads a line; the error is the answer to what is no message. It repeats nothing of the line, which may hold a token.
pub(super) fn read(line: &[u8]) -> Result<Message, Value> {
    let invalid = |id: &Value, what: &str| Err(error(id, INVALID_REQUEST, what));
    let value = match json::read(line) {
        Ok(value) => value,
        Err(problem) => return Err(error(&Value::Null, PARSE_ERROR, &format!("the line is no JSON: {problem}"))),
    };
    let Value::Object(mut members) = value else {
        return invalid(&Value::Null, "the line is not one JSON-RPC message (batches are not taken)");
    };
    let id = members.shift_remove("id");
    let told = id.clone().filter(|id| id.is_string() || id.is_number()).unwrap_or_default();
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid(&told, "`jsonrpc` is not \"2.0\"");
    }
    let is_answer = members.contains_key("result") || members.contains_key("error");
    let Some(method) = members.get("method").and_then(Value::as_str).map(str::to_owned) else {
        return if is_answer { Ok(Message::Response) } else { invalid(&told, "`method` is missing or no string") };
    };
    let params = match members.shift_remove("params") {
        Some(Value::Object(params)) => params,
        None => Map::new(),
        Some(_) => return invalid(&told, "`params` is not an object"),
    };
    match id {
        None => Ok(Message::Notification { method, params }),
        Some(id) if id.is_string() || id.is_number() => Ok(Message::Request(Request { id, method, params })),
        Some(_) => invalid(&Value::Null, "`id` is neither a string nor a number"),
    }
}

/// A line of the input.
#[derive(Debug)]
pub(super) enum Line {
    /// As it came, without its end.
    Whole(Zeroizing<Vec<u8>>),
    /// Longer than [`LONGEST`]; it was read to its end and dropped.
    TooLong,
    /// The input has ended.
    End,
}

/// The lines of an input. What was read of a line survives that a wait for its rest is given up.
pub(super) struct Lines<R> {
    input: R,
    begun: Zeroizing<Vec<u8>>,
    dropping: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, begun: Zeroizing::default(), dropping: false }
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) async fn next(&mut self) -> io::Result<Line> {
        loop {
            let piece = self.input.fill_buf().await?;
            if piece.is_empty() {
                // A last line without its end is a line.
                return Ok(self.finish().unwrap_or(Line::End));
            }
            let end = piece.iter().position(|byte| *byte == b'\n');
            let (text, _) = piece.split_at(end.unwrap_or(piece.len()));
            if self.begun.len() + text.len() > LONGEST {
                self.dropping = true;
                self.begun = Zeroizing::default();
            } else if !self.dropping {
                self.begun.extend_from_slice(text);
            }
            let used = text.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some()
                && let Some(line) = self.finish()
            {
                return Ok(line);
            }
        }
    }

    /// The line that ends here, unless it is empty.
    fn finish(&mut self) -> Option<Line> {
        let line = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.dropping) {
            return Some(Line::TooLong);
        }
        let is_blank = line.iter().all(u8::is_ascii_whitespace);
        (!is_blank).then_some(Line::Whole(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> i64 {
        read(line.as_bytes()).unwrap_err()["error"]["code"].as_i64().unwrap()
    }

    #[test]
    fn what_is_no_message_is_refused_without_being_repeated() {
        assert_eq!(code("{\"token\":\"s3cr3t-s3cr3t\""), i64::from(PARSE_ERROR));
        for line in [
            "[]",
            "3",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#,
        ] {
            assert_eq!(code(line), i64::from(INVALID_REQUEST), "{line}");
        }
        assert!(!read(b"{\"token\":\"s3cr3t-s3cr3t\"").unwrap_err().to_string().contains("s3cr3t"));
        assert!(matches!(read(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Ok(Message::Response)));
        assert!(matches!(read(br#"{"jsonrpc":"2.0","method":"x"}"#), Ok(Message::Notification { .. })));
    }

    #[tokio::test]
    async fn lines_are_bounded_and_the_next_one_is_read() {
        let long = "x".repeat(LONGEST + 1);
        let input = format!("a\n\n  \n{long}\nb");
        let mut lines = Lines::new(input.as_bytes());
        assert!(matches!(lines.next().await.unwrap(), Line::Whole(line) if *line == b"a"));
        assert!(matches!(lines.next().await.unwrap(), Line::TooLong));
        assert!(matches!(lines.next().await.unwrap(), Line::Whole(line) if *line == b"b"));
        assert!(matches!(lines.next().await.unwrap(), Line::End));
    }

    #[test]
    fn a_handshake_agrees_on_a_revision_that_has_one() {
        assert_eq!(agreed(Some("2025-06-18")), "2025-06-18");
        assert_eq!(agreed(Some("2024-11-05")), "2025-11-25");
        assert_eq!(agreed(Some("2026-07-28")), "2025-11-25");
        assert_eq!(agreed(None), "2025-11-25");
    }
}
