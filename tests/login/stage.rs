//! What every test stands on: a home of its own, a deployment that approves by itself, and the proxy before it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use mcp_auth::serve::{self, Config, Server};
use serde_json::Value;

use crate::proxy::{Answer, Message, Proxy, Tamper};

/// A home of its own for each test, and a deployment that approves by itself.
pub(crate) struct Stage {
    pub(crate) home: tempfile::TempDir,
    server: Option<Server>,
    runtime: tokio::runtime::Runtime,
    proxy: Proxy,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A deployment with these faults.
    pub(crate) fn with(faults: &[&str]) -> Self {
        let faults = faults.iter().map(|name| find_fault(name)).collect();
        Self::of(Config { faults, ..Config::default() }, None)
    }

    /// A correct deployment, and somebody who changes what it answers.
    pub(crate) fn tampered(tamper: impl Fn(&str, Answer) -> Answer + Send + Sync + 'static) -> Self {
        Self::of(Config::default(), Some(Box::new(tamper)))
    }

    pub(crate) fn of(config: Config, tamper: Option<Tamper>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let config = Config { auto_approve: true, ..config };
        let server = runtime.block_on(Box::pin(serve::start(config))).unwrap();
        Self { home: tempfile::tempdir().unwrap(), server: Some(server), runtime, proxy: Proxy::start(tamper) }
    }

    pub(crate) fn url(&self) -> String {
        self.server.as_ref().unwrap().mcp_url().to_owned()
    }

    pub(crate) fn issuer(&self) -> String {
        self.server.as_ref().unwrap().issuer().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("RUST_LOG", "trace").stdin(Stdio::null());
        command.env("MCP_AUTH_STATE_DIR", self.state()).env("MCP_AUTH_PROXY", &self.proxy.url);
        command.current_dir(self.home.path());
        command
    }

    /// What went over the wire.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.proxy.messages()
    }

    /// How many requests went to a path that ends so.
    pub(crate) fn count(&self, method: &str, end: &str) -> usize {
        self.proxy.count(method, end)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.judge(&self.command(arguments).output().unwrap())
    }

    /// What a run said, searched for secrets.
    pub(crate) fn judge(&self, output: &Output) -> (i32, String, String) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        self.is_clean(&out);
        self.is_clean(&err);
        (output.status.code().unwrap_or(-1), out, err)
    }

    /// Panics if a secret stands in a text, as it is or in a URL.
    pub(crate) fn is_clean(&self, text: &str) {
        for secret in self.secrets().into_iter().chain(self.proxy.secrets()) {
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            assert!(!text.contains(&secret) && !text.contains(&encoded), "a secret ({secret}) stands in:\n{text}");
        }
    }

    /// Whether no token is kept.
    pub(crate) fn is_logged_out(&self) -> bool {
        self.book()["logins"].as_array().is_none_or(|logins| logins.iter().all(|login| login["tokens"].is_null()))
    }

    /// How many secrets outputs are searched for.
    pub(crate) fn known_secrets(&self) -> usize {
        self.proxy.secrets().len()
    }

    pub(crate) fn log_in(&self) {
        let (code, _, err) = self.run(&["login", &self.url(), "--browser", "follow", "-vv"]);
        assert_eq!(code, 0, "{err}");
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.state().join("credentials.json")
    }

    pub(crate) fn book(&self) -> Value {
        fs::read_to_string(self.file()).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub(crate) fn secrets(&self) -> Vec<String> {
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
    pub(crate) fn expire(&self) {
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
