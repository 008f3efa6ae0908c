//! What a project accepts, what it compares, what it hands over: `mcp-auth.toml`, baselines, editors' files, comparisons
//! and archives, as a user meets them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The day on which the records of these tests were made, in milliseconds since 1970: 2026-06-15.
const STARTED: u64 = 1_781_481_600_000;

struct Said {
    code: i32,
    out: String,
    err: String,
}

/// The binary in a folder of its own, with nothing of this machine's settings.
fn run(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with `good.json`, the record of the reference deployment, and `bad.json`, in which no 401 has a challenge.
fn records() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), &["probe", "embedded", "--save", "good.json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let file = folder.path().join("good.json");
    let mut trail: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    trail["started"] = STARTED.into();
    fs::write(&file, trail.to_string()).unwrap();
    for exchange in trail["exchanges"].as_array_mut().unwrap() {
        if let Some(headers) = exchange.pointer_mut("/outcome/reply/headers").and_then(Value::as_array_mut) {
            headers.retain(|header| header["name"] != "www-authenticate");
        }
    }
    fs::write(folder.path().join("bad.json"), trail.to_string()).unwrap();
    folder
}

/// The text without its line breaks.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn exception(expires: &str) -> String {
    format!("[[ignore]]\ncheck = \"challenge-header-present\"\nreason = \"gateway\"\nexpires = {expires}\n")
}

#[test]
fn an_exception_holds_to_its_day_and_then_comes_back() {
    let folder = records();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let probe = ["probe", "--from", "../../bad.json"];
    assert_eq!(run(&below, &probe).code, 1);

    fs::write(folder.path().join("mcp-auth.toml"), exception("2026-06-15")).unwrap();
    let said = run(&below, &probe);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(unwrapped(&said.out).contains("accepted until 2026-06-15: gateway"), "{}", said.out);
    assert!(!said.out.contains("Root cause"), "{}", said.out);

    fs::write(folder.path().join("mcp-auth.toml"), exception("2026-06-14")).unwrap();
    let said = run(&below, &probe);
    assert_eq!(said.code, 1);
    assert!(unwrapped(&said.out).contains("ended on 2026-06-14 (gateway)"), "{}", said.out);

    let said = run(&below, &["probe", "--from", "../../good.json"]);
    assert!(said.err.contains("exception for challenge-header-present is not needed"), "{}", said.err);
}

