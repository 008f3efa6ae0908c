//! A small client, written against the documents and not against ours, that does everything right but for the one
//! vice it is given. Blocking, one request a socket.

mod refused;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use crate::http::{Reply, send};
use crate::wire::events;

/// What stops a client.
pub(crate) type Stop = String;
type Done<T> = Result<T, Stop>;

/// What it knows of an authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) issuer: String,
    pub(crate) metadata: Value,
    pub(crate) resource: String,
    pub(crate) sends_resource: bool,
}

/// What it is to an authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) method: String,
}

/// The wire it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Era {
    Unknown,
    Modern,
    Session { id: Option<String>, version: String },
}

/// The client.
pub(crate) struct Client {
    /// What it does wrong.
    pub(crate) vice: &'static str,
    pub(crate) mcp: String,
    /// The revision it speaks.
    pub(crate) revision: &'static str,
    /// Its metadata document.
    pub(crate) document: Option<String>,
    pub(crate) redirect: String,
    pub(crate) wrote: String,
    pub(crate) server: Option<Server>,
    pub(crate) identity: Option<Identity>,
    pub(crate) requested: BTreeSet<String>,
    pub(crate) access: Option<String>,
    pub(crate) refresh: Option<String>,
    pub(crate) logins: usize,
    was_refreshed: bool,
    step_ups: usize,
    era: Era,
    last_id: i64,
    entropy: u64,
}

impl Client {
    pub(crate) fn new(mcp: &str, vice: &'static str, revision: &'static str, document: Option<String>) -> Self {
        Self {
            vice,
            mcp: mcp.to_owned(),
            revision,
            document,
            redirect: "http://127.0.0.1:49152/callback".to_owned(),
            wrote: String::new(),
            server: None,
            identity: None,
            requested: BTreeSet::new(),
            access: None,
            refresh: None,
            logins: 0,
            was_refreshed: false,
            step_ups: 0,
            era: Era::Unknown,
            last_id: 0,
            entropy: 1,
        }
    }

    pub(crate) fn is(&self, vice: &str) -> bool {
        self.vice == vice
    }

