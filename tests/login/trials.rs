//! How a probe that may create things goes on where a server lets it create less, and that no session of it stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use mcp_auth::serve::{Config, Registration};
use mcp_auth::spec::posture::Posture;
use serde_json::{Value, json};

use crate::proxy::{document, metadata};
use crate::stage::Stage;

/// Probes as far as a probe goes. The names of the trials that were made, and how often.
fn trials(stage: &Stage, more: &[&str]) -> BTreeMap<String, usize> {
    let saved = stage.home.path().join("trail.json");
    let intrusive = ["--intrusive", "--i-am-authorized", "--yes", "--save", saved.to_str().unwrap()];
    let url = stage.url();
    let arguments = [&["probe", &url, "--login", "--browser", "follow"], &intrusive[..], more].concat();
    let output = stage.command(&arguments).env("MCP_AUTH_CLIENT_SECRET", "the secret of ours").output().unwrap();
    let (code, out, err) = stage.judge(&output);
    assert!(code <= 1, "{out}{err}");
    let trail: Value = serde_json::from_str(&fs::read_to_string(saved).unwrap()).unwrap();
    let mut made = BTreeMap::new();
    for name in trail["exchanges"].as_array().unwrap().iter().filter_map(|exchange| exchange["about"].as_str()) {
        *made.entry(name.to_owned()).or_default() += 1;
    }
    made
}

fn has(made: &BTreeMap<String, usize>, names: &[&str]) -> Vec<bool> {
    names.iter().map(|name| made.contains_key(*name)).collect()
}

#[test]
fn a_client_that_may_not_act_for_itself_does_not() {
    let stage = Stage::tampered(document("/register", |body| {
        if body["grant_types"].to_string().contains("client_credentials") {
            body["grant_types"] = json!(["authorization_code"]);
        }
    }));
    let made = trials(&stage, &[]);
    assert_eq!(has(&made, &["cc-client", "cc-key-client"]), [true, true], "{made:?}");
    assert_eq!(has(&made, &["cc-secret", "cc-assertion", "cc-assertion-again"]), [false; 3], "{made:?}");
}

#[test]
fn a_client_that_got_no_secret_shows_none() {
    let stage = Stage::tampered(document("/register", |body| {
        body.as_object_mut().unwrap().remove("client_secret");
    }));
    let made = trials(&stage, &[]);
    assert_eq!(has(&made, &["secret-client", "cc-client"]), [true, true], "{made:?}");
    assert_eq!(has(&made, &["secret-basic", "secret-post", "no-secret", "cc-secret"]), [false; 4], "{made:?}");
    // A key needs no secret.
    assert_eq!(made.get("cc-assertion-again"), Some(&1), "{made:?}");
}

#[test]
fn a_secret_is_shown_in_the_ways_that_are_listed() {
    let ways = |change: fn(&mut Value)| {
        has(&trials(&Stage::tampered(metadata(change)), &[]), &["secret-basic", "secret-post"])
    };
    let post = |body: &mut Value| body["token_endpoint_auth_methods_supported"] = json!(["none", "client_secret_post"]);
    assert_eq!(ways(post), [false, true]);
    // RFC 8414 §2: what is left out is `client_secret_basic`.
    let unsaid = |body: &mut Value| _ = body.as_object_mut().unwrap().remove("token_endpoint_auth_methods_supported");
    assert_eq!(ways(unsaid), [true, false]);
}

#[test]
fn a_client_of_the_user_is_used_where_it_serves() {
    let mut config = Config::default();
    config.clients.push(Registration::new("ours", &["http://127.0.0.1/callback"], Some("the secret of ours")));
    let stage = Stage::of(config, None);
    let made = trials(&stage, &["--client-id", "ours"]);
    assert_eq!(has(&made, &["secret-basic", "secret-post", "no-secret", "cc-secret", "other-client"]), [true; 5]);
    assert_eq!(made.get("secret-client"), Some(&1), "for the way that ours does not use");
    assert_eq!(has(&made, &["cc-client"]), [false], "ours has a secret");
    let others: BTreeSet<String> = stage
        .messages()
        .iter()
        .filter(|message| message.body.contains("grant_type=authorization_code"))
        .filter_map(|message| {
            let mut pairs = url::form_urlencoded::parse(message.body.as_bytes());
            Some(pairs.find(|(name, _)| name == "client_id")?.1.into_owned())
        })
        .collect();
    assert!(others.iter().any(|id| id.starts_with("dcr-")), "another client tries the code of ours: {others:?}");
}

#[test]
fn no_session_stays_behind() {
    let stage = Stage::of(Config { posture: Posture::LegacyWire, ..Config::default() }, None);
    trials(&stage, &["--step-up-tool", r#"save={"title":"mcp-auth","text":"mcp-auth"}"#]);
    let messages = stage.messages();
    let opened: BTreeSet<String> = messages.iter().filter_map(|message| message.session()).collect();
    let ended = messages
        .iter()
        .filter(|message| message.method == "DELETE")
        .map(|message| message.request())
        .collect::<String>();
    assert!(opened.len() > 3, "{}", opened.len());
    let stays: Vec<&String> = opened.iter().filter(|id| !ended.contains(*id)).collect();
    assert!(stays.is_empty(), "{stays:?} of {}", opened.len());
}

#[test]
fn what_may_not_create_anything_creates_nothing_but_its_login() {
    for (options, created) in [(&[][..], 0), (&["--login", "--browser", "follow"][..], 1)] {
        let stage = Stage::new();
        let url = stage.url();
        let (code, out, err) = stage.run(&[&["probe", &url, "--active"], options].concat());
        assert!(code <= 1, "{out}{err}");
        let messages = stage.messages();
        assert!(messages.iter().any(|message| message.url.contains("/authorize?")), "trials were made");
        let answers = |end: &str, member: &str| {
            let of = messages.iter().filter(|message| message.method == "POST" && message.url.ends_with(end));
            of.filter(|message| message.answered().contains(member)).count()
        };
        let seen = (answers("/register", "\"client_id\""), answers("/token", "\"access_token\""));
        assert_eq!(seen, (created, created), "{options:?}");
    }
}
