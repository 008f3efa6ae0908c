//! Tokens signed with the key that the operator lent, right but for one thing: RFC 9068 §4, RFC 7519 §4.1, RFC 7515
//! §4.1.11. The claims are those of a token that the authorization server issued, where one can be read.

use serde_json::{Map, Value, json};
use url::Url;

use super::endpoint::Gate;
use super::lab::Lab;
use super::lent::taken_session;
use super::random_id;
use super::resource::claims;
use crate::client::keeper::Access;
use crate::client::proof::ClientKey;
use crate::evidence::Evidence;
use crate::formats::jwt;
use crate::formats::secret::Secret;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::{
    AUDIENCE_LIST, CAPITAL_AUDIENCE, CRITICAL, EXPIRED, EXPIRED_NARROW, ID_TOKEN, IN_QUERY, LONGER_HOST, LONGER_PATH,
    NO_AUDIENCE, NO_EXPIRY, NO_USER_SESSION, NOT_YET, OTHER_AUDIENCE, OTHER_ISSUER, OTHER_TYPE, OTHER_USER, RIGHT,
    USER_SESSION,
};
use crate::store::Scheme;
use crate::wire::Ask;

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
    present(lab, gate, &mould, EXPIRED_NARROW, |_, claims| {
        for (name, seconds) in [("iat", 7200), ("nbf", 7200), ("exp", 3600)] {
            claims.insert(name.to_owned(), json!(now - seconds));
        }
        for name in ["scope", "scp"] {
            claims.shift_remove(name);
        }
    })
    .await;
    present(lab, gate, &mould, OTHER_AUDIENCE, |_, claims| {
        claims.insert("aud".to_owned(), json!(ELSEWHERE));
    })
    .await;
    wrong_elsewhere(lab, gate, &mould).await;
    audiences(lab, gate, &mould).await;
    in_query(lab, gate, &mould).await;
    sessions(lab, gate, &mould).await;
}

/// A resource that is not under test.
const ELSEWHERE: &str = "https://other.mcp-auth.invalid/mcp";

/// Tokens with one thing wrong in the header, the issuer or the times.
async fn wrong_elsewhere(lab: &Lab<'_>, gate: &Gate, mould: &Mould<'_>) {
    let now = lab.wire.now();
    present(lab, gate, mould, CRITICAL, |header, _| {
        header.insert("crit".to_owned(), json!(["mcp-auth-unknown"]));
        header.insert("mcp-auth-unknown".to_owned(), json!(true));
    })
    .await;
    present(lab, gate, mould, NOT_YET, |_, claims| {
        claims.insert("nbf".to_owned(), json!(now + 3600));
        claims.insert("exp".to_owned(), json!(now + 7200));
    })
    .await;
    present(lab, gate, mould, NO_EXPIRY, |_, claims| {
        claims.shift_remove("exp");
    })
    .await;
    present(lab, gate, mould, OTHER_ISSUER, |_, claims| {
        claims.insert("iss".to_owned(), json!("https://issuer.mcp-auth.invalid"));
    })
    .await;
    let typ = mould.header.get("typ").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if typ.ends_with("at+jwt") {
        present(lab, gate, mould, OTHER_TYPE, |header, _| {
            header.insert("typ".to_owned(), json!("JWT"));
        })
        .await;
    }
    present(lab, gate, mould, ID_TOKEN, |header, claims| {
        header.insert("typ".to_owned(), json!("JWT"));
        let client = claims.get("client_id").cloned().unwrap_or_else(|| json!("mcp-auth-probe"));
        claims.insert("aud".to_owned(), client);
        claims.insert("nonce".to_owned(), json!(random_id()));
        for name in ["scope", "client_id", "jti"] {
            claims.shift_remove(name);
        }
    })
    .await;
}

/// Tokens with other audiences.
async fn audiences(lab: &Lab<'_>, gate: &Gate, mould: &Mould<'_>) {
    present(lab, gate, mould, NO_AUDIENCE, |_, claims| {
        claims.shift_remove("aud");
    })
    .await;
    let Some(own) = mould.audience() else { return };
    let capital = Url::parse(own).ok().and_then(|url| {
        let (scheme, rest) = own.split_once("://")?;
        let authority = url.authority();
        let path = rest.strip_prefix(authority)?;
        Some(format!("{}://{}{path}", scheme.to_ascii_uppercase(), authority.to_ascii_uppercase()))
    });
    let others = [
        (LONGER_HOST, Some(json!(format!("{own}.evil.example")))),
        (LONGER_PATH, Some(json!(format!("{own}-x")))),
        (AUDIENCE_LIST, Some(json!([own, ELSEWHERE]))),
        (CAPITAL_AUDIENCE, capital.map(|capital| json!(capital))),
    ];
    for (trial, audience) in others {
        let Some(audience) = audience else { continue };
        present(lab, gate, mould, trial, |_, claims| {
            claims.insert("aud".to_owned(), audience);
        })
        .await;
    }
}

/// A good token where nobody may look for it. Only one that we signed for this run: URLs end in logs.
async fn in_query(lab: &Lab<'_>, gate: &Gate, mould: &Mould<'_>) {
    let Some(token) = mould.token(|_, _| {}) else { return };
    let Ok(mut url) = Url::parse(&gate.ask.url) else { return };
    url.query_pairs_mut().append_pair("access_token", &token);
    gate.send(lab, IN_QUERY, Ask { url: url.to_string(), ..gate.ask.clone() }).await;
}

/// A session of one user with the token of another.
async fn sessions(lab: &Lab<'_>, gate: &Gate, mould: &Mould<'_>) {
    let own = mould.token(|_, _| {}).map(bearer);
    let Some((own, other)) = own.zip(mould.other_user()) else { return };
    taken_session(lab, gate, [USER_SESSION, NO_USER_SESSION, OTHER_USER], (&own, &other)).await;
}

/// A token of another user than ours, signed with the key given.
pub(super) fn other_user(lab: &Lab<'_>) -> Option<Access> {
    Mould::of(lab, lab.errand.material.signing_key.as_ref()?)?.other_user()
}

fn bearer(token: String) -> Access {
    Access { token: Secret::new(token), scheme: Scheme::Bearer, key: None }
}

/// Makes a token, changed, and presents it.
async fn present(
    lab: &Lab<'_>,
    gate: &Gate,
    mould: &Mould<'_>,
    trial: Trial,
    change: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>),
) {
    let Some(token) = mould.token(change) else { return };
    gate.send(lab, trial, gate.ask.clone().header("authorization", format!("Bearer {token}"))).await;
}

impl<'k> Mould<'k> {
    /// A token, changed.
    fn token(&self, change: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>)) -> Option<String> {
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        claims.insert("jti".to_owned(), json!(random_id()));
        change(&mut header, &mut claims);
        self.key.sign(&header.into(), &claims.into())
    }

    /// A token of another user.
    fn other_user(&self) -> Option<Access> {
        let other = |_: &mut Map<String, Value>, claims: &mut Map<String, Value>| {
            claims.insert("sub".to_owned(), json!("mcp-auth-another-user"));
        };
        self.token(other).map(bearer)
    }

    /// The resource that the token is for: the one name, or the first of the list.
    fn audience(&self) -> Option<&str> {
        let audience = self.claims.get("aud")?;
        audience.as_str().or_else(|| audience.as_array()?.first()?.as_str())
    }

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
