//! The first request without a token: what a server asks for.

use serde_json::json;

use super::discover;
use super::error::ClientError;
use super::locate::Demand;
use super::mcp;
use crate::evidence::{Exchange, answer};
use crate::spec::step::Step;
use crate::wire::Wire;

/// Asks as a client without a token does until a server refuses, on either wire. A server that refuses nothing may
/// still have a login: its demand is empty then, and resource metadata decides.
///
/// # Errors
/// Nothing answers.
pub async fn demand(wire: &Wire) -> Result<Demand, ClientError> {
    let first = "the first request of a client, without a token";
    let ask = mcp::stateless(Step::McpDiscover, &wire.endpoint(), "server/discover", json!({}), first);
    let discovered = follow(wire, ask).await;
    if discovered.failure().is_some() {
        return Err(ClientError::answer(&discovered, ""));
    }
    if discovered.status() == Some(401) {
        return Ok(Demand::of(&discovered));
    }
    let second = "the first request was not refused: perhaps this one is";
    let ask = if answer::is_modern(&discovered) {
        mcp::stateless(Step::McpList, &wire.endpoint(), "tools/list", json!({}), second)
    } else {
        mcp::initialize(&wire.endpoint(), second)
    };
    let refused = follow(wire, ask).await;
    if let (Some(id), Some(version)) = (
        refused.reply().and_then(|reply| reply.header("mcp-session-id")),
        answer::versions(&refused).into_iter().next(),
    ) {
        let session = mcp::Session { id: Some(id.to_owned()), version };
        wire.send(session.on(mcp::delete(Step::McpEnd, &wire.endpoint(), "leaves no session behind"))).await;
    }
    Ok(if refused.status() == Some(401) { Demand::of(&refused) } else { Demand::default() })
}

/// The endpoint may have moved within its origin.
async fn follow(wire: &Wire, ask: crate::wire::Ask) -> Exchange {
    let asked = ask.url.clone();
    let exchange = discover::follow(wire, ask).await;
    if exchange.request.url != asked {
        wire.move_to(&exchange.request.url);
    }
    exchange
}
