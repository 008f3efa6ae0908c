//! Servers that break one rule that a client must keep (MCP 2026-07-28 authorization; RFC 8414 §3.3, RFC 9207 §2.4, RFC 9728
//! §3.3, RFC 7636). The login stops with the place, both values and the fix, and what the record shows is that nothing was
//! given away: no token request, and where the fault lies before it no authorization request either.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde_json::Value;

use crate::proxy::{Answer, document, metadata};
use crate::stage::Stage;

const EVIL: &str = "https://attacker.example";

type Pairs = Vec<(String, String)>;

/// Changes the parameters of the redirect back to us.
fn redirect(change: fn(Pairs) -> Pairs) -> impl Fn(&str, Answer) -> Answer + Send + Sync {
    move |url, answer| {
        let location = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        let (true, Some(location)) = (url.contains("/authorize"), location) else { return answer };
        let mut new = url::Url::parse(location).unwrap();
        let pairs = new.query_pairs().into_owned().collect();
        new.query_pairs_mut().clear().extend_pairs(change(pairs));
        Answer { head: answer.head.replace(location, new.as_str()), ..answer }
    }
}

fn set(mut pairs: Pairs, name: &str, value: &str) -> Pairs {
    pairs.retain(|(known, _)| known != name);
    pairs.push((name.to_owned(), value.to_owned()));
    pairs
}

fn without(mut pairs: Pairs, name: &str) -> Pairs {
    pairs.retain(|(known, _)| known != name);
    pairs
}

fn twice(mut pairs: Pairs, name: &str) -> Pairs {
    let again = pairs.iter().find(|(known, _)| known == name).unwrap().clone();
    pairs.push(again);
    pairs
}

