//! A proxy between the program and the deployment: it keeps every message, collects what no output may hold, and can
//! change what comes back, so that a correct deployment becomes one that lies.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Changes an answer: gets the URL that was asked and the answer, head and body.
pub(crate) type Tamper = Box<dyn Fn(&str, Answer) -> Answer + Send + Sync>;

/// Stands in an answer for the request that it answers, fields and body, as JSON and HTML would hold it.
pub(crate) const REQUEST: &str = "{{the request}}";

/// An answer.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    /// Status line and fields, without the empty line.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A redirect.
    pub(crate) fn redirect(status: u16, to: &str) -> Self {
        Self { head: format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\nconnection: close"), body: String::new() }
    }
}

/// Whether a URL is that of the MCP endpoint, whatever its query.
pub(crate) fn is_endpoint(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.path() == "/mcp")
}

/// Changes a JSON document whose URL holds these words.
pub(crate) fn document(part: &'static str, change: fn(&mut Value)) -> impl Fn(&str, Answer) -> Answer + Send + Sync {
    move |url, answer| {
        let Some(mut value) = url.contains(part).then(|| serde_json::from_str(&answer.body).unwrap_or(Value::Null))
        else {
            return answer;
        };
        if value.is_object() {
            change(&mut value);
            return Answer { body: value.to_string(), ..answer };
        }
        answer
    }
}

/// The same for the metadata of the authorization server.
pub(crate) fn metadata(change: fn(&mut Value)) -> impl Fn(&str, Answer) -> Answer + Send + Sync {
    document("/.well-known/oauth-authorization-server", change)
}

/// One request and what came back, as the proxy saw them.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) url: String,
    head: String,
    pub(crate) body: String,
    answer: Answer,
}

impl Message {
    /// The body of the answer.
    pub(crate) fn answered(&self) -> &str {
        &self.answer.body
    }

    /// The session that the answer began.
    pub(crate) fn session(&self) -> Option<String> {
        let mut fields = self.answer.head.lines().filter_map(|line| line.split_once(": "));
        Some(fields.find(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id"))?.1.to_owned())
    }

    /// The request, whole.
    pub(crate) fn request(&self) -> String {
        format!("{}\n{}", self.head, self.body)
    }
}

/// The running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    record: Arc<Mutex<Vec<Message>>>,
}

/// The members of forms and of JSON that are secrets.
const SECRET: [&str; 15] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "id_token",
    "password",
    "refresh_token",
    "registration_access_token",
    "request_uri",
    "subject_token",
    "token",
    "dpop",
];

impl Proxy {
    pub(crate) fn start(tamper: Option<Tamper>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let record = Arc::new(Mutex::new(Vec::new()));
        let (kept, tamper) = (Arc::clone(&record), Arc::new(tamper));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, tamper) = (Arc::clone(&kept), Arc::clone(&tamper));
                std::thread::spawn(move || {
                    // Who hangs up in the middle is part of some tests.
                    let _ = pass(&mut stream.unwrap(), &kept, tamper.as_ref().as_ref());
                });
            }
        });
        Self { url, record }
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.record.lock().unwrap().clone()
    }

    /// How many requests went to a path that ends so.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        let fits = |message: &&Message| message.method == method && path(&message.url).ends_with(end);
        self.messages().iter().filter(fits).count()
    }

    /// Everything that was sent or came back and is nobody else's business.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        for message in self.messages() {
            form(&message.body, &mut found);
            members(&message.answer.body, &mut found);
            for line in message.head.lines().chain(message.answer.head.lines()) {
                let Some((name, value)) = line.split_once(':') else { continue };
                match name.to_ascii_lowercase().as_str() {
                    // A token that is sent came in an answer before, or is one of those that a probe makes up.
                    "authorization" => found.extend(value.trim().strip_prefix("Basic ").map(str::to_owned)),
                    "dpop" => found.push(value.trim().to_owned()),
                    "location" => form(value.split_once('?').map_or("", |(_, query)| query.trim()), &mut found),
                    _ => {}
                }
            }
        }
        found.retain(|secret| secret.len() >= 8);
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn path(url: &str) -> &str {
    url.split('?').next().unwrap()
}

fn form(text: &str, found: &mut Vec<String>) {
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if SECRET.contains(&name.as_ref()) {
            found.push(value.into_owned());
        }
    }
}

fn members(text: &str, found: &mut Vec<String>) {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    for (name, member) in value.as_object().into_iter().flatten() {
        if let Some(text) = member.as_str().filter(|_| SECRET.contains(&name.as_str())) {
            found.push(text.to_owned());
        }
    }
}

fn pass(client: &mut TcpStream, record: &Mutex<Vec<Message>>, tamper: Option<&Tamper>) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (head, body) = read(client)?;
    let mut words = head.split(' ');
    let (method, url) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let (host, rest) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    let fields = head.lines().skip(1).filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("connection:") && !line.starts_with("proxy-connection:")
    });
    let fields: Vec<&str> = fields.collect();
    let mut server = TcpStream::connect(host)?;
    server.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = format!("{method} /{rest} HTTP/1.1\r\n{}\r\nconnection: close\r\n\r\n{body}", fields.join("\r\n"));
    server.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (top, content) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut answer = Answer { head: top.to_owned(), body: content.to_owned() };
    if let Some(tamper) = tamper {
        answer = tamper(&url, answer);
        let request = format!("{} {body}", fields.join(" ")).replace(['\\', '"'], "'");
        answer.body = answer.body.replace(REQUEST, &request);
        // What was changed has another length.
        let framing = |line: &&str| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-length:") && !line.starts_with("connection:")
        };
        let kept: Vec<&str> = answer.head.lines().filter(framing).collect();
        answer.head = format!("{}\r\ncontent-length: {}\r\nconnection: close", kept.join("\r\n"), answer.body.len());
    }
    record.lock().unwrap().push(Message { method, url, head, body, answer: answer.clone() });
    client.write_all(format!("{}\r\n\r\n{}", answer.head, answer.body).as_bytes())?;
    client.flush()
}

/// A request: its head and its body.
fn read(stream: &mut TcpStream) -> std::io::Result<(String, String)> {
    let mut bytes = Vec::new();
    let mut part = [0; 8192];
    loop {
        let length = stream.read(&mut part)?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Ok((head.to_owned(), body.to_owned()));
        }
    }
}
