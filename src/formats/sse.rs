//! Server-sent events: WHATWG HTML §9.2 "Server-sent events", as the Streamable HTTP transport of MCP uses them.
//!
//! Fed with whatever the network delivers, down to single bytes. Lines end with LF, CR or CRLF, a byte order mark
//! at the start and comments are ignored, several `data` lines join with LF, events without data (MCP 2025-11-25
//! primes streams with them) are not delivered.

use std::sync::Arc;

use thiserror::Error;

/// How much is taken before the stream is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of one line.
    pub line: usize,
    /// Bytes of the data of one event.
    pub event: usize,
    /// Bytes of the whole stream.
    pub total: usize,
}

/// A stream that exceeds its [`Caps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SseProblem {
    /// A line is too long.
    #[error("a line of the event stream exceeds {limit} bytes")]
    Line {
        /// The cap.
        limit: usize,
    },
    /// An event is too large.
    #[error("an event of the stream exceeds {limit} bytes")]
    Event {
        /// The cap.
        limit: usize,
    },
    /// The stream is too long.
    #[error("the event stream exceeds {limit} bytes")]
    Total {
        /// The cap.
        limit: usize,
    },
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its type; `message` unless the stream says otherwise.
    pub event: String,
    /// Its data.
    pub data: String,
    /// The last event ID in force when it came; it stays from event to event, and is shared between them.
    pub id: Option<Arc<str>>,
}

/// The parser of one stream.
#[derive(Debug)]
pub struct Parser {
    caps: Caps,
    total: usize,
    line: Vec<u8>,
    /// The last byte was CR: an LF that follows belongs to it.
    after_cr: bool,
    first_line: bool,
    event: String,
    data: String,
    has_data: bool,
    last_id: Option<Arc<str>>,
    retry: Option<u64>,
    lossy: bool,
    failed: Option<SseProblem>,
}

impl Parser {
    /// A parser at the start of a stream.
    #[must_use]
    pub const fn new(caps: Caps) -> Self {
        Self {
            caps,
            total: 0,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            event: String::new(),
            data: String::new(),
            has_data: false,
            last_id: None,
            retry: None,
            lossy: false,
            failed: None,
        }
    }

