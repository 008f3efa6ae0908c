//! The token endpoint. draft-ietf-oauth-v2-1 §3.2, §4.1.3, §4.2 and §4.3; RFC 7636 §4.6, RFC 8707 §2.2, RFC 8628 §3.4,
//! RFC 9449 §5.

use std::sync::Arc;

use axum::extract::{Request, State};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::keys::fingerprint;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::serve::{dpop, keys};
use crate::spec::fault::{Duty, Reply};

use super::authorize::Code;
use super::client::{self, Client, Origin};
use super::form::{Denied, Form};
use super::issue::{self, Audience, Grant};
use super::{device, idjag, scope, workload};

/// How long a redeemed code is remembered, in seconds: as long as what it led to may live.
const MEMORY: u64 = 30 * 24 * 3600;

/// The token endpoint.
pub(crate) async fn token(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    match ask.parts.method {
        Method::OPTIONS => site.give(&ask, Reply::TokenPreflight, Answer::preflight("POST, OPTIONS")),
        Method::POST => match exchange(&site, &mut ask).await {
            Ok((body, reply)) => {
                let answer = Answer::json(StatusCode::OK, body).no_store().header("pragma", "no-cache").open();
                site.give(&ask, reply, answer)
            }
            Err(denied) => site.give(&ask, Reply::TokenError, denied.answer()),
        },
        Method::GET if !site.keeps(Duty::PostTokens) => Answer::text(StatusCode::OK, "").open(),
        _ => Answer::wrong_method("POST, OPTIONS").open(),
    }
}

async fn exchange(site: &Site, ask: &mut Ask) -> Result<(Value, Reply), Denied> {
    let form = Form::of(site, ask).await?;
    if !site.keeps(Duty::IgnoreUnknownTokenParameters) && form.names().any(|name| !PARAMETERS.contains(&name)) {
        return Err(Denied::new("invalid_request", "a parameter is not known"));
    }
    let grant = form.get("grant_type");
    let reply = if grant == Some("refresh_token") { Reply::RefreshSuccess } else { Reply::TokenSuccess };
    Ok((granted(site, ask, &form, grant).await?, reply))
}

async fn granted(site: &Site, ask: &Ask, form: &Form, grant: Option<&str>) -> Result<Value, Denied> {
    match grant {
        Some("authorization_code") => code(site, ask, form).await,
        Some("refresh_token") => refresh(site, ask, form).await,
        Some("client_credentials") => client_credentials(site, ask, form).await,
        Some("urn:ietf:params:oauth:grant-type:device_code") => {
            let client = client::authenticate(site, ask, form).await?;
            may(&client, "urn:ietf:params:oauth:grant-type:device_code")?;
            let mut grant = device::redeem(site, &client, form).await?;
            grant.jkt = bound(site, ask, None).await?;
            let refresh = issue::first_refresh(site, &client, &grant).await?;
            issue::respond(site, ask, &grant, refresh).await
        }
        Some(idjag::GRANT) if workload::is_meant(site, ask, form) => {
            let mut grant = workload::redeem(site, form).await?;
            grant.jkt = bound(site, ask, None).await?;
            issue::respond(site, ask, &grant, None).await
        }
        Some(idjag::GRANT) if site.provider.is_some() => {
            let client = client::authenticate(site, ask, form).await?;
            may(&client, idjag::GRANT)?;
            let mut grant = idjag::redeem(site, &client, form).await?;
            grant.jkt = bound(site, ask, None).await?;
            // The client gets another assertion when it needs another token.
            let refresh = if site.keeps(Duty::NoRefreshForIdentity) { None } else { Some(keys::random(32)) };
            issue::respond(site, ask, &grant, refresh).await
        }
        Some("password") if !site.keeps(Duty::RefusePasswordGrant) => {
            Err(Denied::new("invalid_grant", "name or password is wrong"))
        }
        Some(_) => {
            let code = if site.keeps(Duty::NameUnknownGrant) { "unsupported_grant_type" } else { "invalid_request" };
            Err(Denied::new(code, "the grant type is not supported"))
        }
        None => Err(Denied::new("invalid_request", "there is no grant_type")),
    }
}

