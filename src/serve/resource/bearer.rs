//! The token check: JWT access tokens of our own authorization server. RFC 9068 §4, RFC 8725 §3, RFC 7515 §4.1.11 and
//! §5.2, RFC 7519 §4.1. Every step that can be forgotten is a duty.

use aws_lc_rs::hmac;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value, json};
use url::Url;

use crate::serve::authority::issue;
use crate::serve::fetch::{self, Fetched};
use crate::serve::keys::{fingerprint, from_base64url};
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::serve::strict;
use crate::spec::fault::Duty;
use crate::spec::posture::Posture;

use super::others;

/// How far clocks may differ, in seconds.
pub(crate) const LEEWAY: u64 = 30;
/// The token that the API behind this server would take, if there were one.
pub(crate) const UPSTREAM_TOKEN: &str = "mcp-auth-token-of-the-api-behind";
/// The longest token looked at, in bytes.
const TOKEN_LIMIT: usize = 16 << 10;
/// The longest key set that a header may lead to, in bytes.
const KEYS_LIMIT: usize = 64 << 10;

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The user, or the client itself.
    pub(crate) subject: String,
    /// The scopes granted.
    pub(crate) scopes: Vec<String>,
    /// The thumbprint of the key the token is bound to.
    pub(crate) jkt: Option<String>,
    /// The names under which the token may be revoked: its own, and that of its grant.
    ids: Vec<String>,
}

impl Principal {
    /// Somebody who was not asked for a token.
    pub(crate) fn anyone() -> Self {
        Self::called("anyone".to_owned())
    }

    /// Whether this scope was granted.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }

    /// Somebody whose token nobody looked at.
    pub(crate) fn called(subject: String) -> Self {
        Self { subject, scopes: vec!["search:read".to_owned()], jkt: None, ids: Vec::new() }
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotAToken,
    UnknownKey,
    Algorithm,
    Critical,
    Type,
    Signature,
    Issuer,
    Audience,
    Expired,
    NotYet,
    Claims,
    Revoked,
    /// A server that does not cope fails here.
    Broken,
}

impl Refusal {
    /// For `error_description`: what is wrong, without a word of the token itself.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::NotAToken => "it is not a token of this server",
            Self::UnknownKey => "its key is not known",
            Self::Algorithm => "its algorithm is not that of its key",
            Self::Critical => "it has a critical header parameter that is not understood",
            Self::Type => "it is not an access token",
            Self::Signature => "its signature is wrong",
            Self::Issuer => "it was issued by another authorization server",
            Self::Audience => "it was issued for another resource",
            Self::Expired => "it has expired",
            Self::NotYet => "it is not valid yet",
            Self::Claims => "a claim is missing or has the wrong type",
            Self::Revoked => "it was revoked",
            Self::Broken => "it cannot be checked",
        }
    }
}

pub(crate) type Members = Map<String, Value>;

/// Checks a token.
pub(crate) async fn verify(site: &Site, token: &str) -> Result<Principal, Refusal> {
    if !site.keeps(Duty::VerifyToken) {
        return Ok(Principal::anyone());
    }
    if token.len() > TOKEN_LIMIT {
        return Err(Refusal::NotAToken);
    }
    if token == UPSTREAM_TOKEN && !site.keeps(Duty::RefuseUpstreamTokens) {
        return Ok(Principal::called("somebody of the API behind".to_owned()));
    }
    let print = fingerprint(token);
    let principal = match site.verified(&print) {
        Some(principal) => principal,
        None => {
            let (claims, memory) = authentic(site, token, &print).await?;
            let principal = check_claims(site, &claims)?;
            if let Some(Some(expiry)) = claims.get("exp").map(strict::date) {
                site.remember(print, &principal, expiry.min(site.clock.now().saturating_add(memory)));
            }
            principal
        }
    };
    for id in &principal.ids {
        // A store that does not answer lets nobody in.
        let revoked = site.state.has(Table::Revoked, id).await.map_err(|_| Refusal::Broken)?;
        if revoked && site.keeps(Duty::RefuseRevoked) {
            return Err(Refusal::Revoked);
        }
    }
    if site.keeps(Duty::AcceptOwnTokens) { Ok(principal) } else { Err(Refusal::Audience) }
}

/// The claims of a token of ours that is good at this moment; for introspection and revocation.
pub(crate) async fn claims(site: &Site, token: &str) -> Option<Members> {
    verify(site, token).await.ok()?;
    authentic(site, token, &fingerprint(token)).await.ok().map(|(claims, _)| claims)
}

/// Whether a token says a scope at all, good or not.
pub(super) fn names_scope(token: &str) -> bool {
    Parts::split(token).is_some_and(|parts| parts.claims.contains_key("scope"))
}

