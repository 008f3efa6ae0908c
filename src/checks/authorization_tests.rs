//! What no fault of the reference deployment can express about the authorization endpoint: servers that ask for a login
//! before they look at the request, or show their errors on a page of their own.

use super::by_id;
use crate::evidence::{Body, Evidence, Exchange, Header, HttpReply, HttpRequest, Outcome, Trail};
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{
    NO_CHALLENGE, OTHER_PORT, OTHER_REDIRECT, REDIRECT_QUERY, RIGHT, UNKNOWN_CLIENT, UNKNOWN_TYPE,
};
use crate::verdict::{Reason, Verdict};

const LOGIN: &str = "https://as.test/login?ticket=";
const REDIRECT: &str = "http://127.0.0.1:4711/callback";

/// A run in which each trial was answered with a redirect to a place, or refused with 400 where there is none.
fn judged(id: &str, answers: &[(Trial, Option<&str>)]) -> Verdict {
    let mut trail = Trail::new("https://rs.test/mcp", Reach::Intrusive, 0);
    for (number, (trial, location)) in answers.iter().flat_map(|answer| [answer, answer]).enumerate() {
        let redirect = if *trial == RIGHT { REDIRECT } else { "http://127.0.0.1:4711/other" };
        let redirect = url::form_urlencoded::byte_serialize(redirect.as_bytes()).collect::<String>();
        let headers = location.map(|to| Header { name: "location".into(), value: format!("{to}{number}") });
        let status = if location.is_some() { 302 } else { 400 };
        trail.exchanges.push(std::sync::Arc::new(Exchange {
            number: u32::try_from(number).unwrap() + 1,
            step: trial.step,
            about: Some(trial.name.to_owned()),
            because: "a test".into(),
            follows: None,
            request: HttpRequest {
                method: "GET".into(),
                url: format!("https://as.test/authorize?client_id=us&redirect_uri={redirect}"),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Reply(HttpReply {
                status,
                headers: headers.into_iter().collect(),
                body: Body::default(),
            }),
            at: 0,
            took: 0,
        }));
    }
    (by_id(id).unwrap().judge)(&Evidence::new(&trail, Revision::LATEST))
}

fn is_inconclusive(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Skip(Reason::Inconclusive(_)))
}

#[test]
fn a_server_that_looks_after_the_login_is_judged_by_nobody() {
    let everybody = [RIGHT, UNKNOWN_CLIENT, UNKNOWN_TYPE, NO_CHALLENGE, OTHER_REDIRECT, REDIRECT_QUERY, OTHER_PORT];
    let answers = everybody.map(|trial| (trial, Some(LOGIN)));
    for id in ["authz-pkce-required", "authz-redirect-unregistered", "authz-redirect-exact", "authz-loopback-port"] {
        assert!(is_inconclusive(&judged(id, &answers)), "{id}");
    }
}

#[test]
fn a_login_without_pkce_counts_only_where_parameters_are_looked_at_first() {
    let common = [(RIGHT, Some(LOGIN)), (UNKNOWN_CLIENT, None), (NO_CHALLENGE, Some(LOGIN))];
    let early = [common.to_vec(), vec![(UNKNOWN_TYPE, None)]].concat();
    assert!(matches!(judged("authz-pkce-required", &early), Verdict::Fail(_)));
    let late = [common.to_vec(), vec![(UNKNOWN_TYPE, Some(LOGIN))]].concat();
    assert!(is_inconclusive(&judged("authz-pkce-required", &late)));
}

#[test]
fn an_error_on_a_page_of_its_own_is_a_refusal_and_an_unknown_place_is_none() {
    let common = [(RIGHT, Some(LOGIN)), (UNKNOWN_CLIENT, None), (UNKNOWN_TYPE, None)];
    let told = [common.to_vec(), vec![(NO_CHALLENGE, Some("https://as.test/oops?error=invalid_request"))]].concat();
    assert!(matches!(judged("authz-pkce-required", &told), Verdict::Pass));
    let elsewhere = [common.to_vec(), vec![(NO_CHALLENGE, Some("https://as.test/oops?id="))]].concat();
    assert!(is_inconclusive(&judged("authz-pkce-required", &elsewhere)));
}

#[test]
fn a_nearly_right_redirect_uri_counts_where_another_host_was_refused() {
    let answers = [(RIGHT, Some(LOGIN)), (UNKNOWN_CLIENT, None), (OTHER_REDIRECT, None), (REDIRECT_QUERY, Some(LOGIN))];
    assert!(matches!(judged("authz-redirect-exact", &answers), Verdict::Fail(_)));
}
