//! The binary logs in to the reference deployment, keeps, checks and uses tokens: streams, exit codes, files, processes.
//! Every output of every run is searched for the secrets that the store holds.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use mcp_auth::serve::{self, Config, Server};
use serde_json::Value;

/// A home of its own for each test, and a deployment that approves by itself.
struct Stage {
    home: tempfile::TempDir,
    server: Option<Server>,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(faults: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let faults = faults.iter().map(|name| find_fault(name)).collect();
        let config = Config { auto_approve: true, faults, ..Config::default() };
        let server = runtime.block_on(Box::pin(serve::start(config))).unwrap();
        Self { home: tempfile::tempdir().unwrap(), server: Some(server), runtime }
    }

    fn url(&self) -> String {
        self.server.as_ref().unwrap().mcp_url().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("RUST_LOG", "trace").stdin(Stdio::null());
        command.env("MCP_AUTH_STATE_DIR", self.state());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.judge(&self.command(arguments).output().unwrap())
    }

    /// What a run said, searched for secrets.
    fn judge(&self, output: &Output) -> (i32, String, String) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        for secret in self.secrets() {
            assert!(!out.contains(&secret) && !err.contains(&secret), "a secret stands in the output:\n{out}\n{err}");
        }
        (output.status.code().unwrap_or(-1), out, err)
    }

    fn log_in(&self) {
        let (code, _, err) = self.run(&["login", &self.url(), "--browser", "follow", "-v"]);
        assert_eq!(code, 0, "{err}");
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn file(&self) -> PathBuf {
        self.state().join("credentials.json")
    }

    fn book(&self) -> Value {
        fs::read_to_string(self.file()).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    fn secrets(&self) -> Vec<String> {
        let book = self.book();
        let logins = book["logins"].as_array().cloned().unwrap_or_default();
        let all = logins.iter().flat_map(|login| {
            let places = [
                "/tokens/access",
                "/tokens/refresh",
                "/tokens/dpop_key",
                "/client/secret",
                "/client/registration_token",
            ];
            places.iter().filter_map(|place| login.pointer(place)?.as_str().map(str::to_owned)).collect::<Vec<_>>()
        });
        all.filter(|secret| secret.len() >= 8).collect()
    }

    /// Makes the stored token look used up.
    fn expire(&self) {
        let mut book = self.book();
        let tokens = book.pointer_mut("/logins/0/tokens").unwrap();
        tokens["expires_at"] = 1_000_000.into();
        tokens["obtained_at"] = 999_000.into();
        fs::write(self.file(), serde_json::to_string_pretty(&book).unwrap()).unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

fn find_fault(name: &str) -> &'static mcp_auth::spec::fault::Fault {
    let mut all = mcp_auth::checks::all().flat_map(|check| check.faults.iter());
    all.find(|fault| fault.name == name).unwrap_or_else(|| panic!("no fault {name}"))
}

#[test]
fn a_login_is_kept_checked_used_refreshed_and_ended() {
    let stage = Stage::new();
    stage.log_in();
    assert_eq!(fs::metadata(stage.file()).unwrap().permissions().mode() & 0o777, 0o600);
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

/// Each of these servers breaks one rule that a client must keep. The login stops before anything is given away.
#[test]
fn servers_that_break_the_rules_are_refused_with_both_values_and_the_fix() {
    for (fault, words) in [
        ("prm-resource-mismatch", "`resource` is"),
        ("asm-issuer-mismatch", "`issuer` is"),
        ("asm-no-pkce", "code_challenge_methods_supported"),
    ] {
        let stage = Stage::with(&[fault]);
        let (code, out, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "-v"]);
        assert!(code == 5 && err.contains(words) && err.contains("help:") && out.is_empty(), "{fault}: {code} {err}");
        assert!(!err.contains("POST http://127.0.0.1:0") && !err.contains("/token"), "{fault}: a token request: {err}");
        assert!(!stage.file().exists(), "{fault}");
    }
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
    assert_eq!(again["summary"], report["summary"]);
}
