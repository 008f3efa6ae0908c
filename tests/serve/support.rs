//! A deployment as a process, plain requests to it, and a login made by hand, so that a test can stop the world between two
//! steps of it.

mod rpc;

pub(crate) use self::rpc::{decoded, member, rpc, search, try_rpc, until};
pub(crate) use crate::ports::free_ports;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// `mcp-auth serve` in a process of its own. Dropping it kills it.
pub(crate) struct Deployment {
    child: Child,
    pub(crate) mcp: String,
    pub(crate) issuer: String,
    /// What it has said on standard error.
    said: Arc<Mutex<String>>,
}

impl Deployment {
    /// Starts it and waits for its first line.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::try_start(arguments).unwrap_or_else(|said| panic!("it did not start: {said}"))
    }

    /// Starts it with these variables in its environment.
    pub(crate) fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::launch(&[], arguments, environment).unwrap_or_else(|said| panic!("it did not start: {said}"))
    }

    /// Starts it; what it said if it did not.
    pub(crate) fn try_start(arguments: &[&str]) -> Result<Self, String> {
        Self::launch(&[], arguments, &[])
    }

    /// Starts it behind other words, such as those of a tracer.
    pub(crate) fn start_behind(wrapper: &[String], arguments: &[&str]) -> Result<Self, String> {
        Self::launch(wrapper, arguments, &[])
    }

    fn launch(wrapper: &[String], arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, String> {
        let program = env!("CARGO_BIN_EXE_mcp-auth");
        let mut words = wrapper.iter().map(String::as_str).chain([program]);
        let mut command = Command::new(words.next().unwrap_or(program));
        command
            .args(words)
            .arg("serve")
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = errors.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut place = |name: &str| -> Option<String> {
            let line = lines.next()?.ok()?;
            Some(line.strip_prefix(name)?.trim().to_owned())
        };
        let (Some(mcp), Some(issuer)) = (place("MCP server"), place("authorization server")) else {
            let _ = child.wait();
            let _ = listener.join();
            return Err(said.lock().unwrap().clone());
        };
        // The rest is for people; it must be read all the same.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, mcp, issuer, said })
    }

    /// Ends it as the system would (`TERM`), and gives the exit code.
    pub(crate) fn end(self) -> Option<i32> {
        self.signal("TERM");
        self.end_of()
    }

    /// The exit code, when it has ended.
    pub(crate) fn end_of(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it at once (`KILL`).
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it has said on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A reply.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {} {}", self.head, self.body))
    }
}

/// Sends one request; an error when nobody answers.
pub(crate) fn try_send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<Reply> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let path = if path.is_empty() { "/" } else { path };
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        text.push_str(&format!("Host: {host}\r\n"));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let reply = Reply {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    };
    // Who was killed in the middle of an answer gave none.
    let whole = reply.header("content-length").is_none_or(|length| length.parse() == Ok(reply.body.len()));
    if whole { Ok(reply) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}

pub(crate) fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    try_send(method, url, headers, body).unwrap_or_else(|error| panic!("{method} {url}: {error}"))
}

pub(crate) fn get(url: &str) -> Reply {
    send("GET", url, &[], "")
}

/// A form.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const BACK: &str = "http://127.0.0.1/callback";
const VERIFIER: &str = "a-verifier-that-is-as-long-as-it-has-to-be-43-characters";

/// A login, one step at a time.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) issuer: String,
    pub(crate) mcp: String,
    client: String,
    request: String,
    cookie: String,
    scope: String,
    person: (&'static str, &'static str),
    pub(crate) code: String,
}

impl Login {
    /// Registers a client.
    pub(crate) fn register(issuer: &str, mcp: &str) -> Self {
        Self::try_register(issuer, mcp).unwrap_or_else(|error| panic!("{issuer}: {error}"))
    }

    /// The same client, already known to the deployment.
    pub(crate) fn known(issuer: &str, mcp: &str, client: &str) -> Self {
        let (issuer, mcp, client) = (issuer.to_owned(), mcp.to_owned(), client.to_owned());
        let (request, cookie, code) = (String::new(), String::new(), String::new());
        Self {
            issuer,
            mcp,
            client,
            request,
            cookie,
            scope: "search:read".into(),
            person: ("alice", "wonderland"),
            code,
        }
    }

