//! Assertions of clients: JWTs signed with a key of theirs. RFC 7523 §2.2 and §3, RFC 8725 §3.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use crate::serve::keys::from_base64url;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::serve::strict;
use crate::spec::fault::Duty;

use super::client::Client;
use super::form::Denied;

/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 30;
/// The longest life of an assertion, in seconds.
const LIFETIME: u64 = 3600;
/// How long an assertion is remembered as used, in seconds: as long as the longest one can be shown again by a client whose
/// clock is ahead.
pub(crate) const MEMORY: u64 = LIFETIME + 2 * LEEWAY;

type Members = Map<String, Value>;

/// A compact JWS, taken apart but not verified.
pub(crate) struct Unverified<'a> {
    pub(crate) header: Members,
    pub(crate) claims: Members,
    message: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let object = |part: &str| strict::object(&from_base64url(part)?);
        Some(Self { header: object(header)?, claims: object(claims)?, message, signature })
    }

    /// A header parameter that is text.
    pub(crate) fn head(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A claim that is text.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time; `Some(None)` where it is there and is none.
    pub(crate) fn time(&self, name: &str) -> Option<Option<u64>> {
        self.claims.get(name).map(strict::date)
    }

    /// Whether one of these keys made the signature, with an asymmetric algorithm that fits it.
    pub(crate) fn is_signed_by(&self, keys: &[Value]) -> bool {
        let kid = self.head("kid");
        let algorithm = match self.head("alg") {
            Some("ES256") => Algorithm::ES256,
            Some("RS256") => Algorithm::RS256,
            Some("EdDSA") => Algorithm::EdDSA,
            _ => return false,
        };
        !self.header.contains_key("crit")
            && keys
                .iter()
                .filter(|key| {
                    kid.is_none() || key.get("kid").is_none() || key.get("kid").and_then(Value::as_str) == kid
                })
                .filter(|key| fits(key, algorithm))
                .filter_map(|key| serde_json::from_value::<jsonwebtoken::jwk::Jwk>(key.clone()).ok())
                .filter_map(|jwk| DecodingKey::from_jwk(&jwk).ok())
                .any(|key| {
                    let message = self.message.as_bytes();
                    jsonwebtoken::crypto::verify(self.signature, message, &key, algorithm).unwrap_or(false)
                })
    }
}

/// Whether a key is of the algorithm's family (RFC 8725 §3.1).
fn fits(key: &Value, algorithm: Algorithm) -> bool {
    let member = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
    match algorithm {
        Algorithm::ES256 => (member("kty"), member("crv")) == ("EC", "P-256"),
        Algorithm::RS256 => member("kty") == "RSA",
        Algorithm::EdDSA => (member("kty"), member("crv")) == ("OKP", "Ed25519"),
        _ => false,
    }
}

/// The `sub` of an assertion, before anything is believed of it: who to look up.
pub(crate) fn subject(assertion: &str) -> Option<String> {
    Unverified::read(assertion)?.claim("sub").map(str::to_owned)
}

/// Checks a client's assertion: signed with its key, by and about itself, for us, alive, and used once.
pub(crate) async fn check_client(site: &Site, client: &Client, assertion: &str) -> Result<(), Denied> {
    let wrong = |why| Denied::new("invalid_client", why);
    let token = Unverified::read(assertion).ok_or_else(|| wrong("the client assertion is not a JWT"))?;
    if !token.is_signed_by(&client.keys()) {
        return Err(wrong("the client assertion is not signed with a key of the client"));
    }
    if token.claim("iss") != Some(&client.id) || token.claim("sub") != Some(&client.id) {
        return Err(wrong("the client assertion is not by and about the client"));
    }
    if site.keeps(Duty::CheckAssertion) {
        if !is_for_us(site, token.claims.get("aud")) {
            return Err(wrong("the client assertion is for another server"));
        }
        check_times(site, &token).map_err(wrong)?;
        let id = token.claim("jti").ok_or_else(|| wrong("the client assertion has no jti"))?;
        let key = format!("{} {id}", client.id);
        if !site.state.note(Table::Seen, &key, MEMORY).await? {
            return Err(wrong("the client assertion was used before"));
        }
    }
    Ok(())
}

/// The issuer, or the token endpoint as RFC 7523 §3 had it; alone or in a list.
fn is_for_us(site: &Site, audience: Option<&Value>) -> bool {
    let mut own = vec![site.layout.endpoint("/token")];
    if site.keeps(Duty::AcceptIssuerAudience) {
        own.push(site.layout.issuer.clone());
    }
    let is_own = |value: &Value| value.as_str().is_some_and(|name| own.iter().any(|own| own == name));
    match audience {
        Some(Value::Array(list)) => list.iter().any(is_own),
        Some(one) => is_own(one),
        None => false,
    }
}

/// `exp` is there and ahead but not far, `nbf` and `iat` are not.
pub(crate) fn check_times(site: &Site, token: &Unverified<'_>) -> Result<(), &'static str> {
    let now = site.clock.now();
    let soon = now.saturating_add(LEEWAY);
    match token.time("exp") {
        None | Some(None) => return Err("the assertion has no exp"),
        Some(Some(expiry)) if expiry.saturating_add(LEEWAY) <= now => return Err("the assertion has expired"),
        Some(Some(expiry)) if expiry > soon.saturating_add(LIFETIME) => return Err("the assertion lives too long"),
        Some(Some(_)) => {}
    }
    for name in ["nbf", "iat"] {
        match token.time(name) {
            None => {}
            Some(None) => return Err("a time in the assertion is not one"),
            Some(Some(time)) if time > soon => return Err("the assertion is not valid yet"),
            Some(Some(_)) => {}
        }
    }
    Ok(())
}
