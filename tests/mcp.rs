//! `mcp-auth mcp`, driven by the client of the official SDK on both wires, and by hand where that client is too polite.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use mcp_auth::serve::{self, Config, Server};
use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion, Tool};
use rmcp::service::RunningService;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};

/// The reference deployment, with a fault or none.
async fn deployment(fault: Option<&str>) -> Server {
    let all = mcp_auth::checks::all().flat_map(|check| check.faults);
    let faults: Vec<_> = all.filter(|known| Some(known.name) == fault).collect();
    assert_eq!(faults.len(), usize::from(fault.is_some()));
    serve::start(Config { faults, auto_approve: true, ..Config::default() }).await.unwrap()
}

/// A run of the program with a state folder of its own.
fn program(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(arguments).args(["--state-dir".as_ref(), folder.as_os_str()]).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).output().unwrap()
}

type Session = RunningService<RoleClient, ()>;

/// The SDK's client on the pipes of the program.
async fn sdk(folder: &Path, mode: ClientLifecycleMode) -> (Session, tokio::process::Child) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(["mcp", "--state-dir"]).arg(folder).current_dir(folder).env_clear().kill_on_drop(true);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let pipes = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
    (().serve_with_lifecycle(pipes, mode).await.unwrap(), child)
}

/// Calls a tool; what it takes and what it answers must be as the tool says.
async fn call(client: &Session, tools: &[Tool], name: &'static str, arguments: Value) -> CallToolResult {
    let tool = tools.iter().find(|tool| tool.name == name).unwrap();
    jsonschema::validate(&json!(tool.input_schema), &arguments).unwrap();
    let params = CallToolRequestParams::new(name).with_arguments(arguments.as_object().unwrap().clone());
    let result = client.call_tool(params).await.unwrap();
    if let Some(data) = &result.structured_content {
        jsonschema::validate(&json!(tool.output_schema.as_ref().unwrap()), data).unwrap();
        let text = result.content.first().unwrap().as_text().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text.text).unwrap(), *data, "text and data say the same");
    }
    result
}

