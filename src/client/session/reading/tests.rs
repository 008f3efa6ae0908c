//! Every kind of answer, written by hand.

use serde_json::json;

use super::*;
use crate::evidence::{Body as Bytes, Header, HttpReply, HttpRequest, Outcome};

fn heard(status: u16, headers: &[(&str, &str)], body: &str) -> Heard {
    let header = |(name, value): &(&str, &str)| Header { name: (*name).into(), value: (*value).into() };
    let mut headers: Vec<Header> = headers.iter().map(header).collect();
    headers.push(header(&("content-type", "application/json")));
    let request =
        HttpRequest { method: "POST".into(), url: "https://rs.test/mcp".into(), headers: Vec::new(), body: None };
    let exchange = Exchange {
        number: 1,
        step: Step::SessionDiscover,
        about: None,
        because: "a test".into(),
        follows: None,
        request,
        outcome: Outcome::Reply(HttpReply { status, headers, body: Bytes::new(body.as_bytes().to_vec(), false) }),
        at: 0,
        took: 0,
    };
    let message = answer::messages(&exchange).into_iter().next();
    Heard { exchange, message }
}

fn rpc(member: &str, value: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, member: value }).to_string()
}

fn told(verdict: Result<Verdict, ClientError>) -> String {
    match verdict {
        Ok(Verdict::Stateless(versions)) => format!("stateless {}", versions.join(" ")),
        Ok(Verdict::Other(versions)) => format!("other {}", versions.join(" ")),
        Ok(Verdict::Stateful) => "stateful".to_owned(),
        Err(ClientError::Answer { detail, .. }) => detail,
        Err(ClientError::Rpc { code, .. }) => code.unwrap_or_default(),
        Err(other) => other.to_string(),
    }
}

#[test]
fn the_wire_of_a_server_is_known_by_its_answer_to_discover() {
    let result = |value: &Value| rpc("result", value);
    let error = |code: i64, data: &Value| rpc("error", &json!({ "code": code, "message": "no", "data": data }));
    for (status, body, verdict) in [
        (200, result(&json!({ "supportedVersions": ["2026-07-28", "x"] })), "stateless 2026-07-28 x"),
        (200, result(&json!({ "resultType": "complete" })), "stateless "),
        (200, result(&json!({})), "stateful"),
        (400, error(-32022, &json!({ "supported": ["2025-11-25"] })), "other 2025-11-25"),
        (400, error(-32022, &Value::Null), "other "),
        (400, error(-32020, &Value::Null), "-32020 (header mismatch)"),
        (400, error(-32021, &Value::Null), "-32021 (missing required client capability)"),
        (400, error(-32601, &Value::Null), "stateful"),
        (404, String::new(), "stateful"),
        (401, String::new(), "stateful"),
        (429, String::new(), "status 429"),
        (500, result(&json!({ "resultType": "complete" })), "status 500"),
        (503, String::new(), "status 503"),
        (499, String::new(), "stateful"),
    ] {
        assert_eq!(told(judge(&heard(status, &[], &body))), verdict, "{status} {body}");
    }
}

#[test]
fn a_result_counts_under_a_status_of_success_alone() {
    let take = |status: u16, body: &str| match heard(status, &[], body).result("tools/call") {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    };
    let good = rpc("result", &json!({ "a": 1 }));
    assert_eq!(take(200, &good), r#"{"a":1}"#);
    assert_eq!(take(299, &good), r#"{"a":1}"#);
    assert!(take(300, &good).contains("status 300") && take(404, &good).contains("status 404"));
    let bad = rpc("error", &json!({ "code": -32602, "message": "which one?" }));
    assert!(take(200, &bad).contains("which one?") && take(400, &bad).contains("which one?"));
    assert!(take(200, "").contains("it ends without an answer to the request"));
    assert!(take(204, "").contains("it ends without an answer to the request"));
    assert!(take(404, "").contains("status 404"));
}

#[test]
fn a_nonce_is_wanted_where_it_is_given_and_asked_for() {
    let wanted = |headers: &[(&str, &str)]| wants_nonce(&heard(401, headers, "").exchange);
    let challenge = ("www-authenticate", "DPoP error=\"use_dpop_nonce\"");
    assert!(wanted(&[challenge, ("dpop-nonce", "n")]));
    assert!(!wanted(&[challenge]));
    assert!(!wanted(&[("dpop-nonce", "n")]));
    assert!(!wanted(&[("www-authenticate", "DPoP error=\"invalid_token\""), ("dpop-nonce", "n")]));
    assert!(!wanted(&[("www-authenticate", "Bearer error=\"use_dpop_nonce\""), ("dpop-nonce", "n")]));
}

#[test]
fn a_403_is_told_in_the_words_of_the_server() {
    let why = |headers: &[(&str, &str)], body: &str| told_by(&heard(403, headers, body));
    let message = rpc("error", &json!({ "code": -32000, "message": "not for guests" }));
    assert_eq!(why(&[], &message), "not for guests");
    let challenge = ("www-authenticate", "Bearer error=\"insufficient_scope\", error_description=\"more scope\"");
    assert!(why(&[challenge], "").contains("more scope"), "{}", why(&[challenge], ""));
    assert!(why(&[], "").contains("403"), "{}", why(&[], ""));
}
