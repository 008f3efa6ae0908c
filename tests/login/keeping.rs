//! A token that is refused in the middle of the work: refreshed, then a login, and no more than that; and what is said on the
//! way.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde_json::json;

use crate::proxy::{Answer, is_endpoint, metadata};
use crate::stage::Stage;

const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer error=\"invalid_token\", error_description=\"it is tired\"\r\nconnection: close";

/// A deployment that refuses the calls with these numbers, counted from 1 once somebody has logged in.
fn moody(refuses: impl Fn(usize) -> bool + Send + Sync + 'static) -> Stage {
    let count = AtomicUsize::new(0);
    let stage = Stage::tampered(move |url, answer| {
        let was_taken = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 200");
        if was_taken && refuses(count.fetch_add(1, Relaxed) + 1) {
            return Answer { head: REFUSED.to_owned(), body: String::new() };
        }
        answer
    });
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    assert_eq!(code, 0, "{err}");
    stage
}

/// Calls a tool: exit code, what was said, and how many refreshes and logins that took.
fn call(stage: &Stage, options: &[&str]) -> (i32, String, usize, usize) {
    let arguments = [&["call", "search", "query=pkce", "--browser", "follow", "-v"], options].concat();
    let (code, _, err) = stage.run(&arguments);
    let form = |message: &crate::proxy::Message| message.body.contains("grant_type=refresh_token");
    let refreshes = stage.messages().iter().filter(|message| form(message)).count();
    (code, err, refreshes, stage.count("GET", "/authorize") - 1)
}

#[test]
fn a_refused_token_is_refreshed_once_and_every_time_anew() {
    // The stateless wire: it discovers, lists, calls. The first refusal of each is one of a token that worked before.
    let stage = moody(|number| matches!(number, 1 | 2));
    let (code, err, refreshes, logins) = call(&stage, &["--login"]);
    // The second refusal is that of `initialize`, tried for servers that refuse what they do not know.
    assert_eq!((code, refreshes, logins), (0, 1, 0), "{err}");
    let stage = moody(|number| matches!(number, 1 | 2 | 4));
    let (code, err, refreshes, logins) = call(&stage, &["--login"]);
    assert_eq!((code, refreshes, logins), (0, 2, 0), "{err}");
}

#[test]
fn what_is_refused_after_a_refresh_takes_a_login_and_then_ends() {
    let stage = moody(|number| number <= 3);
    let (code, err, refreshes, logins) = call(&stage, &["--login"]);
    assert!(code == 0 && refreshes == 1 && logins == 1, "{code} {refreshes} {logins} {err}");
    assert!(err.contains("a login is needed: ") && err.contains("it is tired"), "{err}");

    let stage = moody(|_| true);
    let (code, err, refreshes, logins) = call(&stage, &["--login"]);
    assert!(code != 0 && refreshes == 1 && logins == 2, "{code} {refreshes} {logins} {err}");
    assert!(err.contains("it is tired") && err.contains("fresh"), "{err}");

    // Nobody is asked who did not say that they may be.
    let stage = moody(|_| true);
    let (code, err, refreshes, logins) = call(&stage, &["--no-login"]);
    assert!(code != 0 && refreshes == 1 && logins == 0, "{code} {refreshes} {logins} {err}");
}

#[test]
fn a_login_whose_token_is_refused_at_once_is_made_once_more_and_no_oftener() {
    let stage = Stage::tampered(|url, answer| {
        let was_taken = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 200");
        if was_taken { Answer { head: REFUSED.to_owned(), body: String::new() } } else { answer }
    });
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
    assert!(code == 4 && err.contains("refuses a token that is fresh"), "{code} {err}");
    assert_eq!(stage.count("POST", "/token"), 2, "{err}");
}

#[test]
fn a_server_that_wants_more_scope_after_every_login_is_left_after_three() {
    let asked = AtomicUsize::new(0);
    let stage = Stage::tampered(move |url, answer| {
        if !(is_endpoint(url) && answer.head.starts_with("HTTP/1.1 200")) {
            return answer;
        }
        let scope = ["search:read", "search:admin", "search:write", "search:all"][asked.fetch_add(1, Relaxed) % 4];
        let challenge = format!("www-authenticate: Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Answer { head: format!("HTTP/1.1 403 Forbidden\r\n{challenge}\r\nconnection: close"), body: String::new() }
    });
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
    assert!(code == 4 && err.contains("after 3 authorizations"), "{code} {err}");
    assert_eq!(stage.count("POST", "/token"), 3, "{err}");
}

#[test]
fn a_token_that_was_given_is_neither_refreshed_nor_replaced() {
    let stage = moody(|_| true);
    let token = stage.book()["logins"][0]["tokens"]["access"].as_str().unwrap().to_owned();
    let url = stage.url();
    let output = stage
        .command(&["call", "search", "query=pkce", "--server", &url, "--login", "--browser", "follow"])
        .env("MCP_AUTH_TOKEN", token)
        .output()
        .unwrap();
    let (code, _, err) = stage.judge(&output);
    assert!(code != 0 && err.contains("it is tired"), "{code} {err}");
    assert_eq!((stage.count("POST", "/token"), stage.count("GET", "/authorize")), (1, 1), "those of the login before");
}

#[test]
fn endpoints_on_other_origins_are_told_before_they_are_used() {
    let stage = Stage::tampered(metadata(|body| {
        body["registration_endpoint"] = json!("http://127.0.0.1:9/register?a-secret=1");
    }));
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "-v"]);
    assert!(code != 0 && err.contains("registration_endpoint is at http://127.0.0.1:9"), "{code} {err}");
    assert!(!err.contains("authorization_endpoint is at") && !err.contains("token_endpoint is at"), "{err}");
    let error = err.split_once("error: ").unwrap().1;
    assert!(error.contains("http://127.0.0.1:9/register") && !error.contains("a-secret"), "{error}");
    let calm = Stage::new();
    let (code, _, err) = calm.run(&["login", &calm.url(), "--browser", "follow", "-v"]);
    assert!(code == 0 && !err.contains("_endpoint is at"), "{err}");
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_server_where_it_has_some() {
    for (body, words) in [
        (
            json!({"error": "invalid_grant", "error_description": "the moon is full"}),
            "says `invalid_grant` (the moon is full)",
        ),
        (json!({"error": "invalid_grant"}), "says `invalid_grant`\n"),
    ] {
        let stage = Stage::tampered(move |url, answer| {
            let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close".to_owned();
            if url.ends_with("/token") { Answer { head, body: body.to_string() } } else { answer }
        });
        let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
        assert!(code == 4 && err.contains(words), "{code} {err}");
    }
}
