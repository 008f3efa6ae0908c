//! MCP messages in an answer: one JSON object, an array, or the events of a stream.

use serde_json::Value;

use super::trail::Exchange;
use crate::formats::rpc::{self, Answer, Message, ResultType};
use crate::formats::sse::{Caps, Parser};
use crate::spec::revision::Revision;

/// The body was capped when it was recorded; the parser needs no narrower limits.
const CAPS: Caps = Caps { line: usize::MAX, event: usize::MAX, total: usize::MAX };

/// How much of a stream is read at once.
const PIECE: usize = 16 * 1024;

/// The messages an answer holds; none if it holds no JSON-RPC.
#[must_use]
pub fn messages(exchange: &Exchange) -> Vec<Message> {
    in_turn(exchange).collect()
}

/// The same, one after the other: a stream may hold a hundred thousand, and takes ten times its length with all of them read.
pub fn in_turn(exchange: &Exchange) -> Box<dyn Iterator<Item = Message> + '_> {
    let Some(reply) = exchange.reply() else { return Box::new(std::iter::empty()) };
    let bytes = reply.body.bytes();
    if reply.media_type().as_deref() != Some("text/event-stream") {
        return Box::new(rpc::read(&bytes).map(into_messages).unwrap_or_default().into_iter());
    }
    let mut parser = Parser::new(CAPS);
    let pieces = (0..bytes.len()).step_by(PIECE).map(move |start| {
        let end = bytes.len().min(start + PIECE);
        parser.feed(bytes.get(start..end).unwrap_or_default()).unwrap_or_default()
    });
    Box::new(pieces.flatten().filter_map(|event| rpc::read(event.data.as_bytes()).ok()).flat_map(into_messages))
}

/// Whether the answer is one that only a 2026-07-28 server gives.
#[must_use]
pub fn is_modern(exchange: &Exchange) -> bool {
    in_turn(exchange).any(|message| {
        let says_versions = message.result().is_some_and(|result| result.get("supportedVersions").is_some());
        let says_type = matches!(message.result_type(), Some(ResultType::Complete | ResultType::InputRequired))
            && message.result().is_some_and(|result| result.get("resultType").is_some());
        says_versions || says_type || message.error().is_some_and(|error| error.code.is_some_and(rpc::Code::is_modern))
    })
}

/// The protocol versions the answer names: of a `server/discover` all, of an `initialize` the one agreed on.
#[must_use]
pub fn versions(exchange: &Exchange) -> Vec<String> {
    let mut found = Vec::new();
    for message in in_turn(exchange) {
        let Some(result) = message.result() else { continue };
        let several = result.get("supportedVersions").and_then(Value::as_array).into_iter().flatten();
        let all = several.chain(result.get("protocolVersion"));
        found.extend(all.filter_map(Value::as_str).map(str::to_owned));
    }
    found
}

/// The newest known revision the answer names.
#[must_use]
pub fn newest_revision(exchange: &Exchange) -> Option<Revision> {
    versions(exchange).iter().filter_map(|version| version.parse().ok()).max()
}

fn into_messages(answer: Answer) -> Vec<Message> {
    match answer {
        Answer::Single(message) => vec![message],
        Answer::Batch(messages) => messages,
    }
}
