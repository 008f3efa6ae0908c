//! The authorization endpoint.

use serde_json::json;

use super::{Came, ISSUER, Run};
use crate::evidence::FailureKind;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::*;
use crate::spec::trial::token::UNASKED_VERIFIER;

pub(super) const BACK: &str = "http://127.0.0.1:4711/callback";

/// The URL of a request.
pub(super) fn request(more: &str) -> String {
    let back = url::form_urlencoded::byte_serialize(BACK.as_bytes()).collect::<String>();
    format!("https://as.test/t/authorize?client_id=us&redirect_uri={back}{more}")
}

pub(super) fn page() -> Came {
    Came::page("Sign in")
}

pub(super) fn refused() -> Came {
    Came::status(400)
}

pub(super) fn code() -> Came {
    Came::to(&format!("{BACK}?code=a-code&state=s&iss={ISSUER}"))
}

pub(super) fn error(name: &str) -> Came {
    Came::to(&format!("{BACK}?error={name}&state=s&iss={ISSUER}"))
}

/// Both tries of each trial, in a run that went as far as it can.
pub(super) fn run(answers: &[(Trial, Came)]) -> Run {
    let mut run = Run::new(Reach::Intrusive);
    for (trial, came) in answers {
        run = run.once(*trial, &request(""), came.clone()).once(*trial, &request(""), came.clone());
    }
    run
}

/// The controls where a page is shown, and what is wrong is seen before it.
fn early(answers: &[(Trial, Came)]) -> Run {
    let controls = [(RIGHT, page()), (UNKNOWN_CLIENT, refused()), (UNKNOWN_TYPE, refused())];
    run(&[&controls, answers].concat())
}

/// The controls where a code comes at once.
pub(super) fn instant(answers: &[(Trial, Came)]) -> Run {
    run(&[&[(RIGHT, code()), (UNKNOWN_CLIENT, refused()), (UNKNOWN_TYPE, error("unsupported_response_type"))], answers]
        .concat())
}

#[test]
fn resources_of_others_count_where_any_is_looked_at() {
    let all = |foreign, relative, fragment| {
        early(&[(FOREIGN_RESOURCE, foreign), (RELATIVE_RESOURCE, relative), (FRAGMENT_RESOURCE, fragment)])
    };
    let blind = all(page(), page(), page());
    blind.expect("authz-resource-foreign", "unclear every `resource` leads to the login");
    blind.expect("authz-resource-malformed", "unclear every `resource` leads to the login");
    let looks = all(page(), refused(), refused());
    looks.expect("authz-resource-foreign", "warn we sent the `resource` of somebody else");
    looks.expect("authz-resource-malformed", "pass");
    let half = all(refused(), page(), refused());
    half.expect("authz-resource-foreign", "pass");
    half.expect("authz-resource-malformed", "warn we sent a `resource` that is no absolute URI");
    all(page(), page(), refused()).expect("authz-resource-malformed", "blocked authz-resource-foreign");
    let codes = instant(&[
        (FOREIGN_RESOURCE, code()),
        (RELATIVE_RESOURCE, error("invalid_target")),
        (FRAGMENT_RESOURCE, code()),
    ]);
    codes.expect("authz-resource-foreign", "warn we sent the `resource` of somebody else, and a code was issued");
    codes.expect("authz-resource-malformed", "blocked authz-resource-foreign");
    let one = instant(&[(FOREIGN_RESOURCE, code())]);
    one.expect("authz-resource-foreign", "a code was issued");
}

#[test]
fn a_resource_that_is_not_taken_at_all_is_one_finding() {
    let run = run(&[
        (RIGHT, error("invalid_target")),
        (NO_RESOURCE, page()),
        (UNKNOWN_CLIENT, refused()),
        (UNKNOWN_TYPE, refused()),
    ]);
    run.expect("authz-resource-foreign", "blocked authz-resource-accepted");
    run.expect("authz-resource-malformed", "blocked authz-resource-accepted");
}

