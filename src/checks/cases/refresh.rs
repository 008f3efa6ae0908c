//! Refresh tokens.

use serde_json::{Value, json};

use super::tokens::{GONE, TOKEN, answer, exchange, header, login};
use super::{Came, Run};
use crate::evidence::FailureKind;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::refresh::*;
use crate::spec::trial::token;

/// A login with a refresh token, and the refresh that brought this.
fn refreshed(first: &Value, then: &Value) -> Run {
    let mut more = json!({ "refresh_token": "one" });
    more.as_object_mut().unwrap().extend(first.as_object().unwrap().clone());
    right(&more, "grant_type=refresh_token&client_id=us&refresh_token=one", answer(then))
}

fn right(first: &Value, form: &str, came: Came) -> Run {
    tried(login(first)).posted(RIGHT, TOKEN, form, came)
}

/// The same as a trial that does everything right.
fn tried(run: Run) -> Run {
    run.last(|x| (x.step, x.about) = (Step::TokenTrial, Some(token::RIGHT.name.to_owned())))
}

#[test]
fn a_refresh_token_is_there_where_it_is_promised() {
    let id = "refresh-issued";
    login(&json!({ "refresh_token": "r" })).expect(id, "pass");
    login(&json!({ "refresh_token": "" })).expect(id, "warn no refresh token was issued, although");
    login(&json!({})).expect(id, "warn no refresh token was issued, although");
    exchange("grant_type=client_credentials", &json!({})).expect(id, "no a client that acts for itself");
    for more in [
        json!({ "grant_types_supported": ["refresh_token"] }),
        json!({ "scopes_supported": ["offline_access"] }),
        json!({}),
    ] {
        let run = Run::told(Reach::Intrusive, &more).asked(Step::TokenCode, TOKEN, answer(&json!({})));
        run.expect(id, "info no refresh token was issued");
    }
    // Where one is missing, what needs one waits for that.
    tried(login(&json!({}))).expect("refresh-works", "blocked refresh-issued");
    tried(exchange("grant_type=client_credentials", &json!({})))
        .expect("refresh-works", "no no refresh token was issued");
}

#[test]
fn a_refresh_gives_a_token_with_or_without_the_resource() {
    let id = "refresh-works";
    refreshed(&json!({}), &json!({})).expect(id, "pass");
    let refused = right(&json!({ "refresh_token": "one" }), "refresh_token=one", Came::status(GONE));
    refused.expect(id, "fail ");
    refused.clone().posted(NO_RESOURCE, TOKEN, "refresh_token=one", answer(&json!({}))).expect(id, "pass");
    refused.expect("refresh-rotation", "blocked refresh-works");
    for status in [429, 503] {
        right(&json!({ "refresh_token": "one" }), "refresh_token=one", Came::status(status))
            .expect(id, "unclear the server had no time to refresh");
    }
    right(&json!({ "refresh_token": "one" }), "", Came::failed(FailureKind::Timeout))
        .expect(id, "unclear the server had no time");
}

#[test]
fn public_clients_get_a_new_refresh_token_each_time() {
    let id = "refresh-rotation";
    refreshed(&json!({}), &json!({ "refresh_token": "two" })).expect(id, "pass");
    refreshed(&json!({}), &json!({ "refresh_token": "one" }))
        .expect(id, "fail the refresh brought no new refresh token");
    refreshed(&json!({}), &json!({})).expect(id, "fail ");
    refreshed(&json!({}), &json!({})).at(Revision::R2025_03_26).expect(id, "warn ");
    refreshed(&json!({}), &json!({})).last(|x| x.request.headers.push(header("dpop", "x"))).expect(id, "pass");
    refreshed(&json!({}), &json!({}))
        .last(|x| x.request.headers.push(header("authorization", "Basic eDp5")))
        .expect(id, "no the client is not a public one");
    for secret in ["client_secret=s", "client_assertion=s"] {
        right(&json!({ "refresh_token": "one" }), &format!("refresh_token=one&{secret}"), answer(&json!({})))
            .expect(id, "no the client is not a public one");
    }
    right(&json!({ "refresh_token": "one" }), "refresh_token=[redacted 3]", answer(&json!({})))
        .expect(id, "unclear a saved record does not hold");
}

#[test]
fn a_refresh_keeps_the_scope_of_the_tokens_that_it_replaces() {
    let id = "refresh-scope-kept";
    let of = |old: &str, new: &str| refreshed(&json!({ "scope": old }), &json!({ "scope": new }));
    of("a b", "b a").expect(id, "pass");
    of("a b", "a").expect(id, "fail the refresh lost the scope `b`");
    of("a openid offline_access", "a").expect(id, "pass");
    refreshed(&json!({}), &json!({ "scope": "a" })).expect(id, "no the server does not say what was granted");
    refreshed(&json!({ "scope": "a" }), &json!({})).expect(id, "no neither the answer nor the token says");
    right(
        &json!({ "refresh_token": "one", "scope": "a b" }),
        "refresh_token=one&scope=a",
        answer(&json!({ "scope": "a" })),
    )
    .expect(id, "no the refresh named a scope");
    // Not those of a later login.
    let later =
        of("a b", "a b").asked(Step::TokenCode, TOKEN, answer(&json!({ "refresh_token": "one", "scope": "z" })));
    later.expect(id, "pass");
}

