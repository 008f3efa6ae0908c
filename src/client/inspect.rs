//! What a server will think of a token: its signature, claims, scope and binding against what the documents say.
//!
//! RFC 9068 §4, RFC 7519 §4.1, RFC 7662 (opaque tokens), RFC 9449 §6, MCP authorization "Token Handling".

use serde_json::{Map, Value};

use super::entrance;
use super::error::ClientError;
use super::locate::{self, Leniency, Located, locate};
use super::proof::DpopKey;
use super::token::Teller;
use crate::formats::jwks::{Key, KeySet};
use crate::formats::jwt::{self, Expected, Jwt, SignatureProblem, check};
use crate::formats::secret::Secret;
use crate::formats::{json, uri};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::store::{Client, Tokens};
use crate::wire::{Ask, Wire};

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 30;

/// What is expected of a token, and who can be asked about it.
pub struct Standard {
    /// The issuer.
    pub issuer: String,
    /// The audience: the `resource`.
    pub audience: String,
    /// The scope the server asks for.
    pub scope: Vec<String>,
    /// The keys, or why there are none.
    pub keys: Result<KeySet, String>,
    /// Where opaque tokens are explained.
    pub introspection: Option<String>,
    /// The token endpoint of the issuer.
    pub token_endpoint: String,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How it stands.
    pub stand: Stand,
    /// In words, foreign text made printable.
    pub text: String,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// As it must be.
    Good,
    /// Not as it should be, and no reason to refuse the token.
    Odd,
    /// A reason to refuse the token.
    Bad,
    /// It could not be looked at.
    Unknown,
}

impl Stand {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Odd => "odd",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// What a server will do with the token: `refused`, `unknown` where not everything could be looked at, or `accepted`.
#[must_use]
pub fn verdict(remarks: &[Remark]) -> &'static str {
    let any = |stand| remarks.iter().any(|remark| remark.stand == stand);
    match (any(Stand::Bad), any(Stand::Unknown)) {
        (true, _) => "refused",
        (false, true) => "unknown",
        (false, false) => "accepted",
    }
}

fn remark(stand: Stand, text: impl Into<String>) -> Remark {
    Remark { stand, text: text.into() }
}

/// The standard of an MCP server, from its documents.
///
/// # Errors
/// The way to the authorization server breaks off.
pub async fn of_server(wire: &Wire, leniency: Leniency) -> Result<Standard, ClientError> {
    let demand = entrance::demand(wire).await?;
    let (located, _) = locate(wire, &demand, &[], leniency).await?;
    let keys = match located.endpoint("jwks_uri")? {
        Some(url) => keys(wire, &url).await,
        None => Err("the authorization server publishes no keys (`jwks_uri`)".to_owned()),
    };
    Ok(standard(&located, demand.scope.unwrap_or_default(), keys))
}

fn standard(located: &Located, scope: Vec<String>, keys: Result<KeySet, String>) -> Standard {
    Standard {
        issuer: located.issuer.clone(),
        audience: located.resource.clone(),
        scope,
        keys,
        introspection: located.endpoint("introspection_endpoint").ok().flatten(),
        token_endpoint: located.token_endpoint.clone(),
    }
}

/// The standard that the user names, where there is no MCP server to ask. The wire is one for the issuer.
///
/// # Errors
/// The issuer has no metadata, though no keys were named.
pub async fn of_issuer(wire: &Wire, audience: &str, jwks: Option<&str>) -> Result<Standard, ClientError> {
    let issuer = wire.given();
    let keys = match jwks {
        Some(url) => keys(wire, url).await,
        None => {
            let metadata = locate::server(wire, &issuer, Leniency::default()).await?;
            match json::str_field(&metadata, "jwks_uri").present() {
                Some(url) => keys(wire, url).await,
                None => Err("the metadata of the issuer names no `jwks_uri`".to_owned()),
            }
        }
    };
    let (scope, introspection) = (Vec::new(), None);
    Ok(Standard { issuer, audience: audience.to_owned(), scope, keys, introspection, token_endpoint: String::new() })
}

async fn keys(wire: &Wire, url: &str) -> Result<KeySet, String> {
    let ask = Ask::get(Step::Jwks, url, "the keys that tokens are signed with");
    let exchange = wire.send(ask.header("accept", "application/jwk-set+json, application/json")).await;
    let object = locate::object(&exchange).map_err(|found| format!("the keys at {} bring {found}", printable(url)))?;
    KeySet::from_map(&object).map_err(|problem| format!("the keys at {}: {problem}", printable(url)))
}

/// Looks at a JWT. `tokens` is the login it belongs to, if it is known.
#[must_use]
pub fn examine(token: &Secret, read: &Jwt, standard: &Standard, now: u64, tokens: Option<&Tokens>) -> Vec<Remark> {
    let mut found = vec![signature(token, read, &standard.keys)];
    let expected = Expected {
        issuer: Some(&standard.issuer),
        audience: Some(&standard.audience),
        now: i64::try_from(now).unwrap_or(i64::MAX),
        leeway: LEEWAY,
    };
    let problems = check(read, &expected);
    let says = |words: &[&str]| problems.iter().any(|p| words.iter().any(|word| p.to_string().contains(word)));
    if !says(&["`iss`"]) {
        found.push(remark(Stand::Good, format!("issuer: `{}`", printable(&standard.issuer))));
    }
    if !says(&["`aud`"]) {
        found.push(remark(Stand::Good, format!("audience: `{}`", printable(&standard.audience))));
    }
    if !says(&["expired", "`exp`", "not valid for another", "`nbf`"]) {
        found.push(remark(Stand::Good, "within its time"));
    }
    for problem in &problems {
        let stand = if problem.refuses() { Stand::Bad } else { Stand::Odd };
        found.push(remark(stand, problem.to_string()));
    }
    found.extend(scope(read, &standard.scope));
    found.extend(binding(read, tokens));
    found
}

