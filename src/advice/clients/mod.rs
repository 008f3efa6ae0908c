//! Which MCP clients can use a deployment: the same evidence, taken as real clients take it.
//!
//! A [`Rule`] says what one client does in one [`Case`], who saw it and when. Cases are read from the evidence and from
//! what the checks said; rules are rows. Where no rule tells what a client does about something that stands in the way of
//! a login, the answer is *unknown*, never a guess.

mod case;
mod registration;
mod rules;
mod servers;
mod sources;

use serde::Serialize;

use crate::evidence::{Evidence, Mode, Pointer};

pub use case::{Case, Said};

/// A client, or a library that clients are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Claude on the web, its desktop and mobile apps: connectors.
    ClaudeWeb,
    /// Claude Code.
    ClaudeCode,
    /// ChatGPT: apps and connectors.
    ChatGpt,
    /// Visual Studio Code.
    VsCode,
    /// Cursor.
    Cursor,
    /// Codex.
    Codex,
    /// Gemini CLI.
    GeminiCli,
    /// mcp-remote, the bridge from stdio.
    McpRemote,
    /// MCP Inspector, in the browser without its proxy.
    Inspector,
    /// The TypeScript SDK.
    TypeScriptSdk,
    /// The Python SDK.
    PythonSdk,
    /// The Rust SDK.
    RustSdk,
}

impl Client {
    /// Every client.
    pub const ALL: [Self; 12] = [
        Self::ClaudeWeb,
        Self::ClaudeCode,
        Self::ChatGpt,
        Self::VsCode,
        Self::Cursor,
        Self::Codex,
        Self::GeminiCli,
        Self::McpRemote,
        Self::Inspector,
        Self::TypeScriptSdk,
        Self::PythonSdk,
        Self::RustSdk,
    ];

    /// A word for machines.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ClaudeWeb => "claude-web",
            Self::ClaudeCode => "claude-code",
            Self::ChatGpt => "chatgpt",
            Self::VsCode => "vs-code",
            Self::Cursor => "cursor",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
            Self::McpRemote => "mcp-remote",
            Self::Inspector => "inspector",
            Self::TypeScriptSdk => "typescript-sdk",
            Self::PythonSdk => "python-sdk",
            Self::RustSdk => "rust-sdk",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeWeb => "Claude (web, desktop)",
            Self::ClaudeCode => "Claude Code",
            Self::ChatGpt => "ChatGPT",
            Self::VsCode => "VS Code",
            Self::Cursor => "Cursor",
            Self::Codex => "Codex",
            Self::GeminiCli => "Gemini CLI",
            Self::McpRemote => "mcp-remote",
            Self::Inspector => "Inspector (browser)",
            Self::TypeScriptSdk => "TypeScript SDK",
            Self::PythonSdk => "Python SDK",
            Self::RustSdk => "Rust SDK",
        }
    }
}

/// Whether a client can use a deployment. Ordered from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Nothing is known against it.
    Works,
    /// It works, and there is something to know or to do.
    Note,
    /// Something stands in the way, and nobody recorded what this client does about it.
    Unknown,
    /// It stops.
    Breaks,
}

impl Fit {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Breaks => "breaks",
        }
    }
}

/// What a client does in a case, as somebody saw it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Who.
    pub client: Client,
    /// When.
    pub case: Case,
    /// How it ends: [`Fit::Works`] says that the client is known to cope.
    pub fit: Fit,
    /// The step of the client at which it shows.
    pub step: &'static str,
    /// What it does, a clause.
    pub says: &'static str,
    /// Where it is written: `owner/repository#number`, `owner/repository@commit file`, or a URL.
    pub source: &'static str,
    /// When that was true: the day of the report, of the version of the file, or else of the reading.
    pub on: &'static str,
}

/// Whether one client can use the deployment, and why not.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ClientFit {
    /// The client, a word for machines.
    pub client: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Whether it can.
    pub fit: Fit,
    /// Why, the gravest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ClientReason>,
}

