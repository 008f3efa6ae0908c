//! Which version a client speaks: what the server offers, what the user wants, and what becomes of it where they do not meet.

use serde_json::{Value, json};

use mcp_auth::serve::Config;
use mcp_auth::spec::posture::Posture;

use crate::proxy::{Answer, is_endpoint};
use crate::stage::Stage;

fn stage(posture: Posture, tamper: impl Fn(&str, Answer) -> Answer + Send + Sync + 'static) -> Stage {
    let stage = Stage::of(Config { posture, ..Config::default() }, Some(Box::new(tamper)));
    let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--no-try"]);
    assert_eq!(code, 0, "{err}");
    stage
}

/// The methods and versions of the messages of a call, and how it ended.
fn call(stage: &Stage, options: &[&str]) -> (i32, String, Vec<(String, String)>) {
    let before = stage.messages().len();
    let (code, _, err) = stage.run(&[&["call", "search", "query=pkce", "--no-login"], options].concat());
    let sent = stage.messages().into_iter().skip(before).filter(|message| message.method == "POST");
    let spoken = sent.filter_map(|message| {
        let body: Value = serde_json::from_str(&message.body).ok()?;
        let said = body.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion");
        let version = said.or(body.pointer("/params/protocolVersion")).and_then(Value::as_str).unwrap_or_default();
        Some((body["method"].as_str()?.to_owned(), version.to_owned()))
    });
    (code, err, spoken.collect())
}

fn named(spoken: &[(String, String)]) -> Vec<&str> {
    spoken.iter().map(|(method, _)| method.as_str()).collect()
}

#[test]
fn a_version_that_is_wanted_is_spoken_or_nothing_is() {
    let both = stage(Posture::Reference, |_, answer| answer);
    let (code, err, spoken) = call(&both, &["--revision", "2025-06-18"]);
    assert_eq!((code, spoken[0].clone()), (0, ("initialize".to_owned(), "2025-06-18".to_owned())), "{err}");
    let (code, err, spoken) = call(&both, &["--revision", "2026-07-28"]);
    assert_eq!((code, named(&spoken)), (0, vec!["server/discover", "tools/list", "tools/call"]), "{err}");
    let (code, err, spoken) = call(&both, &[]);
    assert_eq!((code, named(&spoken)), (0, vec!["server/discover", "tools/list", "tools/call"]), "{err}");

    let old = stage(Posture::LegacyWire, |_, answer| answer);
    let (code, err, spoken) = call(&old, &["--revision", "2026-07-28"]);
    assert!(code != 0 && err.contains("it does not answer `server/discover` of 2026-07-28"), "{err}");
    assert_eq!(named(&spoken), ["server/discover"]);
    let (code, err, spoken) = call(&old, &[]);
    assert_eq!((code, spoken[1].clone()), (0, ("initialize".to_owned(), "2025-11-25".to_owned())), "{err}");
}

/// Changes the answer to `server/discover`.
fn offering(change: fn(&mut Value)) -> impl Fn(&str, Answer) -> Answer + Send + Sync {
    move |url, answer| {
        if !is_endpoint(url) || !answer.body.contains("supportedVersions") {
            return answer;
        }
        let mut body: Value = serde_json::from_str(&answer.body).unwrap();
        change(&mut body);
        Answer { body: body.to_string(), ..answer }
    }
}

