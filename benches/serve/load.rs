//! The calls: plain sockets and threads, so that the client costs little beside the servers; each answer is checked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::cpu;

/// How long an answer may take: a call that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Every id has as many digits.
const FIRST_ID: u64 = 10_000_000;

/// The wire that a call uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// 2026-07-28.
    Stateless,
    /// 2025-11-25 and before.
    Legacy,
}

/// `tools/list` at some server.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) url: String,
    pub(super) wire: Wire,
    pub(super) session: Option<String>,
}

/// How the clients go about it.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Clients at the same time.
    pub(super) clients: usize,
    /// Every call brings a token of its own.
    pub(super) fresh: bool,
    /// Every call opens a connection, and the next waits so long.
    pub(super) anew: Option<Duration>,
}

/// What a round came to.
#[derive(Clone, Copy)]
pub(super) struct Round {
    pub(super) calls: usize,
    /// Calls per second.
    pub(super) rate: f64,
    /// CPU of the server per call, in microseconds.
    pub(super) cpu: f64,
    /// Latency, in milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The longest.
    pub(super) most: f64,
}

/// Calls for this time. With a token for each client, or, when they are to be fresh, as many as there are calls.
pub(super) fn run(call: &Call, tokens: &[String], manner: Manner, time: Duration, pid: u32) -> Round {
    let before = cpu(pid);
    let share = tokens.len() / manner.clients;
    let done: Vec<(Vec<f64>, f64)> = std::thread::scope(|scope| {
        let clients: Vec<_> = tokens
            .chunks(share)
            .take(manner.clients)
            .zip(0..)
            .map(|(tokens, number)| scope.spawn(move || client(call, tokens, manner, time, number)))
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let spent = cpu(pid) - before;
    let rate = done.iter().map(|(calls, seconds)| calls.len() as f64 / seconds).sum();
    let mut all: Vec<f64> = done.into_iter().flat_map(|(calls, _)| calls).collect();
    all.sort_by(f64::total_cmp);
    let at = |part: usize| all.get((all.len() * part / 100).min(all.len() - 1)).copied().unwrap_or(f64::NAN);
    let calls = all.len();
    Round { calls, rate, cpu: spent / calls as f64, p50: at(50), p99: at(99), most: at(100) }
}

/// One client: the latency of each call in milliseconds, and how long it was at it, in seconds.
fn client(call: &Call, tokens: &[String], manner: Manner, time: Duration, number: u64) -> (Vec<f64>, f64) {
    let mut line = Line::to(&call.url);
    let mut shape = None;
    let mut calls = Vec::new();
    let mut text = Vec::new();
    let begun = Instant::now();
    for (id, turn) in (FIRST_ID + number * 1_000_000..).zip(0_usize..) {
        let token = match manner.fresh {
            true => tokens.get(turn),
            false => tokens.first(),
        };
        // Whoever has no token left is done.
        let Some(token) = token.filter(|_| begun.elapsed() < time) else { break };
        if manner.fresh || text.is_empty() {
            text = request(call, token, id);
        } else {
            renumber(&mut text, id);
        }
        let sent = Instant::now();
        if manner.anew.is_some() {
            line = Line::to(&call.url);
        }
        let answer = line.exchange(&text);
        calls.push(sent.elapsed().as_secs_f64() * 1000.0);
        check(&answer, id, &mut shape);
        if let Some(pause) = manner.anew {
            std::thread::sleep(pause);
        }
    }
    (calls, begun.elapsed().as_secs_f64())
}

/// A whole request.
pub(super) fn request(call: &Call, token: &str, id: u64) -> Vec<u8> {
    let rest = call.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let (head, params) = match call.wire {
        Wire::Stateless => (
            "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/list\r\n".to_owned(),
            r#","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}}"#,
        ),
        Wire::Legacy => {
            let session = call.session.as_ref().map(|id| format!("Mcp-Session-Id: {id}\r\n")).unwrap_or_default();
            (format!("MCP-Protocol-Version: 2025-11-25\r\n{session}"), "")
        }
    };
    let body = format!(r#"{{"jsonrpc":"2.0","method":"tools/list"{params},"id":{id}}}"#);
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{head}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The id is the last thing in the request, before the brace.
fn renumber(request: &mut [u8], id: u64) {
    let digits = id.to_string();
    let end = request.len() - 1;
    request.get_mut(end - digits.len()..end).unwrap().copy_from_slice(digits.as_bytes());
}

/// What surrounds the id in the answers of a server, once one was read in full.
type Shape = Option<(Vec<u8>, Vec<u8>)>;

/// Whether this answer is the right one: 200, the id of the call, the tools. An answer that differs from the first only
/// in its id is as right as that.
fn check(answer: &Answer, id: u64, shape: &mut Shape) {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let digits = id.to_string();
    let like = |(before, after): &(Vec<u8>, Vec<u8>)| {
        let rest = answer.body.strip_prefix(before.as_slice());
        rest.and_then(|rest| rest.strip_prefix(digits.as_bytes())).is_some_and(|rest| rest == after.as_slice())
    };
    if shape.as_ref().is_some_and(like) {
        return;
    }
    let text = std::str::from_utf8(&answer.body).unwrap();
    // An event stream holds it in a line.
    let json = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(text);
    let value: Value = serde_json::from_str(json).unwrap();
    assert_eq!(value["id"], id, "{text}");
    let tools = value["result"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {text}"));
    let named = |name: &str| tools.iter().any(|tool| tool["name"] == name && tool["inputSchema"].is_object());
    assert!(named("search") && named("fetch") && named("save") || named("search_web"), "{text}");
    *shape = text.split_once(&digits).map(|(before, after)| (before.as_bytes().to_vec(), after.as_bytes().to_vec()));
}

/// A connection.
pub(super) struct Line {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Line {
    /// Connects.
    pub(super) fn to(url: &str) -> Self {
        let host = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, bytes: Vec::with_capacity(16 << 10) }
    }

    /// Sends a request and reads the answer.
    pub(super) fn exchange(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).unwrap();
        self.bytes.clear();
        let end = loop {
            if let Some(at) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more();
        };
        let head = String::from_utf8_lossy(self.bytes.get(..end).unwrap()).to_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = match field("content-length:").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => {
                while self.bytes.len() < end + length {
                    self.more();
                }
                self.bytes.get(end..).unwrap().to_vec()
            }
            None if field("transfer-encoding:") == Some("chunked") => self.chunks(end),
            None => Vec::new(),
        };
        Answer { status, body }
    }

    fn chunks(&mut self, mut at: usize) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                let rest = self.bytes.get(at..).unwrap_or_default();
                match rest.windows(2).position(|two| two == b"\r\n") {
                    Some(end) => break String::from_utf8_lossy(rest.get(..end).unwrap()).into_owned(),
                    None => self.more(),
                }
            };
            let size = usize::from_str_radix(&line, 16).unwrap();
            let begin = at + line.len() + 2;
            at = begin + size + 2;
            while self.bytes.len() < at {
                self.more();
            }
            body.extend_from_slice(self.bytes.get(begin..begin + size).unwrap());
            if size == 0 {
                return body;
            }
        }
    }

    fn more(&mut self) {
        let held = self.bytes.len();
        self.bytes.resize(held + (16 << 10), 0);
        let count = self.stream.read(self.bytes.get_mut(held..).unwrap()).unwrap();
        assert!(count > 0, "the connection ended in the middle of an answer");
        self.bytes.truncate(held + count);
    }
}