#[test]
fn an_accepted_finding_is_accepted_in_every_format() {
    let folder = records();
    fs::write(folder.path().join("mcp-auth.toml"), exception("2026-12-31")).unwrap();
    let told = |format: &str| run(folder.path(), &["probe", "--from", "bad.json", "--format", format]).out;
    let sarif: Value = serde_json::from_str(&told("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let found = results.iter().find(|result| result["ruleId"] == "challenge-header-present").unwrap();
    assert_eq!(found["suppressions"][0]["status"], "accepted");
    assert!(told("junit").contains("failures=\"0\""));
    assert!(!told("github").contains("challenge-header-present"));
    for format in ["markdown", "html"] {
        assert!(told(format).contains("accepted until 2026-12-31: gateway"), "{format}");
    }
}

#[test]
fn only_what_the_baseline_does_not_know_fails() {
    let folder = records();
    let written = run(folder.path(), &["probe", "--from", "bad.json", "--baseline", "known.json", "--write-baseline"]);
    assert_eq!(written.code, 0, "{}", written.err);
    let known = run(folder.path(), &["probe", "--from", "bad.json", "--baseline", "known.json"]);
    assert_eq!(known.code, 0, "{}", known.out);
    assert!(unwrapped(&known.out).contains("known: in the baseline"), "{}", known.out);
    // Now something else is wrong, too.
    let text = fs::read_to_string(folder.path().join("bad.json")).unwrap();
    let mut trail: Value = serde_json::from_str(&text).unwrap();
    for exchange in trail["exchanges"].as_array_mut().unwrap() {
        if exchange.pointer("/outcome/reply/status") == Some(&Value::from(401)) {
            exchange["outcome"]["reply"]["status"] = 403.into();
        }
    }
    fs::write(folder.path().join("new.json"), trail.to_string()).unwrap();
    let new = run(folder.path(), &["probe", "--from", "new.json", "--baseline", "known.json"]);
    assert_eq!(new.code, 1, "{}", new.out);
    assert_eq!(run(folder.path(), &["probe", "embedded", "--write-baseline"]).code, 2, "no file to write");
    assert_eq!(run(folder.path(), &["probe", "embedded", "--baseline", "none.json"]).code, 2, "no file to read");
}

#[test]
fn targets_have_names_lines_and_settings_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[targets.ours]\nurl = \"embedded\"\n\n[targets.gone]\nurl = \"http://127.0.0.1:9/mcp\"\n";
    fs::write(folder.path().join("mcp-auth.toml"), file).unwrap();
    let said = run(folder.path(), &["probe", "ours", "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["declared"], serde_json::json!({ "file": "mcp-auth.toml", "line": 2 }));
    let said = run(folder.path(), &["probe"]);
    assert_eq!(said.code, 3, "one target cannot be reached");
    assert!(said.out.contains("grade A") && said.err.contains("127.0.0.1:9 cannot be reached"), "{}", said.err);
    let said = run(folder.path(), &["probe", "--format", "sarif"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("jsonl"), "{}", said.err);
    assert_eq!(run(&folder.path().join(".."), &["probe", "--config", "/nowhere.toml"]).code, 2);
}

#[test]
fn editors_servers_are_probed_and_their_secrets_stay_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), &["probe", "--from-config"]);
    assert_eq!(said.code, 2, "{}", said.err);
    fs::create_dir(folder.path().join(".vscode")).unwrap();
    let text = r#"{ // servers of this project
        "servers": { "gone": { "type": "http", "url": "http://127.0.0.1:9/mcp?key=SECRET",
            "headers": { "Authorization": "Bearer SECRET" } }, }, }"#;
    fs::write(folder.path().join(".vscode/mcp.json"), text).unwrap();
    let said = run(folder.path(), &["probe", "--from-config", "-v"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(
        said.err.contains(".vscode/mcp.json") && said.err.contains("127.0.0.1:9 cannot be reached"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("SECRET") && !said.out.contains("SECRET"), "{}", said.err);
}

#[test]
fn a_comparison_shows_both_exchanges_and_fails_where_a_is_worse() {
    let folder = records();
    let worse = run(folder.path(), &["probe", "--from", "bad.json", "--compare", "good.json"]);
    assert_eq!(worse.code, 1, "{}", worse.err);
    let shown = worse.out.split("challenge-header-present the 401").nth(1).unwrap();
    assert!(shown.contains("header www-authenticate: absent"), "{shown}");
    assert!(shown.contains("header www-authenticate: Bearer resource_metadata="), "{shown}");
    assert_eq!(shown.matches("    #1 POST ").count(), 2, "{shown}");
    assert_eq!(run(folder.path(), &["probe", "--from", "good.json", "--compare", "bad.json"]).code, 0);
    let same = run(folder.path(), &["probe", "--from", "good.json", "--compare", "--format", "json"]);
    assert_eq!(same.code, 0, "the reference deployment is B: {}", same.err);
    let comparison: Value = serde_json::from_str(&same.out).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../fixtures/comparison.schema.json")).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&comparison));
    assert_eq!(comparison["differences"].as_array().unwrap().len(), 0, "{comparison}");
    assert_eq!(run(folder.path(), &["probe", "embedded", "--compare", "no-such.json"]).code, 2);
    assert_eq!(run(folder.path(), &["probe", "embedded", "--compare", "--format", "sarif"]).code, 2);
}

#[test]
fn an_archive_lists_what_it_holds_and_its_record_judges_the_same() {
    let folder = records();
    let archive = folder.path().join("ticket.zip");
    let said = run(folder.path(), &["probe", "--from", "bad.json", "--bundle", "ticket.zip", "--format", "json"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let mut zip = zip::ZipArchive::new(fs::File::open(&archive).unwrap()).unwrap();
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let manifest: Value = serde_json::from_str(&read("manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 5);
    for file in files {
        assert_eq!(read(file["name"].as_str().unwrap()).len() as u64, file["bytes"].as_u64().unwrap(), "{file}");
    }
    let unpacked: PathBuf = folder.path().join("trail.json");
    fs::write(&unpacked, read("trail.json")).unwrap();
    let again = run(folder.path(), &["probe", "--from", "trail.json", "--format", "json"]);
    assert_eq!(again.out, said.out);
    let first = fs::read(&archive).unwrap();
    run(folder.path(), &["probe", "--from", "bad.json", "--bundle", "ticket.zip"]);
    assert_eq!(fs::read(&archive).unwrap(), first, "the same record makes the same bytes");
}

#[test]
fn a_target_of_the_environment_gives_way_and_one_of_the_command_line_does_not() {
    let folder = records();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(["probe", "--from", "good.json"]).current_dir(folder.path()).env_clear();
    let output = command.env("MCP_AUTH_SERVER", "http://127.0.0.1:9/mcp").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(run(folder.path(), &["probe", "embedded", "--from", "good.json"]).code, 2);
}
