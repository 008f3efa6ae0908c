//! Tokens signed with the key that the operator lent, right but for one thing: RFC 9068 §4, RFC 7519 §4.1, RFC 7515
//! §4.1.11. The claims are those of a token that the authorization server issued, where one can be read.

use serde_json::{Map, Value, json};

use super::endpoint::Gate;
use super::lab::Lab;
use super::random_id;
use super::resource::claims;
use crate::client::proof::ClientKey;
use crate::evidence::Evidence;
use crate::formats::jwt;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::{EXPIRED, OTHER_AUDIENCE, RIGHT};

/// What a token is made of.
struct Mould<'k> {
    key: &'k ClientKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Makes the trials, the control first.
pub(super) async fn run(lab: &Lab<'_>, gate: &Gate) {
    let Some(mould) = lab.errand.material.signing_key.as_ref().and_then(|key| Mould::of(lab, key)) else { return };
    let now = lab.wire.now();
    present(lab, gate, &mould, RIGHT, |_, _| {}).await;
    present(lab, gate, &mould, EXPIRED, |_, claims| {
        for (name, seconds) in [("iat", 7200), ("nbf", 7200), ("exp", 3600)] {
            claims.insert(name.to_owned(), json!(now - seconds));
        }
    })
    .await;
    present(lab, gate, &mould, OTHER_AUDIENCE, |_, claims| {
        claims.insert("aud".to_owned(), json!("https://other.mcp-auth.invalid/mcp"));
    })
    .await;
}

/// Makes a token, changed, and presents it.
async fn present(
    lab: &Lab<'_>,
    gate: &Gate,
    mould: &Mould<'_>,
    trial: Trial,
    change: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>),
) {
    let (mut header, mut claims) = (mould.header.clone(), mould.claims.clone());
    claims.insert("jti".to_owned(), json!(random_id()));
    change(&mut header, &mut claims);
    let Some(token) = mould.key.sign(&header.into(), &claims.into()) else { return };
    gate.send(lab, trial, gate.ask.clone().header("authorization", format!("Bearer {token}"))).await;
}

impl<'k> Mould<'k> {
    /// The header and claims of a token that the server would take.
    fn of(lab: &Lab<'_>, key: &'k ClientKey) -> Option<Self> {
        let trail = lab.wire.trail();
        let evidence = Evidence::new(&trail, Revision::LATEST);
        let observed = lab.access().and_then(|access| jwt::decode(access.token.expose()).ok());
        let mut claims = match &observed {
            Some(read) => read.claims.clone(),
            None => claims(lab.wire, &evidence).as_object()?.clone(),
        };
        let now = lab.wire.now();
        for (name, value) in [("iat", now), ("exp", now + 600)] {
            claims.insert(name.to_owned(), json!(value));
        }
        claims.remove("nbf");
        claims.remove("cnf");
        let mut header = Map::new();
        let typ = observed.as_ref().and_then(|read| read.header.get("typ").cloned());
        header.insert("typ".to_owned(), typ.unwrap_or_else(|| json!("at+jwt")));
        if let Some(kid) = kid(&evidence, key) {
            header.insert("kid".to_owned(), kid);
        }
        Some(Self { key, header, claims })
    }
}

/// The id under which the authorization server publishes the key.
fn kid(evidence: &Evidence<'_>, key: &ClientKey) -> Option<Value> {
    let signed = key.sign(&json!({}), &json!({}))?;
    let alg = key.alg();
    let alg = Some(alg.as_str()).filter(|alg| alg.starts_with("RS") || alg.starts_with("PS"));
    let documents = evidence.all(Step::Jwks).filter_map(|exchange| evidence.object(exchange)?.ok());
    let mut keys = documents.filter_map(|document| document.object.get("keys")?.as_array()).flatten();
    keys.find(|jwk| jwt::verify(&signed, jwk, alg).is_ok())?.get("kid").cloned()
}
