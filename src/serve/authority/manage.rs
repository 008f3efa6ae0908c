//! What can be done to issued tokens, and requests that are pushed. RFC 7009 §2, RFC 7662 §2, RFC 9126 §2.

use std::sync::Arc;

use axum::extract::{Request, State};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::keys::{fingerprint, random};
use crate::serve::resource::bearer;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::serve::strict;
use crate::spec::fault::{Duty, Reply};

use super::authorize::{Asked, examine};
use super::client;
use super::form::{Denied, Form};
use super::issue;

/// How long a pushed request waits, in seconds.
const PUSHED_AGE: u64 = 90;

/// A POST endpoint with a JSON answer.
macro_rules! endpoint {
    ($(#[$doc:meta])* $name:ident, $work:ident, $reply:expr) => {
        $(#[$doc])*
        pub(crate) async fn $name(State(site): State<Arc<Site>>, request: Request) -> Answer {
            let mut ask = Ask::new(request);
            match ask.parts.method {
                Method::OPTIONS => Answer::preflight("POST, OPTIONS"),
                Method::POST => {
                    let answer = $work(&site, &mut ask).await.unwrap_or_else(|denied| denied.answer());
                    site.give(&ask, $reply, answer.no_store().open())
                }
                _ => Answer::wrong_method("POST, OPTIONS").open(),
            }
        }
    };
}

endpoint!(
    /// The revocation endpoint.
    revoke,
    revoked,
    Reply::Revocation
);
endpoint!(
    /// The introspection endpoint.
    introspect,
    introspected,
    Reply::Introspection
);
endpoint!(
    /// The endpoint for pushed authorization requests.
    push,
    pushed,
    Reply::PushedRequest
);

/// Unknown tokens are no error: they are not valid, which is what was wanted (RFC 7009 §2.2).
async fn revoked(site: &Site, ask: &mut Ask) -> Result<Answer, Denied> {
    let form = Form::of(site, ask).await?;
    let client = client::authenticate(site, ask, &form).await?;
    let token = form.get("token").ok_or_else(|| Denied::new("invalid_request", "there is no token"))?;
    let done = Answer::empty(StatusCode::OK);
    if !site.keeps(Duty::Revoke) {
        return Ok(done);
    }
    if let Some(grant) = issue::ended_by(site, token).await? {
        if grant.client == client.id {
            issue::revoke(site, &grant.id).await?;
        }
        return Ok(done);
    }
    let claims = bearer::claims(site, token).await;
    if claims.is_none() && !site.keeps(Duty::PardonUnknownRevocation) {
        return Err(Denied::new("invalid_request", "the token is not known"));
    }
    if let Some(claims) = claims
        && claims.get("client_id").and_then(Value::as_str) == Some(&client.id)
        && let Some(id) = claims.get("jti").and_then(Value::as_str)
    {
        // As long as it would be accepted.
        let end = claims.get("exp").and_then(strict::date).unwrap_or(u64::MAX);
        let left = end.saturating_sub(site.clock.now()).saturating_add(bearer::LEEWAY);
        site.state.note(Table::Revoked, id, left).await?;
    }
    Ok(done)
}

/// Only for clients that authenticate: nobody scans for tokens here (RFC 7662 §2.1).
async fn introspected(site: &Site, ask: &mut Ask) -> Result<Answer, Denied> {
    let form = Form::of(site, ask).await?;
    if site.keeps(Duty::AuthenticateIntrospection) {
        let client = client::authenticate(site, ask, &form).await?;
        if client.is_public() {
            return Err(Denied::new("invalid_client", "the client must authenticate"));
        }
    }
    let token = form.get("token").ok_or_else(|| Denied::new("invalid_request", "there is no token"))?;
    let mut body = json!({ "active": false });
    if let Some(claims) = bearer::claims(site, token).await {
        let kind = if claims.contains_key("cnf") { "DPoP" } else { "Bearer" };
        let mut members = claims;
        members.insert("active".into(), json!(true));
        members.insert("token_type".into(), json!(kind));
        body = Value::Object(members);
    } else if let Some(grant) = issue::live_refresh(site, token).await? {
        let scope = grant.scope.join(" ");
        body = json!({ "active": true, "client_id": grant.client, "sub": grant.subject, "scope": scope });
    } else if !site.keeps(Duty::PardonUnknownIntrospection) {
        return Err(Denied::new("invalid_request", "the token is not known"));
    }
    Ok(Answer::json(StatusCode::OK, body))
}

/// The request is examined when it is pushed (RFC 9126 §2.1), so that its mistakes are told to the client itself.
async fn pushed(site: &Site, ask: &mut Ask) -> Result<Answer, Denied> {
    let form = Form::of(site, ask).await?;
    let client = client::authenticate(site, ask, &form).await?;
    if form.get("request_uri").is_some() {
        return Err(Denied::new("invalid_request", "a pushed request cannot refer to another"));
    }
    let redirect = form.get("redirect_uri").unwrap_or_default();
    if !client.returns_to(site, redirect) {
        return Err(Denied::new("invalid_request", "the redirect URI is not registered for this client"));
    }
    examine(site, &client, &form, Asked::default())?;
    let uri = format!("urn:ietf:params:oauth:request_uri:{}", random(32));
    let kept = ["client_secret", "client_assertion", "client_assertion_type"];
    let mut text = kept.into_iter().fold(form, Form::without);
    if text.get("client_id").is_none() {
        text = Form::parse(format!("{}&client_id={}", text.encode(), encode(&client.id)).as_bytes());
    }
    site.state.put(Table::Pushed, &fingerprint(&uri), &text.encode(), PUSHED_AGE).await?;
    Ok(Answer::json(StatusCode::CREATED, json!({ "request_uri": uri, "expires_in": PUSHED_AGE })))
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
