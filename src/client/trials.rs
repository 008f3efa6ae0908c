//! Deliberately wrong credentials, each with a name and with what is wrong in words that the report repeats.
//!
//! RFC 6750 §3.1, RFC 8725 §2–3, RFC 7515 §5.2. Every trial sends a request that was refused without a token: that is
//! the control. An answer that lets one in is repeated once, so that no accident is reported.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::{join_all, join3};
use serde_json::{Value, json};

use super::forge::{self, Forger};
use super::mcp;
use crate::evidence::{Evidence, Exchange};
use crate::formats::uri;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::wire::{Ask, Canary, Wire, limits};

/// 128 bits that nobody has seen, as text.
#[must_use]
pub fn random_id() -> String {
    let mut bytes = [0_u8; 16];
    // A generator that fails leaves zeros: still an id that no server gave out.
    let _ = rand::fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The trials that need no key of the server: garbage, empty, doubled, forged.
pub async fn without_keys(wire: &Wire) {
    let trail = wire.trail();
    let Some(control) = control(wire, &Evidence::new(&trail, Revision::LATEST)) else { return };
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let mut attempts = vec![
        (Trial::GarbageJwt, bearer("not.a.token")),
        (Trial::GarbageOpaque, bearer(&random_id())),
        (Trial::EmptyBearer, vec!["Bearer".to_owned()]),
        (Trial::Basic, vec!["Basic eDp5".to_owned()]),
        (Trial::TwoAuthorizations, vec![format!("Bearer {}", random_id()), format!("Bearer {}", random_id())]),
    ];
    let claims = claims(wire, &Evidence::new(&trail, Revision::LATEST));
    for (trial, alg) in [(Trial::AlgNone, "none"), (Trial::AlgNoneCapital, "None")] {
        attempts.push((trial, bearer(&forge::unsigned(alg, &claims))));
    }
    let forger = Forger::new();
    if let Some(forger) = &forger {
        let hostile = "../../dev/null' or 1=1".to_owned();
        for (trial, kid) in [(Trial::KidUnknown, random_id()), (Trial::KidHostile, hostile)] {
            attempts.push((trial, bearer(&forger.sign(&json!({ "kid": kid }), &claims))));
        }
        attempts.push((Trial::HeaderJwk, bearer(&forger.sign(&json!({ "jwk": forger.jwk() }), &claims))));
    }
    let attempts = join_all(attempts.into_iter().map(|(trial, values)| attempt(wire, &control, trial, values)));
    let referred = async {
        if let Some(forger) = &forger {
            header_jku(wire, &control, forger, &claims).await;
        }
    };
    join3(attempts, referred, get_stream(wire, &control)).await;
}

/// The trials that need the public keys: a wrong signature under a right `kid`, HS256 with the public key as the secret.
pub async fn with_keys(wire: &Wire) {
    let trail = wire.trail();
    let evidence = Evidence::new(&trail, Revision::LATEST);
    let Some(control) = control(wire, &evidence) else { return };
    let keys = evidence.first(Step::Jwks).and_then(|x| evidence.object(x)).and_then(Result::ok);
    let Some(key) = keys.and_then(|document| signing_key(document.object.get("keys")?)) else { return };
    let claims = claims(wire, &evidence);
    let kid = key.get("kid").cloned().unwrap_or(Value::Null);
    let mut attempts = Vec::new();
    if let Some(token) = Forger::like(key).map(|forger| forger.sign(&json!({ "kid": kid }), &claims)) {
        attempts.push((Trial::BadSignature, token));
    }
    for (trial, secret) in [(Trial::HmacPem, forge::public_pem(key)), (Trial::HmacJwk, Some(key.to_string()))] {
        if let Some(secret) = secret {
            attempts.push((trial, forge::hmac(secret.as_bytes(), &json!({ "kid": kid }), &claims)));
        }
    }
    let sent = attempts.into_iter();
    join_all(sent.map(|(trial, token)| attempt(wire, &control, trial, vec![format!("Bearer {token}")]))).await;
}

/// A token whose header says where its key is; a listener of ours there tells whether somebody came to fetch it. Only
/// a server on this machine can reach it: elsewhere the address resolves nowhere.
async fn header_jku(wire: &Wire, control: &Ask, forger: &Forger, claims: &Value) {
    let keys = json!({ "keys": [forger.jwk()] }).to_string();
    let canary = if uri::is_loopback_host(wire.target()) { Canary::open(keys).await } else { None };
    let url = canary.as_ref().map_or_else(|| "https://mcp-auth.invalid/jwks.json".to_owned(), |c| c.url().to_owned());
    let token = forger.sign(&json!({ "kid": "header", "jku": url }), claims);
    attempt(wire, control, Trial::HeaderJku, vec![format!("Bearer {token}")]).await;
    if canary.is_some_and(Canary::close) {
        let because = "the server fetched keys from the `jku` of a token it did not know";
        wire.witness(Ask::get(Step::CanaryFetched, url, because).about(Trial::HeaderJku.name()));
    }
}

/// A stream opened with a token that is no good, where the wire knows streams by GET.
async fn get_stream(wire: &Wire, control: &Ask) {
    let ask = Ask {
        headers: vec![("accept", "text/event-stream".to_owned()), ("authorization", "Bearer not.a.token".to_owned())],
        cap: limits::ERROR_BODY,
        ..Ask::get(Step::BadToken, control.url.clone(), Trial::GarbageGet.wrong())
    };
    wire.send(ask.about(Trial::GarbageGet.name())).await;
}

/// Sends one trial; what is let in is sent once more.
async fn attempt(wire: &Wire, control: &Ask, trial: Trial, authorizations: Vec<String>) {
    let mut ask =
        Ask { step: Step::BadToken, because: trial.wrong().to_owned(), ..control.clone() }.about(trial.name());
    for value in authorizations {
        ask = ask.header("authorization", value);
    }
    let answer = wire.send(ask.clone()).await;
    if is_let_in(&answer) {
        let because = format!("{} (again: the first was let in)", trial.wrong());
        wire.send(Ask { because, ..ask }).await;
    }
}

fn is_let_in(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

/// The request that every trial sends: the first that was refused with 401.
pub(super) fn control(wire: &Wire, evidence: &Evidence<'_>) -> Option<Ask> {
    let refused = evidence.challenged()?.exchange.step;
    let url = wire.endpoint();
    let because = "";
    match refused {
        Step::McpDiscover => Some(mcp::stateless(Step::BadToken, &url, "server/discover", json!({}), because)),
        Step::McpList => Some(mcp::stateless(Step::BadToken, &url, "tools/list", json!({}), because)),
        Step::McpInitialize => Some(Ask { step: Step::BadToken, ..mcp::initialize(&url, because) }),
        _ => None,
    }
}

/// The claims of a token that would be right: issuer, audience, times, scope, as the documents say.
fn claims(wire: &Wire, evidence: &Evidence<'_>) -> Value {
    let issuer = evidence.issuers().into_iter().next().unwrap_or_else(|| "https://issuer.invalid".to_owned());
    let resource = evidence.resource().and_then(|(_, document)| document.text("resource").map(str::to_owned));
    let scope = evidence.challenged().and_then(|c| c.param("scope").map(str::to_owned)).unwrap_or_default();
    let now = wire.now();
    json!({
        "iss": issuer, "aud": resource.unwrap_or_else(|| wire.endpoint()), "sub": "mcp-auth-probe",
        "client_id": "mcp-auth-probe", "iat": now, "exp": now + 600, "jti": random_id(), "scope": scope,
    })
}

/// The first key that could sign tokens.
fn signing_key(keys: &Value) -> Option<&Value> {
    keys.as_array()?.iter().find(|key| {
        key.get("use").and_then(Value::as_str) != Some("enc") && key.get("kty").and_then(Value::as_str) != Some("oct")
    })
}