/// Something a client does about this deployment.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ClientReason {
    /// How it ends.
    pub fit: Fit,
    /// The step of the client.
    pub step: &'static str,
    /// What it does, a clause.
    pub says: String,
    /// The place in the record that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Pointer>,
    /// The request and its outcome at that place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Where it is written; absent where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// When that was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<&'static str>,
}

/// Checks whose failure ends a login, or may end it: what a client does about it must be known before *works* is said.
pub const STOPS: &[&str] = &[
    "url-no-redirect",
    "url-public-base",
    "tls-mcp-https",
    "tls-cert-valid",
    "tls-as-https",
    "meta-redirect",
    "meta-private-address",
    "meta-dangerous-scheme",
    "challenge-status-401",
    "challenge-header-present",
    "challenge-parseable",
    "challenge-bearer",
    "challenge-resource-metadata",
    "challenge-rm-absolute",
    "challenge-rm-scheme",
    "challenge-rm-fetch",
    "challenge-tool-result",
    "prm-discoverable",
    "prm-unauthenticated",
    "prm-status",
    "prm-json",
    "prm-resource-present",
    "prm-resource-uri",
    "prm-resource-match",
    "prm-as-present",
    "prm-as-issuer",
    "asm-discoverable",
    "asm-unauthenticated",
    "asm-json",
    "asm-path-insertion",
    "asm-issuer-present",
    "asm-issuer-form",
    "asm-issuer-match",
    "asm-authz-endpoint",
    "asm-token-endpoint",
    "asm-response-types",
    "asm-grant-types",
    "asm-pkce-present",
    "asm-pkce-s256",
    "asm-response-modes",
    "asm-no-extra-requirements",
    "asm-registration-path",
];

/// What is known of clients.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [rules::RULES, servers::RULES, registration::RULES].into_iter().flatten()
}

/// How every client fits. `said` tells what a check said, if it found something.
#[must_use]
pub fn fit(evidence: &Evidence<'_>, said: &dyn Fn(&str) -> Option<Said>) -> Vec<ClientFit> {
    Client::ALL.into_iter().map(|client| fit_one(client, evidence, said)).collect()
}

fn fit_one(client: Client, evidence: &Evidence<'_>, said: &dyn Fn(&str) -> Option<Said>) -> ClientFit {
    let mut reasons = Vec::new();
    match evidence.mode() {
        Mode::Unreachable => reasons.push(plain(Fit::Unknown, "connection", "nothing answered")),
        Mode::Public => reasons.push(plain(Fit::Works, "connection", "no login is needed")),
        _ => reasons.extend(of_rules(client, evidence, said)),
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.fit));
    let fit = reasons.first().map_or(Fit::Works, |reason| reason.fit);
    reasons.retain(|reason| reason.fit > Fit::Works || reason.source.is_none());
    ClientFit { client: client.id(), name: client.name(), fit, reasons }
}

fn of_rules(client: Client, evidence: &Evidence<'_>, said: &dyn Fn(&str) -> Option<Said>) -> Vec<ClientReason> {
    let mut reasons = Vec::new();
    let mut covered: Vec<&str> = Vec::new();
    for rule in rules().filter(|rule| rule.client == client) {
        let Some(at) = rule.case.met(evidence, said) else { continue };
        covered.extend(rule.case.checks());
        reasons.push(ClientReason {
            fit: rule.fit,
            step: rule.step,
            says: rule.says.to_owned(),
            at,
            place: None,
            source: Some(rule.source),
            on: Some(rule.on),
        });
    }
    for id in STOPS.iter().filter(|id| !covered.contains(id)) {
        if let Some(found) = said(id).filter(|found| found.failed) {
            let says = format!("nobody recorded what it does about {id}");
            reasons.push(ClientReason { at: found.at, says, ..plain(Fit::Unknown, "discovery", "") });
        }
    }
    reasons
}

fn plain(fit: Fit, step: &'static str, says: &str) -> ClientReason {
    ClientReason { fit, step, says: says.to_owned(), at: None, place: None, source: None, on: None }
}