    /// Registers a client; an error when nobody answers.
    pub(crate) fn try_register(issuer: &str, mcp: &str) -> std::io::Result<Self> {
        let metadata = json!({
            "redirect_uris": [BACK], "token_endpoint_auth_method": "none", "application_type": "native",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let json = [("content-type", "application/json")];
        let reply = try_send("POST", &format!("{issuer}/register"), &json, &metadata.to_string())?;
        if reply.status != 201 {
            return Err(std::io::Error::other(reply.body));
        }
        let client = reply.json()["client_id"].as_str().unwrap().to_owned();
        Ok(Self::known(issuer, mcp, &client))
    }

    /// The same, asking for another scope.
    pub(crate) fn asking(mut self, scope: &str) -> Self {
        scope.clone_into(&mut self.scope);
        self
    }

    /// The same, by somebody else.
    pub(crate) fn by(mut self, name: &'static str, password: &'static str) -> Self {
        self.person = (name, password);
        self
    }

    fn query(&self) -> String {
        let challenge =
            URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes()));
        form(&[
            ("response_type", "code"),
            ("client_id", &self.client),
            ("redirect_uri", BACK),
            ("state", "s"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.mcp),
            ("scope", &self.scope),
        ])
    }

    /// The authorization request.
    pub(crate) fn url(&self) -> String {
        format!("{}/authorize?{}", self.issuer, self.query())
    }

    /// Opens the page.
    pub(crate) fn open_page(&mut self) -> String {
        let reply = get(&self.url());
        assert_eq!(reply.status, 200, "{}", reply.body);
        self.cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let (_, rest) = reply.body.split_once("name=\"request\" value=\"").unwrap();
        self.request = rest.split('"').next().unwrap().to_owned();
        reply.body
    }

    /// Types name and password and allows.
    pub(crate) fn consent(&mut self) {
        let body = form(&[
            ("request", &self.request),
            ("username", self.person.0),
            ("password", self.person.1),
            ("decision", "approve"),
        ]);
        let reply = send("POST", &format!("{}/authorize", self.issuer), &[FORM, ("cookie", &self.cookie)], &body);
        assert_eq!(reply.status, 303, "{}", reply.body);
        self.take_code(&reply);
    }

    /// Gets a code from a deployment that approves by itself.
    pub(crate) fn approve(&mut self) {
        let reply = get(&self.url());
        assert_eq!(reply.status, 303, "{}", reply.body);
        self.take_code(&reply);
    }

    /// The same; `None` when there is no code.
    pub(crate) fn try_approve(&mut self) -> Option<()> {
        let reply = try_send("GET", &self.url(), &[], "").ok().filter(|reply| reply.status == 303)?;
        let code = reply.header("location")?.contains("code=");
        code.then(|| self.take_code(&reply))
    }

    fn take_code(&mut self, reply: &Reply) {
        let back = url::Url::parse(reply.header("location").unwrap()).unwrap();
        self.code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    }

    /// Redeems the code.
    pub(crate) fn redeem(&self) -> Reply {
        self.try_redeem().unwrap_or_else(|error| panic!("{}: {error}", self.issuer))
    }

    /// The same; an error when nobody answers.
    pub(crate) fn try_redeem(&self) -> std::io::Result<Reply> {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ])
    }

    /// Redeems the code at a deployment that goes by this name.
    #[cfg(feature = "store-redis")]
    pub(crate) fn redeem_as(&self, host: &str) -> Reply {
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
            ("client_id", &self.client),
        ]);
        send("POST", &format!("{}/token", self.issuer), &[FORM, ("host", host)], &body)
    }

    /// Uses a refresh token.
    pub(crate) fn refresh(&self, token: &str) -> Reply {
        self.try_refresh(token).unwrap_or_else(|error| panic!("{}: {error}", self.issuer))
    }

    /// The same; an error when nobody answers.
    pub(crate) fn try_refresh(&self, token: &str) -> std::io::Result<Reply> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// Revokes a token; an error when nobody answers.
    pub(crate) fn try_revoke(&self, token: &str) -> std::io::Result<Reply> {
        let body = form(&[("token", token), ("client_id", &self.client)]);
        try_send("POST", &format!("{}/revoke", self.issuer), &[FORM], &body)
    }

    fn token(&self, pairs: &[(&str, &str)]) -> std::io::Result<Reply> {
        let body = form(&[pairs, &[("client_id", &self.client), ("resource", &self.mcp)]].concat());
        try_send("POST", &format!("{}/token", self.issuer), &[FORM], &body)
    }
}