/// Logs in with a browser that only writes down that it was started. What was said, and the command line of the browser.
fn refuse(stage: &Stage, name: &str, words: &[&str]) -> (String, Option<String>) {
    let (browser, seen) = (stage.home.path().join("browser"), stage.home.path().join("seen"));
    fs::write(&browser, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >{}\n", seen.display())).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let way = if words.contains(&"redirect back") { "follow" } else { browser.to_str().unwrap() };
    let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", way, "--login-timeout", "3", "-v"]);
    assert_eq!(code, 5, "{name}: {err}");
    assert!(out.is_empty() && stage.is_logged_out(), "{name}: {out}");
    let error = err.split_once("error: ").unwrap().1.to_owned();
    assert!(error.contains("\n  help: ") && error.trim_end().lines().count() == 2, "{name}: {error}");
    for word in words {
        assert!(error.contains(word), "{name}: `{word}` is missing in {error}");
    }
    assert_eq!(stage.count("POST", "/token"), 0, "{name}: a token request was made");
    (error, fs::read_to_string(seen).ok())
}

#[test]
fn documents_that_lie_are_refused_before_anybody_is_asked_for_anything() {
    type Case = (&'static str, fn(&mut Value), &'static [&'static str]);
    let cases: [Case; 12] = [
        (
            "other issuer",
            |m| m["issuer"] = EVIL.into(),
            &["`issuer` is `https://attacker.example`", "expected `http://127"],
        ),
        (
            "issuer with a slash",
            |m| m["issuer"] = format!("{}/", m["issuer"].as_str().unwrap()).into(),
            &["/`, expected `http", "differs only by the slash"],
        ),
        ("no issuer", |m| drop(m.as_object_mut().unwrap().remove("issuer")), &["`issuer` is ``, expected `http"]),
        (
            "no PKCE",
            |m| drop(m.as_object_mut().unwrap().remove("code_challenge_methods_supported")),
            &["absent", "S256", "--assume-pkce"],
        ),
        ("plain PKCE only", |m| m["code_challenge_methods_supported"] = vec!["plain"].into(), &["plain", "S256"]),
        (
            "javascript authorization endpoint",
            |m| m["authorization_endpoint"] = "javascript:alert(1)//x".into(),
            &["`authorization_endpoint`", "javascript"],
        ),
        (
            "file authorization endpoint",
            |m| m["authorization_endpoint"] = "file:///etc/passwd".into(),
            &["`authorization_endpoint`", "file"],
        ),
        (
            "shell in the authorization endpoint",
            |m| m["authorization_endpoint"] = "http://127.0.0.1/$(touch pwned)".into(),
            &["`authorization_endpoint`"],
        ),
        (
            "plain http authorization endpoint",
            |m| m["authorization_endpoint"] = "http://attacker.example/authorize".into(),
            &["`authorization_endpoint` is `http://attacker.example/authorize`, expected https"],
        ),
        (
            "javascript token endpoint",
            |m| m["token_endpoint"] = "javascript:alert(1)".into(),
            &["`token_endpoint`", "javascript"],
        ),
        (
            "data registration endpoint",
            |m| m["registration_endpoint"] = "data:text/html,x".into(),
            &["`registration_endpoint`", "data"],
        ),
        (
            "polluted authorization endpoint",
            |m| {
                m["authorization_endpoint"] =
                    format!("{}?state=fixed", m["authorization_endpoint"].as_str().unwrap()).into()
            },
            &["carries `state` already"],
        ),
    ];
    for (name, change, words) in cases {
        let stage = Stage::tampered(metadata(change));
        let (_, browser) = refuse(&stage, name, words);
        assert!(browser.is_none(), "{name}: the browser was started: {browser:?}");
        assert_eq!(stage.count("GET", "/authorize"), 0, "{name}");
    }
}

#[test]
fn a_resource_that_is_not_the_server_is_refused() {
    for (name, resource) in [("elsewhere", "https://attacker.example/mcp"), ("a sibling", "http://127.0.0.1:1/mcp")] {
        let change: fn(&mut Value) = match name {
            "elsewhere" => |m| m["resource"] = "https://attacker.example/mcp".into(),
            _ => |m| m["resource"] = "http://127.0.0.1:1/mcp".into(),
        };
        let stage = Stage::tampered(document("/.well-known/oauth-protected-resource", change));
        let expected = format!("but the server is `{}`", stage.url());
        let (_, browser) = refuse(&stage, name, &["`resource` is", resource, &expected]);
        assert!(browser.is_none() && stage.count("POST", "/register") == 0, "{name}");
    }
}

#[test]
fn a_redirect_that_is_not_the_answer_is_refused_before_the_code_is_used() {
    type Change = fn(Pairs) -> Pairs;
    let cases: [(&str, Change, &[&str]); 9] = [
        ("other iss", |q| set(q, "iss", EVIL), &["`iss` is `https://attacker.example`, expected `http://127"]),
        (
            "iss with a slash",
            |q| {
                let iss = q.iter().find(|(n, _)| n == "iss").unwrap().1.clone();
                set(q, "iss", &format!("{iss}/"))
            },
            &["`iss` is `http://127", "/`, expected `http://127"],
        ),
        ("no iss", |q| without(q, "iss"), &["`iss` is absent, though the metadata promises it; expected `http://127"]),
        ("iss twice", |q| twice(q, "iss"), &["`iss` stands there twice"]),
        ("other state", |q| set(q, "state", "forged"), &["`state` is not the one that was sent"]),
        ("no state", |q| without(q, "state"), &["`state` is not the one that was sent"]),
        ("state twice", |q| twice(q, "state"), &["`state` stands there twice"]),
        ("code twice", |q| twice(q, "code"), &["`code` stands there twice"]),
        ("no code", |q| without(q, "code"), &["neither `code` nor `error`"]),
    ];
    for (name, change, words) in cases {
        let stage = Stage::tampered(redirect(change));
        let (error, _) = refuse(&stage, name, &[&["redirect back"], words].concat());
        assert_eq!(stage.count("GET", "/authorize"), 1, "{name}: {error}");
    }
}

#[test]
fn an_error_under_another_issuer_is_not_repeated_to_the_user() {
    let stage = Stage::tampered(redirect(|q| {
        let q = set(set(without(q, "code"), "iss", EVIL), "error", "evil_error");
        set(q, "error_description", "evil_text")
    }));
    let (error, _) = refuse(&stage, "error of a stranger", &["redirect back", "`iss` is `https://attacker.example`"]);
    assert!(!error.contains("evil_"), "{error}");
}

/// RFC 6749 §7.1: a token of a type that a client does not know must not be used. What names no type is a bearer token.
#[test]
fn a_token_of_an_unknown_type_is_not_used() {
    type Case = (&'static str, fn(&mut Value), bool);
    let cases: [Case; 4] = [
        ("mac", |m| m["token_type"] = "mac".into(), false),
        ("N_A", |m| m["token_type"] = "N_A".into(), false),
        ("bearer", |m| m["token_type"] = "bearer".into(), true),
        ("", |m| drop(m.as_object_mut().unwrap().remove("token_type")), true),
    ];
    for (kind, change, is_used) in cases {
        let stage = Stage::tampered(document("/token", change));
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
        if is_used {
            assert!(code == 0 && !stage.is_logged_out(), "{kind}: {code} {err}");
            continue;
        }
        assert!(code == 5 && out.is_empty() && stage.is_logged_out(), "{kind}: {code} {out} {err}");
        assert!(err.contains(&format!("gave a token of the type `{kind}`")) && err.contains("\n  help: "), "{err}");
    }
}

/// RFC 6749 §5.1: a token comes with 200, and with nothing that says the opposite.
#[test]
fn a_token_in_the_answer_that_refuses_it_is_none() {
    for status in ["400 Bad Request", "401 Unauthorized", "500 Internal Server Error"] {
        let stage = Stage::tampered(move |url, answer| {
            let head =
                if url.ends_with("/token") { answer.head.replace("200 OK", status) } else { answer.head.clone() };
            Answer { head, ..answer }
        });
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
        assert!(code == 5 && out.is_empty() && stage.is_logged_out(), "{status}: {code} {out} {err}");
        assert!(err.contains(&format!("status {}", status.split(' ').next().unwrap())), "{status}: {err}");
    }
}

/// What is cut off is no document, though all that matters stood before the cut: others read on, or not at all.
#[test]
fn documents_that_are_larger_than_the_limit_are_not_read_in_part() {
    let of_resource = ("resource", ["/.well-known/oauth-protected-resource"; 2]);
    let of_server = ("server", ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]);
    for (name, parts) in [of_resource, of_server] {
        let stage = Stage::tampered(move |url, answer| {
            let is_meant = parts.iter().any(|part| url.contains(part));
            let padding = if is_meant { " ".repeat(1024 * 1024) } else { String::new() };
            Answer { body: answer.body + &padding, ..answer }
        });
        refuse(&stage, name, &["/.well-known/", "the document has more than 1048576 bytes"]);
        assert_eq!(stage.count("POST", "/register"), 0, "{name}");
    }
}

/// Where a document sends us to another origin, nobody goes; where the token endpoint sends us anywhere, nobody does.
#[test]
fn redirects_to_other_origins_and_of_token_requests_are_not_followed() {
    for (part, words) in [
        ("/.well-known/oauth-protected-resource", ["as resource metadata", "302"]),
        ("/.well-known/oauth-authorization-server", ["has no metadata at", "(status 302)"]),
    ] {
        let other = Stage::new();
        let elsewhere = format!("{}/elsewhere", other.url());
        let stage = Stage::tampered(move |url, answer| {
            let openid = part.contains("authorization-server") && url.contains("openid-configuration");
            if url.contains(part) || openid { Answer::redirect(302, &elsewhere) } else { answer }
        });
        refuse(&stage, part, &words);
        assert_eq!(stage.count("GET", "/elsewhere"), 0, "{part}");
        assert_eq!(stage.count("POST", "/register"), 0, "{part}");
    }
    for (place, status) in [("/token", 307), ("/token", 308), ("/token", 302), ("/register", 307)] {
        let stage = Stage::tampered(move |url, answer| {
            if url.ends_with(place) { Answer::redirect(status, "http://127.0.0.1:9/stolen") } else { answer }
        });
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "-v"]);
        assert!(code != 0 && out.is_empty() && err.contains("\n  help: "), "{place} {status}: {code} {err}");
        assert!(err.contains(&status.to_string()), "{place} {status}: {err}");
        assert_eq!(stage.count("POST", "/stolen") + stage.count("GET", "/stolen"), 0, "{place} {status}");
        assert_eq!(stage.count("POST", place), 1, "{place} {status}");
        assert!(stage.is_logged_out());
    }
}

/// The MCP endpoint answers a request that carries the token with a redirect to another origin: the token stays.
#[test]
fn a_token_does_not_follow_the_mcp_server_to_another_origin() {
    let stage = Stage::tampered(|url, answer| {
        let refused = answer.head.contains(" 401 ");
        if url.ends_with("/mcp") && !url.contains("/.well-known/") && !refused {
            Answer::redirect(307, "http://127.0.0.1:9/stolen")
        } else {
            answer
        }
    });
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "-v"]);
    assert!(code == 5 && err.contains("another origin: the token stays here"), "{code} {err}");
    assert_eq!(stage.count("POST", "/stolen"), 0);
}

