//! Deliberately wrong credentials, each with a name and with what is wrong in words that the report repeats.
//!
//! RFC 6750 §3.1, RFC 8725 §2–3, RFC 7515 §5.2. Every trial sends a request that was refused without a token: that is
//! the control. An answer that lets one in is repeated once, so that no accident is reported. An answer that goes past
//! the token and fails in the protocol is asked again with a request that every server of the stateful wire knows.

use futures_util::future::{join_all, join3};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::forge::{self, Forger};
use super::random_id;
use crate::client::mcp;
use crate::evidence::{Evidence, Exchange, answer};
use crate::formats::uri;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::{Trial, bearer};
use crate::wire::{Ask, Canary, Wire};

/// The trials that need no key of the server: garbage, empty, doubled, forged.
pub async fn without_keys(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    let Some(control) = Control::of(wire, &evidence) else { return };
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let mut attempts = vec![
        (bearer::GARBAGE_JWT, bearer("not.a.token")),
        (bearer::GARBAGE_OPAQUE, bearer(&random_id())),
        (bearer::EMPTY_BEARER, vec!["Bearer".to_owned()]),
        (bearer::BASIC, vec!["Basic eDp5".to_owned()]),
        (bearer::TWO_AUTHORIZATIONS, vec![format!("Bearer {}", random_id()), format!("Bearer {}", random_id())]),
    ];
    let claims = claims(wire, &evidence);
    for (trial, alg) in [(bearer::ALG_NONE, "none"), (bearer::ALG_NONE_CAPITAL, "None")] {
        attempts.push((trial, bearer(&forge::unsigned(alg, &claims))));
    }
    let forger = Forger::new();
    if let Some(forger) = &forger {
        let hostile = "../../dev/null' or 1=1".to_owned();
        for (trial, kid) in [(bearer::KID_UNKNOWN, random_id()), (bearer::KID_HOSTILE, hostile)] {
            attempts.push((trial, bearer(&forger.sign(&json!({ "kid": kid }), &claims))));
        }
        attempts.push((bearer::HEADER_JWK, bearer(&forger.sign(&json!({ "jwk": forger.jwk() }), &claims))));
    }
    let attempts = join_all(attempts.into_iter().map(|(trial, values)| attempt(wire, &control, trial, values)));
    let referred = async {
        if let Some(forger) = &forger {
            header_jku(wire, &control, forger, &claims).await;
        }
    };
    // Boxed: a trial with its further requests is large.
    join3(attempts, Box::pin(referred), Box::pin(get_stream(wire))).await;
}

/// The first request again, without a token, at another address of this machine, where the target is on it.
pub async fn elsewhere(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    let Some(url) = wire.elsewhere() else { return };
    let Some(first) = evidence.first_requests().find(|exchange| exchange.reply().is_some()) else { return };
    let host = url::Url::parse(&first.request.url).ok().map(|url| uri::origin_of(&url).to_string());
    let host = host.as_deref().and_then(|origin| origin.split_once("://")).map(|(_, host)| host.to_owned());
    let ask = mcp::stateless(Step::McpElsewhere, &url, "server/discover", json!({}), "");
    let ask = match first.step {
        Step::McpList => mcp::stateless(Step::McpElsewhere, &url, "tools/list", json!({}), ""),
        Step::McpInitialize => mcp::initialize(&url, ""),
        _ => ask,
    };
    let because = "whether the server listens only at the loopback address".to_owned();
    let ask = Ask { step: Step::McpElsewhere, because, ..ask };
    let ask = match host {
        Some(host) => ask.header("host", host),
        None => ask,
    };
    let answer = wire.send(ask.clone()).await;
    leave(wire, &ask, &answer).await;
}

