//! Connections that are kept: who answers before the whole request has come reads the rest of it, within bounds, so that
//! the answer arrives and the next request finds the connection open (RFC 9112 §9.3 and §9.6). Python's clients send head
//! and body in two segments, and meet an answer between them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::support::Deployment;

const FREE: [&str; 4] = ["--port", "0", "--authority-port", "0"];

/// One connection that stays open.
struct Line {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer: status, whether the connection ends with it, and its text.
#[derive(Debug, PartialEq, Eq)]
struct Answered {
    status: u16,
    closes: bool,
}

impl Line {
    fn to(server: &Deployment) -> Self {
        let host = server.mcp.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::new(stream), host }
    }

    fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// A head alone.
    fn head(&mut self, method: &str, path: &str, more: &str) -> std::io::Result<()> {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", self.host);
        self.say(head.as_bytes())
    }

    /// The next answer; an error when the connection ended before it was whole.
    fn answer(&mut self) -> std::io::Result<Answered> {
        let mut line = String::new();
        let (mut status, mut length, mut closes) = (None, 0, false);
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            match text.split_once(": ") {
                None => status = text.split(' ').nth(1).and_then(|code| code.parse().ok()),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("connection", value)) => closes = value == "close",
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answered { status: status.unwrap(), closes })
    }

    /// A request whose body comes in two segments, each some time after what was sent before.
    fn post(&mut self, path: &str, more: &str, size: usize, pause: Duration) -> std::io::Result<Answered> {
        let body = vec![b' '; size];
        let (first, second) = body.split_at(size / 2);
        self.head("POST", path, &format!("{more}Content-Length: {size}\r\n"))?;
        for segment in [first, second] {
            std::thread::sleep(pause);
            self.say(segment)?;
        }
        self.answer()
    }
}

#[test]
fn an_early_answer_leaves_the_connection_open_for_the_next_request() {
    let server = Deployment::start(&FREE);
    let mut line = Line::to(&server);
    let (refused, kept) = (|status| Answered { status, closes: false }, Answered { status: 200, closes: false });
    let forged = "Authorization: Bearer a.b.c\r\n";
    let cases = [("/mcp", "", 401), ("/mcp", forged, 401), ("/nowhere", "", 404)];
    let mut rounds = 0;
    for millis in [0, 1, 15] {
        for round in 0..30 {
            let (path, more, status) = cases[round % cases.len()];
            let size = if round % 2 == 0 { 1 << 10 } else { 200 << 10 };
            let what = format!("round {rounds}: {size} bytes to {path}, segments {millis} ms apart");
            let answer = line.post(path, more, size, Duration::from_millis(millis));
            assert_eq!(answer.unwrap_or_else(|error| panic!("{what}: {error}")), refused(status), "{what}");
            line.head("GET", "/healthz", "").unwrap();
            let next = line.answer().unwrap_or_else(|error| panic!("after {what}: {error}"));
            assert_eq!(next, kept, "after {what}");
            rounds += 1;
        }
    }
    // Whoever is turned away at the door is no different.
    let wrong = line.post("/mcp", "Host: evil.example\r\n", 1 << 10, Duration::from_millis(5));
    assert!(wrong.unwrap().status >= 400);
}

#[test]
fn a_body_without_a_length_is_read_to_its_end_too() {
    let server = Deployment::start(&FREE);
    let mut line = Line::to(&server);
    for _ in 0..20 {
        line.head("POST", "/mcp", "Transfer-Encoding: chunked\r\n").unwrap();
        for chunk in [&b"5\r\nhello\r\n"[..], b"5\r\nworld\r\n", b"0\r\n\r\n"] {
            std::thread::sleep(Duration::from_millis(2));
            line.say(chunk).unwrap();
        }
        assert_eq!(line.answer().unwrap(), Answered { status: 401, closes: false });
    }
}

#[test]
fn what_is_too_long_or_never_comes_is_answered_all_the_same_and_the_connection_ends() {
    let server = Deployment::start(&FREE);
    let ends = Answered { status: 401, closes: true };
    // Far more than anybody would read: the answer does not wait, and what is sent meanwhile does not destroy it.
    let mut line = Line::to(&server);
    line.head("POST", "/mcp", "Content-Length: 1000000000\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    for _ in 0..64 {
        line.say(&[b' '; 32 << 10]).unwrap();
    }
    assert_eq!(line.answer().unwrap(), ends);
    assert_eq!(line.stream.read(&mut [0]).unwrap(), 0, "the end, in order");
    // Never more than the head.
    let mut line = Line::to(&server);
    let begun = Instant::now();
    line.head("POST", "/mcp", "Content-Length: 1000\r\n").unwrap();
    assert_eq!(line.answer().unwrap(), ends);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // Without an end: not more than some of it is taken.
    let mut line = Line::to(&server);
    line.head("POST", "/mcp", "Transfer-Encoding: chunked\r\n").unwrap();
    let chunk = [&b"8000\r\n"[..], &[b' '; 0x8000], b"\r\n"].concat();
    for _ in 0..64 {
        line.say(&chunk).unwrap();
    }
    assert_eq!(line.answer().unwrap(), ends);
}

#[test]
fn who_says_nothing_or_not_enough_is_not_held_for_ever() {
    let server = Deployment::start(&FREE);
    let closed = |said: &[&[u8]]| {
        let mut line = Line::to(&server);
        let begun = Instant::now();
        for part in said {
            line.say(part).unwrap();
            std::thread::sleep(Duration::from_millis(300));
        }
        let mut rest = Vec::new();
        // A reset ends it as well as an orderly end.
        let _ = line.stream.read_to_end(&mut rest);
        begun.elapsed()
    };
    let says: [&[&[u8]]; 4] =
        [&[], &[b"P", b"RI * HT"], &[b"GET /mcp HT"], &[b"POST /mcp HTTP/1.1\r\n", b"Host: x\r\n"]];
    std::thread::scope(|scope| {
        let waits: Vec<_> = says.iter().map(|said| (said, scope.spawn(|| closed(said)))).collect();
        for (said, wait) in waits {
            let took = wait.join().unwrap();
            assert!((9..15).contains(&took.as_secs()), "{said:?}: closed after {took:?}");
        }
        // Who takes a while to begin, and what comes in small pieces, is served.
        let mut line = Line::to(&server);
        std::thread::sleep(Duration::from_secs(2));
        for part in [&b"P"[..], b"OST /healthz HTTP/1.1\r\n", b"Host: 127.0.0.1\r\nContent-Length: 0\r\n", b"\r\n"] {
            line.say(part).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(line.answer().unwrap().status, 200);
    });
}

#[test]
fn who_asks_before_sending_a_body_is_told_not_to() {
    let server = Deployment::start(&FREE);
    let mut line = Line::to(&server);
    let begun = Instant::now();
    line.head("POST", "/mcp", "Expect: 100-continue\r\nContent-Length: 1000\r\n").unwrap();
    assert_eq!(line.answer().unwrap(), Answered { status: 401, closes: true }, "no 100 before it");
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
}