fn signature(token: &Secret, read: &Jwt, keys: &Result<KeySet, String>) -> Remark {
    let set = match keys {
        Ok(set) => set,
        Err(why) => return remark(Stand::Unknown, format!("signature not checked: {why}")),
    };
    let kid = read.header_str("kid").present();
    let candidates: Vec<&Key> = match kid {
        Some(kid) => set.keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect(),
        None => set.usable().collect(),
    };
    let mut last: Option<SignatureProblem> = None;
    for key in &candidates {
        match jwt::verify(
            token.expose(),
            &key.raw,
            read.header_str("alg").present().filter(|alg| alg.starts_with("RS") || alg.starts_with("PS")),
        ) {
            Ok(()) => {
                let by = key.kid.as_deref().map_or(String::new(), |kid| format!(" by key `{}`", printable(kid)));
                return remark(Stand::Good, format!("signature made{by}"));
            }
            Err(problem) => last = Some(problem),
        }
    }
    match (last, kid) {
        (Some(SignatureProblem::Unsupported { alg }), _) => {
            remark(Stand::Unknown, format!("signature not checked: `{}` is unknown to this program", printable(&alg)))
        }
        (Some(problem), _) => remark(Stand::Bad, format!("signature: {problem}")),
        (None, Some(kid)) => remark(Stand::Bad, format!("signature: no published key has the id `{}`", printable(kid))),
        (None, None) => remark(Stand::Bad, "signature: no published key can have made it"),
    }
}

fn scope(read: &Jwt, wanted: &[String]) -> Option<Remark> {
    if wanted.is_empty() {
        return None;
    }
    let has = read.scopes().present().unwrap_or_default();
    let missing: Vec<&str> = wanted.iter().map(String::as_str).filter(|scope| !has.contains(scope)).collect();
    let told = printable(&wanted.join(" ")).to_string();
    Some(if missing.is_empty() {
        remark(Stand::Good, format!("scope: holds `{told}`, which the server asks for"))
    } else {
        let missing = missing.join(" ");
        remark(Stand::Bad, format!("scope: lacks `{}`; the server asks for `{told}`", printable(&missing)))
    })
}

/// A token bound to a key is only good with that key.
fn binding(read: &Jwt, tokens: Option<&Tokens>) -> Option<Remark> {
    let bound = read.claims.get("cnf").and_then(|cnf| cnf.get("jkt")).and_then(Value::as_str)?;
    let own = tokens.and_then(|tokens| tokens.dpop_key.as_ref()).and_then(|key| DpopKey::read(key).ok());
    let Some(own) = own else {
        return Some(remark(Stand::Unknown, "bound to a key (DPoP) that is not here: it cannot be used from here"));
    };
    Some(if own.thumbprint().as_deref() == Some(bound) {
        remark(Stand::Good, "bound to the key that is stored with it (DPoP)")
    } else {
        remark(Stand::Bad, "bound to another key than the one that is stored with it (DPoP)")
    })
}

/// Asks the authorization server about a token (RFC 7662).
///
/// # Errors
/// It has no such endpoint, refuses us, or answers what is no introspection.
pub async fn introspect(
    wire: &Wire,
    standard: &Standard,
    client: &Client,
    key: Option<&super::proof::ClientKey>,
    token: &Secret,
) -> Result<Map<String, Value>, ClientError> {
    let absent = || ClientError::WrongEndpoint {
        issuer: standard.issuer.clone(),
        name: "introspection_endpoint",
        detail: "is absent".to_owned(),
    };
    let endpoint = standard.introspection.as_ref().ok_or_else(absent)?;
    let teller = Teller { wire, issuer: &standard.issuer, endpoint: &standard.token_endpoint, client, key, dpop: None };
    let form = vec![("token", token.expose().to_owned()), ("token_type_hint", "access_token".to_owned())];
    let exchange = teller.ask(Step::TokenIntrospect, endpoint, "what the server says about the token", form).await?;
    match locate::object(&exchange) {
        Ok(object) if object.get("active").is_some_and(Value::is_boolean) => Ok(object),
        _ => Err(super::token::denied_by(&exchange)),
    }
}

/// What an introspection says about a token, held against the standard.
#[must_use]
pub fn examine_introspection(answer: &Map<String, Value>, standard: &Standard) -> Vec<Remark> {
    if answer.get("active") != Some(&Value::Bool(true)) {
        return vec![remark(Stand::Bad, "the authorization server says that the token is not active")];
    }
    let mut found = vec![remark(Stand::Good, "the authorization server says that the token is active")];
    let audiences: Vec<&str> = match answer.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    found.push(if audiences.is_empty() {
        remark(Stand::Odd, "it does not say for whom the token is (`aud`)")
    } else if audiences.contains(&standard.audience.as_str()) {
        remark(Stand::Good, format!("audience: `{}`", printable(&standard.audience)))
    } else {
        let likeness = uri::compare(&standard.audience, audiences.first().copied().unwrap_or_default());
        let told = printable(&audiences.join(" ")).to_string();
        remark(Stand::Bad, format!("audience: `{told}`, not `{}`: {likeness}", printable(&standard.audience)))
    });
    let has: Vec<&str> =
        answer.get("scope").and_then(Value::as_str).map(|s| s.split_ascii_whitespace().collect()).unwrap_or_default();
    let missing: Vec<&str> = standard.scope.iter().map(String::as_str).filter(|scope| !has.contains(scope)).collect();
    if !missing.is_empty() {
        found.push(remark(Stand::Bad, format!("scope: lacks `{}`", printable(&missing.join(" ")))));
    }
    found
}

#[cfg(test)]
mod tests;
