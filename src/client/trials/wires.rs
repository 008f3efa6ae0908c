//! The wires of MCP, used rightly and wrongly, with a good token where one is wanted: streamable HTTP and versioning of
//! 2026-07-28; lifecycle and transports to 2025-11-25. Only methods that read, and tools that do not exist; every
//! session is ended.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::lab::Lab;
use super::resource::end_of;
use super::{random_id, wires_stateful};
use crate::client::keeper::Access;
use crate::client::mcp;
use crate::evidence::{Evidence, Exchange, answer};
use crate::formats::uri;
use crate::spec::revision::Revision;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{
    ANCIENT_VERSION, BARE_HEADERS, CAPITAL_METHOD, DELETE, DISCOVER, ENCODED_NAME, GET, INITIALIZE, LARGE_ID, LIST,
    LIST_AGAIN, NO_CAPABILITIES, NO_CLIENT_INFO, NO_METHOD, NO_VERSION, OLD_STREAM, ONLY_JSON, OTHER_METHOD,
    OTHER_NAME, OTHER_VERSION, OWN_ORIGIN, STRANGE_HOST, STRANGE_ORIGIN, STRAY_EVENT, STRAY_SESSION, UNKNOWN_METHOD,
    UNKNOWN_VERSION, ZERO_ID,
};
use crate::wire::Ask;

/// A protocol version that there never was: one of the stateful wire would lead a server that has both to the other.
const NO_VERSION_OF_MCP: &str = "1900-01-01";
/// The name of a tool that no server has.
const NO_TOOL: &str = "mcp-auth-no-such-tool";

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let access = lab.access();
    let trail = lab.wire.trail();
    let is_open = Evidence::new(&trail, Revision::LATEST).challenged().is_none();
    if access.is_none() && !is_open {
        return;
    }
    let door = Door { lab, access };
    let url = lab.wire.endpoint();
    let discovered = door.send(DISCOVER, mcp::stateless(DISCOVER.step, &url, "server/discover", json!({}), "")).await;
    let listed = door.send(LIST, list(&url)).await;
    let initialized = door.send(INITIALIZE, mcp::initialize(&url, "")).await;
    let is_stateless = is_result(&discovered) || answer::is_modern(&listed);
    if is_stateless {
        Box::pin(stateless(&door, &url)).await;
    }
    if is_result(&initialized) {
        let ask = mcp::initialize(&url, "");
        let body = ask.body.as_deref().unwrap_or_default().replace(Revision::LATEST_STATEFUL.as_str(), "1999-01-01");
        door.send(ANCIENT_VERSION, Ask { body: Some(body), ..ask }).await;
        Box::pin(wires_stateful::run(&door, &url)).await;
    }
    if [&discovered, &initialized].into_iter().all(|x| matches!(x.status(), Some(400 | 404 | 405))) {
        let get = Ask { method: "GET", body: None, ..with(list(&url), "accept", Some("text/event-stream")) };
        door.send(OLD_STREAM, get).await;
    }
    let usual = if is_result(&listed) { list(&url) } else { mcp::initialize(&url, "") };
    Box::pin(surroundings(&door, &usual)).await;
    if is_stateless && !is_result(&initialized) {
        door.send(GET, Ask { method: "GET", body: None, ..list(&url) }).await;
        door.send(DELETE, Ask { method: "DELETE", body: None, ..list(&url) }).await;
    }
}

/// The requests of the stateless wire, each with one thing wrong or unusual.
async fn stateless(door: &Door<'_, '_>, url: &str) {
    let step = LIST.step;
    let tool = |name: &str| mcp::stateless(step, url, "tools/call", json!({ "name": name, "arguments": {} }), "");
    let encoded = |ask: Ask| {
        use base64::Engine as _;
        let value = format!("=?base64?{}?=", base64::engine::general_purpose::STANDARD.encode(NO_TOOL));
        with(ask, "mcp-name", Some(&value))
    };
    let unknown = {
        let ask = with(list(url), "mcp-protocol-version", Some(NO_VERSION_OF_MCP));
        Ask { body: ask.body.map(|body| body.replace(Revision::R2026_07_28.as_str(), NO_VERSION_OF_MCP)), ..ask }
    };
    // Alone: what else is asked is no reason for another list.
    door.send(LIST_AGAIN, list(url)).await;
    let trials = [
        (UNKNOWN_METHOD, mcp::stateless(step, url, "mcp-auth/nope", json!({}), "")),
        (UNKNOWN_VERSION, unknown),
        (OTHER_VERSION, with(list(url), "mcp-protocol-version", Some(NO_VERSION_OF_MCP))),
        (NO_VERSION, with(list(url), "mcp-protocol-version", None)),
        (NO_METHOD, with(list(url), "mcp-method", None)),
        (OTHER_METHOD, with(list(url), "mcp-method", Some("prompts/list"))),
        (CAPITAL_METHOD, with(list(url), "mcp-method", Some("TOOLS/LIST"))),
        (OTHER_NAME, with(tool(NO_TOOL), "mcp-name", Some("mcp-auth-another-tool"))),
        (ENCODED_NAME, encoded(tool(NO_TOOL))),
        (NO_CAPABILITIES, without_meta(list(url), "io.modelcontextprotocol/clientCapabilities")),
        (NO_CLIENT_INFO, without_meta(list(url), "io.modelcontextprotocol/clientInfo")),
        (STRAY_SESSION, list(url).header("mcp-session-id", random_id())),
        (STRAY_EVENT, list(url).header("last-event-id", "1")),
    ];
    join_all(trials.into_iter().map(|(trial, ask)| door.send(trial, ask))).await;
    let bare = with(with(list(url), "mcp-method", None), "mcp-protocol-version", None);
    door.send_bare(BARE_HEADERS, bare).await;
}