#[test]
fn of_what_is_offered_the_newest_that_we_know_is_spoken() {
    let stateless = |versions: &'static str| {
        let stage = stage(
            Posture::Reference,
            offering(match versions {
                "old" => |body| body["result"]["supportedVersions"] = json!(["2025-06-18", "2025-03-26"]),
                "new" => |body| body["result"]["supportedVersions"] = json!(["2099-01-01"]),
                "both" => {
                    |body| body["result"]["supportedVersions"] = json!(["2099-01-01", "2026-07-28", "2025-06-18"])
                }
                _ => |body| body["result"]["supportedVersions"] = json!([]),
            }),
        );
        call(&stage, &[])
    };
    let (code, err, spoken) = stateless("old");
    assert_eq!((code, spoken[1].clone()), (0, ("initialize".to_owned(), "2025-06-18".to_owned())), "{err}");
    let (code, err, spoken) = stateless("new");
    assert!(code != 0 && err.contains("it offers 2099-01-01") && spoken.len() == 1, "{err}");
    for versions in ["both", "none"] {
        let (code, err, spoken) = stateless(versions);
        assert_eq!((code, named(&spoken)), (0, vec!["server/discover", "tools/list", "tools/call"]), "{err}");
    }
    // Who wants one version gets no other.
    let stage = stage(Posture::Reference, offering(|body| body["result"]["supportedVersions"] = json!(["2025-06-18"])));
    let (code, err, spoken) = call(&stage, &["--revision", "2026-07-28"]);
    assert_eq!((code, named(&spoken)), (0, vec!["server/discover", "tools/list", "tools/call"]), "{err}");
}

#[test]
fn a_version_that_is_refused_gives_way_to_one_that_is_named() {
    let refusing = |supported: fn() -> Value| {
        let stage = stage(Posture::Reference, move |url, answer| {
            if !is_endpoint(url) || !answer.body.contains("supportedVersions") {
                return answer;
            }
            let asked: Value = serde_json::from_str(&answer.body).unwrap();
            let body = json!({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32022, "message": "no", "data": {"supported": supported()}}});
            Answer { head: answer.head.replace("200 OK", "400 Bad Request"), body: body.to_string() }
        });
        call(&stage, &[])
    };
    let (code, err, spoken) = refusing(|| json!(["2025-06-18", "2025-03-26"]));
    assert_eq!((code, spoken[1].clone()), (0, ("initialize".to_owned(), "2025-06-18".to_owned())), "{err}");
    let (code, err, spoken) = refusing(|| json!(["2099-01-01"]));
    assert!(code != 0 && err.contains("it offers 2099-01-01") && spoken.len() == 1, "{err}");
    let (code, err, spoken) = refusing(|| json!(["2026-07-28"]));
    assert!(code != 0 && err.contains("it refuses the versions that it offers") && spoken.len() == 2, "{err}");
}

#[test]
fn a_version_that_nobody_knows_is_not_agreed_to() {
    let agreeing = |version: fn(&mut Value)| {
        let stage = stage(Posture::LegacyWire, move |url, answer| {
            if !is_endpoint(url) || !answer.body.contains("serverInfo") {
                return answer;
            }
            let mut body: Value = serde_json::from_str(&answer.body).unwrap();
            version(&mut body);
            Answer { body: body.to_string(), ..answer }
        });
        call(&stage, &[])
    };
    let (code, err, _) = agreeing(|body| body["result"]["protocolVersion"] = json!("2099-01-01"));
    assert!(code != 0 && err.contains("it wants `2099-01-01`"), "{err}");
    let (code, err, _) = agreeing(|body| body["result"]["protocolVersion"] = json!("2026-07-28"));
    assert!(code != 0 && err.contains("it wants `2026-07-28`"), "{err}");
    let (code, err, _) = agreeing(|body| body["result"]["protocolVersion"] = json!("2025-03-26"));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_server_that_is_down_is_not_taken_for_an_old_one() {
    for (status, words) in
        [("429 Too Many Requests", "429"), ("500 Internal Server Error", "500"), ("503 Service Unavailable", "503")]
    {
        let stage = stage(Posture::Reference, move |url, answer| {
            let is_taken = is_endpoint(url) && answer.head.starts_with("HTTP/1.1 200");
            if is_taken {
                Answer { head: format!("HTTP/1.1 {status}\r\nconnection: close"), body: String::new() }
            } else {
                answer
            }
        });
        let (code, err, spoken) = call(&stage, &[]);
        assert!(code != 0 && err.contains(words), "{err}");
        assert!(named(&spoken).iter().all(|method| *method == "server/discover"), "{spoken:?}");
    }
}
