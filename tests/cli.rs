//! The binary as a user meets it: streams, exit codes, help lines, pipes, colour.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The binary with nothing of this machine's settings.
fn mcp_auth(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    told(&mcp_auth(arguments).output().unwrap())
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A server that answers every connection with these bytes, then closes, or not.
fn raw_server(answer: &'static [u8], hold: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let _ = stream.write_all(answer);
                if hold {
                    thread::sleep(Duration::from_secs(60));
                }
            });
        }
    });
    url
}

#[test]
fn a_clean_deployment_is_clean_and_says_what_to_do_next() {
    let (code, stdout, stderr) = run(&["probe", "embedded"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert!(stdout.contains("grade A"), "{stdout}");
    // Not the URL of a server that is gone with the process.
    assert_eq!(stdout.lines().last(), Some("next: mcp-auth probe embedded --login"), "{stdout}");
}

#[test]
fn what_cannot_be_reached_is_one_sentence_and_a_help_line() {
    let cases = [
        (&["probe", "http://127.0.0.1:9/mcp"][..], 3, "nobody listens there", "is the server running"),
        (&["probe", "http://host.invalid/mcp"], 3, "has no address", "--resolve"),
        (&["probe", "example.com/mcp"], 2, "is not a URL", "full URL"),
        (&["probe", "ftp://example.com/mcp"], 2, "`ftp`", "full URL"),
        (&["probe", "http://127.0.0.1:9/mcp#top"], 2, "fragment", "full URL"),
        (&["probe", "--from", "no-such-file.json"], 2, "cannot be read", "--save"),
        (&["checks", "explain", "prm-nothing-like-it"], 2, "there is no check", "help:"),
        (&["serve", "--fault", "no-such-fault"], 2, "there is no fault", "--list"),
    ];
    for (arguments, expected, message, help) in cases {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (expected, ""), "{arguments:?}: {stderr}");
        let lines: Vec<_> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{arguments:?}: {stderr}");
        assert!(lines.first().unwrap().starts_with("error: ") && lines.first().unwrap().contains(message), "{stderr}");
        assert!(stderr.contains("  help: ") && stderr.contains(help), "{stderr}");
    }
}

#[test]
fn hostile_answers_end_in_a_clear_error_or_finding() {
    let huge: &'static [u8] = Box::leak(
        [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &vec![b'a'; 200 * 1024], b"\r\n\r\n"].concat().into_boxed_slice(),
    );
    let escape = b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"\x1b[2J\x9b31m\xe2\x80\xae\", resource_metadata=\"\x1b]0;x\x07\"\r\ncontent-length: 0\r\n\r\n";
    let cases: [(&[u8], bool); 7] = [
        (b"", false),
        (b"SSH-2.0-OpenSSH_9.6\r\n", false),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", false),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n", false),
        (huge, false),
        (escape, false),
        (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[[[[[[[[[", false),
    ];
    for (answer, hold) in cases {
        let url = raw_server(answer, hold);
        let (code, stdout, stderr) = run(&["probe", &url]);
        assert!(matches!(code, 1 | 3 | 5), "exit {code}\n{stdout}\n{stderr}");
        let raw = |c: char| c != '\n' && mcp_auth::spec::text::is_unsafe(c);
        assert!(!stdout.contains(raw) && !stderr.contains(raw), "raw control characters:\n{stdout:?}\n{stderr:?}");
    }
}

#[test]
fn a_server_that_hangs_is_left_within_the_time_given() {
    let url = raw_server(b"HTTP/1.1 200 OK\r\n", true);
    let begun = Instant::now();
    let (code, _, stderr) = run(&["probe", &url, "--timeout", "0.5"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("within"), "{stderr}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn a_saved_trail_is_judged_the_same_without_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let trail = folder.path().join("trail.json");
    let file = trail.to_str().unwrap();
    let (_, live, _) = run(&["probe", "embedded", "--format", "json", "--save", file]);
    let (code, replayed, stderr) = run(&["probe", "--from", file, "--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(live, replayed);
    std::fs::write(&trail, "{\"version\":").unwrap();
    let (code, _, stderr) = run(&["probe", "--from", file]);
    assert_eq!(code, 2);
    assert!(stderr.contains("not a saved trail (line 1"), "{stderr}");
}

#[test]
fn several_formats_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("report.json");
    let (code, stdout, _) = run(&["probe", "embedded", "--output", &format!("json={}", json.display())]);
    assert_eq!(code, 0);
    assert!(stdout.contains("grade"));
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let schema: serde_json::Value = serde_json::from_str(include_str!("../fixtures/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let missing = folder.path().join("no/such/folder.json");
    let (code, _, stderr) = run(&["probe", "embedded", "--output", &format!("json={}", missing.display())]);
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let coloured = |arguments: &[&str]| run(arguments).1.contains('\u{1b}');
    assert!(!coloured(&["probe", "embedded"]), "a pipe takes no colours");
    assert!(coloured(&["probe", "embedded", "--color", "always"]));
    assert!(!coloured(&["probe", "embedded", "--color", "never"]));
}

#[test]
fn a_closed_pipe_is_success() {
    let mut child = mcp_auth(&["checks", "list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(told(&output).2, "");
    assert_eq!(output.status.code(), Some(0));
}

/// `serve` as a process, ended when dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_lines_that_serve_prints_work() {
    let mut child = mcp_auth(&["serve", "--port", "0", "--authority-port", "0", "--fault", "no-www-authenticate"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let server = Served(child);
    let mut announced = Vec::new();
    for line in lines {
        let line = line.unwrap();
        announced.push(line.clone());
        if line.contains("checks explain") {
            break;
        }
    }
    let text = announced.join("\n");
    assert!(text.contains("deliberately wrong    no-www-authenticate (trips challenge-header-present)"), "{text}");
    let probe = announced.iter().find_map(|line| line.trim().strip_prefix("mcp-auth probe ")).unwrap();
    let (code, stdout, _) = run(&["probe", probe]);
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("Root cause:") && stdout.contains("challenge-header-present"), "{stdout}");
    drop(server);
}

#[test]
fn interrupting_ends_at_once() {
    let url = raw_server(b"", true);
    let child = mcp_auth(&["probe", &url]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(400));
    let interrupt = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(told(&output).0, 130);
}

#[test]
fn a_port_that_speaks_no_http_is_named_so() {
    let url = raw_server(b"", false);
    assert!(TcpStream::connect(url.trim_start_matches("http://").trim_end_matches("/mcp")).is_ok());
    let (code, _, stderr) = run(&["probe", &url.replace("http://", "https://")]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("help:"), "{stderr}");
}

/// A server of the stateful wire that asks nobody for a token. It keeps what it was sent.
fn open_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let kept = Arc::<Mutex<Vec<String>>>::default();
    let sent = Arc::clone(&kept);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, sent) = (stream.unwrap(), Arc::clone(&sent));
            thread::spawn(move || {
                let request = request(&mut stream);
                let has = |part: &str| request.contains(part);
                let result =
                    |result: &str| format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}", id(&request));
                let (status, body) = match () {
                    () if has("\"method\":\"initialize\"") => (
                        "200 OK\r\nmcp-session-id: open",
                        result("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}"),
                    ),
                    () if !has("mcp-session-id: open") => ("404 Not Found", String::new()),
                    () if has("notifications/initialized") => ("202 Accepted", String::new()),
                    () if has("\"method\":\"tools/list\"") => ("200 OK", result("{\"tools\":[]}")),
                    () => ("204 No Content", String::new()),
                };
                sent.lock().unwrap().push(request);
                let head = "content-type: application/json\r\nconnection: close";
                let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    (url, kept)
}

/// The id of a message.
fn id(request: &str) -> String {
    let rest = request.split("\"id\":").nth(1).unwrap_or("null");
    rest.split([',', '}']).next().unwrap_or_default().to_owned()
}

/// Head and body of a request.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        text.push_str(&String::from_utf8_lossy(&part[..length]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= announced.unwrap_or(0) {
            break;
        }
    }
    text
}

#[test]
fn an_open_server_of_the_stateful_wire_is_walked_through_and_left() {
    let (url, kept) = open_server();
    let (code, stdout, stderr) = run(&["probe", &url]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let kept = kept.lock().unwrap();
    let of_session: Vec<&String> = kept.iter().filter(|request| request.contains("mcp-session-id: open")).collect();
    let [ready, listed, ended] = of_session[..] else { panic!("{of_session:#?}") };
    assert!(ready.contains("\"method\":\"notifications/initialized\"") && listed.contains("\"method\":\"tools/list\""));
    assert!(ended.starts_with("DELETE /mcp ") && ended.ends_with("\r\n\r\n"), "{ended}");
    assert!(of_session.iter().all(|request| request.contains("mcp-protocol-version: 2025-11-25")), "{of_session:#?}");
    // What was walked through is not asked for again on the other wire.
    assert_eq!(kept.iter().filter(|request| request.contains("tools/call")).count(), 0);
}
