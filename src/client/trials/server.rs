//! Bad requests at the endpoints of the authorization server that create nothing: RFC 6749 §5.2, RFC 7009 §2.2, RFC 7662
//! §2.1. Where we have a client already, some are sent in its name: a stranger hears nothing but `invalid_client`.

use super::lab::Lab;
use super::random_id;
use crate::client::locate::Located;
use crate::spec::trial::Trial;
use crate::spec::trial::server::{
    BAD_CODE, BAD_REFRESH, BOGUS_CODE, EXTRA_PARAMETER, INTROSPECT_STRANGER, PASSWORD, QUERY, REVOKE_UNKNOWN,
    UNKNOWN_GRANT, WRONG_BASIC,
};
use crate::store::Client;
use crate::wire::Ask;

/// A form under construction.
type Form = Vec<(&'static str, String)>;

/// Makes the trials.
pub(super) async fn run(lab: &Lab<'_>) {
    let Some(located) = &lab.located else { return };
    let stranger = ("client_id", format!("mcp-auth-{}", random_id()));
    let named = |mut form: Form| {
        form.push(stranger.clone());
        form
    };
    post_form(lab, BOGUS_CODE, &located.token_endpoint, &named(bad_code()), None).await;
    query(lab, &located.token_endpoint, &named(bad_code())).await;
    let basic = format!("Basic {}", base64(&format!("mcp-auth-{}:{}", random_id(), random_id())));
    post_form(lab, WRONG_BASIC, &located.token_endpoint, &bad_code(), Some(basic)).await;
    let client = lab.client().await;
    as_client(lab, located, client, UNKNOWN_GRANT, &stranger, unknown_grant()).await;
    as_client(lab, located, client, PASSWORD, &stranger, password()).await;
    let mut extra = bad_code();
    extra.push(("mcp_auth_trial", "1".to_owned()));
    if let Some(client) = client {
        lab.exchange(BAD_CODE, client, "", bad_code()).await;
        let form = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", random_id())];
        lab.exchange(BAD_REFRESH, client, "", form).await;
        revoke(lab, located, client).await;
    }
    as_client(lab, located, client, EXTRA_PARAMETER, &stranger, extra).await;
    if let Ok(Some(endpoint)) = located.endpoint("introspection_endpoint") {
        post_form(lab, INTROSPECT_STRANGER, &endpoint, &[("token", random_id())], None).await;
    }
}

/// A code that was never issued.
fn bad_code() -> Form {
    vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", random_id()),
        ("redirect_uri", "http://127.0.0.1/callback".to_owned()),
        ("code_verifier", format!("{}{}", random_id(), random_id())),
    ]
}

fn unknown_grant() -> Form {
    vec![("grant_type", "urn:example:mcp-auth:no-such-grant".to_owned())]
}

/// A user that cannot be: nobody's account is locked by it.
fn password() -> Form {
    vec![
        ("grant_type", "password".to_owned()),
        ("username", format!("{}@mcp-auth.invalid", random_id())),
        ("password", random_id()),
    ]
}

/// Sends a form to the token endpoint in the name of our client, else of a stranger.
async fn as_client(
    lab: &Lab<'_>,
    located: &Located,
    client: Option<&Client>,
    trial: Trial,
    stranger: &(&'static str, String),
    mut form: Form,
) {
    if let Some(client) = client {
        lab.exchange(trial, client, "", form).await;
        return;
    }
    form.push(stranger.clone());
    post_form(lab, trial, &located.token_endpoint, &form, None).await;
}

async fn revoke(lab: &Lab<'_>, located: &Located, client: &Client) {
    let Ok(Some(endpoint)) = located.endpoint("revocation_endpoint") else { return };
    let form = vec![("token", random_id()), ("token_type_hint", "refresh_token".to_owned())];
    let _ = lab.teller(located, client).attempt(REVOKE_UNKNOWN, &endpoint, "", form).await;
}

/// Posts a form without any authentication of a client but this header.
async fn post_form(lab: &Lab<'_>, trial: Trial, url: &str, form: &[(&str, String)], basic: Option<String>) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let ask = Ask { method: "POST", body: Some(body), ..Ask::get(trial.step, url, trial.wrong) };
    let ask = ask.header("content-type", "application/x-www-form-urlencoded").header("accept", "application/json");
    let ask = match basic {
        Some(value) => ask.header("authorization", value),
        None => ask,
    };
    lab.wire.send(ask.about(trial.name)).await;
}

async fn query(lab: &Lab<'_>, endpoint: &str, form: &[(&str, String)]) {
    let Ok(mut url) = url::Url::parse(endpoint) else { return };
    url.query_pairs_mut().extend_pairs(form);
    let ask = Ask::get(QUERY.step, url.to_string(), QUERY.wrong);
    lab.wire.send(ask.about(QUERY.name)).await;
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