/// The parameters that are understood.
const PARAMETERS: [&str; 13] = [
    "grant_type",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "device_code",
    "scope",
    "resource",
    "assertion",
];

fn may(client: &Client, grant: &str) -> Result<(), Denied> {
    if client.may(grant) {
        return Ok(());
    }
    Err(Denied::new("unauthorized_client", "the client may not use this grant"))
}

/// The thumbprint of the key that the tokens are bound to, if the client proves to have one. `promised`: the one it
/// named before.
async fn bound(site: &Site, ask: &Ask, promised: Option<&str>) -> Result<Option<String>, Denied> {
    let proof = match dpop::proof(site, ask, &site.layout.endpoint("/token"), None).await {
        Ok(proof) => proof,
        Err(why) => return Err(Denied::new("invalid_dpop_proof", why)),
    };
    match (proof, promised) {
        (Some(jkt), Some(promised)) if jkt != promised => {
            Err(Denied::new("invalid_grant", "the proof is made with another key"))
        }
        (None, Some(_)) => Err(Denied::new("invalid_grant", "the proof of possession is missing")),
        (Some(jkt), _) if site.keeps(Duty::BindToKey) => Ok(Some(jkt)),
        _ => Ok(None),
    }
}

async fn code(site: &Site, ask: &Ask, form: &Form) -> Result<Value, Denied> {
    let client = client::authenticate(site, ask, form).await?;
    may(&client, "authorization_code")?;
    let invalid = |why| Denied::new("invalid_grant", why);
    let print = fingerprint(form.get("code").ok_or_else(|| Denied::new("invalid_request", "there is no code"))?);
    scope::check_resource(site, form, Duty::AcceptTokenResource)?;
    let found: Option<Code> = if site.keeps(Duty::RedeemOnce) {
        site.state.take(Table::Code, &print).await?
    } else {
        site.state.get(Table::Code, &print).await?
    };
    let Some(found) = found else {
        // Redeemed before: whoever did it, one of the two stole the code (draft-ietf-oauth-v2-1 §4.1.3).
        if let Some(grant) = site.state.get::<String>(Table::Redeemed, &print).await?
            && site.keeps(Duty::RevokeOnReplay)
        {
            issue::revoke(site, &grant).await?;
        }
        let why = "the code is not valid, has expired or was used before";
        return Err(match (site.keeps(Duty::NameBadGrant), site.keeps(Duty::RefuseBadGrantWith400)) {
            (false, _) => Denied::new("invalid_request", why),
            (_, false) => invalid(why).with_status(StatusCode::UNAUTHORIZED),
            _ => invalid(why),
        });
    };
    site.state.put(Table::Redeemed, &print, &found.grant.id, MEMORY).await?;
    if found.asked.client != client.id && site.keeps(Duty::BindCodeToClient) {
        return Err(invalid("the code was issued to another client"));
    }
    let redirect = form.get("redirect_uri");
    if redirect.is_none() && !site.keeps(Duty::AllowNoRedirect) {
        return Err(invalid("there is no redirect_uri"));
    }
    if redirect.is_some_and(|uri| uri != found.asked.redirect) && site.keeps(Duty::BindCodeToRedirect) {
        return Err(invalid("the redirect_uri is not that of the authorization request"));
    }
    check_verifier(site, &found, form.get("code_verifier"))?;
    let mut grant = found.grant;
    grant.client.clone_from(&client.id);
    grant.audience = scope::audience(site, form, found.asked.named);
    grant.jkt = bound(site, ask, grant.jkt.as_deref()).await?;
    let refresh = issue::first_refresh(site, &client, &grant).await?;
    issue::respond(site, ask, &grant, refresh).await
}