#[test]
fn what_is_refused_after_the_login_is_refused() {
    let later = |end: &str| {
        early(&[(NO_CHALLENGE, page())]).about(
            Step::CodeReturn,
            UNASKED_VERIFIER.name,
            &format!("{BACK}?{end}"),
            Came::status(200),
        )
    };
    later("error=invalid_request").expect("authz-pkce-required", "pass");
    later("code=a-code").expect("authz-pkce-required", "fail we sent no `code_challenge`");
    early(&[(NO_CHALLENGE, page())])
        .about(Step::CodeReturn, "another", &format!("{BACK}?error=no"), Came::status(200))
        .expect("authz-pkce-required", "fail we sent no `code_challenge`");
    // A code at once is a code.
    instant(&[(NO_CHALLENGE, code())])
        .about(Step::CodeReturn, UNASKED_VERIFIER.name, &format!("{BACK}?error=no"), Came::status(200))
        .expect("authz-pkce-required", "fail we sent no `code_challenge`, and a code was issued");
}

#[test]
fn plain_counts_only_where_nobody_offers_it() {
    let with = |methods: serde_json::Value| {
        let mut run = Run::told(Reach::Intrusive, &json!({ "code_challenge_methods_supported": methods }));
        for (trial, came) in [(RIGHT, code()), (UNKNOWN_CLIENT, refused()), (PLAIN, code())] {
            run = run.once(trial, &request(""), came.clone()).once(trial, &request(""), came);
        }
        run
    };
    with(json!(["S256"])).expect("authz-pkce-plain", "fail we sent `code_challenge_method=plain`");
    with(json!(["S256", "plain"])).expect("authz-pkce-plain", "no the metadata offers `plain`");
    with(json!(null)).expect("authz-pkce-plain", "blocked asm-types");
}

#[test]
fn a_token_in_the_redirect_is_worse_than_a_code() {
    let token = Came::to(&format!("{BACK}#access_token=x&token_type=Bearer&state=s"));
    instant(&[(IMPLICIT, token)]).expect(
        "authz-implicit",
        "fail we asked for a token in the redirect (`response_type=token`), and a token came",
    );
    instant(&[(IMPLICIT, code())]).expect("authz-implicit", "warn we asked for a token");
    instant(&[(IMPLICIT, error("unsupported_response_type"))]).expect("authz-implicit", "pass");
}

#[test]
fn scopes_that_do_not_exist_are_refused_or_left_out() {
    instant(&[(BAD_SCOPE, code())]).expect("authz-scope-invalid", "info ");
    instant(&[(BAD_SCOPE, error("invalid_scope"))]).expect("authz-scope-invalid", "pass");
    instant(&[(BAD_SCOPE, Came::status(500))]).expect("authz-scope-invalid", "warn ");
    instant(&[(BAD_SCOPE, Came::status(503))]).expect("authz-scope-invalid", "unclear the server had no time");
    instant(&[(NO_SCOPE, code())]).expect("authz-scope-omitted", "pass");
    instant(&[(NO_SCOPE, Came::status(500))]).expect("authz-scope-omitted", "warn ");
    instant(&[(NO_SCOPE, Came::failed(FailureKind::Timeout))]).expect("authz-scope-omitted", "unclear no answer came");
    instant(&[(OFFLINE, error("invalid_scope"))]).expect("authz-offline-access", "fail ");
    instant(&[(OFFLINE, error("invalid_request"))]).expect("authz-offline-access", "pass");
    instant(&[(OFFLINE, code())]).expect("authz-offline-access", "pass");
    instant(&[]).expect("authz-offline-access", "no the metadata does not list");
}

