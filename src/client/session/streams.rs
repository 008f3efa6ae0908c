//! Streams: the answer to a POST, heard while it is open and resumed where it broke off; the server's own stream; and what
//! a server asks on either (MCP 2025-11-25 transports; 2026-07-28 streamable HTTP).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::reading::{Heard, question};
use super::{Era, Session};
use crate::client::mcp;
use crate::evidence::answer;
use crate::formats::rpc::{self, Body, Code, Id, Message};
use crate::formats::sse::{Caps, Parser};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::wire::{Ask, Tap, limits};

/// How often a stream that broke off is resumed.
const RESUMPTIONS: usize = 3;
/// How long the server's own stream may take to open before the tool is called without it.
const OPENING: Duration = Duration::from_secs(1);
/// How long to wait before resuming, unless the stream says: at most the first, at least the second.
const RESUME_WAITS: (u64, u64) = (10_000, 0);

/// The wire caps the whole stream; the parser needs no narrower limits.
const CAPS: Caps = Caps { line: limits::TOOL_BODY, event: limits::TOOL_BODY, total: usize::MAX };

impl Session<'_> {
    /// One request, its stream heard while it is open, and resumed on the stateful wire if it breaks off.
    pub(super) async fn transmit(&mut self, ask: Ask, id: &Id) -> Heard {
        let mut parser = Parser::new(CAPS);
        let mut heard = if self.may_be_asked(&ask) {
            self.hear_with_own_stream(ask, id, &mut parser).await
        } else {
            self.hear(ask, id, &mut parser).await
        };
        for _ in 0..RESUMPTIONS {
            // A stream that was cut off by us had more than enough room.
            let is_stream = heard
                .exchange
                .reply()
                .is_some_and(|reply| reply.media_type().as_deref() == Some("text/event-stream") && !reply.body.cut);
            let (Some(Era::Stateful(session)), Some(last)) = (&self.era, parser.last_id()) else { break };
            if heard.message.is_some() || !is_stream || parser.has_failed() {
                break;
            }
            let wait = parser.retry().unwrap_or(1000).clamp(RESUME_WAITS.1, RESUME_WAITS.0);
            let step = self.step(Step::McpGetStream, Step::SessionResume);
            let because = "the stream ended before the answer: resuming it";
            let resume = Ask {
                headers: vec![("accept", "text/event-stream".to_owned()), ("last-event-id", last.to_owned())],
                ..Ask::get(step, self.wire.endpoint(), because)
            };
            let Ok(resume) = self.authorize(session.on(resume.for_result())) else { break };
            tokio::time::sleep(Duration::from_millis(wait)).await;
            heard = self.hear(resume, id, &mut parser).await;
        }
        heard
    }

    /// Whether a tool of the stateful wire may ask for input, which some servers do on a stream of their own.
    fn may_be_asked(&self, ask: &Ask) -> bool {
        let calls = matches!(ask.step, Step::SessionCall | Step::McpCall);
        calls && self.answers.is_some() && matches!(self.era, Some(Era::Stateful(_)))
    }

    /// Makes a request while the server's own stream is open (2025-11-25 transports, "Listening for Messages from the Server").
    async fn hear_with_own_stream(&self, ask: Ask, id: &Id, parser: &mut Parser) -> Heard {
        let enough = Arc::new(Notify::new());
        let opened = Arc::new(Notify::new());
        let mut beside = Box::pin(self.own_stream(Arc::clone(&enough), Arc::clone(&opened)));
        let mut open = true;
        // A question that comes before the stream is open is lost.
        tokio::select! {
            () = opened.notified() => {}
            () = &mut beside => open = false,
            () = tokio::time::sleep(OPENING) => {}
        }
        let hearing = self.hear(ask, id, parser);
        tokio::pin!(hearing);
        let heard = loop {
            tokio::select! {
                heard = &mut hearing => break heard,
                () = &mut beside, if open => open = false,
            }
        };
        if open {
            enough.notify_one();
            // A server that has not even answered the GET is not waited for.
            let _ = tokio::time::timeout(limits::STREAM_PATIENCE, beside).await;
        }
        heard
    }

    async fn own_stream(&self, enough: Arc<Notify>, opened: Arc<Notify>) {
        let Some(Era::Stateful(session)) = &self.era else { return };
        let step = self.step(Step::McpGetStream, Step::SessionStream);
        let stream = Ask {
            headers: vec![("accept", "text/event-stream".to_owned())],
            ..Ask::get(step, self.wire.endpoint(), "the tool may ask for input on the server's own stream")
        };
        let Ok(stream) = self.authorize(session.on(stream.for_result())) else { return };
        let (chunks, mut coming) = mpsc::unbounded_channel();
        let sending = self.wire.send_tapped(stream, Tap { chunks, enough, opened });
        tokio::pin!(sending);
        let mut parser = Parser::new(CAPS);
        loop {
            tokio::select! {
                biased;
                Some(chunk) = coming.recv() => {
                    self.take(&chunk, &Id::Null, &mut parser, &mut None).await;
                }
                _ = &mut sending => break,
            }
        }
        // What came with its end was asked, too.
        while let Ok(chunk) = coming.try_recv() {
            self.take(&chunk, &Id::Null, &mut parser, &mut None).await;
        }
    }

    async fn hear(&self, ask: Ask, id: &Id, parser: &mut Parser) -> Heard {
        let (chunks, mut coming) = mpsc::unbounded_channel();
        let enough = Arc::new(Notify::new());
        let sending = self.wire.send_tapped(ask, Tap { chunks, enough: Arc::clone(&enough), opened: Arc::default() });
        tokio::pin!(sending);
        let mut message = None;
        let exchange = loop {
            tokio::select! {
                biased;
                Some(chunk) = coming.recv() => {
                    let goes_on = self.take(&chunk, id, parser, &mut message).await;
                    if message.is_some() || !goes_on {
                        enough.notify_one();
                    }
                }
                exchange = &mut sending => break exchange,
            }
        };
        while let Ok(chunk) = coming.try_recv() {
            self.take(&chunk, id, parser, &mut message).await;
        }
        if message.is_none() {
            let mut found = answer::in_turn(&exchange).filter(Message::is_response);
            // An error about a request that could not be read has no id.
            message = found.find(|m| {
                m.id.as_ref() == Some(id) || m.error().is_some() && !matches!(m.id, Some(Id::Number(_) | Id::Text(_)))
            });
        }
        Heard { exchange, message }
    }

    /// Takes a piece of a stream; says whether more of it can be read.
    async fn take(&self, chunk: &[u8], id: &Id, parser: &mut Parser, found: &mut Option<Message>) -> bool {
        let Ok(events) = parser.feed(chunk) else { return false };
        for event in events {
            let Ok(read) = rpc::read(event.data.as_bytes()) else { continue };
            for message in read.messages() {
                if message.is_response() && message.id.as_ref() == Some(id) {
                    *found = Some(message.clone());
                } else if let Body::Request { method } = &message.body {
                    self.reply(method, message).await;
                }
            }
        }
        true
    }

    /// Answers a request of the server: pings, and elicitations that the user has an answer for.
    async fn reply(&self, method: &str, message: &Message) {
        let Some(Era::Stateful(session)) = &self.era else { return };
        let id = message.raw.get("id").cloned().unwrap_or(Value::Null);
        let asked = message.raw.get("params").unwrap_or(&Value::Null);
        let answer = match (method, self.elicited(method, asked)) {
            ("ping", _) => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
            (_, Some(result)) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            ("elicitation/create", None) => {
                let question = question(method, asked);
                (self.say)(&format!("declined: the tool asks for input: {}", printable(&question)));
                json!({ "jsonrpc": "2.0", "id": id, "result": { "action": "decline" } })
            }
            _ => {
                let error = json!({ "code": Code::METHOD_NOT_FOUND.0, "message": "not supported by this client" });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
        };
        let because = "the server asked something in the stream";
        let ask = mcp::post(Step::SessionReply, &self.wire.endpoint(), answer.to_string(), because);
        if let Ok(ask) = self.authorize(session.on(ask)) {
            self.wire.send(ask).await;
        }
    }
}
