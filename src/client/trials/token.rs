//! Codes redeemed in wrong ways: draft-ietf-oauth-v2-1 §4.1.3, RFC 7636 §4.6, RFC 8707 §2.2. Each trial has a fresh code.
//! Clients with a secret are registered for the trials (RFC 7591) and authenticate rightly and not at all (§2.4.1).

use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use super::endpoint::Gate;
use super::lab::{Fresh, Lab, drop_param};
use super::random_id;
use crate::client::keeper::Access;
use crate::client::register;
use crate::formats::json as members;
use crate::spec::trial::Trial;
use crate::spec::trial::token::{
    AFTER_REPLAY, AFTER_REPLAY_CALL, AGAIN, NO_ACCEPT, NO_REDIRECT, NO_RESOURCE, NO_SECRET, NO_VERIFIER, OLD_CODE,
    OTHER_CLIENT, OTHER_REDIRECT, OTHER_RESOURCE, RIGHT, SECRET_BASIC, SECRET_CLIENT, SECRET_POST, UNASKED_VERIFIER,
    WRONG_VERIFIER, YOUNG_CODE,
};
use crate::store::{Client, ClientAuth};
use crate::wire::Ask;

/// A form under construction.
pub(super) type Form = Vec<(&'static str, String)>;

/// Makes the trials, the control first: where it fails nothing else would tell anything.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(client) = lab.client().await else { return };
    if !right(lab, client).await {
        without_resource(lab, client).await;
        secrets(lab).await;
        return;
    }
    redeem(lab, WRONG_VERIFIER, client, |form, _| {
        replace(form, "code_verifier", format!("{}{}", random_id(), random_id()));
    })
    .await;
    if let Some(fresh) = lab.code(NO_ACCEPT).await {
        let set = lab.exchange_without_accept(NO_ACCEPT, client, lab.redemption(&fresh)).await;
        lab.lay_aside(set);
    }
    redeem(lab, NO_VERIFIER, client, |form, _| form.retain(|(name, _)| *name != "code_verifier")).await;
    if let Some(other) = lab.second_client().await {
        redeem(lab, OTHER_CLIENT, other, |_, _| {}).await;
    }
    redeem(lab, OTHER_REDIRECT, client, |form, fresh| {
        replace(form, "redirect_uri", format!("{}/other", fresh.redirect_uri.trim_end_matches('/')));
    })
    .await;
    if let Some(fresh) = lab.code(NO_REDIRECT).await {
        let mut form = lab.redemption(&fresh);
        form.retain(|(name, _)| *name != "redirect_uri");
        let came = lab.exchange(NO_REDIRECT, client, "", form).await;
        lab.lay_aside(came.and_then(|(_, set)| set));
    }
    unasked_verifier(lab, client).await;
    without_resource(lab, client).await;
    redeem(lab, OTHER_RESOURCE, client, |form, _| {
        replace(form, "resource", "https://other.mcp-auth.invalid/mcp".to_owned());
    })
    .await;
    secrets(lab).await;
}

/// How old a code is made: more than any may live (draft-ietf-oauth-v2-1 §4.1.2).
const OLD: Duration = Duration::from_secs(601);

