//! What the client did, as the deployment saw it: one entry a request at either origin, without credentials.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::watch;

use crate::spec::clock::Clock;
use crate::spec::posture::Posture;
use crate::spec::step::Step;

/// Entries of one run at most: a client in a loop must not fill the memory.
const ENTRIES: usize = 2_000;

/// Request parameters, in order, credentials replaced by fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub(super) Vec<(String, String)>);

impl Params {
    /// The first value of a parameter that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, value)| found == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that is not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, value)| found == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The name of a parameter that stands more than once and may not.
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        let may = |name: &str| matches!(name, "resource" | "audience");
        let again = self
            .0
            .iter()
            .enumerate()
            .find(|(at, (name, _))| !may(name) && self.0.iter().take(*at).any(|(earlier, _)| earlier == name));
        again.map(|(_, (name, _))| name.as_str())
    }
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The MCP endpoint.
    Mcp,
    /// Protected resource metadata, wherever it was looked for.
    ResourceMetadata,
    /// Authorization server metadata, wherever it was looked for.
    ServerMetadata,
    /// The key set.
    Jwks,
    /// Registration (RFC 7591), or the management of one (RFC 7592).
    Register,
    /// An authorization request, by browser.
    Authorize,
    /// The user's answer on the consent page.
    Consent,
    /// A pushed authorization request (RFC 9126).
    Push,
    /// The token endpoint.
    Token,
    /// Revocation, introspection, the device flow.
    Manage,
    /// Not a request of the client: we fetched the document that describes it.
    Document,
    /// Not a request of the client itself: it handed this URL to a browser.
    Opened,
    /// Anything else.
    Other,
}

/// What stood in the `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The scheme, in lower case.
    pub(super) scheme: String,
    /// The fingerprint of the token, or of the decoded secret of HTTP Basic.
    pub(super) print: String,
    /// The decoded name of HTTP Basic.
    pub(super) name: Option<String>,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number in the record, from 1.
    pub number: u32,
    /// What it was for.
    pub kind: Kind,
    /// When it came, in milliseconds after the record began.
    pub at: u64,
    /// How long the answer took, in milliseconds.
    pub took: u64,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers that matter, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer.
    pub answer_headers: Vec<(String, String)>,
    /// The body of the answer as text.
    pub answer_body: String,
    pub(super) path: String,
    pub(super) host: String,
    pub(super) credential: Option<Shown>,
    pub(super) query: Params,
    pub(super) form: Params,
    pub(super) message: Value,
    pub(super) answer: Value,
    pub(super) sent_back: Params,
    /// Whether the `code_verifier` has the length and characters of RFC 7636 §4.1.
    pub(super) verifier_formed: bool,
}

impl Entry {
    /// A header of the request.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A header of the answer.
    pub(super) fn answered(&self, name: &str) -> Option<&str> {
        self.answer_headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The JSON-RPC method of an MCP request.
    #[must_use]
    pub fn method_called(&self) -> &str {
        self.message.get("method").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the answer is a success.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The fingerprint of the bearer token.
    pub(super) fn bearer(&self) -> Option<&str> {
        let shown = self.credential.as_ref()?;
        matches!(shown.scheme.as_str(), "bearer" | "dpop").then_some(shown.print.as_str())
    }
}

/// Where a deployment is.
#[derive(Clone, Debug)]
pub struct Place {
    /// The MCP URL.
    pub mcp: String,
    /// The MCP server's origin.
    pub origin: String,
    /// The issuer.
    pub issuer: String,
    /// The shape of the deployment.
    pub posture: Posture,
}

/// How a client's own process ended.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// Its exit code, if it had one.
    pub code: Option<i32>,
    /// Whether it was stopped because it took too long.
    pub stopped: bool,
    /// What it wrote, both streams; bounded.
    pub(super) wrote: String,
}

impl Ending {
    /// How a process ended and what it wrote.
    #[must_use]
    pub const fn new(code: Option<i32>, stopped: bool, wrote: String) -> Self {
        Self { code, stopped, wrote }
    }
}

/// What one deployment saw, from its start to its end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The names of the traps that were set.
    pub traps: Vec<&'static str>,
    /// Where the deployment was.
    pub place: Place,
    /// What came.
    pub entries: Vec<Entry>,
    /// Whether nothing more will come.
    pub over: bool,
    /// How the client's process ended, where we ran it.
    pub ending: Option<Ending>,
}

/// Everything that was seen.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// When the record began, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
    /// The runs, in order.
    pub runs: Vec<Run>,
}

