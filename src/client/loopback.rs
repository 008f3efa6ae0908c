//! The listener that the browser comes back to: RFC 8252 §7.3, §8.3.
//!
//! On 127.0.0.1 only, for one answer. Everything else that knocks (another path, method or Host, a forged or cut `state`, a
//! slow or endless head) is sent away while the listener keeps waiting, so that no web page can end a login or start one.
//! What a server sent is never put into the page.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::error::ClientError;

/// The longest head of a request, in bytes.
const HEAD: usize = 8 * 1024;
/// How long a head may take.
const HEAD_TIME: Duration = Duration::from_secs(2);
/// Connections at a time; further ones wait in the backlog of the system.
const CONNECTIONS: usize = 128;

/// A bound listener.
pub struct Listener {
    socket: TcpListener,
    port: u16,
    path: String,
}

/// What a redirect is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// Not an answer to our request: keep waiting.
    Stranger,
    /// The answer, and a good one.
    Good,
    /// The answer, and the login failed.
    Failed,
}

impl Listener {
    /// Binds this port, or a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn bind(port: Option<u16>, path: &str) -> Result<Self, ClientError> {
        let local = |detail: String| ClientError::Local { what: "the listener for the redirect".to_owned(), detail };
        if !path.starts_with('/') || path.contains(['?', '#', ' ']) {
            return Err(local("its path must begin with / and hold neither ? nor #".to_owned()));
        }
        let socket = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await;
        let socket = socket.map_err(|error| match port {
            Some(port) => local(format!("port {port} of 127.0.0.1 cannot be bound: {error}")),
            None => local(format!("no port of 127.0.0.1 can be bound: {error}")),
        })?;
        let port = socket.local_addr().map_err(|error| local(error.to_string()))?.port();
        Ok(Self { socket, port, path: path.to_owned() })
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The redirect URI that leads here.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Waits for the answer; `judge` says what a query is. Returns the query of the answer.
    pub async fn answer(&self, judge: impl Fn(&str) -> Reception) -> String {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept(), if open.len() < CONNECTIONS => {
                    if let Ok((stream, _)) = accepted {
                        open.push(self.serve(stream, &judge));
                    }
                }
                Some(found) = open.next(), if !open.is_empty() => {
                    if let Some(query) = found {
                        return query;
                    }
                }
            }
        }
    }

    async fn serve(&self, mut stream: TcpStream, judge: &impl Fn(&str) -> Reception) -> Option<String> {
        let head = tokio::time::timeout(HEAD_TIME, read_head(&mut stream)).await.ok()??;
        let query = self.query(&head);
        let reception = query.map_or(Reception::Stranger, judge);
        let (status, text) = match reception {
            Reception::Stranger => ("400 Bad Request", "This is not the answer to a login that is under way."),
            Reception::Good => ("200 OK", "You are logged in. You may close this window."),
            Reception::Failed => ("200 OK", "The login failed. The terminal says why. You may close this window."),
        };
        let page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>mcp-auth</title><p>{text}</p></html>\n"
        );
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
             cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n\
             content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
        // Whoever does not wait for the page has still been heard.
        let _ = tokio::time::timeout(HEAD_TIME, async {
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        })
        .await;
        if reception == Reception::Stranger { None } else { query.map(str::to_owned) }
    }

    /// The query of a request that is for us: GET, our path, our Host.
    fn query<'h>(&self, head: &'h str) -> Option<&'h str> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let (path, query) = target.split_once('?')?;
        let hosts = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let mut named = Vec::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("host") {
                named.push(value.trim());
            }
        }
        let host = matches!(named.as_slice(), [only] if hosts.iter().any(|host| host.eq_ignore_ascii_case(only)));
        let ours = method == "GET" && path == self.path && version.starts_with("HTTP/1.") && words.next().is_none();
        (ours && host).then_some(query)
    }
}

/// The head of a request without its empty line; `None` if it is too long, no text, or breaks off.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while head.len() <= HEAD {
        let length = stream.read(&mut part).await.ok()?;
        if length == 0 {
            return None;
        }
        head.extend_from_slice(part.get(..length)?);
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            head.truncate(end);
            return String::from_utf8(head).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    async fn say(port: u16, text: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // Some answers are none: the connection is simply closed.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    fn judge(query: &str) -> Reception {
        if query.contains("state=right") { Reception::Good } else { Reception::Stranger }
    }

    #[tokio::test]
    async fn strangers_are_sent_away_and_the_answer_is_still_heard() {
        let listener = Arc::new(Listener::bind(None, "/callback").await.unwrap());
        let port = listener.port();
        let waiting = tokio::spawn({
            let listener = Arc::clone(&listener);
            async move { listener.answer(judge).await }
        });
        let host = format!("Host: 127.0.0.1:{port}");
        for request in [
            format!("GET /callback?code=forged&state=wrong HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("POST /callback?state=right HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("GET /other?state=right HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("GET /callback HTTP/1.1\r\n{host}\r\n\r\n"),
            "GET /callback?state=right HTTP/1.1\r\nHost: evil.test\r\n\r\n".to_owned(),
            format!("GET /callback?state=right HTTP/1.1\r\n{host}\r\nHost: evil.test\r\n\r\n"),
            "GET /callback?state=right HTTP/1.1\r\n\r\n".to_owned(),
            format!("GET /callback?state=right\u{0} x HTTP/1.1\r\n{host}\r\n\r\n"),
        ] {
            let answer = say(port, &request).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{request} → {answer}");
        }
        assert_eq!(say(port, &format!("GET /callback?{} HTTP/1.1\r\n", "x".repeat(60_000))).await, "");
        let answer = say(port, &format!("GET /callback?code=c&state=right HTTP/1.1\r\n{host}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("default-src 'none'"), "{answer}");
        assert_eq!(waiting.await.unwrap(), "code=c&state=right");
    }

    #[tokio::test]
    async fn many_silent_connections_do_not_keep_the_answer_out() {
        let listener = Arc::new(Listener::bind(None, "/callback").await.unwrap());
        let port = listener.port();
        let waiting = tokio::spawn({
            let listener = Arc::clone(&listener);
            async move { listener.answer(judge).await }
        });
        let mut silent = Vec::new();
        for _ in 0..100 {
            silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        }
        say(port, &format!("GET /callback?state=right HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")).await;
        assert_eq!(waiting.await.unwrap(), "state=right");
    }

    #[tokio::test]
    async fn a_taken_port_says_so() {
        let listener = Listener::bind(None, "/callback").await.unwrap();
        let error = Listener::bind(Some(listener.port()), "/callback").await.err().unwrap();
        assert!(error.to_string().contains(&listener.port().to_string()), "{error}");
        assert!(Listener::bind(None, "callback").await.is_err());
    }
}
