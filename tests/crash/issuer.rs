//! An authorization server that rotates refresh tokens and counts, and the MCP server that takes its access tokens.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A part of every token: it must appear nowhere but in the store.
pub(crate) const CANARY: &str = "kC8vSecretCanary";

/// What happens when the refresh token before the newest one is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// The same successor again, as long as nobody has used that one.
    Window,
    /// The family is revoked.
    Strict,
}

/// What runs between the commit of a refresh and its answer.
type Pause = Arc<dyn Fn() + Send + Sync>;

/// What the servers know.
pub(crate) struct State {
    reuse: Reuse,
    /// Grows with every new login, so that nothing old is taken for something new.
    family: u32,
    /// The newest refresh token.
    pub(crate) generation: u32,
    /// Access tokens of an earlier generation are refused.
    floor: u32,
    /// The family was revoked: the login is lost.
    pub(crate) revoked: bool,
    /// The token that it was revoked by, and the newest at that time.
    pub(crate) revoked_by: Option<(Option<u32>, u32)>,
    /// Refresh requests that arrived.
    pub(crate) asked: u32,
    /// Refresh requests that were refused.
    pub(crate) refused: u32,
    /// When the last refresh was committed.
    pub(crate) committed: Option<Instant>,
    /// When its answer had been handed to the system.
    pub(crate) delivered: Option<Instant>,
    pause: Option<Pause>,
}

impl State {
    pub(crate) fn refresh_token(&self, generation: u32) -> String {
        format!("refresh.{}.{generation}.{CANARY}", self.family)
    }

    pub(crate) fn access_token(&self, generation: u32) -> String {
        format!("access.{}.{generation}.{CANARY}", self.family)
    }

    /// The number in a token of the present family.
    pub(crate) fn number_of(&self, token: &str) -> Option<u32> {
        let mut parts = token.split('.').skip(1);
        let family = parts.next()?.parse::<u32>().ok()?;
        parts.next()?.parse().ok().filter(|_| family == self.family)
    }

    /// A refresh: whether there is an answer with tokens.
    fn refresh(&mut self, sent: Option<u32>) -> bool {
        self.asked += 1;
        self.delivered = None;
        let newest = sent == Some(self.generation);
        let again = sent.is_some_and(|sent| sent + 1 == self.generation) && self.reuse == Reuse::Window;
        if newest && !self.revoked {
            self.generation += 1;
            self.committed = Some(Instant::now());
        } else if !again {
            self.revoked = true;
            self.revoked_by = Some((sent, self.generation));
        }
        if self.revoked {
            self.refused += 1;
        }
        !self.revoked
    }
}

/// Both servers, on one free port.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) origin: String,
    state: Arc<Mutex<State>>,
    /// The connections that are open.
    open: Arc<AtomicUsize>,
}

impl Issuer {
    pub(crate) fn start(reuse: Reuse) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            reuse,
            family: 0,
            generation: 0,
            floor: 0,
            revoked: false,
            revoked_by: None,
            asked: 0,
            refused: 0,
            committed: None,
            delivered: None,
            pause: None,
        };
        let issuer = Self { origin, state: Arc::new(Mutex::new(state)), open: Arc::default() };
        let served = issuer.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                served.open.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    // Who is killed in the middle of a request leaves an error here, which is nobody's business.
                    let _ = served.converse(stream);
                    served.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        issuer
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A new login in the place of the one before; nothing was asked yet.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.family += 1;
        (state.generation, state.floor, state.revoked) = (0, 0, false);
        (state.asked, state.refused, state.committed, state.delivered) = (0, 0, None, None);
    }

    /// From now on the MCP server refuses every access token that there is.
    pub(crate) fn expire(&self) {
        let mut state = self.state();
        state.floor = state.generation + 1;
    }

    /// What runs between the commit of a refresh and its answer.
    pub(crate) fn pause(&self, pause: impl Fn() + Send + Sync + 'static) {
        self.state().pause = Some(Arc::new(pause));
    }

    /// Waits until everything that was sent by now is answered, and every connection closed.
    pub(crate) fn settle(&self) {
        // Connections are taken in their order: once this one is answered, all before it were taken.
        let address = self.origin.trim_start_matches("http://");
        let mut own = BufReader::new(TcpStream::connect(address).unwrap());
        own.get_mut().write_all(b"POST /mcp HTTP/1.1\r\ncontent-length: 0\r\n\r\n").unwrap();
        request(&mut own).unwrap();
        drop(own);
        while self.open.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn converse(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let mut writer = stream.try_clone().ok()?;
        let mut reader = BufReader::new(stream);
        loop {
            let (head, body) = request(&mut reader)?;
            let is_token = head.starts_with("POST /token ");
            let answer = if is_token { self.token(&body) } else { self.mcp(&head, &body) };
            writer.write_all(answer.as_bytes()).ok()?;
            if is_token {
                self.state().delivered = Some(Instant::now());
            }
        }
    }

    fn token(&self, body: &str) -> String {
        let sent = url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "refresh_token");
        let (good, answer, pause) = {
            let mut state = self.state();
            let sent = sent.and_then(|(_, token)| state.number_of(&token));
            let good = state.refresh(sent);
            let (access, refresh) = (state.access_token(state.generation), state.refresh_token(state.generation));
            let answer = format!(
                r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":600,"refresh_token":"{refresh}"}}"#
            );
            (good, answer, state.pause.clone())
        };
        if let Some(pause) = pause {
            pause();
        }
        if good { reply("200 OK", "", &answer) } else { reply("400 Bad Request", "", r#"{"error":"invalid_grant"}"#) }
    }

    fn mcp(&self, head: &str, body: &str) -> String {
        let shown = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.trim_start_matches("Bearer ").to_owned())
        });
        let good = {
            let state = self.state();
            let number = shown.and_then(|token| state.number_of(&token));
            !state.revoked && number.is_some_and(|number| (state.floor..=state.generation).contains(&number))
        };
        if !good {
            return reply("401 Unauthorized", "www-authenticate: Bearer error=\"invalid_token\"\r\n", "");
        }
        let asked: serde_json::Value = serde_json::from_str(body).unwrap();
        let result = match asked["method"].as_str() {
            Some("server/discover") => serde_json::json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
                "serverInfo": { "name": "crash", "version": "1" },
            }),
            _ => serde_json::json!({ "resultType": "complete", "tools": [] }),
        };
        let answer = serde_json::json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result });
        reply("200 OK", "", &answer.to_string())
    }
}

/// Head and body of a request; `None` when there is no more.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}