/// The trials that need the public keys: a wrong signature under a right `kid`, HS256 with the public key as the secret.
pub async fn with_keys(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    let Some(control) = Control::of(wire, &evidence) else { return };
    let keys = evidence.first(Step::Jwks).and_then(|x| evidence.object(x)).and_then(Result::ok);
    let keys = keys.and_then(|document| document.object.get("keys")?.as_array());
    // The first that we can imitate.
    let mut imitated = keys.into_iter().flatten().filter(|key| may_sign(key)).map(|key| (key, Forger::like(key)));
    let Some((key, Some(forger))) = imitated.find(|(_, forger)| forger.is_some()) else { return };
    let claims = claims(wire, &evidence);
    let kid = key.get("kid").cloned().unwrap_or(Value::Null);
    let mut attempts = vec![(bearer::BAD_SIGNATURE, forger.sign(&json!({ "kid": kid }), &claims))];
    for (trial, secret) in [(bearer::HMAC_PEM, forge::public_pem(key)), (bearer::HMAC_JWK, Some(key.to_string()))] {
        if let Some(secret) = secret {
            attempts.push((trial, forge::hmac(secret.as_bytes(), &json!({ "kid": kid }), &claims)));
        }
    }
    let sent = attempts.into_iter();
    join_all(sent.map(|(trial, token)| attempt(wire, &control, trial, vec![format!("Bearer {token}")]))).await;
}

/// A token whose header says where its key is; a listener of ours there tells whether somebody came to fetch it. Only
/// a server on this machine can reach it: elsewhere the address resolves nowhere.
async fn header_jku(wire: &Wire, control: &Control, forger: &Forger, claims: &Value) {
    let keys = json!({ "keys": [forger.jwk()] }).to_string();
    let canary = if uri::is_loopback_host(wire.target()) { Canary::open(keys).await } else { None };
    let url = canary.as_ref().map_or_else(|| "https://mcp-auth.invalid/jwks.json".to_owned(), |c| c.url().to_owned());
    let token = forger.sign(&json!({ "kid": "header", "jku": url }), claims);
    attempt(wire, control, bearer::HEADER_JKU, vec![format!("Bearer {token}")]).await;
    if canary.is_some_and(Canary::close) {
        let because = "the server fetched keys from the `jku` of a token it did not know";
        wire.witness(Ask::get(Step::CanaryFetched, url, because).about(bearer::HEADER_JKU.name));
    }
}

/// A stream opened with a token that is no good, where the wire knows streams by GET.
async fn get_stream(wire: &Wire) {
    let ask = Ask {
        headers: vec![("accept", "text/event-stream".to_owned()), ("authorization", "Bearer not.a.token".to_owned())],
        ..Ask::get(Step::BadToken, wire.endpoint(), "")
    };
    send(wire, &ask, bearer::GARBAGE_GET, "").await;
}

/// The first request that was refused with 401 when it came without a token, to be made again.
pub(crate) fn refused(wire: &Wire, evidence: &Evidence<'_>) -> Option<Ask> {
    let url = wire.endpoint();
    match evidence.challenged()?.exchange.step {
        Step::McpDiscover => Some(mcp::stateless(Step::BadToken, &url, "server/discover", json!({}), "")),
        Step::McpList => Some(mcp::stateless(Step::BadToken, &url, "tools/list", json!({}), "")),
        Step::McpInitialize => Some(mcp::initialize(&url, "")),
        _ => None,
    }
}

/// The request that the trials make: one that was refused with 401 when it came without a token.
struct Control {
    ask: Ask,
    /// The `initialize` of the stateful wire, if that is refused, too; asked for when it is needed.
    stateful: OnceCell<Option<Ask>>,
}

impl Control {
    /// The first request that was refused.
    fn of(wire: &Wire, evidence: &Evidence<'_>) -> Option<Self> {
        let ask = refused(wire, evidence)?;
        Some(Self { ask, stateful: OnceCell::new() })
    }

