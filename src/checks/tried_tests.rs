//! The oracle of the trials on answers that no fault of the reference deployment gives.

use serde_json::{Value, json};

use super::by_id;
use crate::evidence::{Evidence, Trail};
use crate::spec::revision::Revision;
use crate::verdict::Verdict;

/// A run that was refused with 401 and then made these trials: name, body of the request, what came.
fn trail(trials: &[(&str, &str, Value)]) -> Trail {
    let challenge = json!({ "name": "www-authenticate", "value": "Bearer" });
    let first = json!({ "number": 1, "step": "mcp-discover", "because": "", "at": 0, "took": 0,
        "request": { "method": "POST", "url": "https://rs.test/mcp", "body": "a" },
        "outcome": { "reply": { "status": 401, "headers": [challenge] } } });
    let later = trials.iter().enumerate().map(|(n, (name, body, outcome))| {
        json!({ "number": n + 2, "step": "bad-token", "about": name, "because": "", "at": 0, "took": 0,
            "request": { "method": "POST", "url": "https://rs.test/mcp", "body": body,
                "headers": [{ "name": "authorization", "value": "Bearer not.a.token" }] },
            "outcome": outcome })
    });
    let exchanges: Vec<Value> = std::iter::once(first).chain(later).collect();
    let whole = json!({ "version": 1, "tool": "test", "target": "https://rs.test/mcp", "started": 0, "reach": "default",
        "exchanges": exchanges });
    Trail::load(&whole.to_string()).unwrap()
}

fn reply(status: u16, kind: &str, body: &str, cut: bool) -> Value {
    json!({ "reply": { "status": status, "headers": [{ "name": "content-type", "value": kind }],
        "body": { "text": body, "cut": cut } } })
}

fn result() -> Value {
    reply(200, "application/json", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, false)
}

fn error(status: u16) -> Value {
    reply(status, "application/json", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#, false)
}

fn refused() -> Value {
    reply(401, "text/plain", "", false)
}

/// What the two rows on garbage say of one of its two trials, the other being refused.
fn say(answers: &[(&str, Value)]) -> (&'static str, &'static str) {
    let mut trials: Vec<_> = answers.iter().map(|(body, outcome)| ("garbage-jwt", *body, outcome.clone())).collect();
    trials.push(("garbage-opaque", "a", refused()));
    let trail = trail(&trials);
    let evidence = Evidence::new(&trail, Revision::LATEST);
    let word = |id: &str| match (by_id(id).unwrap().judge)(&evidence) {
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Warn(_) => "warn",
        Verdict::Info(_) => "info",
        Verdict::Skip(_) => "skip",
    };
    (word("rs-garbage-rejected"), word("rs-garbage-status"))
}

#[test]
fn a_token_is_let_in_only_if_it_is_again() {
    assert_eq!(say(&[("a", result()), ("a", result())]).0, "fail");
    assert_eq!(say(&[("a", result()), ("a", refused())]), ("skip", "skip"));
    assert_eq!(say(&[("a", result())]), ("skip", "skip"));
    assert_eq!(say(&[("a", refused())]), ("pass", "pass"));
}

#[test]
fn a_result_too_long_to_be_read_is_a_result() {
    let long = || reply(200, "application/json", r#"{"jsonrpc":"2.0","id":1,"result":{"tools":["#, true);
    assert_eq!(say(&[("a", long()), ("a", long())]).0, "fail");
}

#[test]
fn a_success_that_is_no_result_is_the_wrong_status_and_no_more() {
    assert_eq!(say(&[("a", reply(200, "text/html", "<form>", false))]), ("skip", "fail"));
    assert_eq!(say(&[("a", error(200))]), ("pass", "fail"));
}

#[test]
fn a_busy_server_is_not_a_broken_one() {
    for status in [429, 503] {
        assert_eq!(say(&[("a", reply(status, "text/plain", "", false))]), ("skip", "skip"), "{status}");
    }
    assert_eq!(say(&[("a", json!({ "failure": { "kind": "timeout", "detail": "" } }))]), ("skip", "skip"));
    assert_eq!(say(&[("a", reply(502, "text/plain", "", false))]), ("pass", "fail"));
}

#[test]
fn the_request_that_the_server_knows_decides() {
    let unknown_method = || error(404);
    assert_eq!(say(&[("a", unknown_method()), ("b", result()), ("b", result())]).0, "fail");
    assert_eq!(say(&[("a", unknown_method()), ("b", refused())]), ("pass", "pass"));
}
