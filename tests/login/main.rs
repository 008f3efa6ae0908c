//! The binary logs in to the reference deployment, keeps, checks and uses tokens: streams, exit codes, files, processes.
//! Every run goes through a proxy that keeps its messages, and every output of every run is searched for every token, code,
//! verifier, secret, assertion and proof that was in them or is in the store.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod clients;
mod ends;
mod grants;
mod input;
mod keeping;
#[path = "../ports/mod.rs"]
mod ports;
mod proofs;
mod proxy;
mod refusals;
mod routing;
mod session;
mod stage;
mod trials;
mod wires;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

use serde_json::Value;

use stage::Stage;

#[test]
fn a_login_is_kept_checked_used_refreshed_and_ended() {
    let stage = Stage::new();
    stage.log_in();
    assert_eq!(fs::metadata(stage.file()).unwrap().permissions().mode() & 0o777, 0o600);
    // What the outputs are searched for: code, verifier, both tokens, the secret of the registration among them.
    assert!(stage.known_secrets() >= 5, "{}", stage.known_secrets());
    // From here on the only stored login is the target.
    let (code, out, err) = stage.run(&["tools", "-v"]);
    assert!(code == 0 && out.contains("search"), "{out}{err}");
    let (code, out, err) = stage.run(&["call", "search", "query=pkce", "limit=1", "-v", "--json"]);
    assert!(code == 0 && out.contains("pkce"), "{out}{err}");
    let (code, out, err) = stage.run(&["token", "check"]);
    assert!(code == 0 && out.contains("should accept this token"), "{out}{err}");
    let (code, out, _) = stage.run(&["token", "list"]);
    assert!(code == 0 && out.contains("ends in"), "{out}");
    let before = stage.secrets();
    let (code, _, err) = stage.run(&["token", "refresh", "-v"]);
    assert_eq!(code, 0, "{err}");
    let after = stage.secrets();
    assert!(before.iter().all(|secret| !after[..2].contains(secret)), "both tokens are new");
    let (code, _, err) = stage.run(&["logout", "-v"]);
    assert!(code == 0 && err.contains("refresh token revoked"), "{err}");
    assert_eq!(stage.book()["logins"].as_array().unwrap().len(), 0);
    let (code, _, err) = stage.run(&["tools"]);
    assert!(code == 2 && err.contains("which server"), "{err}");
}

#[test]
fn the_token_itself_is_given_only_where_it_is_asked_for() {
    let stage = Stage::new();
    stage.log_in();
    let token = stage.book()["logins"][0]["tokens"]["access"].as_str().unwrap().to_owned();
    let bare = stage.command(&["token", "show", "--bare"]).output().unwrap();
    assert_eq!(String::from_utf8(bare.stdout).unwrap().trim(), token);
    let (code, out, _) = stage.run(&["token", "show"]);
    assert!(code == 0 && out.contains("iss") && out.contains("who issued it"), "{out}");
    // A token that is given is used as it is and kept nowhere.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut call = stage.command(&["call", "search", "query=x", "--server", &stage.url()]);
    call.env("MCP_AUTH_TOKEN", &token).env("MCP_AUTH_STATE_DIR", elsewhere.path().join("state"));
    let (code, _, err) = stage.judge(&call.output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(!elsewhere.path().join("state").exists(), "nothing is written for a given token");
    let mut call = stage.command(&["call", "search", "query=x", "--server", &stage.url()]);
    let (code, _, err) = stage.judge(&call.env("MCP_AUTH_TOKEN", "not-a-token-at-all").output().unwrap());
    assert!(code == 4 && err.contains("refuses a token that is given") && !err.contains("not-a-token"), "{err}");
}

#[test]
fn more_scope_is_asked_for_when_a_tool_needs_it() {
    let stage = Stage::new();
    stage.log_in();
    let save = ["call", "save", "title=t", "text=x"];
    let (code, _, err) = stage.run(&[&save[..], &["--no-login"]].concat());
    assert!(code == 4 && err.contains("search:write") && err.contains("mcp-auth login http"), "{err}");
    let (code, _, err) = stage.run(&[&save[..], &["--login", "--browser", "follow"]].concat());
    assert_eq!(code, 0, "{err}");
    let scope = stage.book()["logins"][0]["requested_scope"].to_string();
    assert!(scope.contains("search:read") && scope.contains("search:write"), "the union: {scope}");
}

/// OpenID Connect Core §11: without a consent page there is no refresh token, and for anything else there need be none.
#[test]
fn consent_is_asked_for_where_a_refresh_token_is() {
    for (options, wants) in [(&[][..], true), (&["--scope", "search:read"][..], false)] {
        let stage = Stage::new();
        let url = stage.url();
        let (code, _, err) = stage.run(&[&["login", &url, "--browser", "follow"], options].concat());
        assert_eq!(code, 0, "{err}");
        let asked = stage.messages().into_iter().find(|message| message.url.contains("/authorize?")).unwrap();
        assert!(asked.request().contains("accept: text/html"), "{}", asked.request());
        assert_eq!(asked.url.contains("prompt=consent"), wants, "{}", asked.url);
    }
}

#[test]
fn a_second_login_comes_back_to_the_port_that_was_registered() {
    let stage = Stage::new();
    let [port] = ports::free_ports();
    for options in [&[][..], &[][..], &["--listen", &port][..]] {
        let url = stage.url();
        let (code, _, err) = stage.run(&[&["login", &url, "--browser", "follow"], options].concat());
        assert_eq!(code, 0, "{err}");
    }
    let redirect = |message: &proxy::Message| {
        let url = url::Url::parse(&message.url).ok().filter(|url| url.path().ends_with("/authorize"))?;
        url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned())
    };
    let redirects: Vec<String> = stage.messages().iter().filter_map(redirect).collect();
    assert_eq!(redirects.len(), 3);
    assert_eq!(redirects[0], redirects[1]);
    assert!(redirects[2].contains(&format!(":{port}/")), "{redirects:?}");
    // Not every server lets the port vary (RFC 8252 §7.3).
    assert_eq!(stage.count("POST", "/register"), 2);
}

