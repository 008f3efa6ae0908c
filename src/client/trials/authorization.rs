//! Authorization requests, right and wrong: draft-ietf-oauth-v2-1 §4.1.1–4.1.2, RFC 7636, RFC 8707 §2.1. Each is one GET
//! without cookies; its answer is looked at and not followed, and a code that comes is left alone.

use url::Url;

use super::lab::{Lab, drop_param, set};
use super::random_id;
use crate::evidence::Exchange;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{BAD_SCOPE, NO_CHALLENGE, OTHER_REDIRECT, RIGHT, UNKNOWN_CLIENT, UNKNOWN_TYPE};
use crate::wire::{Ask, limits};

/// A host that resolves nowhere.
pub(super) const ELSEWHERE: &str = "https://elsewhere.mcp-auth.invalid/callback";

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(client) = lab.client().await else { return };
    let Some(pending) = lab.request(client).await else { return };
    let Ok(right) = Url::parse(&pending.url) else { return };
    let attempt = async |trial: Trial, change: &dyn Fn(&mut Url)| {
        let mut url = right.clone();
        change(&mut url);
        let first = send(lab, trial, url.as_str()).await;
        // What goes on as if nothing were wrong is asked once more, so that no accident is reported.
        if trial != RIGHT && first.status().is_some_and(|status| status < 400) {
            send(lab, trial, url.as_str()).await;
        }
    };
    attempt(RIGHT, &|_| {}).await;
    attempt(UNKNOWN_CLIENT, &|url| {
        set(url, "client_id", &format!("mcp-auth-{}", random_id()));
        set(url, "redirect_uri", ELSEWHERE);
    })
    .await;
    attempt(UNKNOWN_TYPE, &|url| set(url, "response_type", "mcp_auth_nope")).await;
    attempt(OTHER_REDIRECT, &|url| set(url, "redirect_uri", ELSEWHERE)).await;
    attempt(BAD_SCOPE, &|url| set(url, "scope", "mcp_auth_probe_nope")).await;
    attempt(NO_CHALLENGE, &|url| {
        drop_param(url, "code_challenge");
        drop_param(url, "code_challenge_method");
    })
    .await;
}

/// Makes one request.
pub(super) async fn send(lab: &Lab<'_>, trial: Trial, url: &str) -> Exchange {
    let ask = Ask { cap: limits::ERROR_BODY, ..Ask::get(trial.step, url, trial.wrong) };
    let ask = Ask { headers: vec![("accept", "text/html".to_owned())], ..ask };
    lab.wire.send(ask.about(trial.name)).await
}
