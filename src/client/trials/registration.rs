//! Registrations, right and wrong: RFC 7591 §2–3, RFC 8252 §7. Whatever is registered is deleted at the end.

use serde_json::{Value, json};

use super::is_success;
use super::lab::Lab;
use crate::client::register;
use crate::evidence::Exchange;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{HTTP_REDIRECT, NATIVE, SCRIPT_REDIRECT};
use crate::wire::{Ask, limits};

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let Ok(Some(endpoint)) = located.endpoint("registration_endpoint") else { return };
    attempt(lab, &endpoint, NATIVE, &native(&["http://127.0.0.1:47110/callback"])).await;
    attempt(lab, &endpoint, HTTP_REDIRECT, &native(&["http://app.mcp-auth.invalid/callback"])).await;
    attempt(lab, &endpoint, SCRIPT_REDIRECT, &native(&["javascript:alert(1)"])).await;
}

/// The metadata of a native public client.
fn native(redirects: &[&str]) -> Value {
    json!({
        "client_name": "mcp-auth trial",
        "application_type": "native",
        "redirect_uris": redirects,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

/// Registers; what is accepted is remembered, and registered once more unless it is the control.
async fn attempt(lab: &Lab<'_>, endpoint: &str, trial: Trial, metadata: &Value) {
    let first = send(lab, endpoint, trial, "", metadata).await;
    if is_success(&first) && trial != NATIVE {
        send(lab, endpoint, trial, " (again: the first was accepted)", metadata).await;
    }
}

async fn send(lab: &Lab<'_>, endpoint: &str, trial: Trial, note: &str, metadata: &Value) -> Exchange {
    let ask = Ask {
        method: "POST",
        body: Some(metadata.to_string()),
        cap: limits::TOKEN_BODY,
        ..Ask::get(trial.step, endpoint, format!("{}{note}", trial.wrong))
    };
    let exchange = lab.wire.send(ask.header("content-type", "application/json").about(trial.name)).await;
    if let Some(client) = register::created(&exchange, endpoint) {
        lab.remember_client(client);
    }
    exchange
}
