//! Where credentials go, and where they do not come from again: servers that send back what they were sent, registrations that
//! answer nonsense, scopes that are none, a person who says no or never comes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::ends::{end, page, parameter, visit, waiting};
use crate::proxy::{Answer, REQUEST};
use crate::stage::Stage;

#[test]
fn each_credential_goes_to_its_place_and_never_into_a_url() {
    // What the resource says about other ways to send a token changes nothing (RFC 9728 §2, RFC 6750 §2.3).
    let stage = Stage::with(&["prm-bearer-query"]);
    stage.log_in();
    let login = stage.book()["logins"][0].clone();
    let secret = |place: &str| login.pointer(place).unwrap().as_str().unwrap().to_owned();
    let (access, refresh) = (secret("/tokens/access"), secret("/tokens/refresh"));
    for arguments in [&["tools"][..], &["call", "search", "query=x"], &["token", "refresh"], &["logout"]] {
        let (code, _, err) = stage.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
    }
    let mut sent = 0;
    for message in stage.messages() {
        assert!(!message.url.contains(&access) && !message.url.contains(&refresh), "{}", message.url);
        let request = message.request();
        if request.contains(&access) {
            assert_eq!(message.url, stage.url());
            assert!(request.contains(&format!("authorization: Bearer {access}")), "{request}");
            sent += 1;
        }
        if request.contains(&refresh) {
            assert_eq!(message.url, login["token_endpoint"].as_str().unwrap());
            assert!(message.body.contains(&refresh) && message.method == "POST", "{request}");
        }
        if message.body.contains("code_verifier=") {
            assert_eq!(message.url, login["token_endpoint"].as_str().unwrap());
        }
    }
    assert!(sent >= 4, "{sent}");
}

/// Servers repeat what they were sent: in an error, in a description, where a string ought to be, in a result.
#[test]
fn what_a_server_sends_back_of_our_secrets_is_not_repeated() {
    let refused = |body: &str| Answer {
        head: "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json".to_owned(),
        body: body.to_owned(),
    };
    for body in [
        json!({ "error": "invalid_request", "error_description": format!("bad: {REQUEST}") }).to_string(),
        json!({ "error": REQUEST }).to_string(),
        json!({ "access_token": [REQUEST], "token_type": "Bearer" }).to_string(),
        format!("<html>{REQUEST}</html>"),
    ] {
        let answer = refused(&body);
        let ok = Answer { head: answer.head.replace("400 Bad Request", "200 OK"), ..answer.clone() };
        for answer in [answer, ok] {
            let stage = Stage::tampered(move |url, real| if url.ends_with("/token") { answer.clone() } else { real });
            let (code, out, _) = stage.run(&["login", &stage.url(), "--browser", "follow", "-vv"]);
            assert!(code != 0 && out.is_empty(), "{body}: {code}");
            assert!(stage.messages().iter().any(|message| message.body.contains("code_verifier=")), "{body}");
        }
    }
    let stage = Stage::tampered(|url, answer| {
        let is_result = url.ends_with("/mcp") && answer.body.contains("\"content\"");
        if !is_result {
            return answer;
        }
        Answer { body: answer.body.replacen("\"text\":\"", &format!("\"text\":\"{REQUEST} "), 1), ..answer }
    });
    stage.log_in();
    for shape in [&["--json"][..], &[]] {
        let (code, out, err) = stage.run(&[&["call", "search", "query=x", "-vv"], shape].concat());
        assert!(code == 0 && out.contains("[secret]"), "{code} {out} {err}");
    }
}

#[test]
fn a_registration_that_is_none_ends_the_login() {
    let huge = "x".repeat(5_000_000);
    let cases = [
        ("no id", json!({ "client_secret": "secret-of-nobody" }), "there is no `client_id`"),
        ("an id that is no text", json!({ "client_id": 7 }), "there is no `client_id`"),
        ("an id with a line break", json!({ "client_id": "a\r\nx-injected: 1" }), "visible ASCII"),
        ("an endless id", json!({ "client_id": huge }), ""),
        ("a long id", json!({ "client_id": "x".repeat(3000) }), "visible ASCII"),
    ];
    for (name, body, words) in cases {
        let stage = Stage::tampered(move |url, answer| {
            if url.ends_with("/register") { Answer { body: body.to_string(), ..answer } } else { answer }
        });
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
        assert!(code != 0 && out.is_empty() && err.contains(words) && err.len() < 4000, "{name}: {code} {err}");
        assert_eq!(stage.count("GET", "/authorize"), 0, "{name}");
    }
    // What is odd but possible is used as it is, encoded.
    let stage = Stage::tampered(|url, answer| {
        let mut value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if !url.ends_with("/register") || !value.is_object() {
            return answer;
        }
        value["client_id"] = "a&redirect_uri=https://attacker.example".into();
        Answer { body: value.to_string(), ..answer }
    });
    stage.run(&["login", &stage.url(), "--browser", "follow"]);
    let asked = stage.messages().into_iter().find(|message| message.url.contains("/authorize?")).unwrap();
    assert!(parameter(&asked.url, "redirect_uri").starts_with("http://127.0.0.1:"), "{}", asked.url);
}

