//! Registrations, right and wrong: RFC 7591 §2–3, RFC 8252 §7; the management of one, RFC 7592 §2. Whatever is registered
//! is deleted at the end. The names in the redirect URIs resolve nowhere.

use serde_json::{Value, json};

use super::lab::Lab;
use super::{authorization, is_success};
use crate::client::register;
use crate::evidence::{Exchange, FailureKind};
use crate::formats::secret::Secret;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{
    DATA, DOTLESS_SCHEME, FRAGMENT, HTTP_REDIRECT, JAVASCRIPT, LOCALHOST, MANAGE_AFTER, MANAGE_DELETE, MANAGE_READ,
    NATIVE, NO_REDIRECT, PORTLESS, REGISTER_GARBAGE, REVERSED_SCHEME, SECRET, UNKNOWN_MEMBER, UNTYPED, WEB, WILDCARD,
    WILDCARD_FIT, WILDCARD_LITERAL, WILDCARD_UNFIT,
};
use crate::store::Client;
use crate::wire::Ask;

/// The loopback address of the control.
const LOOPBACK: &str = "http://127.0.0.1:47110/callback";

/// A wildcard for a host.
const ANY_HOST: &str = "https://*.mcp-auth.invalid/callback";

/// What ought to be refused, with the redirect URIs.
const WRONG: [(Trial, &[&str]); 7] = [
    (HTTP_REDIRECT, &["http://app.mcp-auth.invalid/callback"]),
    (JAVASCRIPT, &["javascript:void(0)//mcp-auth.invalid"]),
    (DATA, &["data:text/html,mcp-auth"]),
    (FRAGMENT, &["https://app.mcp-auth.invalid/callback#here"]),
    (WILDCARD, &[ANY_HOST]),
    (DOTLESS_SCHEME, &["mcpauthtrial:/callback"]),
    (NO_REDIRECT, &[]),
];

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let Ok(Some(endpoint)) = located.endpoint("registration_endpoint") else { return };
    if lab.takes(Step::ServerTrial) {
        post(lab, &endpoint, REGISTER_GARBAGE, "", "not json".to_owned()).await;
    }
    if !lab.takes(Step::RegisterTrial) && !lab.takes(Step::ManageTrial) {
        return;
    }
    let mut first = send(lab, &endpoint, NATIVE, "", &native(lab, &[LOOPBACK])).await;
    if first.failure().is_some_and(|failure| failure.kind == FailureKind::Broken) {
        // A server that failed at the request before ends the connection, and this one came too late for it.
        first = send(lab, &endpoint, NATIVE, " (again: the connection had ended)", &native(lab, &[LOOPBACK])).await;
    }
    if lab.takes(Step::RegisterTrial) {
        others(lab, &endpoint, &first).await;
    }
    if lab.takes(Step::ManageTrial)
        && let Some(client) = register::created(&first, &endpoint)
    {
        manage(lab, &client).await;
    }
}

/// The registrations beside the first. Where strangers are turned away, nothing more is sent.
async fn others(lab: &Lab<'_>, endpoint: &str, first: &Exchange) {
    if first.status().is_none_or(|status| matches!(status, 401 | 403 | 429 | 500..=599)) {
        return;
    }
    if !is_success(first) {
        let mut web = native(lab, &["https://app.mcp-auth.invalid/callback"]);
        set(&mut web, "application_type", "web".into());
        if !is_success(&send(lab, endpoint, WEB, "", &web).await) {
            return;
        }
    }
    let mut with_secret = native(lab, &[LOOPBACK]);
    set(&mut with_secret, "token_endpoint_auth_method", "client_secret_basic".into());
    set(&mut with_secret, "client_name", "mcp-auth trial with a secret".into());
    let mut unknown = native(lab, &[LOOPBACK]);
    set(&mut unknown, "x_mcp_auth_unknown", true.into());
    let mut untyped = native(lab, &[LOOPBACK]);
    if let Some(members) = untyped.as_object_mut() {
        members.shift_remove("application_type");
    }
    let unusual = [
        (SECRET, with_secret),
        (UNKNOWN_MEMBER, unknown),
        (UNTYPED, untyped),
        (LOCALHOST, native(lab, &["http://localhost:47110/callback"])),
        (PORTLESS, native(lab, &["http://127.0.0.1/callback"])),
        (REVERSED_SCHEME, native(lab, &["invalid.mcp-auth.trial:/callback"])),
    ];
    for (trial, metadata) in unusual {
        send(lab, endpoint, trial, "", &metadata).await;
    }
    for (trial, redirects) in WRONG {
        let mut metadata = native(lab, redirects);
        if let Some(members) = metadata.as_object_mut().filter(|_| redirects.is_empty()) {
            members.shift_remove("redirect_uris");
        }
        let first = send(lab, endpoint, trial, "", &metadata).await;
        if is_success(&first) {
            send(lab, endpoint, trial, " (again: the first was accepted)", &metadata).await;
            if let Some(client) = register::created(&first, endpoint).filter(|_| trial == WILDCARD) {
                pattern(lab, client).await;
            }
        }
    }
}