    /// A text nobody guesses; good enough for a test.
    pub(crate) fn random(&mut self) -> String {
        self.entropy += 1;
        let seed = format!("{:?}{}{}", std::time::Instant::now(), self.entropy, self.mcp);
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, seed.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref())
    }

    /// Connects, looks around, calls two tools, leaves.
    pub(crate) fn run(&mut self) -> Done<()> {
        let done = self.work();
        self.close();
        done
    }

    fn work(&mut self) -> Done<()> {
        self.open()?;
        let listed = self.request("tools/list", &json!({}), &[])?;
        self.check_type(&listed)?;
        let mirrored = listed["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|tool| tool["name"] == "search")
            .and_then(|tool| tool["inputSchema"]["properties"]["query"]["x-mcp-header"].as_str())
            .map(|name| format!("mcp-param-{}", name.to_ascii_lowercase()));
        let mut headers = Vec::new();
        if let Some(name) = mirrored.filter(|_| self.era == Era::Modern && !self.is("ignores-x-mcp-header")) {
            headers.push((name, format!("=?base64?{}?=", STANDARD.encode("pkce é"))));
        }
        let found =
            self.request("tools/call", &json!({"name": "search", "arguments": {"query": "pkce é"}}), &headers)?;
        self.check_type(&found)?;
        let saved =
            self.request("tools/call", &json!({"name": "save", "arguments": {"title": "t", "text": "x"}}), &[])?;
        self.check_type(&saved)
    }

    fn check_type(&self, result: &Value) -> Done<()> {
        match result["resultType"].as_str() {
            Some(kind) if kind != "complete" && self.era == Era::Modern && !self.is("ignores-result-type") => {
                Err(format!("a result of type {kind}"))
            }
            _ => Ok(()),
        }
    }

    /// Finds out which wire the server speaks.
    fn open(&mut self) -> Done<()> {
        if self.revision < "2026-07-28" {
            return self.initialize(self.revision, None);
        }
        let id = self.next_id();
        let reply = self.exchange("server/discover", &json!({}), &[], id)?;
        let answer = message(&reply);
        let code = answer.as_ref().and_then(|value| value["error"]["code"].as_i64());
        if answer.as_ref().is_some_and(|value| value.get("result").is_some()) {
            self.era = Era::Modern;
            return Ok(());
        }
        match code {
            Some(-32022) if self.is("no-version-retry") => Err("the version is refused".to_owned()),
            Some(-32022) => {
                let supported = answer.unwrap_or_default()["error"]["data"]["supported"].clone();
                let version = supported[0].as_str().unwrap_or_default().to_owned();
                self.initialize(&version, None)
            }
            Some(-32021 | -32020) => Err("a mistake of ours".to_owned()),
            Some(-32602) if reply.status == 400 => Err("a mistake of ours".to_owned()),
            _ if self.is("no-legacy-fallback") => Err(format!("status {}", reply.status)),
            _ => self.initialize("2025-11-25", None),
        }
    }

    fn initialize(&mut self, version: &str, old: Option<&str>) -> Done<()> {
        self.era = Era::Session { id: None, version: String::new() };
        let params =
            json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "small", "version": "1"}});
        let id = self.next_id();
        let extra: Vec<_> = old.map(|old| ("mcp-session-id".to_owned(), old.to_owned())).into_iter().collect();
        let reply = self.exchange("initialize", &params, &extra, id)?;
        let answer = message(&reply).ok_or("no answer to initialize")?;
        let version = answer["result"]["protocolVersion"].as_str().ok_or("no version")?.to_owned();
        let id = reply.header("mcp-session-id").map(str::to_owned).filter(|_| !self.is("drops-session-id"));
        self.era = Era::Session { id, version };
        if !self.is("skips-initialized") {
            let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            self.post(&body, &[], true)?;
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Era::Session { id: Some(id), .. } = &self.era {
            let headers = [("mcp-session-id", id.clone()), ("authorization", self.bearer())];
            send("DELETE", &self.mcp, &headers, "");
        }
    }

    fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Makes a request and gives its result.
    fn request(&mut self, method: &str, params: &Value, headers: &[(String, String)]) -> Done<Value> {
        let mut id = self.next_id();
        for _ in 0..3 {
            let reply = self.exchange(method, params, headers, id)?;
            if let (404, Era::Session { id: Some(old), .. }) = (reply.status, self.era.clone()) {
                self.initialize(
                    self.revision.min("2025-11-25"),
                    Some(old.as_str()).filter(|_| self.is("keeps-dead-session")),
                )?;
                id = self.next_id();
                continue;
            }
            match message(&reply).filter(|_| !self.is("json-only") || reply.json().is_some()) {
                Some(answer) if answer.get("result").is_some() => return Ok(answer["result"].clone()),
                Some(answer) => return Err(format!("{method}: {}", answer["error"])),
                // The stream broke: the request is lost.
                None if reply.status == 200 && !self.is("json-only") => {
                    if !self.is("reuses-id") {
                        id = self.next_id();
                    }
                }
                None => return Err(format!("{method}: status {}", reply.status)),
            }
        }
        Err(format!("{method}: no answer"))
    }

    /// Sends a request until it is answered by something else than a wish for another token.
    fn exchange(&mut self, method: &str, params: &Value, headers: &[(String, String)], id: i64) -> Done<Reply> {
        let mut tried_initialize = method != "server/discover";
        for _ in 0..20 {
            let body = self.body(method, params.clone(), id);
            let had_token = self.access.is_some();
            let bare = self.is("bearer-first-only") && method == "tools/list" && had_token;
            let reply = self.post(&body, headers, !bare)?;
            if bare {
                self.vice = "none";
            }
            match reply.status {
                401 if self.is("gives-up-at-401") => return Err("401".to_owned()),
                401 if bare => {}
                401 if had_token && !tried_initialize && !self.is("discover-401-fatal") => {
                    tried_initialize = true;
                    let era = self.era.clone();
                    if self.probe_initialize() {
                        return Ok(reply);
                    }
                    self.era = era;
                    self.unauthorized(&reply)?;
                }
                401 => self.unauthorized(&reply)?,
                403 => self.step_up(&reply)?,
                307 | 308 => {
                    let to = reply.header("location").unwrap_or_default().to_owned();
                    let same = Url::parse(&to).ok().map(|url| url.origin())
                        == Url::parse(&self.mcp).ok().map(|url| url.origin());
                    if !same && !self.is("leaks-bearer") {
                        return Err("a redirect to another origin".to_owned());
                    }
                    self.mcp = to;
                }
                _ => {
                    if reply.status == 200 && had_token {
                        (self.was_refreshed, self.logins) = (false, 0);
                    }
                    return Ok(reply);
                }
            }
        }
        Err("it never settles".to_owned())
    }

    /// Whether the server answers `initialize` with the token that it refuses for something else.
    fn probe_initialize(&mut self) -> bool {
        self.era = Era::Session { id: None, version: String::new() };
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "small", "version": "1"}});
        let id = self.next_id();
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": params});
        self.post(&body, &[], true).is_ok_and(|reply| reply.status == 200)
    }

    fn body(&self, method: &str, mut params: Value, id: i64) -> Value {
        let modern = self.era == Era::Modern || self.era == Era::Unknown;
        if modern && !(self.is("meta-first-only") && self.era == Era::Modern) {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "small", "version": "1"},
            });
        }
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    }

    fn post(&mut self, body: &Value, extra: &[(String, String)], with_token: bool) -> Done<Reply> {
        let accept =
            if self.is("accept-json-only") { "application/json" } else { "application/json, text/event-stream" };
        let mut headers = vec![("content-type", "application/json".to_owned()), ("accept", accept.to_owned())];
        let method = body["method"].as_str().unwrap_or_default();
        match &self.era {
            Era::Unknown | Era::Modern => {
                if !self.is("no-version-header") {
                    headers.push(("mcp-protocol-version", "2026-07-28".to_owned()));
                }
                if !self.is("no-mcp-method") {
                    headers.push(("mcp-method", method.to_owned()));
                }
                if method == "tools/call" {
                    headers.push(("mcp-name", body["params"]["name"].as_str().unwrap_or_default().to_owned()));
                }
                if self.is("sends-session-v4") {
                    headers.push(("mcp-session-id", "left-over".to_owned()));
                }
            }
            Era::Session { id, version } => {
                headers.extend(id.iter().map(|id| ("mcp-session-id", id.clone())));
                if version.as_str() >= "2025-06-18" && !self.is("no-version-header") {
                    headers.push(("mcp-protocol-version", version.clone()));
                }
            }
        }
        headers.extend(extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
        if self.access.is_some() && with_token {
            headers.push(("authorization", self.bearer()));
        }
        let url = match &self.access {
            Some(token) if self.is("query-token") => format!("{}?access_token={token}", self.mcp),
            _ => self.mcp.clone(),
        };
        send("POST", &url, &headers, &body.to_string()).ok_or_else(|| "no answer".to_owned())
    }
}

/// The message of a reply, in either form.
fn message(reply: &Reply) -> Option<Value> {
    let is_stream = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    if is_stream { events(&reply.body).iter().find_map(|data| serde_json::from_str(data).ok()) } else { reply.json() }
}