#[test]
fn a_scope_that_is_none_is_not_asked_for() {
    for (name, scope) in [
        ("a quote", json!(["search:read", "a\"b"])),
        ("a line break", json!(["a\r\nb"])),
        ("too many", json!(vec!["scope:of:many"; 50_000])),
    ] {
        let stage = Stage::tampered(move |url, answer| {
            if url.ends_with("/mcp") && !url.contains("/.well-known/") {
                let scopeless =
                    answer.head.lines().map(|line| line.split(", scope=").next().unwrap()).collect::<Vec<_>>();
                return Answer { head: scopeless.join("\r\n"), ..answer };
            }
            let mut value: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            if url.contains("/.well-known/oauth-protected-resource") && value.is_object() {
                value["scopes_supported"] = scope.clone();
                return Answer { body: value.to_string(), ..answer };
            }
            answer
        });
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow"]);
        assert!(code == 5 && out.is_empty() && err.contains("help:") && err.len() < 4000, "{name}: {code} {err}");
        assert_eq!(stage.count("GET", "/authorize") + stage.count("POST", "/token"), 0, "{name}");
    }
}

#[test]
fn a_no_of_the_person_is_told_once_and_not_in_the_words_of_the_page() {
    let stage = Stage::new();
    let (child, err, url) = waiting(&stage, &[]);
    let back = parameter(&url, "redirect_uri");
    let (state, issuer) = (parameter(&url, "state"), stage.issuer());
    let mut answer = url::Url::parse(&back).unwrap();
    answer.query_pairs_mut().extend_pairs([
        ("error", "access_denied"),
        ("error_description", "<script>alert(1)</script>\u{1b}[2J"),
        ("state", &state),
        ("iss", &issuer),
    ]);
    let shown = page(answer.as_str());
    assert!(
        shown.contains("The login failed") && !shown.contains("script>") && shown.contains("default-src 'none'"),
        "{shown}"
    );
    let (code, text) = end(&stage, child, err);
    assert!(code == 4 && text.contains("`access_denied`") && !text.contains('\u{1b}'), "{code} {text}");
    assert_eq!(stage.count("POST", "/token"), 0);
}

#[test]
fn nobody_is_waited_for_longer_than_was_said() {
    let stage = Stage::new();
    let (code, out, err) = stage.run(&["login", &stage.url(), "--no-browser", "--login-timeout", "0.5"]);
    assert!(
        code == 3 && out.is_empty() && err.contains("nobody came back") && err.contains("--login-timeout"),
        "{err}"
    );
    assert!(err.contains("ssh -L"), "{err}");
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "/nowhere/browser"]);
    assert!(code == 2 && err.contains("the browser: it cannot be started"), "{code} {err}");
}

/// Whatever the mode for new files, and however the memory of the process would be written down.
#[test]
fn files_are_ours_alone_and_no_core_is_dumped() {
    let stage = Stage::new();
    let login = stage.command(&["login", &stage.url(), "--browser", "follow"]);
    let mut loose = Command::new("sh");
    loose.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(login.get_program()).args(login.get_args());
    loose.env_clear().envs(login.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    let (code, _, err) = stage.judge(&loose.output().unwrap());
    assert_eq!(code, 0, "{err}");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&stage.state()), mode(&stage.file())), (0o700, 0o600));
    // A store that somebody opened to others is closed again, aloud.
    fs::set_permissions(stage.file(), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, err) = stage.run(&["token", "refresh"]);
    assert!(code == 0 && err.contains("was open to other users"), "{err}");
    assert_eq!(mode(&stage.file()), 0o600);
    #[cfg(target_os = "linux")]
    {
        let (child, err, url) = waiting(&stage, &[]);
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
        visit(&url, true);
        end(&stage, child, err);
    }
}