    /// Takes the next bytes and returns the events that they complete.
    ///
    /// # Errors
    /// [`SseProblem`] when a cap is exceeded, then and ever after. Events completed by the same bytes are lost:
    /// the stream is hostile.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, SseProblem> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        self.take(bytes).inspect_err(|problem| self.failed = Some(*problem))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Vec<Event>, SseProblem> {
        self.total = self.total.saturating_add(bytes.len());
        if self.total > self.caps.total {
            return Err(SseProblem::Total { limit: self.caps.total });
        }
        let mut events = Vec::new();
        for &byte in bytes {
            let second_of_crlf = std::mem::take(&mut self.after_cr) && byte == b'\n';
            match byte {
                b'\n' if second_of_crlf => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ if self.line.len() >= self.caps.line => return Err(SseProblem::Line { limit: self.caps.line }),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// Whether the stream ended inside an event, which is then lost: nothing is delivered before its empty line.
    #[must_use]
    pub fn is_mid_event(&self) -> bool {
        self.has_data || !self.line.is_empty()
    }

    /// The last event ID, also of events without data; what `Last-Event-ID` resumes from.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The time to wait before reconnecting, in milliseconds, if the server asked for one.
    #[must_use]
    pub const fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Whether a cap was exceeded: nothing more is read of this stream.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether bytes were not UTF-8 and have been replaced.
    #[must_use]
    pub const fn is_lossy(&self) -> bool {
        self.lossy
    }

    fn end_line(&mut self) -> Result<Option<Event>, SseProblem> {
        let bytes = std::mem::take(&mut self.line);
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) if self.first_line => rest,
            _ => &bytes,
        };
        self.first_line = false;
        let line = String::from_utf8_lossy(bytes);
        self.lossy |= matches!(line, std::borrow::Cow::Owned(_));
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                let joint = usize::from(self.has_data);
                if self.data.len().saturating_add(value.len()).saturating_add(joint) > self.caps.event {
                    return Err(SseProblem::Event { limit: self.caps.event });
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.into()),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                self.retry = value.parse().ok()
            }
            // A comment (empty name) or a field that nobody knows.
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<Event> {
        let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
        self.has_data = false;
        if data.is_empty() {
            return None;
        }
        let event = if event.is_empty() { "message".to_owned() } else { event };
        Some(Event { event, data, id: self.last_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPS: Caps = Caps { line: 100, event: 150, total: 1_000 };

    fn events(text: &str) -> Vec<(String, String, Option<String>)> {
        let parsed = Parser::new(CAPS).feed(text.as_bytes()).unwrap();
        parsed.into_iter().map(|e| (e.event, e.data, e.id.map(|id| id.to_string()))).collect()
    }

    fn message(data: &str) -> (String, String, Option<String>) {
        ("message".to_owned(), data.to_owned(), None)
    }

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(events("data: YHOO\ndata: +2\ndata: 10\n\n"), [message("YHOO\n+2\n10")]);
        assert_eq!(events("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
        assert_eq!(events("data\n\ndata\ndata\n\ndata:"), [message("\n")]);
        let read = events(": test stream\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n");
        let ids: Vec<_> = read.iter().map(|(_, data, id)| (data.as_str(), id.as_deref())).collect();
        assert_eq!(ids, [("first", Some("1")), ("second", Some("")), (" third", Some(""))]);
    }

    #[test]
    fn lines_end_in_three_ways_and_a_mark_may_lead() {
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("\u{feff}event: x{end}data: a{end}data: b{end}{end}data: c{end}{end}");
            assert_eq!(events(&text), [("x".to_owned(), "a\nb".to_owned(), None), message("c")], "{end:?}");
        }
        assert_eq!(events("data: a\n\u{feff}data: b\n\n"), [message("a")]);
    }

    #[test]
    fn priming_events_are_not_delivered_but_remembered() {
        let mut parser = Parser::new(CAPS);
        assert_eq!(parser.feed(b"id: 7\nretry: 3000\ndata:\n\nretry: x\nunknown: y\nid: a\0b\n\n"), Ok(vec![]));
        assert_eq!((parser.last_id(), parser.retry(), parser.is_mid_event()), (Some("7"), Some(3000), false));
        assert_eq!(parser.feed(b"data: cut off\n"), Ok(vec![]));
        assert!(parser.is_mid_event() && !parser.is_lossy());
        parser.feed(b":\xff\n").unwrap();
        assert!(parser.is_lossy());
    }

    #[test]
    fn each_cap_holds_and_stays() {
        let mut parser = Parser::new(CAPS);
        assert_eq!(parser.feed(&[b'x'; 101]), Err(SseProblem::Line { limit: 100 }));
        assert_eq!(parser.feed(b"\n\ndata: a\n\n"), Err(SseProblem::Line { limit: 100 }));
        let line = format!("data: {}\n", "x".repeat(90));
        assert_eq!(Parser::new(CAPS).feed(line.repeat(2).as_bytes()), Err(SseProblem::Event { limit: 150 }));
        assert_eq!(Parser::new(CAPS).feed(&[b'\n'; 1_001]), Err(SseProblem::Total { limit: 1_000 }));
        // What just fits is taken.
        let data = |length| format!("data:{}\n", "x".repeat(length));
        assert_eq!(Parser::new(CAPS).feed((data(90) + &data(59)).as_bytes()), Ok(vec![]));
        assert_eq!(Parser::new(CAPS).feed((data(90) + &data(60)).as_bytes()), Err(SseProblem::Event { limit: 150 }));
        assert_eq!(Parser::new(CAPS).feed(&[b'x'; 100]), Ok(vec![]));
        assert_eq!(Parser::new(CAPS).feed(&[b'\n'; 1_000]), Ok(vec![]));
        // Empty data lines grow the event, too.
        let small = Caps { event: 5, ..CAPS };
        assert_eq!(Parser::new(small).feed("data\n".repeat(10).as_bytes()), Err(SseProblem::Event { limit: 5 }));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "(data: ?[a-c]{0,3}|id: 1|event: e|:c|[\\r\\n]|\\PC|\u{feff}){0,30}", size in 1_usize..5) {
            let caps = Caps { line: 10_000, event: 10_000, total: 10_000 };
            let whole = Parser::new(caps).feed(text.as_bytes()).unwrap();
            let mut parser = Parser::new(caps);
            let mut pieces = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                pieces.extend(parser.feed(piece).unwrap());
            }
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parser::new(CAPS).feed(&bytes);
        }
    }
}
