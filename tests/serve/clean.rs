//! Every correct posture, logged in to and looked at with the token: clean at every revision it is correct for.

use std::path::Path;
use std::process::Command;

use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::revision::Revision;
use serde_json::Value;

use super::support::Deployment;

/// Runs the binary in a home of its own.
fn run(home: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(arguments).env_clear().env("HOME", home).env("MCP_AUTH_STATE_DIR", home.join("state"));
    let output = command.current_dir(home).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What a probe with a login complains of in this posture, and how many checks were passed.
fn complaints(posture: Posture, (first, last): (Revision, Revision)) -> (Vec<String>, usize) {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (authority, trail) = (file("ca.pem"), file("trail.json"));
    let ports = ["--port", "0", "--authority-port", "0", "--auto-approve", "--ca-file", &authority];
    let server = Deployment::start(&[&ports[..], &["--posture", posture.name()]].concat());
    let mut arguments = vec!["probe", server.mcp.as_str(), "--save", &trail, "--exit-zero", "--format", "json"];
    if posture != Posture::Public {
        arguments.extend(["--login", "--browser", "follow"]);
    }
    if posture == Posture::Lazy {
        arguments.extend(["--challenge-tool", "search"]);
    }
    if posture == Posture::Https {
        arguments.extend(["--cacert", &authority, "--resolve", "rs.test:127.0.0.1", "--resolve", "as.test:127.0.0.1"]);
    }
    let (code, _, err) = run(home.path(), &arguments);
    assert_eq!(code, 0, "{}: {err}", posture.name());
    let (mut found, mut passed) = (Vec::new(), 0);
    for revision in Revision::ALL.into_iter().filter(|revision| (first..=last).contains(revision)) {
        let judging = ["probe", "--from", &trail, "--revision", revision.as_str(), "--exit-zero", "--format", "json"];
        let (code, out, err) = run(home.path(), &judging);
        assert_eq!(code, 0, "{} at {revision}: {err}", posture.name());
        let report: Value = serde_json::from_str(&out).unwrap();
        for result in report["results"].as_array().unwrap() {
            let status = result["status"].as_str().unwrap();
            if matches!(status, "fail" | "warn") {
                found.push(format!(
                    "{} at {revision}: {} {}: {}",
                    posture.name(),
                    status,
                    result["id"],
                    result["message"]
                ));
            }
            passed += usize::from(status == "pass");
            let looked = posture == Posture::Public || result["reason"] != "needs:--login";
            assert!(looked, "{} at {revision}: {} did not use the login", posture.name(), result["id"]);
        }
    }
    (found, passed)
}

#[test]
fn every_posture_is_clean_with_a_login_at_every_revision() {
    let postures = Posture::ALL.into_iter().filter_map(|posture| Some((posture, posture.correct()?)));
    let postures: Vec<_> = postures.collect();
    // Two at a time: most of it is waiting.
    let found = std::thread::scope(|scope| {
        let halves = postures.chunks(postures.len().div_ceil(2)).map(|half| {
            scope.spawn(move || half.iter().map(|(posture, range)| complaints(*posture, *range)).collect::<Vec<_>>())
        });
        halves.collect::<Vec<_>>().into_iter().flat_map(|half| half.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(found.len() >= 16 && found.iter().all(|(_, passed)| *passed > 0), "{} postures", found.len());
    let all: Vec<String> = found.into_iter().flat_map(|(found, _)| found).collect();
    assert!(all.is_empty(), "{} findings in correct deployments:\n{}", all.len(), all.join("\n"));
}

#[test]
fn the_embedded_deployment_is_clean_with_a_login() {
    for revision in Revision::ALL {
        let home = tempfile::tempdir().unwrap();
        let arguments =
            ["probe", "embedded", "--login", "--revision", revision.as_str(), "--strict", "--fail-on", "should"];
        let (code, out, err) = run(home.path(), &arguments);
        assert_eq!(code, 0, "{revision}: {out}{err}");
    }
}
