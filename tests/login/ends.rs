//! How a login ends otherwise than by being done: signals, a silent or open standard input, a reader that has seen enough; and
//! what the browser command gets to see of us.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mcp_auth::serve::{Config, Registration};

use crate::ports::free_ports;
use crate::stage::Stage;

/// A login that waits for somebody, and the authorization URL that it printed.
pub(crate) fn waiting(stage: &Stage, more: &[&str]) -> (Child, BufReader<std::process::ChildStderr>, String) {
    let url = stage.url();
    let mut command = stage.command(&[&["login", &url, "--no-browser", "--login-timeout", "60", "-vv"], more].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.trim().starts_with("http") {
        line.clear();
        assert!(err.read_line(&mut line).unwrap() > 0, "it ended before it printed the URL");
    }
    (child, err, line.trim().to_owned())
}

/// The rest of what it says, and how it ends; it must end by itself, soon.
pub(crate) fn end(stage: &Stage, mut child: Child, err: BufReader<std::process::ChildStderr>) -> (i32, String) {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut text = String::new();
    for source in [Some(Box::new(err) as Box<dyn std::io::Read>), child.stdout.take().map(|out| Box::new(out) as _)] {
        source.unwrap().read_to_string(&mut text).unwrap();
    }
    stage.is_clean(&text);
    (child.wait().unwrap().code().unwrap_or(-1), text)
}

pub(crate) fn parameter(url: &str, name: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// GETs as a browser does, redirects included. The URL that it ends at; where nothing is to be delivered, before the one
/// with the code.
pub(crate) fn visit(url: &str, delivers: bool) -> String {
    let mut url = url.to_owned();
    loop {
        let parsed = url::Url::parse(&url).unwrap();
        if !delivers && parsed.query_pairs().any(|(name, _)| name == "code") {
            return url;
        }
        match page(&url).lines().find_map(|line| line.strip_prefix("location: ")) {
            Some(location) => url = parsed.join(location).unwrap().to_string(),
            None => return url,
        }
    }
}

/// The answer to a GET, head and body.
pub(crate) fn page(url: &str) -> String {
    let parsed = url::Url::parse(url).unwrap();
    let host = format!("127.0.0.1:{}", parsed.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    let target = url.strip_prefix(&parsed.origin().ascii_serialization()).unwrap();
    stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_signal_ends_a_login_at_once_and_leaves_nothing_behind() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let stage = Stage::new();
        // A port that nobody else is given, so that who listens there is the login, or the next one.
        let [port] = free_ports();
        let (child, err, url) = waiting(&stage, &["--listen", &port]);
        let listener = url::Url::parse(&parameter(&url, "redirect_uri")).unwrap().port().unwrap();
        assert_eq!(listener.to_string(), port);
        TcpStream::connect(("127.0.0.1", listener)).unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let (ended, text) = end(&stage, child, err);
        assert!(ended == code && text.contains("error: interrupted"), "{signal}: {ended} {text}");
        assert!(TcpStream::connect(("127.0.0.1", listener)).is_err(), "{signal}: the listener is still there");
        // The store is free, and the next login works, with the registration that is there already.
        let (_, out, _) = stage.run(&["token", "list"]);
        assert!(out.contains("not logged in"), "{out}");
        let (code, _, err) = stage.run(&["login", &stage.url(), "--browser", "follow", "--listen", &port]);
        assert_eq!((code, stage.count("POST", "/register")), (0, 1), "{err}");
    }
}

#[test]
fn an_interrupted_probe_removes_what_it_created() {
    let stage = Stage::new();
    let url = stage.url();
    let probe = [
        "probe",
        &url,
        "--login",
        "--intrusive",
        "--yes",
        "--i-am-authorized",
        "--browser",
        "follow",
        "--pace",
        "0.02",
    ];
    let mut command = stage.command(&probe);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let err = BufReader::new(child.stderr.take().unwrap());
    let begun = Instant::now();
    // The login's own client, and more for the trials.
    while stage.count("POST", "/register") < 4 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it registers nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (code, text) = end(&stage, child, err);
    assert!(code == 130 && text.contains("removing what was created"), "{code} {text}");
    assert!(!text.contains("left behind: the client"), "{text}");
    let created = |answer: &str| answer.contains("registration_client_uri");
    let registered = stage.messages().iter().filter(|m| m.url.ends_with("/register") && created(m.answered())).count();
    let deleted = stage.messages().iter().filter(|m| m.request().starts_with("DELETE ")).count();
    assert!(registered >= 3 && deleted + 1 >= registered, "{registered} registered, {deleted} deleted");
}

#[test]
fn a_standard_input_that_never_closes_is_not_waited_for() {
    let stage = Stage::new();
    let (mut child, err, url) = waiting(&stage, &[]);
    let held = child.stdin.take();
    visit(&url, true);
    let (code, text) = end(&stage, child, err);
    drop(held);
    assert!(code == 0 && text.contains("logged in"), "{code} {text}");
}

#[test]
fn the_address_may_be_pasted_and_a_wrong_one_only_gets_an_answer() {
    let stage = Stage::new();
    let (mut child, err, url) = waiting(&stage, &["--paste"]);
    let back = visit(&url, false);
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "https://attacker.example/callback?code=forged&state=forged").unwrap();
    writeln!(input, "{}", back.replace("state=", "state=x")).unwrap();
    writeln!(input, "\n{back}").unwrap();
    let (code, text) = end(&stage, child, err);
    assert!(code == 0 && text.matches("this is not the address").count() == 2, "{code} {text}");
    assert!(!text.contains("forged"), "{text}");
}

/// The command line of the browser is seen by every user of the machine, and its environment by the browser.
#[test]
fn the_browser_gets_the_url_as_one_argument_and_none_of_our_secrets() {
    let config = Config::default();
    let client =
        config.clients.iter().find_map(|client: &Registration| Some((client.id.clone(), client.secret()?.to_owned())));
    let (id, secret) = client.unwrap();
    let stage = Stage::of(config, None);
    let (browser, seen) = (stage.home.path().join("a browser"), stage.home.path().join("seen"));
    let script =
        format!("#!/bin/sh\n{{ printf '%s\\n' \"$#\" \"$@\"; env; }} >{0}.new && mv {0}.new {0}\n", seen.display());
    fs::write(&browser, script).unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let link = stage.home.path().join("browser");
    std::os::unix::fs::symlink(&browser, &link).unwrap();
    let mut login = stage.command(&["login", &stage.url(), "--client-id", &id, "--login-timeout", "60", "-vv"]);
    login
        .env("BROWSER", &link)
        .env("MCP_AUTH_CLIENT_SECRET", &secret)
        .env("MCP_AUTH_TOKEN", "a-token-that-is-not-used");
    let child = login.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !seen.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the browser was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    let text = fs::read_to_string(&seen).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("1"));
    let url = lines.next().unwrap();
    for name in ["state", "code_challenge", "client_id", "redirect_uri"] {
        assert!(!parameter(url, name).is_empty(), "{name}");
    }
    visit(url, true);
    let (code, _, err) = stage.judge(&child.wait_with_output().unwrap());
    assert_eq!(code, 0, "{err}");
    // Now that they are known: neither the verifier, nor a token, nor the secret.
    stage.is_clean(&text);
    assert!(stage.messages().iter().any(|message| message.body.contains("code_verifier=")));
    assert!(!text.contains("MCP_AUTH_CLIENT_SECRET") && !text.contains("MCP_AUTH_TOKEN"), "{text}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let stage = Stage::new();
    stage.log_in();
    let mut list = stage.command(&["tools", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(list.stdout.take());
    let done = list.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}