#[test]
fn without_a_right_answer_nothing_is_said_of_wrong_ones() {
    let id = "authz-pkce-required";
    let only = |right: Came| {
        run(&[(RIGHT, right), (UNKNOWN_CLIENT, refused()), (UNKNOWN_TYPE, refused()), (NO_CHALLENGE, code())])
    };
    only(Came::status(503)).expect(id, "unclear no answer came to the right request");
    only(Came::failed(FailureKind::Timeout)).expect(id, "unclear no answer came to the right request");
    only(Came::status(500)).expect(id, "blocked authz-get");
    only(Came::status(404)).expect(id, "blocked authz-get");
    only(Came::status(405)).expect(id, "blocked authz-get");
    only(refused()).expect(id, "unclear a request as it must be was refused, too");
    only(error("temporarily_unavailable")).expect(id, "unclear no answer came to the right request");
    only(error("server_error")).expect(id, "blocked authz-get");
    let without = |more: serde_json::Value, reach| Run::told(reach, &more);
    without(json!({ "authorization_endpoint": null }), Reach::Intrusive)
        .expect(id, "no the authorization server has no authorization endpoint");
    without(json!({ "require_pushed_authorization_requests": true }), Reach::Intrusive)
        .expect(id, "no authorization requests must be pushed");
    without(json!({}), Reach::Login).expect(id, "Needs(Intrusive)");
    without(json!({}), Reach::Default).expect(id, "Needs(Login)");
}

#[test]
fn what_came_once_is_believed_by_nobody() {
    let id = "authz-pkce-required";
    let twice = |first: Came, second: Came| {
        instant(&[]).once(NO_CHALLENGE, &request(""), first).once(NO_CHALLENGE, &request(""), second)
    };
    twice(code(), code()).expect(id, "fail");
    twice(code(), refused()).expect(id, "unclear a code came once and not again");
    twice(refused(), code()).expect(id, "pass");
    let pages = |first: Came, second: Came| {
        early(&[]).once(NO_CHALLENGE, &request(""), first).once(NO_CHALLENGE, &request(""), second)
    };
    pages(page(), page()).expect(id, "fail");
    pages(page(), refused()).expect(id, "unclear it was answered in another way the second time");
    pages(Came::page("Oops"), Came::page("Oops")).expect(id, "unclear the answer is neither a refusal nor like that");
    pages(Came::to("https://as.test/oops"), Came::to("https://as.test/oops")).expect(id, "pass");
    // The same page for a client that nobody knows says that nobody looks.
    let blind = run(&[(RIGHT, page()), (UNKNOWN_CLIENT, page()), (UNKNOWN_TYPE, refused()), (NO_CHALLENGE, page())]);
    blind.expect(id, "unclear requests are looked at only after the login");
    let other = run(&[
        (RIGHT, page()),
        (UNKNOWN_CLIENT, Came::page("Oops")),
        (UNKNOWN_TYPE, refused()),
        (NO_CHALLENGE, page()),
    ]);
    other.expect(id, "fail");
}

#[test]
fn places_with_long_names_are_the_same_place() {
    let to = |part: &str| Came::to(&format!("https://as.test/login/{part}/form?x={part}"));
    let gone = |right: &str, wrong: &str| {
        run(&[(RIGHT, to(right)), (UNKNOWN_CLIENT, refused()), (UNKNOWN_TYPE, refused()), (NO_CHALLENGE, to(wrong))])
    };
    gone("abcdefghijklmnop", "qrstuvwxyzabcdef").expect("authz-pkce-required", "fail");
    gone("abcdefghijklmno", "qrstuvwxyzabcde").expect("authz-pkce-required", "unclear the answer is neither");
}

