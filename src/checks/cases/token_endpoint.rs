//! How a token endpoint refuses, clients with a secret, and codes that are shown again.

use serde_json::json;

use super::tokens::{TOKEN, answer};
use super::{Came, MCP, Run, result, unsigned};
use crate::evidence::FailureKind;
use crate::spec::reach::Reach;
use crate::spec::trial::Trial;
use crate::spec::trial::server::*;
use crate::spec::trial::token::*;

fn refusal(status: u16, code: &str) -> Came {
    Came::json(status, &json!({ "error": code }))
}

/// A run with these answers of the token endpoint.
fn run(answers: &[(Trial, Came)]) -> Run {
    answers.iter().fold(Run::new(Reach::Login), |run, (trial, came)| run.once(*trial, TOKEN, came.clone()))
}

/// The same after a code that was redeemed as it must be.
fn redeemed(answers: &[(Trial, Came)]) -> Run {
    let right = run(&[(RIGHT, answer(&json!({})))]);
    answers.iter().fold(right, |run, (trial, came)| run.once(*trial, TOKEN, came.clone()))
}

#[test]
fn a_stranger_is_told_that_it_is_one() {
    let id = "token-invalid-client";
    let of = |came: Came| run(&[(BOGUS_CODE, came)]);
    of(refusal(401, "invalid_client")).expect(id, "pass");
    of(refusal(400, "invalid_client")).expect(id, "pass");
    of(refusal(400, "invalid_grant")).expect(id, "warn a client that the server does not know");
    of(Came::status(400)).expect(id, "blocked token-error-json");
    of(Came::status(200)).expect(id, "blocked token-error-status");
    of(Came::status(500)).expect(id, "blocked token-error-status");
    of(refusal(400, "my_own_error")).expect(id, "blocked token-error-code");
}

#[test]
fn credentials_in_the_header_are_refused_in_the_header() {
    let id = "token-invalid-client-basic";
    let of = |came: Came| run(&[(BOGUS_CODE, refusal(401, "invalid_client")), (WRONG_BASIC, came)]);
    of(refusal(401, "invalid_client").header("www-authenticate", "Basic realm=\"x\"")).expect(id, "pass");
    of(refusal(401, "invalid_client")).expect(id, "the 401 has no `WWW-Authenticate`");
    of(refusal(400, "invalid_client")).expect(id, "warn ");
    of(Came::status(200)).expect(id, "blocked token-error-status");
}

#[test]
fn wrong_codes_and_refresh_tokens_of_our_client() {
    let usual = || refusal(401, "invalid_client");
    for (came, words) in [
        (refusal(400, "invalid_grant"), "pass"),
        (refusal(401, "invalid_grant"), "warn "),
        (refusal(401, "invalid_client"), "unclear the server does not know our client any more"),
        (Came::status(400), "blocked token-error-json"),
        (refusal(403, "invalid_grant"), "blocked token-error-status"),
        (refusal(400, "invalid_request"), "warn "),
    ] {
        run(&[(BOGUS_CODE, usual()), (BAD_CODE, came)]).expect("token-bad-code", words);
    }
    for (came, words) in [
        (refusal(400, "invalid_grant"), "pass"),
        (refusal(200, "invalid_grant"), "fail "),
        (Came::status(500), "fail "),
        (refusal(401, "invalid_client"), "unclear the server does not know our client any more"),
        (refusal(400, "unauthorized_client"), "no our client may not refresh"),
        (refusal(400, "unsupported_grant_type"), "no our client may not refresh"),
        (refusal(401, "invalid_grant"), "warn "),
    ] {
        run(&[(BOGUS_CODE, usual()), (BAD_REFRESH, came)]).expect("refresh-bad-token", words);
    }
}

#[test]
fn an_error_without_a_name_is_no_error_in_json() {
    let id = "token-error-json";
    let of = |came: Came| run(&[(BOGUS_CODE, came)]);
    of(refusal(400, "invalid_grant")).expect(id, "pass");
    for body in [json!({ "error": 7 }), json!({ "message": "no" }), json!(["invalid_grant"])] {
        of(Came::json(400, &body)).expect(id, "fail ");
    }
}

