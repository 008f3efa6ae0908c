//! Bad requests at the endpoints of the authorization server that create nothing: RFC 6749 §5.2, RFC 7591 §3.2.2,
//! RFC 7009 §2.2, RFC 7662 §2.1.

use super::lab::Lab;
use super::random_id;
use crate::spec::trial::Trial;
use crate::spec::trial::server::BOGUS_CODE;
use crate::wire::{Ask, limits};

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", random_id()),
        ("redirect_uri", "http://127.0.0.1/callback".to_owned()),
        ("code_verifier", format!("{}{}", random_id(), random_id())),
        ("client_id", format!("mcp-auth-{}", random_id())),
    ];
    post_form(lab, BOGUS_CODE, &located.token_endpoint, &form).await;
}

/// Posts a form without any authentication of a client.
async fn post_form(lab: &Lab<'_>, trial: Trial, url: &str, form: &[(&str, String)]) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let ask =
        Ask { method: "POST", body: Some(body), cap: limits::TOKEN_BODY, ..Ask::get(trial.step, url, trial.wrong) };
    lab.wire.send(ask.header("content-type", "application/x-www-form-urlencoded").about(trial.name)).await;
}
