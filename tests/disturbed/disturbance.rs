//! The answers that come instead.

use std::sync::Arc;

use mcp_auth::evidence::{Body, Exchange, Failure, FailureKind, Header, HttpReply, Outcome};
use mcp_auth::spec::step::Step;
use serde_json::{Value, json};
use url::Url;

/// Another answer to an exchange.
pub(crate) struct Disturbance {
    pub(crate) name: &'static str,
    /// The exchange with the other answer, where it makes sense.
    pub(crate) apply: fn(&Exchange) -> Option<Exchange>,
}

const fn disturbance(name: &'static str, apply: fn(&Exchange) -> Option<Exchange>) -> Disturbance {
    Disturbance { name, apply }
}

pub(crate) const DISTURBANCES: [Disturbance; 17] = [
    disturbance("lost", |x| failed(x, FailureKind::Timeout)),
    disturbance("halted", |x| failed(x, FailureKind::Halted)),
    disturbance("busy", |x| replied(x, 429, &[("retry-after", "60")], "")),
    disturbance("down", |x| replied(x, 503, &[], "")),
    disturbance("broken", |x| replied(x, 500, &[TEXT], "Internal Server Error")),
    disturbance("missing", |x| replied(x, 404, &[TEXT], "Not Found")),
    disturbance("unauthorized", |x| replied(x, 401, &[], "")),
    disturbance("forbidden", |x| replied(x, 403, &[TEXT], "Forbidden")),
    disturbance("refused", |x| replied(x, 400, &[JSON], r#"{"error":"invalid_request","error_description":"no"}"#)),
    disturbance("page", |x| replied(x, 200, &[("content-type", "text/html")], "<html><form></form></html>")),
    disturbance("away", |x| replied(x, 302, &[("location", "https://elsewhere.invalid/")], "")),
    disturbance("bare", bare),
    disturbance("token", token),
    disturbance("client", client),
    disturbance("code", |x| returned(x, &[("code", "a-code-of-nobody")])),
    disturbance("error", |x| returned(x, &[("error", "invalid_request")])),
    disturbance("result", result),
];

const TEXT: (&str, &str) = ("content-type", "text/plain");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Whether nothing is seen of the server that could be held against it.
pub(crate) fn hides(name: &str) -> bool {
    matches!(name, "lost" | "halted" | "busy" | "down")
}

fn failed(exchange: &Exchange, kind: FailureKind) -> Option<Exchange> {
    let outcome = Outcome::Failure(Failure { kind, detail: "nothing came".to_owned() });
    Some(Exchange { outcome, ..exchange.clone() })
}

fn replied(exchange: &Exchange, status: u16, headers: &[(&str, &str)], body: &str) -> Option<Exchange> {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).to_owned(), value: (*value).to_owned() };
    let body = Body { text: (!body.is_empty()).then(|| Arc::from(body)), ..Body::default() };
    let outcome = Outcome::Reply(HttpReply { status, headers: headers.iter().map(header).collect(), body });
    Some(Exchange { outcome, ..exchange.clone() })
}

/// The same status and nothing more.
fn bare(exchange: &Exchange) -> Option<Exchange> {
    replied(exchange, exchange.status()?, &[], "")
}

fn is_form(exchange: &Exchange, member: &str) -> bool {
    let pairs = exchange.request.body.as_deref().map(|body| url::form_urlencoded::parse(body.as_bytes()));
    pairs.is_some_and(|mut pairs| pairs.any(|(name, _)| name == member))
}

/// A token endpoint that is content.
fn token(exchange: &Exchange) -> Option<Exchange> {
    let body =
        r#"{"access_token":"a-token-of-nobody","token_type":"Bearer","expires_in":600,"refresh_token":"another"}"#;
    is_form(exchange, "grant_type")
        .then(|| replied(exchange, 200, &[JSON, ("cache-control", "no-store")], body))
        .flatten()
}

/// A registration endpoint that is content.
fn client(exchange: &Exchange) -> Option<Exchange> {
    let is_registration = matches!(exchange.step, Step::ClientRegister | Step::RegisterTrial | Step::ManageTrial);
    let asked = exchange.request.body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
    let mut answer = asked.filter(Value::is_object).unwrap_or_else(|| json!({}));
    answer["client_id"] = json!("a-client");
    is_registration.then(|| replied(exchange, 201, &[JSON], &answer.to_string())).flatten()
}

/// An authorization endpoint that sends the browser back.
fn returned(exchange: &Exchange, pairs: &[(&str, &str)]) -> Option<Exchange> {
    let asked = Url::parse(&exchange.request.url).ok()?;
    let of = |wanted: &str| asked.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let mut back = Url::parse(&of("redirect_uri")?).ok()?;
    back.query_pairs_mut().extend_pairs(pairs).extend_pairs(of("state").map(|state| ("state", state)));
    replied(exchange, 302, &[("location", back.as_str())], "")
}

/// An MCP server that does as it is told.
fn result(exchange: &Exchange) -> Option<Exchange> {
    let asked: Value = serde_json::from_str(exchange.request.body.as_deref()?).ok()?;
    let id = asked.get("id").filter(|_| asked.get("jsonrpc").is_some())?;
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": {"tools": [], "content": [], "resultType": "complete"}});
    replied(exchange, 200, &[JSON], &answer.to_string())
}