/// The data of a call that succeeded.
async fn data(client: &Session, tools: &[Tool], name: &'static str, arguments: Value) -> Value {
    let result = call(client, tools, name, arguments).await;
    assert_ne!(result.is_error, Some(true), "{result:?}");
    result.structured_content.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_sdk_probes_explains_and_checks_tokens_on_both_wires() {
    let (wrong, right) = (deployment(Some("prm-resource-mismatch")).await, deployment(None).await);
    let folder = tempfile::tempdir().unwrap();
    let login = {
        let (url, folder) = (right.mcp_url().to_owned(), folder.path().to_owned());
        move || {
            let done = program(&folder, &["login", &url, "--browser", "follow"]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(program(&folder, &["token", "show", "--bare", &url]).stdout).unwrap().trim().to_owned()
        }
    };
    let token = tokio::task::spawn_blocking(login).await.unwrap();
    assert!(token.split('.').count() == 3, "a JWT was stored");
    let modes = [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ];
    for mode in modes {
        let (client, mut child) = sdk(folder.path(), mode).await;
        let tools = client.list_all_tools().await.unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["probe", "explain", "symptoms", "token_check"]);
        assert!(tools.iter().all(|tool| tool.annotations.as_ref().unwrap().read_only_hint == Some(true)));

        let found = data(&client, &tools, "probe", json!({ "url": wrong.mcp_url(), "clients": true })).await;
        assert_eq!((&found["root_cause"], &found["mode"]), (&json!("prm-resource-match"), &json!("protected")));
        assert_eq!(found["findings"][0]["id"], "prm-resource-match");
        assert!(found["findings"][0]["fix"].is_string() && found["clients"].as_array().unwrap().len() == 12);
        assert!(found["requests"].as_u64().unwrap() <= 40, "no more than a probe without flags");
        let passive = data(&client, &tools, "probe", json!({ "url": right.mcp_url(), "passive": true })).await;
        assert!(passive["requests"].as_u64().unwrap() <= 15 && passive["findings"] == json!([]), "{passive}");
        let one = json!({ "url": "embedded", "only": ["prm-resource-match"], "revision": "2025-06-18" });
        assert_eq!(data(&client, &tools, "probe", one).await["revision"], "2025-06-18");

        let told = data(&client, &tools, "explain", json!({ "id": "prm-resource-match" })).await;
        assert!(told["explanation"].as_str().unwrap().contains("RFC 9728"));
        let causes = data(&client, &tools, "symptoms", json!({ "text": "login works, then 401" })).await;
        assert_eq!(causes["symptoms"][0]["id"], "login-works-then-401");

        let stored = data(&client, &tools, "token_check", json!({ "server": right.mcp_url() })).await;
        assert_eq!(stored["verdict"], "accepted", "{stored}");
        let handed = json!({ "server": wrong.mcp_url(), "token": token });
        let refused = call(&client, &tools, "token_check", handed).await;
        assert!(!json!(refused).to_string().contains(&token), "a token is never repeated");
        let handed = json!({ "server": right.mcp_url(), "token": format!("Bearer {token}") });
        assert_eq!(data(&client, &tools, "token_check", handed).await["verdict"], "accepted");
        let opaque = json!({ "server": right.mcp_url(), "token": "opaque-opaque-opaque" });
        assert_eq!(data(&client, &tools, "token_check", opaque).await["verdict"], "unknown");

        client.cancel().await.unwrap();
        assert!(child.wait().await.unwrap().success(), "it ends with its input");
    }
    wrong.stop().await;
    right.stop().await;
}

/// The program, spoken to line by line.
struct Raw {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Raw {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(["mcp", "--store", "none"]).current_dir(folder.path()).env_clear();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn send(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn call(&mut self, id: impl Into<Value>, name: &str, arguments: &Value) {
        let params = json!({ "name": name, "arguments": arguments });
        let id: Value = id.into();
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string());
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no message: {line:?}"))
    }

    /// The text of a tool that failed.
    fn failure(&mut self) -> String {
        let answer = self.line();
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Ends the input; what still comes, and the exit code.
    fn end(mut self) -> (Vec<String>, Option<i32>) {
        drop(self.input.take());
        let rest = self.output.lines().map(Result::unwrap).collect();
        (rest, self.child.wait().unwrap().code())
    }
}

#[test]
fn what_goes_too_far_is_refused_and_the_next_line_is_served() {
    let mut raw = Raw::start();
    raw.send("{\"jsonrpc\":");
    assert_eq!(raw.line()["error"]["code"], -32700);
    raw.send(&"x".repeat(2_000_000));
    assert_eq!(raw.line()["error"]["code"], -32600);
    raw.send("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]");
    assert_eq!(raw.line()["error"]["code"], -32600);
    raw.send(&json!({ "jsonrpc": "2.0", "id": "a", "method": "logging/setLevel" }).to_string());
    assert_eq!(raw.line()["error"]["code"], -32601);
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2099-01-01" });
    raw.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": { "_meta": meta } }).to_string());
    assert_eq!(raw.line()["error"]["code"], -32022);
    raw.call(3, "login", &json!({}));
    assert_eq!(raw.line()["error"]["code"], -32602);
    for word in ["login", "intrusive", "active"] {
        raw.call(4, "probe", &json!({ "url": "embedded", word: true }));
        assert!(raw.failure().contains("passive"), "{word} is no argument");
    }
    for url in ["file:///etc/passwd", "/etc/passwd", "ftp://example.com/", "http://user:pass@127.0.0.1:9/mcp#x"] {
        raw.call(5, "probe", &json!({ "url": url }));
        let text = raw.failure();
        assert!(!text.contains("root:") && !text.contains("pass@") && text.contains("help: "), "{text}");
        raw.call(6, "token_check", &json!({ "server": url, "token": "s3cr3t.s3cr3t.s3cr3t" }));
        let text = raw.failure();
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    raw.call(7, "token_check", &json!({ "server": "http://127.0.0.1:9/mcp", "token": ["s3cr3t-s3cr3t"] }));
    assert!(!raw.failure().contains("s3cr3t"));
    raw.call(8, "token_check", &json!({ "server": "https://nobody.invalid/mcp" }));
    assert!(raw.failure().contains("mcp-auth login"), "it says how a person logs in, and does not");
    raw.call(9, "explain", &json!({ "id": "prm-resource" }));
    assert!(raw.failure().contains("did you mean"));
    raw.send(&json!({ "jsonrpc": "2.0", "id": 10, "method": "ping" }).to_string());
    assert_eq!(raw.line(), json!({ "jsonrpc": "2.0", "id": 10, "result": {} }));
    assert_eq!(raw.end(), (Vec::new(), Some(0)));
}

#[test]
fn calls_are_bounded_cancelled_and_end_with_the_input() {
    // A server that takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", silent.local_addr().unwrap());
    let mut raw = Raw::start();
    for number in 0..64 {
        raw.call(number, "probe", &json!({ "url": url }));
    }
    raw.call(64, "probe", &json!({ "url": url }));
    assert_eq!(raw.line()["error"]["code"], -32000, "enough is under way");
    raw.call(0, "explain", &json!({ "id": "prm-resource-match" }));
    assert_eq!(raw.line()["error"]["code"], -32600, "an id is used once at a time");
    for number in 1..64 {
        let params = json!({ "requestId": number });
        raw.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }).to_string());
    }
    // The places of what was cancelled are free, and nothing was said of it.
    raw.call("after", "explain", &json!({ "id": "prm-resource-match" }));
    assert_eq!(raw.line()["id"], "after");
    let params = json!({ "requestId": 0 });
    raw.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }).to_string());
    let begun = Instant::now();
    assert_eq!(raw.end(), (Vec::new(), Some(0)));
    assert!(begun.elapsed() < Duration::from_secs(5), "nothing is waited for");

    // What is under way when the input ends is still answered.
    let mut raw = Raw::start();
    raw.call("last", "probe", &json!({ "url": "embedded", "passive": true }));
    let (rest, code) = raw.end();
    assert!(rest.len() == 1 && rest[0].contains("\"last\"") && rest[0].contains("\"mode\":\"protected\""), "{rest:?}");
    assert_eq!(code, Some(0));
}
