//! What a tool asks of the user on the stateless wire, and the state that comes back with the answer. MCP 2026-07-28 multi
//! round-trip requests ("Server Requirements": the state is the client's to change), Security Best Practices ("State Handle
//! Hijacking").

use serde_json::{Map, Value, json};

use crate::serve::keys::random;
use crate::serve::site::Site;
use crate::spec::fault::Duty;

use super::bearer::{Parts, Principal};

/// How long a user may think, in seconds.
const PATIENCE: u64 = 600;
/// The type of the state, so that it passes for nothing else.
const TYPE: &str = "mcp-state+jwt";

/// What the user said.
pub(crate) enum Said {
    /// Nothing yet.
    Nothing,
    /// This.
    Query(String),
    /// That they do not want to.
    No,
    /// It comes with a state that is not ours, or not theirs.
    Forged,
}

/// The result that asks for what to look for.
pub(crate) fn question(site: &Site, principal: &Principal) -> Value {
    let claims = json!({
        "aud": site.layout.mcp, "sub": principal.subject, "tool": "search", "jti": random(8),
        "exp": site.clock.now().saturating_add(PATIENCE),
    });
    let key = &site.keys().access;
    let state = key.sign(&key.header(TYPE), &claims).unwrap_or_default();
    json!({
        "resultType": "input_required",
        "inputRequests": { "query": { "method": "elicitation/create", "params": {
            "mode": "form",
            "message": "What shall be looked for?",
            "requestedSchema": {
                "type": "object",
                "properties": { "query": { "type": "string", "description": "The words to look for." } },
                "required": ["query"],
            },
        } } },
        "requestState": state,
    })
}

/// The answer in the parameters of a call.
pub(crate) fn said(site: &Site, principal: &Principal, params: &Map<String, Value>) -> Said {
    let Some(response) = params.get("inputResponses").and_then(|responses| responses.get("query")) else {
        return Said::Nothing;
    };
    let state = params.get("requestState").and_then(Value::as_str).unwrap_or_default();
    if site.keeps(Duty::VerifyRequestState) && !is_ours(site, principal, state) {
        return Said::Forged;
    }
    let query = response.pointer("/content/query").and_then(Value::as_str).filter(|query| !query.trim().is_empty());
    match (response.get("action").and_then(Value::as_str), query) {
        (Some("accept"), Some(query)) => Said::Query(query.to_owned()),
        (Some("accept"), None) => Said::Nothing,
        _ => Said::No,
    }
}

/// Whether a state is one that we gave this user, not long ago.
fn is_ours(site: &Site, principal: &Principal, state: &str) -> bool {
    let Some(parts) = Parts::split(state) else { return false };
    let claim = |name: &str| parts.claims.get(name).and_then(Value::as_str);
    let is_theirs = claim("sub") == Some(principal.subject.as_str()) || !site.keeps(Duty::BindRequestState);
    let is_fresh = parts.claims.get("exp").and_then(Value::as_u64).is_some_and(|expiry| expiry > site.clock.now());
    let is_state = parts.text("typ") == Some(TYPE) && claim("aud") == Some(site.layout.mcp.as_str());
    is_state && is_theirs && is_fresh && claim("tool") == Some("search") && parts.is_authentic(site)
}