#[test]
fn clients_that_nobody_knows_get_a_page_and_no_redirect() {
    let id = "authz-unknown-client";
    let of = |right: Came, unknown: Came| run(&[(RIGHT, right), (UNKNOWN_CLIENT, unknown)]);
    of(code(), error("unauthorized_client")).expect(id, "fail ");
    of(code(), Came::status(500)).expect(id, "warn ");
    of(code(), Came::status(503)).expect(id, "unclear the server had no time");
    of(code(), page()).expect(id, "warn ");
    of(page(), page()).expect(id, "unclear requests are looked at only after the login");
    of(Came::to("https://as.test/login"), Came::to("https://as.test/login"))
        .expect(id, "unclear requests are looked at only after the login");
    of(page(), Came::to("https://as.test/oops")).expect(id, "pass");
    of(page(), refused()).expect(id, "pass");
    of(page(), Came::json(400, &json!({ "error": "x" }))).expect(id, "warn ");
    of(page(), Came::to("https://as.test/oops?error=x").header("content-type", "application/json")).expect(id, "pass");
}

#[test]
fn redirect_uris_of_others_are_refused_on_the_spot_or_not_judged() {
    let id = "authz-redirect-unregistered";
    let of = |other: Came| early(&[(OTHER_REDIRECT, other)]);
    of(refused()).expect(id, "pass");
    of(Came::status(500)).expect(id, "pass");
    of(Came::status(503)).expect(id, "unclear the server had no time");
    of(Came::failed(FailureKind::Timeout)).expect(id, "unclear the server had no time");
    of(page()).expect(id, "unclear requests are looked at only after the login");
    of(code()).expect(id, "fail ");
    of(Came::to("https://as.test/oops")).expect(id, "pass");
    early(&[]).expect(id, "unclear it was not tried");

    let exact = "authz-redirect-exact";
    let variants = |other: Came, trial: Trial, came: Came| early(&[(OTHER_REDIRECT, other), (trial, came)]);
    variants(refused(), REDIRECT_SUFFIX, refused()).expect(exact, "pass");
    variants(refused(), REDIRECT_SUFFIX, code()).expect(exact, "fail ");
    variants(code(), REDIRECT_SUFFIX, code()).expect(exact, "blocked authz-redirect-unregistered");
    variants(page(), REDIRECT_SUFFIX, code()).expect(exact, "unclear ");
    early(&[(OTHER_REDIRECT, refused()), (OTHER_PATH, code()), (REDIRECT_SUFFIX, code())])
        .expect(exact, "blocked authz-loopback-path");
    early(&[(OTHER_REDIRECT, refused()), (OTHER_PATH, code()), (REDIRECT_QUERY, code())]).expect(exact, "fail ");
}

#[test]
fn of_two_redirect_uris_none_is_used() {
    let id = "authz-dup-param";
    let other = "http://127.0.0.1:4711/other";
    let urls = [
        request("&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fother"),
        request("").replace("callback", "other") + "&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback",
    ];
    let of = |first: Came, last: Came| {
        let mut run = early(&[(OTHER_REDIRECT, refused())]);
        for (trial, url, came) in [(TWO_REDIRECTS, &urls[0], first), (TWO_REDIRECTS_LAST, &urls[1], last)] {
            run = run.once(trial, url, came.clone()).once(trial, url, came);
        }
        run
    };
    let sent = |place: &str, what: &str| Came::to(&format!("{place}?{what}"));
    of(refused(), refused()).expect(id, "pass");
    of(sent(BACK, "error=invalid_request"), sent(BACK, "error=invalid_request")).expect(id, "pass");
    of(sent(other, "error=invalid_request"), refused()).expect(id, "fail ");
    of(refused(), sent(other, "code=x")).expect(id, "fail ");
    of(sent(BACK, "code=x"), refused()).expect(id, "warn ");
    of(refused(), sent(BACK, "code=x")).expect(id, "warn ");
    of(page(), refused()).expect(id, "warn ");
    of(refused(), Came::status(503)).expect(id, "unclear the server had no time");
    early(&[(OTHER_REDIRECT, refused())]).expect(id, "unclear it was not tried");
}

/// A run in which our client registered itself, and its request was answered so.
pub(super) fn stranger(id: &str, page: Came) -> Run {
    let run = run(&[(RIGHT, self::page()), (UNKNOWN_CLIENT, refused())]);
    let registered = Came::json(201, &json!({ "client_id": id }));
    run.asked(Step::ClientRegister, "https://as.test/t/register", registered).once(PAGE, &request(""), page)
}

