//! What is issued: access tokens, ID tokens, refresh tokens. RFC 9068 §2, OpenID Connect Core §2, RFC 8707 §2,
//! draft-ietf-oauth-v2-1 §3.2.3 and §4.3, RFC 9449 §6.

use aws_lc_rs::hmac;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::serve::ask::Ask;
use crate::serve::keys::{base64url, fingerprint, random};
use crate::serve::resource::bearer::LEEWAY;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::{Duty, Reply};
use crate::spec::posture::Posture;

use super::client::{Client, same};
use super::form::Denied;

/// How long a refresh token lives when it is not used, in seconds.
const REFRESH_AGE: u64 = 30 * 24 * 3600;
/// How long the refresh token before the newest may be shown again, by a client that lost the answer, in seconds.
const REUSE_WINDOW: u64 = 10;
/// The longest life of access tokens that `--token-lifetime` allows, in seconds.
const LONGEST: u64 = 24 * 3600;
/// The life of an ID token, in seconds.
pub(crate) const IDENTITY_AGE: u64 = 600;

/// What somebody was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Names the grant: the family of its refresh tokens, and the `sid` of its access tokens.
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) subject: String,
    pub(crate) scope: Vec<String>,
    pub(crate) auth_time: Option<u64>,
    pub(crate) nonce: Option<String>,
    #[serde(default)]
    pub(crate) audience: Audience,
    /// The thumbprint of the key that tokens are bound to.
    pub(crate) jkt: Option<String>,
}

/// Whom the tokens are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Audience {
    /// The MCP server.
    #[default]
    Own,
    /// Somebody whom a forgotten duty let in.
    Foreign(String),
    /// Nobody is named, since a duty was forgotten.
    Nobody,
}

/// A family of refresh tokens: only the newest is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Family {
    grant: Grant,
    /// Fingerprint of the newest token.
    current: String,
    /// Fingerprint of the one before, and when it was used.
    previous: Option<(String, u64)>,
    /// Makes the next token out of the last one, so that a client that lost the answer gets the same again.
    seed: String,
}

/// The answer of the token endpoint (draft-ietf-oauth-v2-1 §3.2.3).
pub(crate) async fn respond(site: &Site, ask: &Ask, grant: &Grant, refresh: Option<String>) -> Result<Value, Denied> {
    let (token, lifetime) = access_token(site, ask, grant).await?;
    let mut members = Map::new();
    members.insert("access_token".into(), json!(token));
    members.insert("token_type".into(), json!(if grant.jkt.is_some() { "DPoP" } else { "Bearer" }));
    members.insert("expires_in".into(), json!(lifetime));
    members.insert("scope".into(), json!(grant.scope.join(" ")));
    if let Some(refresh) = refresh {
        members.insert("refresh_token".into(), json!(refresh));
    }
    let identified = grant.auth_time.is_some() && grant.scope.iter().any(|scope| scope == "openid");
    if identified && site.layout.posture != Posture::OpaqueTokens {
        members.insert("id_token".into(), json!(identity_token(site, grant)?));
    }
    Ok(Value::Object(members))
}

async fn access_token(site: &Site, ask: &Ask, grant: &Grant) -> Result<(String, u64), Denied> {
    let now = site.clock.now();
    let lifetime = lifetime(site);
    let mut claims = json!({
        "iss": site.layout.issuer,
        "sub": grant.subject,
        "aud": site.layout.mcp,
        "client_id": grant.client,
        "scope": grant.scope.join(" "),
        "iat": now,
        "exp": now.saturating_add(lifetime),
        "jti": random(16),
        "sid": grant.id,
    });
    if let Some(members) = claims.as_object_mut() {
        match &grant.audience {
            Audience::Own => {}
            Audience::Foreign(name) => drop(members.insert("aud".into(), json!(name))),
            Audience::Nobody => drop(members.shift_remove("aud")),
        }
    }
    if let (Some(members), Some(jkt)) = (claims.as_object_mut(), &grant.jkt) {
        members.insert("cnf".into(), json!({ "jkt": jkt }));
    }
    if let (Some(members), Some(at)) = (claims.as_object_mut(), grant.auth_time) {
        members.insert("auth_time".into(), json!(at));
    }
    let claims = site.edited(ask, Reply::AccessTokenClaims, claims);
    if site.layout.posture == Posture::OpaqueTokens {
        let token = random(32);
        site.state.put(Table::Access, &fingerprint(&token), &claims, lifetime).await?;
        return Ok((token, lifetime));
    }
    let key = &site.keys().access;
    let header = site.edited(ask, Reply::AccessTokenHeader, key.header("at+jwt"));
    Ok((key.sign(&header, &claims)?, lifetime))
}

/// How long access tokens live, in seconds.
fn lifetime(site: &Site) -> u64 {
    if site.keeps(Duty::LimitTokenLifetime) { site.token_lifetime } else { 30 * 24 * 3600 }
}