#[test]
fn a_refresh_gives_no_more_scope_than_there_was() {
    let id = "refresh-scope-escalation";
    let more = |came: Came| {
        refreshed(&json!({ "scope": "a" }), &json!({ "scope": "a" })).posted(
            MORE_SCOPE,
            TOKEN,
            "refresh_token=one&scope=a+b",
            came,
        )
    };
    more(answer(&json!({ "scope": "a b" }))).expect(id, "fail ");
    more(answer(&json!({ "scope": "a" }))).expect(id, "pass");
    // What nobody asked for is another matter.
    more(answer(&json!({ "scope": "a z" }))).expect(id, "pass");
    more(Came::status(GONE)).expect(id, "pass");
    more(answer(&json!({}))).expect(id, "unclear a token was issued");
    more(Came::status(503)).expect(id, "unclear the server had no time");
    refreshed(&json!({}), &json!({})).expect(id, "no no scope is known");
}

#[test]
fn a_refresh_token_is_good_for_its_client_alone() {
    let id = "refresh-other-client";
    let other = |client: &str, answers: &[Came]| {
        let form = format!("refresh_token=one&client_id={client}");
        answers
            .iter()
            .fold(refreshed(&json!({}), &json!({})), |run, came| run.posted(OTHER_CLIENT, TOKEN, &form, came.clone()))
    };
    let good = answer(&json!({}));
    other("them", &[good.clone(), good.clone()]).expect(id, "fail ");
    other("us", &[good.clone(), good.clone()]).expect(id, "unclear both clients have the same id");
    other("them", std::slice::from_ref(&good)).expect(id, "unclear it was granted once and not again");
    other("them", &[good, Came::status(GONE)]).expect(id, "unclear it was granted once and not again");
    other("them", &[Came::status(GONE)]).expect(id, "pass");
    other("them", &[Came::status(503)]).expect(id, "unclear the server had no time");
    other("them", &[]).expect(id, "unclear no second client could be registered");
}

#[test]
fn a_replaced_refresh_token_ends_within_a_minute() {
    let id = "refresh-old-invalid";
    let old = |at: u64, later: Option<(u64, Came)>, came: Came| {
        let run = refreshed(&json!({}), &json!({ "refresh_token": "two" })).last(|x| x.at = 1_000);
        let run = run
            .posted(NEXT, TOKEN, "refresh_token=two", answer(&json!({})))
            .posted(OLD, TOKEN, "refresh_token=one", came)
            .last(|x| x.at = at);
        match later {
            Some((at, came)) => run.posted(OLD_LATER, TOKEN, "refresh_token=one", came).last(|x| x.at = at),
            None => run,
        }
    };
    let good = || answer(&json!({}));
    old(3_000, None, Came::status(GONE)).expect(id, "pass");
    old(3_000, None, good())
        .expect(id, "info we used a refresh token that had been replaced twice, and a token was issued, 2 s after");
    old(3_000, Some((62_000, good())), good()).expect(id, "fail we used a refresh token that had been replaced more than a minute ago, and a token was issued, 61 s after");
    old(3_000, Some((62_000, Came::status(GONE))), good()).expect(id, "info ");
    old(3_000, Some((30_000, good())), good()).expect(id, "info ");
    old(3_000, None, Came::status(503)).expect(id, "unclear the server had no time");
    refreshed(&json!({}), &json!({})).expect(id, "blocked refresh-rotation");
    refreshed(&json!({}), &json!({}))
        .last(|x| x.request.headers.push(header("authorization", "Basic eDp5")))
        .expect(id, "no refresh tokens of this client are not replaced");
    refreshed(&json!({}), &json!({ "refresh_token": "two" }))
        .expect(id, "unclear the new refresh token could not be used");
    old(3_000, None, good()).expect("refresh-family-revoked", "blocked refresh-old-invalid");
    let family = |came: Came| old(3_000, None, Came::status(GONE)).posted(FAMILY, TOKEN, "refresh_token=two", came);
    family(good()).expect("refresh-family-revoked", "warn an old refresh token was shown again");
    family(Came::status(GONE)).expect("refresh-family-revoked", "pass");
    family(Came::status(429)).expect("refresh-family-revoked", "unclear the server had no time");
    old(3_000, None, Came::status(GONE)).expect("refresh-family-revoked", "unclear it was not tried");
}