/// Whether a registered wildcard is a pattern: authorization requests with the very text, with a host that it does not fit,
/// and with one that it does. The answers are not followed.
async fn pattern(lab: &Lab<'_>, client: Client) {
    if lab.located.as_ref().is_none_or(|at| at.flag("require_pushed_authorization_requests")) {
        // What is in the URL is not what is asked for.
        return;
    }
    let client = Client { redirect_uri: Some(ANY_HOST.to_owned()), ..client };
    let Some(right) = authorization::request(lab, &client).await else { return };
    for (trial, redirect) in [
        (WILDCARD_LITERAL, ANY_HOST),
        (WILDCARD_UNFIT, "https://mcp-auth-other.invalid/callback"),
        (WILDCARD_FIT, "https://any.mcp-auth.invalid/callback"),
    ] {
        let mut url = right.clone();
        super::lab::set(&mut url, "redirect_uri", redirect);
        authorization::twice(lab, trial, &url).await;
    }
}

/// Registers a native public client with this redirect URI.
pub(super) async fn with_redirect(lab: &Lab<'_>, endpoint: &str, trial: Trial, redirect: &str) -> Exchange {
    send(lab, endpoint, trial, "", &native(lab, &[redirect])).await
}

/// The metadata of a native public client.
fn native(lab: &Lab<'_>, redirects: &[&str]) -> Value {
    let mut metadata = json!({
        "client_name": "mcp-auth trial",
        "application_type": "native",
        "redirect_uris": redirects,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    let scope = lab.scope();
    if !scope.is_empty() {
        set(&mut metadata, "scope", scope.join(" ").into());
    }
    metadata
}

fn set(metadata: &mut Value, name: &str, value: Value) {
    if let Some(members) = metadata.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// Registers; what is accepted is remembered.
async fn send(lab: &Lab<'_>, endpoint: &str, trial: Trial, note: &str, metadata: &Value) -> Exchange {
    let exchange = post(lab, endpoint, trial, note, metadata.to_string()).await;
    if let Some(client) = register::created(&exchange, endpoint) {
        lab.remember_client(client);
    }
    exchange
}

async fn post(lab: &Lab<'_>, endpoint: &str, trial: Trial, note: &str, body: String) -> Exchange {
    let ask =
        Ask { method: "POST", body: Some(body), ..Ask::get(trial.step, endpoint, format!("{}{note}", trial.wrong)) };
    lab.wire.send(ask.header("content-type", "application/json").about(trial.name)).await
}

/// Reads, deletes and reads a registration again (RFC 7592 §2.1, §2.3).
async fn manage(lab: &Lab<'_>, client: &Client) {
    let (Some(uri), Some(token)) = (&client.registration_uri, &client.registration_token) else { return };
    let read = with_token(lab, MANAGE_READ, "GET", uri, token).await;
    if !is_success(&read) || !is_success(&with_token(lab, MANAGE_DELETE, "DELETE", uri, token).await) {
        return;
    }
    if !is_success(&with_token(lab, MANAGE_AFTER, "GET", uri, token).await) {
        lab.drop_client(&client.id);
    }
}

async fn with_token(lab: &Lab<'_>, trial: Trial, method: &'static str, uri: &str, token: &Secret) -> Exchange {
    let ask = Ask { method, ..Ask::get(trial.step, uri, trial.wrong) };
    lab.wire.send(ask.header("authorization", format!("Bearer {}", token.expose())).about(trial.name)).await
}
