//! What a run did to the deployment, and what of it is still there: counted in its record.

use serde_json::{Map, Value};

use super::Effects;
use crate::evidence::{Exchange, Trail};
use crate::spec::step::Step;
use crate::spec::text::printable;

/// Counts.
pub(super) fn of(trail: &Trail) -> Effects {
    let registered = trail.in_order().filter(|x| created(x).is_some()).count();
    Effects {
        requests: trail.in_order().filter(|x| !x.step.is_witnessed()).count(),
        clients_registered: registered,
        tokens_issued: trail.in_order().filter(|x| issued(x)).count(),
        left_behind: left_behind(trail),
    }
}

/// Whether the answer is one of success.
fn succeeded(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

fn object(exchange: &Exchange) -> Option<Map<String, Value>> {
    serde_json::from_slice(&exchange.reply()?.body.bytes()).ok()
}

/// The registration that an exchange brought about.
fn created(exchange: &Exchange) -> Option<Map<String, Value>> {
    let registers = |x: &Exchange| match x.step {
        Step::ClientRegister | Step::RegisterTrial | Step::ServerTrial => true,
        // Among their forms stand the registrations of the clients that they need.
        Step::TokenTrial | Step::ExtensionTrial | Step::IdentityTrial => {
            let body = x.request.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
            body.is_some_and(|body| body.get("grant_types").is_some())
        }
        _ => false,
    };
    let posted = Some(exchange).filter(|x| x.request.method == "POST" && succeeded(x) && registers(x));
    let answer = posted.and_then(object)?;
    answer.get("client_id").is_some_and(Value::is_string).then_some(answer)
}

/// Whether a token was issued.
fn issued(exchange: &Exchange) -> bool {
    let asked = exchange.request.body.as_deref().is_some_and(|body| body.contains("grant_type="));
    let form = |body: &str| body.contains("access_token=");
    asked
        && succeeded(exchange)
        && (object(exchange).is_some_and(|answer| answer.get("access_token").is_some_and(Value::is_string))
            || exchange.reply().is_some_and(|reply| form(&reply.body.to_text())))
}

/// What was created and not removed, in words. A login, and the client it was made with, are kept on purpose.
fn left_behind(trail: &Trail) -> Vec<String> {
    let mut left = Vec::new();
    let removed = |url: &str| {
        let deletes = trail.in_order().filter(|x| x.request.method == "DELETE" && x.request.url == url);
        deletes.into_iter().any(|x| succeeded(x) || matches!(x.status(), Some(401 | 404)))
    };
    for client in trail.in_order().filter_map(created) {
        let text = |name: &str| client.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, place) = (text("client_id"), text("registration_client_uri"));
        if !is_of_login(trail, id) && !removed(place) {
            let why = if place.is_empty() { "the server offers no deletion" } else { "it could not be deleted" };
            left.push(format!("the client `{}`: {why}", printable(id)));
        }
    }
    let of_trials = trail.in_order().filter(|x| issued(x) && x.step.reach().is_touching()).count();
    let revoked = trail.in_order().filter(|x| x.step == Step::TokenRevoke && succeeded(x)).count();
    if let Some(tokens @ 1..) = of_trials.checked_sub(revoked) {
        left.push(format!("{tokens} {}, until they expire", if tokens == 1 { "token" } else { "tokens" }));
    }
    let open = sessions(trail);
    if open > 0 {
        let what = if open == 1 { "session" } else { "sessions" };
        left.push(format!("{open} {what} at the MCP server, until they time out"));
    }
    left
}

/// Whether a client is the one that the login was made with.
fn is_of_login(trail: &Trail, id: &str) -> bool {
    let mut logins = trail.in_order().filter(|x| matches!(x.step, Step::TokenCode | Step::TokenDevice));
    let pair = url::form_urlencoded::Serializer::new(String::new()).append_pair("client_id", id).finish();
    logins.any(|x| {
        let by_header = x.request.headers.iter().any(|header| header.name == "authorization");
        by_header && last_registered(trail, x.number).as_deref() == Some(id)
            || x.request.body.as_deref().is_some_and(|body| body.split('&').any(|part| part == pair))
    })
}

/// The client that was registered last before an exchange: who shows its secret in a header names itself nowhere else in
/// the record.
fn last_registered(trail: &Trail, before: u32) -> Option<String> {
    let earlier = trail.in_order().filter(|x| x.number < before);
    let client = earlier.filter_map(created).next_back()?;
    client.get("client_id").and_then(Value::as_str).map(str::to_owned)
}

/// How many sessions of the stateful wire were opened and not ended.
fn sessions(trail: &Trail) -> usize {
    let id = |x: &Exchange| x.reply().and_then(|reply| reply.header("mcp-session-id")).map(str::to_owned);
    let begun = trail
        .in_order()
        .filter(|x| x.request.body.as_deref().is_some_and(|body| body.contains("\"initialize\"")) && succeeded(x));
    let ended = |session: &str| {
        let ends = trail.in_order().filter(|x| x.request.method == "DELETE");
        ends.into_iter().any(|x| {
            let named = x.request.headers.iter().any(|h| h.name == "mcp-session-id" && h.value == session);
            named && (succeeded(x) || x.status() == Some(404))
        })
    };
    begun.filter_map(id).filter(|session| !ended(session)).count()
}