#[test]
fn without_a_login_a_call_says_which_command_helps() {
    let stage = Stage::new();
    let (code, out, err) = stage.run(&["call", "search", "query=x", "--server", &stage.url()]);
    assert!(code == 4 && out.is_empty() && err.contains(&format!("mcp-auth login {}", stage.url())), "{err}");
}

#[test]
fn fifty_processes_with_one_expired_token_refresh_it_once() {
    let stage = Stage::new();
    stage.log_in();
    let generation = stage.book()["generation"].as_u64().unwrap();
    stage.expire();
    let start = |_| {
        let mut command = stage.command(&["call", "search", "query=x", "--no-login"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = (0..50).map(start).collect();
    for child in children {
        let (code, _, err) = stage.judge(&child.wait_with_output().unwrap());
        assert_eq!(code, 0, "{err}");
    }
    let refreshes = stage.messages().iter().filter(|m| m.body.contains("grant_type=refresh_token")).count();
    assert_eq!(refreshes, 1, "on the wire");
    // The journal and the new tokens: one refresh.
    assert_eq!(stage.book()["generation"].as_u64().unwrap(), generation + 2);
    assert_eq!(stage.book()["logins"][0]["refresh"], "idle");
}

#[test]
fn a_refused_refresh_token_is_kept_and_a_login_is_asked_for() {
    let stage = Stage::new();
    stage.log_in();
    let mut book = stage.book();
    book["logins"][0]["tokens"]["refresh"] = "a-refresh-token-nobody-issued".into();
    book["logins"][0]["tokens"]["access"] = "an-access-token-nobody-issued".into();
    fs::write(stage.file(), book.to_string()).unwrap();
    stage.expire();
    let (code, _, err) = stage.run(&["call", "search", "query=x", "--no-login"]);
    assert!(code == 4 && err.contains("mcp-auth login"), "{err}");
    let login = &stage.book()["logins"][0];
    assert_eq!(login["tokens"]["refresh"], "a-refresh-token-nobody-issued");
    assert!(login["refresh"]["refused"]["since"].as_u64().is_some(), "{}", login["refresh"]);
    let (code, _, err) = stage.run(&["call", "search", "query=x", "--login", "--browser", "follow"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_damaged_store_is_an_error_of_its_own_and_stays() {
    let stage = Stage::new();
    fs::create_dir_all(stage.state()).unwrap();
    fs::write(stage.file(), "{\"version\": 1, \"logins\": [{\"access\": \"SECRET-IN-RUINS").unwrap();
    for arguments in [["token", "list"], ["tools", &stage.url()]] {
        let (code, _, err) = stage.run(&arguments);
        assert!(code == 6 && err.contains("cannot be read") && !err.contains("SECRET-IN-RUINS"), "{err}");
    }
    assert!(fs::read_to_string(stage.file()).unwrap().ends_with("SECRET-IN-RUINS"));
}

#[test]
fn probe_logs_in_too_and_its_record_gives_nothing_away() {
    let stage = Stage::new();
    let trail = stage.home.path().join("trail.json");
    let saved = trail.to_str().unwrap();
    let probe = ["probe", &stage.url(), "--login", "--browser", "follow", "--format", "json", "--save", saved, "-v"];
    let (code, out, err) = stage.run(&probe);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["effects"]["clients_registered"], 1);
    assert_eq!(report["effects"]["tokens_issued"], 1);
    let record = fs::read_to_string(&trail).unwrap();
    for step in ["client-register", "authorize-return", "token-code", "session-list"] {
        assert!(record.contains(&format!("\"{step}\"")), "{step} is missing");
    }
    let secrets = stage.secrets();
    assert!(!secrets.is_empty());
    assert!(secrets.iter().all(|secret| !record.contains(secret)), "a secret stands in the saved record");
    let (code, again, _) = stage.run(&["probe", "--from", saved, "--format", "json"]);
    assert_eq!(code, 0);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["root_cause"], report["root_cause"]);
    let statuses = |report: &Value| -> Vec<(String, String)> {
        let text = |result: &Value, name: &str| result[name].as_str().unwrap().to_owned();
        report["results"].as_array().unwrap().iter().map(|r| (text(r, "id"), text(r, "status"))).collect()
    };
    // A saved record holds no signature of a token, and what came of it when it was there.
    let differ: Vec<_> =
        statuses(&report).into_iter().zip(statuses(&again)).filter(|(live, saved)| live != saved).collect();
    assert_eq!(differ, []);
    assert!(statuses(&again).contains(&("token-signature".to_owned(), "pass".to_owned())));
}
