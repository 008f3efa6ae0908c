//! MCP messages in an answer: one JSON object, an array, or the events of a stream.

use serde_json::Value;

use super::trail::Exchange;
use crate::formats::rpc::{self, Answer, Message, ResultType};
use crate::formats::sse::{Caps, Parser};
use crate::spec::revision::Revision;

/// The body was capped when it was recorded; the parser needs no narrower limits.
const CAPS: Caps = Caps { line: usize::MAX, event: usize::MAX, total: usize::MAX };

/// The messages an answer holds; none if it holds no JSON-RPC.
#[must_use]
pub fn messages(exchange: &Exchange) -> Vec<Message> {
    let Some(reply) = exchange.reply() else { return Vec::new() };
    let bytes = reply.body.bytes();
    if reply.media_type().as_deref() != Some("text/event-stream") {
        return rpc::read(&bytes).map(into_messages).unwrap_or_default();
    }
    let mut parser = Parser::new(CAPS);
    let events = parser.feed(&bytes).unwrap_or_default();
    events.iter().filter_map(|event| rpc::read(event.data.as_bytes()).ok()).flat_map(into_messages).collect()
}

/// Whether the answer is one that only a 2026-07-28 server gives.
#[must_use]
pub fn is_modern(exchange: &Exchange) -> bool {
    messages(exchange).iter().any(|message| {
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
    for message in messages(exchange) {
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