fn identity_token(site: &Site, grant: &Grant) -> Result<String, Denied> {
    let now = site.clock.now();
    let mut claims = json!({
        "iss": site.layout.issuer,
        "sub": grant.subject,
        "aud": grant.client,
        "iat": now,
        "exp": now.saturating_add(IDENTITY_AGE),
        "auth_time": grant.auth_time,
    });
    if let (Some(members), Some(nonce)) = (claims.as_object_mut(), &grant.nonce) {
        members.insert("nonce".into(), json!(nonce));
    }
    let key = &site.keys().identity;
    Ok(key.sign(&key.header("JWT"), &claims)?)
}

/// The first refresh token of a grant, if the client may have one.
pub(crate) async fn first_refresh(site: &Site, client: &Client, grant: &Grant) -> Result<Option<String>, Denied> {
    if !client.may("refresh_token") || !site.keeps(Duty::IssueRefresh) {
        return Ok(None);
    }
    let token = format!("{}.{}", grant.id, random(32));
    let family = Family { grant: grant.clone(), current: fingerprint(&token), previous: None, seed: random(32) };
    site.state.put(Table::Family, &grant.id, &family, REFRESH_AGE).await?;
    Ok(Some(token))
}

/// Takes a refresh token and gives the grant and the next token (draft-ietf-oauth-v2-1 §4.3.1).
pub(crate) async fn next_refresh(site: &Site, client: &Client, token: &str) -> Result<(Grant, String), Denied> {
    let unknown = || {
        let why = "the refresh token is not valid";
        match (site.keeps(Duty::SurviveBadRefresh), site.keeps(Duty::NameBadRefresh)) {
            (false, _) => Denied::new("server_error", why),
            (_, false) => Denied::new("invalid_grant", why).with_status(StatusCode::FORBIDDEN),
            _ => Denied::new("invalid_grant", why),
        }
    };
    let (id, _) = token.split_once('.').ok_or_else(unknown)?;
    // Two requests may race; the one that loses looks again.
    for _ in 0..4 {
        let family: Family = site.state.get(Table::Family, id).await?.ok_or_else(unknown)?;
        if family.grant.client != client.id && site.keeps(Duty::BindRefreshToClient) {
            return Err(unknown());
        }
        let print = fingerprint(token);
        let now = site.clock.now();
        let next = successor(&family.seed, id, token);
        if same(&print, &family.current) {
            if !site.keeps(Duty::RotateRefresh) {
                return Ok((family.grant, token.to_owned()));
            }
            let rotated = Family { current: fingerprint(&next), previous: Some((print, now)), ..family.clone() };
            if site.state.replace(Table::Family, id, &family, &rotated, REFRESH_AGE).await? {
                return Ok((family.grant, next));
            }
            continue;
        }
        let lost = family
            .previous
            .as_ref()
            .is_some_and(|(previous, used)| same(&print, previous) && now.abs_diff(*used) <= REUSE_WINDOW);
        if lost || !site.keeps(Duty::InvalidateOldRefresh) {
            return Ok((family.grant, next));
        }
        // Somebody shows a token that was replaced: either they or the client stole it.
        if site.keeps(Duty::RevokeFamily) {
            revoke(site, id).await?;
        }
        return Err(unknown());
    }
    Err(Denied::new("server_error", "too many clients use the same refresh token at once"))
}

fn successor(seed: &str, id: &str, token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed.as_bytes());
    format!("{id}.{}", base64url(hmac::sign(&key, token.as_bytes())))
}

/// Ends a grant: its refresh tokens, and the access tokens that name it.
pub(crate) async fn revoke(site: &Site, id: &str) -> Result<(), Denied> {
    // As long as the youngest access token of the grant would be accepted, though it was issued before a restart. The note
    // comes first: whoever ends the grant again after a crash in between still finds it.
    site.state.note(Table::Revoked, id, lifetime(site).max(LONGEST).saturating_add(LEEWAY)).await?;
    site.state.take::<Family>(Table::Family, id).await?;
    Ok(())
}

/// The grant of a refresh token, if the token is the newest of its family.
pub(crate) async fn live_refresh(site: &Site, token: &str) -> Result<Option<Grant>, Denied> {
    let print = fingerprint(token);
    Ok(family(site, token).await?.filter(|family| same(&family.current, &print)).map(|family| family.grant))
}

/// The grant that ends with a refresh token (RFC 7009 §2.1): the token may also be the one before the newest, all that a client
/// has that lost the answer to its last refresh.
pub(crate) async fn ended_by(site: &Site, token: &str) -> Result<Option<Grant>, Denied> {
    let print = fingerprint(token);
    let was_given = |family: &Family| {
        let before = family.previous.as_ref().is_some_and(|(previous, _)| same(&print, previous));
        before || same(&print, &family.current)
    };
    Ok(family(site, token).await?.filter(was_given).map(|family| family.grant))
}

async fn family(site: &Site, token: &str) -> Result<Option<Family>, Denied> {
    match token.split_once('.') {
        Some((id, _)) => Ok(site.state.get(Table::Family, id).await?),
        None => Ok(None),
    }
}
