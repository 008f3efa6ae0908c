//! Questions that many rows ask of a run: what was challenged, requested, registered, sent back.

use serde_json::Value;

use super::record::{Entry, Kind, Params, Run, Story};
use crate::spec::revision::Revision;

/// The key of the version in `_meta`.
pub(super) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The key of the capabilities in `_meta`.
pub(super) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The key of the client's name in `_meta`.
pub(super) const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// An authorization request, by the front door or pushed.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) entry: &'a Entry,
    pub(super) params: &'a Params,
}

impl<'a> Asked<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.params.get(name)
    }

    /// The scopes asked for.
    pub(super) fn scope(&self) -> Vec<&'a str> {
        self.get("scope").unwrap_or_default().split_ascii_whitespace().collect()
    }
}

impl Run {
    /// What was for this.
    pub(super) fn of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }

    /// The POSTs to the MCP endpoint.
    pub(super) fn posts(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.of(Kind::Mcp).filter(|entry| entry.method == "POST")
    }

    /// The 401 to a request without a token.
    pub(super) fn challenge(&self) -> Option<&Entry> {
        self.of(Kind::Mcp).find(|entry| entry.status == 401 && entry.credential.is_none())
    }

    /// What came after an entry.
    pub(super) fn after<'a>(&'a self, entry: &Entry) -> impl DoubleEndedIterator<Item = &'a Entry> {
        let number = entry.number;
        self.entries.iter().filter(move |other| other.number > number)
    }

    /// The authorization requests; one that a browser loads twice counts once.
    pub(super) fn authorizations(&self) -> Vec<Asked<'_>> {
        let mut found: Vec<Asked<'_>> = Vec::new();
        for entry in &self.entries {
            let params = match (entry.kind, entry.method.as_str()) {
                (Kind::Authorize, "GET") => &entry.query,
                (Kind::Authorize | Kind::Push, "POST") => &entry.form,
                _ => continue,
            };
            let is_reference = params.get("request_uri").is_some();
            let again = found.iter().any(|known| known.params == params && params.get("state").is_some());
            if !is_reference && !again && !params.0.is_empty() {
                found.push(Asked { entry, params });
            }
        }
        found
    }

    /// The token requests of a grant.
    pub(super) fn tokens<'a>(&'a self, grant: &'a str) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.of(Kind::Token).filter(move |entry| entry.form.get("grant_type") == Some(grant))
    }

    /// The code exchanges.
    pub(super) fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.tokens("authorization_code")
    }

    /// The refreshes.
    pub(super) fn refreshes(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.tokens("refresh_token")
    }

    /// The registrations, refused ones too.
    pub(super) fn registrations(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.of(Kind::Register).filter(|entry| entry.method == "POST")
    }

    /// The registration that led to a client id.
    pub(super) fn registered(&self, id: &str) -> Option<&Entry> {
        self.registrations().find(|entry| entry.is_good() && text(&entry.answer, "/client_id") == Some(id))
    }

    /// The redirects back to the client: the entry that carries each, with what it carries.
    pub(super) fn returns(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let back = |entry: &&Entry| entry.sent_back.get("code").is_some() || entry.sent_back.get("error").is_some();
        self.entries.iter().filter(|entry| matches!(entry.kind, Kind::Authorize | Kind::Consent)).filter(back)
    }

    /// The first MCP request with a token that was answered well.
    pub(super) fn first_success(&self) -> Option<&Entry> {
        self.posts().find(|entry| entry.is_good() && entry.bearer().is_some())
    }

    /// The refusals for want of scope.
    pub(super) fn wants_scope(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let wants =
            |entry: &&Entry| entry.answered("www-authenticate").is_some_and(|line| line.contains("insufficient_scope"));
        self.of(Kind::Mcp).filter(|entry| entry.status == 403).filter(wants)
    }

    /// Whether a trap is set.
    pub(super) fn has(&self, trap: &str) -> bool {
        self.traps.contains(&trap)
    }

    /// The `resource` that the metadata named last, or the MCP URL.
    pub(super) fn resource(&self) -> &str {
        let named = self.of(Kind::ResourceMetadata).rev().find_map(|entry| text(&entry.answer, "/resource"));
        named.unwrap_or(&self.place.mcp)
    }
}

impl Story {
    /// The name and version by which the client calls itself.
    #[must_use]
    pub fn client(&self) -> Option<String> {
        let entries = self.runs.iter().flat_map(|run| &run.entries);
        let info = |entry: &Entry| {
            let meta = entry.message.pointer("/params/_meta").and_then(|meta| meta.get(META_CLIENT));
            let info = meta.or_else(|| entry.message.pointer("/params/clientInfo"))?;
            let name = info.get("name").and_then(Value::as_str)?;
            let version = info.get("version").and_then(Value::as_str).unwrap_or_default();
            Some(format!("{name} {version}").trim().to_owned())
        };
        let agent = |entry: &Entry| entry.header("user-agent").map(str::to_owned);
        let mcp = || entries.clone().filter(|entry| entry.kind == Kind::Mcp);
        mcp().find_map(info).or_else(|| mcp().find_map(agent))
    }

    /// The revision that the client speaks: the newest it was answered in, or else the newest it asked for.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        let posts = || self.runs.iter().flat_map(Run::posts);
        posts().filter(|entry| entry.is_good()).filter_map(spoken).max().or_else(|| posts().filter_map(spoken).max())
    }
}

/// The revision of a request: the one agreed on, for the handshake.
fn spoken(entry: &Entry) -> Option<Revision> {
    let agreed = text(&entry.answer, "/result/protocolVersion");
    let named = meta(entry, META_VERSION).and_then(Value::as_str);
    let asked = text(&entry.message, "/params/protocolVersion");
    agreed.or(named).or_else(|| entry.header("mcp-protocol-version")).or(asked)?.parse().ok()
}

/// A member of `_meta`.
pub(super) fn meta<'a>(entry: &'a Entry, name: &str) -> Option<&'a Value> {
    entry.message.pointer("/params/_meta")?.get(name)
}

/// Whether a request is of the stateless wire.
pub(super) fn is_modern(entry: &Entry) -> bool {
    let named = meta(entry, META_VERSION).and_then(Value::as_str).or_else(|| entry.header("mcp-protocol-version"));
    let method = entry.method_called();
    method == "server/discover"
        || method != "initialize"
            && named.and_then(|version| version.parse::<Revision>().ok()) == Some(Revision::R2026_07_28)
}

/// Whether a message wants an answer.
pub(super) fn is_request(entry: &Entry) -> bool {
    entry.message.get("id").is_some() && entry.message.get("method").is_some()
}

/// A string in JSON.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// The strings of a list in JSON.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