/// What one authorization server gave is never shown to another: the server names a new one in the middle of a run.
#[test]
fn a_new_authorization_server_gets_nothing_of_the_old_one() {
    let other = Stage::new();
    let moved = Arc::new(AtomicBool::new(false));
    let (new, switch) = (other.issuer(), Arc::clone(&moved));
    let stage = Stage::tampered(move |url, answer| {
        if switch.load(Relaxed) && url.contains("/.well-known/oauth-protected-resource") {
            let mut value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            value["authorization_servers"] = vec![new.clone()].into();
            return Answer { body: value.to_string(), ..answer };
        }
        if switch.load(Relaxed) && url.ends_with("/mcp") && !url.contains("/.well-known/") {
            return Answer {
                head: "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer".to_owned(),
                body: String::new(),
            };
        }
        answer
    });
    stage.log_in();
    let login = stage.book()["logins"][0].clone();
    let old = login["tokens"]["refresh"].as_str().unwrap().to_owned();
    moved.store(true, Relaxed);
    let (code, _, err) = stage.run(&["call", "search", "query=x", "--login", "--browser", "follow"]);
    assert!(code == 4 && err.contains("now names the authorization server"), "{code} {err}");
    let issuer = other.issuer();
    let there: Vec<_> = stage.messages().into_iter().filter(|m| m.url.starts_with(&issuer)).collect();
    assert!(there.iter().any(|m| m.url.ends_with("/register")), "a new client was registered there");
    let client = login["client"]["id"].as_str().unwrap();
    let access = login["tokens"]["access"].as_str().unwrap();
    for message in &there {
        let text = message.request();
        assert!([&old, client, access].iter().all(|secret| !text.contains(*secret)), "{text}");
    }
    // That server knows nothing of this resource; the old login is still there.
    let kept = &stage.book()["logins"][0];
    assert!(kept["issuer"] == login["issuer"] && kept["tokens"]["refresh"].is_string(), "{kept}");
}