/// Redeems two codes long after they were issued, the second only if the first was taken; and one at once.
pub(super) async fn old_codes(lab: &Lab<'_>) {
    let Some(client) = lab.client().await else { return };
    let Some(young) = lab.code(YOUNG_CODE).await else { return };
    if !matches!(lab.exchange(YOUNG_CODE, client, "", lab.redemption(&young)).await, Some((_, Some(_)))) {
        return;
    }
    let (Some(first), Some(second)) = (lab.code(OLD_CODE).await, lab.code(OLD_CODE).await) else { return };
    (lab.errand.say)("waiting ten minutes for a code to grow old");
    lab.wire.pause(OLD).await;
    for (note, code) in [("", first), (" (again: the first was granted)", second)] {
        match lab.exchange(OLD_CODE, client, note, lab.redemption(&code)).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

/// Redeems a code as it must be done, then shows it again, then tries what the first time brought.
async fn right(lab: &Lab<'_>, client: &Client) -> bool {
    let Some(fresh) = lab.code(RIGHT).await else { return false };
    let first = lab.exchange(RIGHT, client, "", lab.redemption(&fresh)).await;
    let Some((_, Some(set))) = first else { return false };
    for note in ["", " (again: the first was granted)"] {
        match lab.exchange(AGAIN, client, note, lab.redemption(&fresh)).await {
            Some((_, Some(_))) => {}
            _ => break,
        }
    }
    if let Some(refresh) = &set.granted.refresh {
        let form = lab.refreshment(refresh);
        lab.exchange(AFTER_REPLAY, client, "", form).await;
    } else if let Some(gate) = Gate::of(lab).await {
        let access = Access { token: set.granted.access.clone(), scheme: set.granted.scheme, key: None };
        gate.present(lab, AFTER_REPLAY_CALL, &access).await;
    }
    true
}

/// Redeems a fresh code of ours as this client with a changed form; what is granted is tried once more with another code.
async fn redeem(lab: &Lab<'_>, trial: Trial, client: &Client, change: impl Fn(&mut Form, &Fresh)) {
    for note in ["", " (again: the first was granted)"] {
        let Some(fresh) = lab.code(trial).await else { return };
        let mut form = lab.redemption(&fresh);
        change(&mut form, &fresh);
        match lab.exchange(trial, client, note, form).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

/// A login without `resource`, here and in the authorization request.
async fn without_resource(lab: &Lab<'_>, client: &Client) {
    if lab.resource().is_none() {
        return;
    }
    let Some(fresh) = lab.code_with(NO_RESOURCE, client, |url| drop_param(url, "resource")).await else { return };
    let mut form = lab.redemption(&fresh);
    form.retain(|(name, _)| *name != "resource");
    lab.exchange(NO_RESOURCE, client, "", form).await;
}

/// A code without a challenge, redeemed with a verifier.
async fn unasked_verifier(lab: &Lab<'_>, client: &Client) {
    for note in ["", " (again: the first was granted)"] {
        let change = |url: &mut Url| {
            drop_param(url, "code_challenge");
            drop_param(url, "code_challenge_method");
        };
        let Some(fresh) = lab.code_with(UNASKED_VERIFIER, client, change).await else { return };
        match lab.exchange(UNASKED_VERIFIER, client, note, lab.redemption(&fresh)).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

/// Clients with a secret: one for each advertised way to show it, else the one that the user named.
async fn secrets(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let listed = located.list("token_endpoint_auth_methods_supported");
    let mut holder = None;
    for (method, trial) in [(ClientAuth::ClientSecretBasic, SECRET_BASIC), (ClientAuth::ClientSecretPost, SECRET_POST)]
    {
        let is_default = listed.is_none() && method == ClientAuth::ClientSecretBasic;
        if !is_default && !listed.as_ref().is_some_and(|list| list.iter().any(|name| name == method.name())) {
            continue;
        }
        let Some(client) = lab.client_with_secret(method).await else { continue };
        for note in ["", " (again: the client was refused)"] {
            let form = vec![
                ("grant_type", "authorization_code".to_owned()),
                ("code", random_id()),
                ("redirect_uri", "http://127.0.0.1/callback".to_owned()),
                ("code_verifier", format!("{}{}", random_id(), random_id())),
            ];
            match lab.exchange(trial, &client, note, form).await {
                Some((exchange, _)) if is_client_refused(&exchange) => {}
                _ => break,
            }
        }
        holder = holder.or(Some(client));
    }
    let Some(holder) = holder else { return };
    let bare = Client { secret: None, auth: ClientAuth::None, ..holder.clone() };
    for note in ["", " (again: the first was granted)"] {
        let Some(fresh) = lab.code_with(NO_SECRET, &holder, |_| {}).await else { return };
        match lab.exchange(NO_SECRET, &bare, note, lab.redemption(&fresh)).await {
            Some((_, Some(_))) => {}
            _ => return,
        }
    }
}

/// Whether it was the client that was refused, and not its request.
fn is_client_refused(exchange: &crate::evidence::Exchange) -> bool {
    let object = exchange.reply().and_then(|reply| reply.object().ok());
    let error = object.as_ref().and_then(|object| members::str_field(object, "error").present());
    exchange.status() == Some(401) || error == Some("invalid_client")
}

/// Registers a client that shows a secret in this way; `None` where the server makes another of it.
pub(super) async fn register_with_secret(lab: &Lab<'_>, method: ClientAuth) -> Option<Client> {
    let redirect = lab.redirect_uri(None).await?;
    let metadata = json!({
        "client_name": "mcp-auth trial",
        "application_type": "native",
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method.name(),
        "scope": lab.scope().join(" "),
    });
    let (client, object) = enrol(lab, SECRET_CLIENT, &metadata).await?;
    let said = members::str_field(&object, "token_endpoint_auth_method").present();
    if client.secret.is_none() || said.is_some_and(|said| said != method.name()) {
        return None;
    }
    Some(Client { auth: method, redirect_uri: Some(redirect), ..client })
}

/// Registers a client with these metadata, to be deleted at the end: it, and what the server made of the metadata.
pub(super) async fn enrol(lab: &Lab<'_>, trial: Trial, metadata: &Value) -> Option<(Client, Map<String, Value>)> {
    let endpoint = lab.located.as_ref()?.endpoint("registration_endpoint").ok()??;
    let ask =
        Ask { method: "POST", body: Some(metadata.to_string()), ..Ask::get(trial.step, endpoint.clone(), trial.wrong) };
    let exchange = lab.wire.send(ask.header("content-type", "application/json").about(trial.name)).await;
    let client = register::created(&exchange, &endpoint)?;
    lab.remember_client(client.clone());
    Some((client, exchange.reply()?.object().ok()?))
}

fn replace(form: &mut Form, name: &'static str, value: String) {
    form.retain(|(key, _)| *key != name);
    form.push((name, value));
}