/// Each way with a secret that is advertised is tried twice.
#[test]
fn a_client_with_a_secret_is_known_by_it() {
    let id = "token-client-auth";
    let told = |methods: &serde_json::Value, answers: &[(Trial, Came)]| {
        let run = Run::told(Reach::Intrusive, &json!({ "token_endpoint_auth_methods_supported": methods }));
        answers
            .iter()
            .fold(run, |run, (trial, came)| run.once(*trial, TOKEN, came.clone()).once(*trial, TOKEN, came.clone()))
    };
    let both = json!(["client_secret_basic", "client_secret_post"]);
    told(&both, &[(SECRET_BASIC, refusal(400, "invalid_grant"))]).expect(id, "pass");
    told(&both, &[(SECRET_BASIC, refusal(400, "invalid_client"))]).expect(id, "fail ");
    told(&both, &[(SECRET_BASIC, Came::status(401))]).expect(id, "fail ");
    told(&both, &[(SECRET_BASIC, refusal(400, "invalid_grant")), (SECRET_POST, Came::status(401))]).expect(id, "fail ");
    told(&json!(["none"]), &[(SECRET_BASIC, Came::status(401))]).expect(id, "no no way with a secret is advertised");
    for nothing in [Came::status(500), Came::status(503), Came::failed(FailureKind::Timeout)] {
        told(&both, &[(SECRET_BASIC, nothing.clone())]).expect(id, "no the server registers no clients");
        told(&both, &[(SECRET_BASIC, nothing), (SECRET_POST, refusal(400, "invalid_grant"))]).expect(id, "pass");
    }
    // Once is no time.
    Run::told(Reach::Intrusive, &json!({})).once(SECRET_BASIC, TOKEN, Came::status(401)).expect(id, "pass");
}

#[test]
fn a_secret_that_is_not_shown_is_missed() {
    let id = "token-client-auth-required";
    let twice = |came: Came| redeemed(&[(NO_SECRET, came.clone()), (NO_SECRET, came)]);
    twice(answer(&json!({}))).expect(id, "fail ");
    twice(refusal(401, "invalid_client")).expect(id, "pass");
    redeemed(&[]).expect(id, "no the server registers no clients, and no secret was given");
    redeemed(&[(SECRET_CLIENT, Came::status(201))]).expect(id, "no the server registers no client with a secret");
    redeemed(&[(NO_SECRET, Came::status(503))]).expect(id, "unclear the server had no time");
}

#[test]
fn a_token_request_with_resource_is_refused_for_it_or_for_something_else() {
    let id = "token-resource-accepted";
    let of = |came: Came, without: Option<Came>| {
        let form = "grant_type=authorization_code&resource=https%3A%2F%2Frs.test%2Fmcp";
        let run = Run::new(Reach::Intrusive).posted(RIGHT, TOKEN, form, came);
        without.into_iter().fold(run, |run, came| run.once(NO_RESOURCE, TOKEN, came))
    };
    of(answer(&json!({})), None).expect(id, "pass");
    of(refusal(400, "invalid_target"), None).expect(id, "fail the token request is refused for its `resource`");
    of(refusal(400, "invalid_target"), Some(answer(&json!({}))))
        .expect(id, "fail the token request is refused with `resource`, and granted");
    of(refusal(400, "invalid_grant"), Some(answer(&json!({}))))
        .expect(id, "fail the token request is refused with `resource`, and granted");
    of(refusal(400, "invalid_grant"), None).expect(id, "unclear no token request with `resource`");
}

#[test]
fn for_whom_a_token_is_that_nobody_named() {
    let with = |aud: &serde_json::Value| {
        answer(&json!({ "access_token": unsigned(&json!({ "alg": "ES256" }), &json!({ "aud": aud })) }))
    };
    for (aud, words) in [
        (json!(MCP), "pass"),
        (json!([MCP, "https://other.test"]), "pass"),
        (json!("https://other.test"), "the token is for a default resource that is not this server"),
        (json!([]), "the token does not say for whom it is"),
        (json!(null), "the token does not say for whom it is"),
    ] {
        run(&[(NO_RESOURCE, with(&aud))]).expect("token-aud-default", words);
    }
    let form = "grant_type=authorization_code&resource=https%3A%2F%2Fother.test%2F";
    let asked = |came: &Came| {
        let run = redeemed(&[]).posted(OTHER_RESOURCE, TOKEN, form, came.clone());
        run.posted(OTHER_RESOURCE, TOKEN, form, came.clone())
    };
    asked(&with(&json!("https://other.test/"))).expect("token-resource-other", "warn ");
    asked(&with(&json!(MCP))).expect("token-resource-other", "info ");
}

#[test]
fn a_code_that_is_shown_again_takes_its_tokens_with_it() {
    let id = "token-code-reuse-revokes";
    let refused = || refusal(400, "invalid_grant");
    let after = |more: &[(Trial, Came)]| redeemed(&[&[(AGAIN, refused())], more].concat());
    redeemed(&[(AGAIN, answer(&json!({}))), (AGAIN, answer(&json!({})))]).expect(id, "blocked token-code-reuse");
    redeemed(&[(AGAIN, Came::status(500))]).expect(id, "unclear it is not clear whether");
    after(&[]).expect(id, "unclear there was no refresh token");
    after(&[(AFTER_REPLAY, refused())]).expect(id, "pass");
    after(&[(AFTER_REPLAY, answer(&json!({})))]).expect(id, "warn ");
    after(&[(AFTER_REPLAY, Came::status(503))]).expect(id, "unclear the server had no time");
    let call = |came: Came| after(&[]).once(AFTER_REPLAY_CALL, MCP, came);
    call(Came::status(401)).expect(id, "pass");
    call(result(&json!({}))).expect(id, "the access token of the first is still good");
    call(Came::status(500)).expect(id, "unclear ");
}
