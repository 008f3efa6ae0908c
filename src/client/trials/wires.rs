//! The wires of MCP, used rightly and wrongly, with a good token where one is wanted: streamable HTTP and versioning of
//! 2026-07-28; lifecycle and transports to 2025-11-25. Only methods that read; every session is ended.

use serde_json::json;

use super::lab::Lab;
use super::resource::leave;
use crate::client::keeper::Access;
use crate::client::mcp;
use crate::evidence::{Evidence, Exchange, answer};
use crate::spec::revision::Revision;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{ANCIENT_VERSION, DISCOVER, INITIALIZE, UNKNOWN_METHOD};
use crate::wire::Ask;

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
    let initialized = door.send(INITIALIZE, mcp::initialize(&url, "")).await;
    if is_result(&discovered) {
        let ask = mcp::stateless(UNKNOWN_METHOD.step, &url, "mcp-auth/nope", json!({}), "");
        door.send(UNKNOWN_METHOD, ask).await;
    }
    if is_result(&initialized) {
        let ask = mcp::initialize(&url, "");
        let body = ask.body.as_deref().unwrap_or_default().replace(Revision::LATEST_STATEFUL.as_str(), "1999-01-01");
        door.send(ANCIENT_VERSION, Ask { body: Some(body), ..ask }).await;
    }
}

/// The MCP server, behind its token check.
struct Door<'l, 'a> {
    lab: &'l Lab<'a>,
    access: Option<Access>,
}

impl Door<'_, '_> {
    /// Sends a request with the token; a session that it opens is ended.
    async fn send(&self, trial: Trial, ask: Ask) -> Exchange {
        let ask = self.authorize(Ask { step: trial.step, because: trial.wrong.to_owned(), ..ask }.about(trial.name));
        let exchange = self.lab.wire.send(ask.clone()).await;
        leave(self.lab.wire, &ask, &exchange).await;
        exchange
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

fn is_result(exchange: &Exchange) -> bool {
    answer::messages(exchange).iter().any(|message| message.result().is_some())
}