/// Writes down what comes.
#[derive(Debug)]
pub struct Recorder {
    story: Mutex<Story>,
    began: Instant,
    changed: watch::Sender<u64>,
}

impl Default for Recorder {
    fn default() -> Self {
        let story = Story { started: Clock::SYSTEM.now_ms(), runs: Vec::new() };
        Self { story: Mutex::new(story), began: Instant::now(), changed: watch::Sender::new(0) }
    }
}

impl Recorder {
    fn with<T>(&self, work: impl FnOnce(&mut Story) -> T) -> T {
        // No change leaves the story half written, so a poisoned lock is as good as a sound one.
        let done = work(&mut self.story.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|count| *count += 1);
        done
    }

    /// A deployment starts; what comes from here on belongs to it.
    pub(crate) fn begin(&self, traps: Vec<&'static str>, place: Place) {
        self.with(|story| story.runs.push(Run { traps, place, entries: Vec::new(), over: false, ending: None }));
    }

    /// Writes an entry down; its number is given here.
    pub(super) fn note(&self, mut entry: Entry) {
        self.with(|story| {
            entry.number = story.runs.iter().map(|run| run.entries.len()).sum::<usize>() as u32 + 1;
            if let Some(run) = story.runs.last_mut()
                && run.entries.len() < ENTRIES
            {
                run.entries.push(entry);
            }
        });
    }

    /// The run is over.
    pub fn end(&self, ending: Option<Ending>) {
        self.with(|story| {
            if let Some(run) = story.runs.last_mut() {
                (run.over, run.ending) = (true, ending);
            }
        });
    }

    /// Milliseconds since the record began.
    pub(super) fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What was seen so far.
    #[must_use]
    pub fn story(&self) -> Story {
        self.story.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells of every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl Entry {
    /// The step of a client's trail that this was.
    #[must_use]
    pub fn step(&self) -> Step {
        let open = self.credential.is_none();
        match (self.kind, self.method.as_str(), self.method_called()) {
            (Kind::Mcp, "GET", _) if open => Step::McpGetStream,
            (Kind::Mcp, "GET", _) => Step::SessionStream,
            (Kind::Mcp, "DELETE", _) if open => Step::McpDelete,
            (Kind::Mcp, "DELETE", _) => Step::SessionEnd,
            (Kind::Mcp, "OPTIONS", _) => Step::McpPreflight,
            (Kind::Mcp, _, "server/discover") if open => Step::McpDiscover,
            (Kind::Mcp, _, "server/discover") => Step::SessionDiscover,
            (Kind::Mcp, _, "initialize") if open => Step::McpInitialize,
            (Kind::Mcp, _, "initialize") => Step::SessionInitialize,
            (Kind::Mcp, _, "notifications/initialized") if open => Step::McpReady,
            (Kind::Mcp, _, "notifications/initialized") => Step::SessionReady,
            (Kind::Mcp, _, "tools/call") if open => Step::McpCall,
            (Kind::Mcp, _, "tools/call") => Step::SessionCall,
            (Kind::Mcp, _, _) if open => Step::McpList,
            (Kind::Mcp, _, _) => Step::SessionList,
            (Kind::ResourceMetadata, ..) if self.path == "/.well-known/oauth-protected-resource" => Step::RootMetadata,
            (Kind::ResourceMetadata, ..) => Step::PathMetadata,
            (Kind::ServerMetadata, ..) if self.path.starts_with("/.well-known/openid") => Step::OidcInserted,
            (Kind::ServerMetadata, ..) if self.path.ends_with("/openid-configuration") => Step::OidcAppended,
            (Kind::ServerMetadata, ..) => Step::OauthMetadata,
            (Kind::Jwks, ..) => Step::Jwks,
            (Kind::Register, "POST", _) => Step::ClientRegister,
            (Kind::Register, ..) => Step::ClientForget,
            (Kind::Authorize | Kind::Consent | Kind::Opened, ..) => Step::Authorize,
            (Kind::Push, ..) => Step::AuthorizationPush,
            (Kind::Token, ..) => match self.form.get("grant_type").unwrap_or_default() {
                "refresh_token" => Step::TokenRefresh,
                "client_credentials" => Step::TokenClient,
                "urn:ietf:params:oauth:grant-type:device_code" => Step::TokenDevice,
                _ => Step::TokenCode,
            },
            (Kind::Manage, ..) => Step::TokenRevoke,
            (Kind::Document, ..) => Step::ClientDocument,
            (Kind::Other, ..) => Step::Stray,
        }
    }
}