/// The issuer stays, its token endpoint moves to another origin: what is stored goes where it came from and nowhere else.
#[test]
fn a_poisoned_token_endpoint_gets_no_refresh_token_and_no_secret() {
    let poisoned = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&poisoned);
    let stage = Stage::tampered(move |url, answer| {
        let poison = document("/.well-known/oauth-authorization-server", |m| {
            m["token_endpoint"] = "https://attacker.example/token".into();
        });
        if switch.load(Relaxed) { poison(url, answer) } else { answer }
    });
    stage.log_in();
    poisoned.store(true, Relaxed);
    stage.expire();
    let (code, _, err) = stage.run(&["call", "search", "query=x", "--no-login"]);
    assert_eq!(code, 0, "{err}");
    assert!(stage.messages().iter().all(|message| !message.url.contains("attacker")));
    // A client that was registered by hand belongs to an issuer that the user names.
    let mut login = stage.command(&["login", &stage.url(), "--browser", "follow", "--client-id", "mine"]);
    login.args(["--client-issuer", "https://as.example"]).env("MCP_AUTH_CLIENT_SECRET", "the-secret-of-mine");
    let (code, _, err) = stage.judge(&login.output().unwrap());
    assert!(code == 5 && err.contains("`https://as.example`") && err.contains("nothing was sent"), "{code} {err}");
    assert!(stage.messages().iter().all(|message| !message.request().contains("the-secret-of-mine")));
}