/// PKCE (RFC 7636 §4.6): a verifier if and only if there was a challenge.
fn check_verifier(site: &Site, code: &Code, verifier: Option<&str>) -> Result<(), Denied> {
    let wrong = |why| Err(Denied::new("invalid_grant", why));
    match (&code.asked.challenge, verifier) {
        (Some(challenge), Some(verifier)) => {
            let made = if code.asked.plain { verifier.to_owned() } else { fingerprint(verifier) };
            let fits = (43..=128).contains(&verifier.len()) && client::same(&made, challenge);
            if fits || !site.keeps(Duty::VerifyPkce) { Ok(()) } else { wrong("the code_verifier is wrong") }
        }
        (Some(_), None) if site.keeps(Duty::RequireVerifier) => wrong("there is no code_verifier"),
        (None, Some(_)) if site.keeps(Duty::RefuseUnaskedVerifier) => wrong("there was no code_challenge"),
        _ => Ok(()),
    }
}

async fn refresh(site: &Site, ask: &Ask, form: &Form) -> Result<Value, Denied> {
    let client = client::authenticate(site, ask, form).await?;
    if client.origin == Origin::Registered && site.springs(Duty::KeepClients) {
        site.state.take::<Client>(Table::Client, &client.id).await?;
        return Err(Denied::new("invalid_client", "the client is not known"));
    }
    let token = form.get("refresh_token").ok_or_else(|| Denied::new("invalid_request", "there is no refresh_token"))?;
    may(&client, "refresh_token")?;
    scope::check_resource(site, form, Duty::AcceptRefreshResource)?;
    if !site.keeps(Duty::HonourRefresh) {
        return Err(Denied::new("invalid_grant", "the refresh token is not valid"));
    }
    // What is asked for is examined before the token is used up.
    let wanted = form.get("scope").map(str::to_owned);
    let (mut grant, next) = issue::next_refresh(site, &client, token).await?;
    if let Some(jkt) = &grant.jkt
        && bound(site, ask, Some(jkt)).await?.is_none()
    {
        return Err(Denied::new("invalid_grant", "the proof of possession is missing"));
    }
    grant.scope = scope::narrowed(site, wanted.as_deref(), &grant.scope)?;
    if wanted.is_none() && !site.keeps(Duty::KeepRefreshScope) {
        grant.scope.clear();
    }
    grant.nonce = None;
    grant.audience = if site.keeps(Duty::KeepRefreshAudience) { Audience::Own } else { Audience::Nobody };
    issue::respond(site, ask, &grant, Some(next)).await
}

/// The client acts for itself (draft-ietf-oauth-v2-1 §4.2): no refresh token.
async fn client_credentials(site: &Site, ask: &Ask, form: &Form) -> Result<Value, Denied> {
    if form.get("client_assertion").is_some() && form.get("client_id").is_none() && !site.keeps(Duty::AllowNoClientId) {
        return Err(Denied::new("invalid_request", "there is no client_id"));
    }
    let client = client::authenticate(site, ask, form).await?;
    if client.is_public() {
        return Err(Denied::new("unauthorized_client", "the client cannot authenticate"));
    }
    if form.get("client_assertion").is_none() && !site.keeps(Duty::TakeSecretForOwnGrant) {
        return Err(Denied::new("invalid_client", "the client authentication is wrong"));
    }
    may(&client, "client_credentials")?;
    scope::check_resource(site, form, Duty::AcceptTokenResource)?;
    let mut wanted = scope::asked(site, form.get("scope"))?;
    wanted.retain(|scope| scope != "openid" && scope != "offline_access");
    let grant = Grant {
        id: keys::random(16),
        client: client.id.clone(),
        subject: client.id.clone(),
        scope: wanted,
        auth_time: None,
        nonce: None,
        audience: if site.keeps(Duty::NameOwnAudience) { Audience::Own } else { Audience::Nobody },
        jkt: bound(site, ask, None).await?,
    };
    let refresh = if site.keeps(Duty::NoRefreshForClients) { None } else { Some(keys::random(32)) };
    issue::respond(site, ask, &grant, refresh).await
}
