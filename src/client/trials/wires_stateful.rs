//! The stateful wire of MCP, to 2025-11-25, with a good token: lifecycle ("Initialization", "Version Negotiation"),
//! transports ("Session Management", "Protocol Version Header", "Listening for Messages").

use serde_json::json;

use super::random_id;
use super::wires::{Door, with};
use crate::client::mcp::{self, Session};
use crate::evidence::{Exchange, answer};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::wires::{
    DEAD_SESSION, MORE_SESSIONS, NO_SESSION, OLD_BATCH, OLD_SESSION, RANDOM_SESSION, READY, SESSION, SESSION_DELETE,
    SESSION_GET, SESSION_LIST, SESSION_NO_VERSION, SESSION_VERSION,
};
use crate::wire::Ask;

const STEP: Step = SESSION.step;
/// Further sessions, to see whether their ids can be guessed.
const MORE: usize = 3;

/// One session from its beginning to beyond its end, and some more for their ids.
pub(super) async fn run(door: &Door<'_, '_>, url: &str) {
    for _ in 0..MORE {
        door.send(MORE_SESSIONS, mcp::initialize(url, "")).await;
    }
    let Some(session) = begun(&door.keep(SESSION, mcp::initialize(url, "")).await) else { return };
    let list = || mcp::stateful(STEP, url, Some(&session), "tools/list", &json!({}), "");
    let ready = session.on(mcp::notification(STEP, url, "notifications/initialized", ""));
    door.keep(READY, ready).await;
    door.keep(SESSION_LIST, list()).await;
    door.keep(SESSION_VERSION, with(list(), "mcp-protocol-version", Some("1999-01-01"))).await;
    door.keep(SESSION_NO_VERSION, with(list(), "mcp-protocol-version", None)).await;
    let get = Ask { method: "GET", body: None, ..with(list(), "accept", Some("text/event-stream")) };
    door.keep(SESSION_GET, get).await;
    if session.id.is_some() {
        door.keep(NO_SESSION, with(list(), "mcp-session-id", None)).await;
        door.keep(RANDOM_SESSION, with(list(), "mcp-session-id", Some(&random_id()))).await;
        door.keep(SESSION_DELETE, Ask { method: "DELETE", body: None, ..list() }).await;
        door.keep(DEAD_SESSION, list()).await;
    }
    old(door, url).await;
}

/// A session of 2025-03-26, which has batches.
async fn old(door: &Door<'_, '_>, url: &str) {
    let ask = mcp::initialize(url, "");
    let first = Revision::R2025_03_26.as_str();
    let body = ask.body.as_deref().unwrap_or_default().replace(Revision::LATEST_STATEFUL.as_str(), first);
    let Some(session) = begun(&door.keep(OLD_SESSION, Ask { body: Some(body), ..ask }).await) else { return };
    if session.version == first {
        door.keep(READY, session.on(mcp::notification(STEP, url, "notifications/initialized", ""))).await;
        door.keep(OLD_BATCH, batch(url, &session)).await;
    }
    if session.id.is_some() {
        door.keep(SESSION_DELETE, session.on(mcp::delete(Step::McpEnd, url, "")).about("old")).await;
    }
}

fn batch(url: &str, session: &Session) -> Ask {
    let body = json!([{ "jsonrpc": "2.0", "id": 1, "method": "ping" }]);
    session.on(mcp::post(STEP, url, body.to_string(), ""))
}

/// The session that an answer to `initialize` begins.
pub(super) fn begun(exchange: &Exchange) -> Option<Session> {
    let version = answer::versions(exchange).first().cloned()?;
    let id = exchange.reply()?.header("mcp-session-id").map(str::to_owned);
    Some(Session { id, version })
}