/// The claims, of whose authenticity alone is certain, and how long they may be remembered, in seconds.
async fn authentic(site: &Site, token: &str, print: &str) -> Result<(Members, u64), Refusal> {
    if let Some(foreign) = &site.foreign {
        return others::claims(site, foreign, token).await;
    }
    if site.layout.posture == Posture::OpaqueTokens {
        return match site.state.get::<Value>(Table::Access, print).await {
            Ok(Some(Value::Object(claims))) => Ok((claims, u64::MAX)),
            Ok(_) => Err(Refusal::NotAToken),
            Err(_) => Err(Refusal::Broken),
        };
    }
    if !site.keeps(Duty::RefuseRefreshTokens)
        && let Ok(Some(grant)) = issue::live_refresh(site, token).await
    {
        let claims = json!({ "iss": site.layout.issuer, "aud": site.layout.mcp, "sub": grant.subject,
            "scope": grant.scope.join(" "), "exp": site.clock.now().saturating_add(site.token_lifetime), "sid": grant.id });
        return claims.as_object().cloned().map(|claims| (claims, 0)).ok_or(Refusal::NotAToken);
    }
    let parts = Parts::split(token).ok_or(Refusal::NotAToken)?;
    if !parts.is_signed_carelessly(site).await {
        parts.check_signature(site)?;
    }
    if !site.keeps(Duty::RefuseIdTokens) && parts.claims.contains_key("nonce") {
        // Taken for what it is not: a token for this server.
        let mut claims = parts.claims;
        claims.insert("aud".into(), Value::String(site.layout.mcp.clone()));
        return Ok((claims, u64::MAX));
    }
    if site.keeps(Duty::VerifyCritical) && parts.header.contains_key("crit") {
        return Err(Refusal::Critical);
    }
    // A JWT is always encoded (RFC 7797 §7): whoever says otherwise means another message.
    if parts.header.contains_key("b64") {
        return Err(Refusal::Critical);
    }
    if site.keeps(Duty::VerifyType) && !parts.is_access_token() {
        return Err(Refusal::Type);
    }
    Ok((parts.claims, u64::MAX))
}

/// A compact JWS, taken apart.
pub(super) struct Parts<'a> {
    pub(super) header: Members,
    pub(super) claims: Members,
    pub(super) message: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn split(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        Some(Self { header: object(header)?, claims: object(claims)?, message, signature })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// RFC 9068 §4: `at+jwt` or `application/at+jwt`; media types are case-insensitive.
    fn is_access_token(&self) -> bool {
        let typ = self.text("typ").unwrap_or_default().to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == "at+jwt"
    }

    /// The signature by the key that the `kid` names, with the algorithm of that key and no other (RFC 8725 §3.1).
    fn check_signature(&self, site: &Site) -> Result<(), Refusal> {
        let keys = site.keys();
        let Some(key) = self.text("kid").and_then(|kid| keys.find(kid)) else {
            return Err(if site.keeps(Duty::SurviveUnknownKid) { Refusal::UnknownKey } else { Refusal::Broken });
        };
        if self.text("alg") != Some(key.alg()) {
            return Err(Refusal::Algorithm);
        }
        if site.keeps(Duty::VerifySignature) && !key.made(self.message, self.signature) {
            return Err(Refusal::Signature);
        }
        Ok(())
    }

    /// Whether one of our keys signed it, whatever duties are forgotten.
    pub(super) fn is_authentic(&self, site: &Site) -> bool {
        let keys = site.keys();
        let key = self.text("kid").and_then(|kid| keys.find(kid)).filter(|key| self.text("alg") == Some(key.alg()));
        key.is_some_and(|key| key.made(self.message, self.signature))
    }

    /// Whether a forgotten duty makes the signature pass.
    pub(super) async fn is_signed_carelessly(&self, site: &Site) -> bool {
        let alg = self.text("alg").unwrap_or_default();
        if !site.keeps(Duty::RefuseAlgNone) && alg.eq_ignore_ascii_case("none") {
            return true;
        }
        if !site.keeps(Duty::BindAlgorithm) && alg == "HS256" && self.is_hmac_of_public_key(site) {
            return true;
        }
        if !site.keeps(Duty::RefuseHeaderKey) && self.header.get("jwk").is_some_and(|jwk| self.is_signed_with(jwk)) {
            return true;
        }
        if !site.keeps(Duty::LeaveHeaderKeyUrlAlone)
            && let Some(url) = self.text("jku").and_then(|url| Url::parse(url).ok())
        {
            let _ = fetch::get(&url, KEYS_LIMIT, false, &site.trusted).await;
        }
        if !site.keeps(Duty::RefuseHeaderKeyUrl) {
            for name in ["jku", "x5u"] {
                if let Some(url) = self.text(name).and_then(|url| Url::parse(url).ok())
                    && let Some(Fetched::Body(body)) = fetch::get(&url, KEYS_LIMIT, false, &site.trusted).await
                    && let Ok(set) = serde_json::from_slice::<Value>(&body)
                    && let Some(keys) = set.get("keys").and_then(Value::as_array)
                    && keys.iter().any(|jwk| self.is_signed_with(jwk))
                {
                    return true;
                }
            }
        }
        false
    }

    fn is_hmac_of_public_key(&self, site: &Site) -> bool {
        let Some(signature) = from_base64url(self.signature) else { return false };
        site.keys().all().flat_map(|key| &key.as_secrets).any(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
            hmac::verify(&key, self.message.as_bytes(), &signature).is_ok()
        })
    }

    fn is_signed_with(&self, jwk: &Value) -> bool {
        let algorithm = match self.text("alg") {
            Some("ES256") => Algorithm::ES256,
            Some("RS256") => Algorithm::RS256,
            Some("EdDSA") => Algorithm::EdDSA,
            _ => return false,
        };
        let Ok(jwk) = serde_json::from_value::<jsonwebtoken::jwk::Jwk>(jwk.clone()) else { return false };
        let Ok(key) = DecodingKey::from_jwk(&jwk) else { return false };
        jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), &key, algorithm).unwrap_or(false)
    }
}