#[test]
fn a_client_of_anybody_is_not_sent_on_under_another_name() {
    let id = "authz-proxy-consent";
    stranger("us", page()).expect(id, "pass");
    stranger("another", page()).expect(id, "no our client is not one that anybody could have registered");
    let sent_on = "https://login.elsewhere.test/authorize?client_id=theirs";
    stranger("us", Came::to(sent_on))
        .expect(id, "warn a client that had just registered was sent to login.elsewhere.test");
    for harmless in [
        "https://login.elsewhere.test/authorize",
        "https://login.elsewhere.test/authorize?client_id=us",
        "https://as.test/other?client_id=theirs",
        &format!("{BACK}?client_id=theirs&code=a"),
    ] {
        stranger("us", Came::to(harmless)).expect(id, "unclear no login page came");
    }
    stranger("us", Came::status(500)).expect(id, "unclear no login page came");
    // Without a form, nobody saw the redirect after one; where the page is skipped, that is the finding.
    stranger("us", Came::to(sent_on)).expect("authz-no-307", "blocked authz-proxy-consent");
    stranger("us", Came::to(sent_on)).at(Revision::R2025_03_26).expect("authz-no-307", "unclear no form was sent");
    stranger("us", page()).expect("authz-no-307", "unclear no form was sent");
    stranger("us", Came::to(sent_on)).expect("authz-consent-csrf", "blocked authz-proxy-consent");
    stranger("us", Came::to("https://idp.test/login"))
        .expect("authz-consent-csrf", "no the login page stands at another server");
    stranger("us", code()).expect("authz-consent-csrf", "no nobody is asked");
    stranger("us", Came::json(200, &json!({}))).expect("authz-consent-csrf", "unclear no login page came");
}

#[test]
fn a_form_of_another_site_counts_only_twice() {
    let id = "authz-consent-csrf";
    let denied = || Came::status(303).header("location", &format!("{BACK}?error=access_denied&state=s"));
    let tries = |answers: &[Came]| {
        answers.iter().fold(stranger("us", page()), |run, came| {
            run.once(DENIED_ELSEWHERE, "https://as.test/t/consent", came.clone())
        })
    };
    tries(&[]).expect(id, "no the page has no button");
    tries(&[denied(), denied()]).expect(id, "fail ");
    tries(&[denied()]).expect(id, "unclear ");
    tries(&[denied(), refused()]).expect(id, "unclear ");
    tries(&[refused(), refused()]).expect(id, "pass");
    tries(&[Came::status(200)]).expect(id, "unclear ");
    let elsewhere = Came::status(303).header("location", "https://other.test/callback?error=access_denied");
    tries(&[elsewhere.clone(), elsewhere]).expect(id, "unclear ");
    let content = Came::status(303).header("location", &format!("{BACK}?code=a"));
    tries(&[content.clone(), content]).expect(id, "unclear ");
}

#[test]
fn the_status_after_a_form_must_not_repeat_it() {
    let id = "authz-no-307";
    let after = |status: u16| {
        let came = Came::status(status).header("location", &format!("{BACK}?error=access_denied"));
        stranger("us", page()).once(DENIED, "https://as.test/t/consent", came)
    };
    after(307).expect(id, "fail ");
    after(308).expect(id, "warn ");
    after(303).expect(id, "pass");
    after(302).expect(id, "pass");
    for status in [307, 308] {
        let back = Came::status(status).header("location", &format!("{BACK}?code=a&state=s"));
        run(&[(RIGHT, back), (UNKNOWN_CLIENT, refused())])
            .expect(id, "info the user is sent back with a status that repeats a form");
        let away = Came::status(status).header("location", "https://as.test/login");
        run(&[(RIGHT, away), (UNKNOWN_CLIENT, refused())]).expect(id, "unclear no form was sent");
    }
}