    /// The control to use when a bad token came past the check and the request then failed in the protocol.
    async fn stateful(&self, wire: &Wire) -> Option<&Ask> {
        let refused = async {
            let trail = wire.trail();
            let known = Evidence::new(&trail, Revision::LATEST).answer(Step::McpInitialize).and_then(Exchange::status);
            let because = "a bad token got as far as the protocol; this request every stateful server knows";
            let ask = mcp::initialize(&wire.endpoint(), because);
            let status = match known {
                Some(status) => Some(status),
                None => wire.send(ask.clone()).await.status(),
            };
            (status == Some(401)).then_some(ask)
        };
        self.stateful.get_or_init(|| refused).await.as_ref()
    }
}

/// Makes one trial.
async fn attempt(wire: &Wire, control: &Control, trial: Trial, authorizations: Vec<String>) {
    let with = |ask: &Ask| authorizations.iter().fold(ask.clone(), |ask, value| ask.header("authorization", value));
    let answer = send(wire, &with(&control.ask), trial, "").await;
    let is_past_the_check = answer.status() != Some(401) && answer::in_turn(&answer).any(|m| m.error().is_some());
    if is_past_the_check && let Some(stateful) = control.stateful(wire).await {
        send(wire, &with(stateful), trial, " (as `initialize`: the first got past the check)").await;
    }
}

/// Sends the request of a trial; what is let in is sent once more. Returns the first answer.
async fn send(wire: &Wire, ask: &Ask, trial: Trial, note: &str) -> Exchange {
    let as_trial = |note: &str| {
        let because = format!("{}{note}", trial.wrong);
        Ask { step: Step::BadToken, because, ..ask.clone() }.about(trial.name)
    };
    let first = wire.send(as_trial(note)).await;
    if is_let_in(&first) {
        leave(wire, ask, &first).await;
        let again = wire.send(as_trial(" (again: the first was let in)")).await;
        leave(wire, ask, &again).await;
    }
    first
}

pub(super) fn is_let_in(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

/// Ends the session that a bad token was given.
pub(super) async fn leave(wire: &Wire, ask: &Ask, exchange: &Exchange) {
    let Some(end) = end_of(ask, exchange) else { return };
    let credentials = ask.headers.iter().filter(|(name, _)| *name == "authorization");
    wire.send(credentials.fold(end, |end, (name, value)| end.header(name, value.clone()))).await;
}

/// What ends the session that an answer began, without credentials.
pub(super) fn end_of(ask: &Ask, exchange: &Exchange) -> Option<Ask> {
    let session = exchange.reply().and_then(|reply| reply.header("mcp-session-id"))?;
    Some(mcp::delete(Step::McpEnd, &ask.url, "leaves no session behind").header("mcp-session-id", session))
}

/// The claims of a token that would be right: issuer, audience, times, scope, as the documents say.
pub(super) fn claims(wire: &Wire, evidence: &Evidence<'_>) -> Value {
    let issuer = evidence.authorization_server().map(|server| server.issuer);
    let issuer = issuer.unwrap_or_else(|| "https://issuer.invalid".to_owned());
    let resource = evidence.resource().and_then(|(_, document)| document.text("resource").map(str::to_owned));
    let scope = evidence.challenged().and_then(|c| c.param("scope").map(str::to_owned)).unwrap_or_default();
    let now = wire.now();
    json!({
        "iss": issuer, "aud": resource.unwrap_or_else(|| wire.endpoint()), "sub": "mcp-auth-probe",
        "client_id": "mcp-auth-probe", "iat": now, "exp": now + 600, "jti": random_id(), "scope": scope,
    })
}

/// Whether a key could be one that signs tokens.
fn may_sign(key: &Value) -> bool {
    let member = |name| key.get(name).and_then(Value::as_str);
    member("use") != Some("enc") && member("kty") != Some("oct")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_for_encryption_and_shared_ones_sign_nothing() {
        for (key, may) in [
            (json!({ "kty": "RSA" }), true),
            (json!({ "kty": "EC", "use": "sig" }), true),
            (json!({ "kty": "RSA", "use": "enc" }), false),
            (json!({ "kty": "oct" }), false),
            (json!({ "kty": "oct", "use": "sig" }), false),
            (json!({}), true),
        ] {
            assert_eq!(may_sign(&key), may, "{key}");
        }
    }
}