/// What stands around a request on either wire: `Origin`, `Host`, `Accept`, the `id`.
async fn surroundings(door: &Door<'_, '_>, usual: &Ask) {
    let origin = url::Url::parse(&usual.url).map(|url| uri::origin_of(&url).to_string()).unwrap_or_default();
    let number = |id: i64| {
        let mut body = body_of(usual);
        if let Some(members) = body.as_object_mut() {
            members.insert("id".to_owned(), json!(id));
        }
        Ask { body: Some(body.to_string()), ..usual.clone() }
    };
    let mut trials = vec![
        (STRANGE_ORIGIN, usual.clone().header("origin", "https://evil.example")),
        (OWN_ORIGIN, usual.clone().header("origin", origin)),
        (ONLY_JSON, with(usual.clone(), "accept", Some("application/json"))),
        (ZERO_ID, number(0)),
        (LARGE_ID, number(9_007_199_254_740_991)),
    ];
    if uri::is_loopback_host(door.lab.wire.target()) {
        trials.push((STRANGE_HOST, usual.clone().header("host", "evil.example")));
    }
    join_all(trials.into_iter().map(|(trial, ask)| door.send(trial, ask))).await;
}

fn list(url: &str) -> Ask {
    mcp::stateless(LIST.step, url, "tools/list", json!({}), "")
}

/// The request with another value of a header, or without it.
pub(super) fn with(mut ask: Ask, name: &'static str, value: Option<&str>) -> Ask {
    ask.headers.retain(|(known, _)| *known != name);
    match value {
        Some(value) => ask.header(name, value),
        None => ask,
    }
}

/// The request without a member of `_meta`.
fn without_meta(ask: Ask, name: &str) -> Ask {
    let mut body = body_of(&ask);
    if let Some(meta) = body.pointer_mut("/params/_meta").and_then(Value::as_object_mut) {
        meta.shift_remove(name);
    }
    Ask { body: Some(body.to_string()), ..ask }
}

fn body_of(ask: &Ask) -> Value {
    ask.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

/// The MCP server, behind its token check.
pub(super) struct Door<'l, 'a> {
    pub(super) lab: &'l Lab<'a>,
    access: Option<Access>,
}

impl Door<'_, '_> {
    /// Sends a request with the token; a session that it opens is ended.
    pub(super) async fn send(&self, trial: Trial, ask: Ask) -> Exchange {
        let ask = self.authorize(named(trial, ask));
        let exchange = self.lab.wire.send(ask.clone()).await;
        if let Some(end) = end_of(&ask, &exchange) {
            self.lab.wire.send(self.authorize(end)).await;
        }
        exchange
    }

    /// Sends a request with the token; a session that it opens stays open.
    pub(super) async fn keep(&self, trial: Trial, ask: Ask) -> Exchange {
        self.lab.wire.send(self.authorize(named(trial, ask))).await
    }

    /// Sends a request without the token.
    async fn send_bare(&self, trial: Trial, ask: Ask) -> Exchange {
        self.lab.wire.send(named(trial, ask)).await
    }

    fn authorize(&self, ask: Ask) -> Ask {
        let Some(access) = &self.access else { return ask };
        let ask = ask.header("authorization", format!("{} {}", access.scheme.name(), access.token.expose()));
        match &access.key {
            Some(key) => {
                let proof = key.proof(ask.method, &ask.url, self.lab.wire.now(), Some(&access.token), None);
                ask.header("dpop", proof)
            }
            None => ask,
        }
    }
}

fn named(trial: Trial, ask: Ask) -> Ask {
    Ask { step: trial.step, because: trial.wrong.to_owned(), ..ask }.about(trial.name)
}

fn is_result(exchange: &Exchange) -> bool {
    answer::in_turn(exchange).any(|message| message.result().is_some())
}