/// A JSON object in base64url.
fn object(part: &str) -> Option<Members> {
    strict::object(&from_base64url(part)?)
}

/// RFC 9068 §4: issuer, audience, lifetime; and the claims that every access token has (§2.2).
fn check_claims(site: &Site, claims: &Members) -> Result<Principal, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let known = |issuer: &str| site.issuers.iter().any(|known| known == issuer);
    if site.keeps(Duty::VerifyIssuer) && !text("iss").is_some_and(known) {
        return Err(Refusal::Issuer);
    }
    check_audience(site, claims.get("aud"))?;
    let now = site.clock.now();
    let soon = now.saturating_add(LEEWAY);
    match claims.get("exp").map(strict::date) {
        Some(Some(expiry)) if now >= expiry.saturating_add(LEEWAY) && site.keeps(Duty::VerifyExpiry) => {
            return Err(Refusal::Expired);
        }
        Some(Some(_)) => {}
        None if !site.keeps(Duty::RequireExpiry) => {}
        _ => return Err(Refusal::Claims),
    }
    match claims.get("nbf").map(strict::date) {
        Some(Some(begin)) if begin > soon && site.keeps(Duty::VerifyNotBefore) => return Err(Refusal::NotYet),
        Some(None) => return Err(Refusal::Claims),
        _ => {}
    }
    // When it was issued is in the past, where it is said (RFC 7519 §4.1.6).
    match claims.get("iat").map(strict::date) {
        Some(Some(issued)) if issued > soon => return Err(Refusal::NotYet),
        Some(None) => return Err(Refusal::Claims),
        _ => {}
    }
    let subject = text("sub").filter(|subject| !subject.is_empty()).ok_or(Refusal::Claims)?;
    let scopes = match claims.get("scope") {
        Some(Value::String(list)) => list.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        Some(_) => return Err(Refusal::Claims),
        None => Vec::new(),
    };
    let jkt = match claims.get("cnf") {
        None => None,
        // A confirmation that is not understood cannot be confirmed (RFC 7800 §3.1).
        Some(confirmation) => Some(confirmation.get("jkt").and_then(Value::as_str).ok_or(Refusal::Claims)?.to_owned()),
    };
    let ids = ["jti", "sid"].iter().filter_map(|name| text(name)).map(str::to_owned).collect();
    Ok(Principal { subject: subject.to_owned(), scopes, jkt, ids })
}

/// MCP: tokens are accepted only when they were issued for this server. RFC 7519 §4.1.3: a string or a list.
fn check_audience(site: &Site, audience: Option<&Value>) -> Result<(), Refusal> {
    let is_own = |value: &Value| {
        let Some(name) = value.as_str() else { return false };
        let names = |own: &String| {
            !site.keeps(Duty::MatchWholeAudience) && name.starts_with(own.as_str())
                || name == own
                || site.keeps(Duty::IgnoreHostCase) && canonical(name) == *own
        };
        site.audiences.iter().any(names)
    };
    let fits = match audience {
        None => !site.keeps(Duty::RequireAudience),
        Some(Value::Array(list)) => site.keeps(Duty::AcceptAudienceList) && list.iter().any(is_own),
        Some(one) => is_own(one),
    };
    if fits || !site.keeps(Duty::VerifyAudience) { Ok(()) } else { Err(Refusal::Audience) }
}

/// Scheme and host in small letters (MCP authorization, "Canonical Server URI").
pub(crate) fn canonical(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase())
}
