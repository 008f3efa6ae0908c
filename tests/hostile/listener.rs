//! Whoever knocks at the listener of a login: web pages, other users of the machine, scanners. None of them ends the login or
//! has a code redeemed; the browser of the user does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::run::binary;
use crate::secrets;
use crate::site::{Shape, Site};

/// What knocks: its name, and what is sent. `{port}` is the listener's, `{state}` the right one.
const KNOCKS: &[(&str, &str)] = &[
    ("a forged code", "GET /callback?code=forged-code&state=forged HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    ("no state", "GET /callback?code=forged-code HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    ("an empty state", "GET /callback?code=forged-code&state= HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    ("two states", "GET /callback?code=forged-code&state=x&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    ("a forged error", "GET /callback?error=access_denied&state=forged HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    (
        "markup",
        "GET /callback?error=<script>alert(1)</script>&error_uri=javascript:1 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n",
    ),
    ("another host", "GET /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: attacker.example\r\n\r\n"),
    (
        "two hosts",
        "GET /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nhost: a.test\r\n\r\n",
    ),
    ("no host", "GET /callback?code=forged-code&state={state} HTTP/1.1\r\n\r\n"),
    (
        "a POST",
        "POST /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-length: 0\r\n\r\n",
    ),
    (
        "a preflight",
        "OPTIONS /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: http://a.test\r\n\r\n",
    ),
    ("a HEAD", "HEAD /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    ("another path", "GET /other?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"),
    (
        "a path that goes up",
        "GET /x/../callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n",
    ),
    (
        "a whole URL",
        "GET http://127.0.0.1:{port}/callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n",
    ),
    ("HTTP/0.9", "GET /callback?code=forged-code&state={state}\r\n\r\n"),
    ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}"),
    ("a head without an end", "GET /callback?code=forged-code&state={state} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"),
    ("nothing", ""),
];

#[test]
fn strangers_end_no_login_and_redeem_no_code() {
    let site = Site::start(&[], &Shape::default());
    let home = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.args(["login", &site.target, "--no-browser", "--login-timeout", "60", "-vvv"]).env("HOME", home.path());
    command.env("MCP_AUTH_STATE_DIR", home.path().join("state")).env("RUST_LOG", "trace").current_dir(home.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    let url = loop {
        let from = said.len();
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended before it printed the URL: {said}");
        let line = said.get(from..).unwrap_or_default().trim();
        if line.starts_with("http") {
            break url::Url::parse(line).unwrap();
        }
    };
    let parameter = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    let (back, state) = (url::Url::parse(&parameter("redirect_uri")).unwrap(), parameter("state"));
    assert_eq!(back.host_str(), Some("127.0.0.1"));
    let port = back.port().unwrap();
    let knock = |text: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let text = text.replace("{port}", &port.to_string()).replace("{state}", &state);
        // Whoever is sent away in the middle of a word is sent away all the same.
        let _ = stream.write_all(text.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    // More than are served at a time; their heads never come.
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    for (name, text) in KNOCKS {
        let answer = knock(text);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{name}: {answer}");
        assert!(!answer.contains("forged") && !answer.contains("script>"), "{name}: {answer}");
    }
    let long = format!("GET /callback?code=forged-code&state={{state}}&x={} HTTP/1.1\r\n", "y".repeat(60_000));
    assert!(!knock(&long).starts_with("HTTP/1.1 200"), "a line of 60 KB");
    assert!(child.try_wait().unwrap().is_none(), "a stranger ended it");
    assert!(site.arrived().iter().all(|arrived| !arrived.line.ends_with("/t/token")), "a forged code was redeemed");
    let issuer: String = url::form_urlencoded::byte_serialize(site.fill("{as}/t").as_bytes()).collect();
    let right = format!(
        "GET /callback?code={}&state={{state}}&iss={issuer} HTTP/1.1\r\nhost: 127.0.0.1:{{port}}\r\n\r\n",
        secrets::CODE
    );
    let answer = knock(&right);
    for header in ["cache-control: no-store", "referrer-policy: no-referrer", "default-src 'none'"] {
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(header), "{answer}");
    }
    drop(silent);
    let begun = Instant::now();
    err.read_to_string(&mut said).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the listener is still there");
    let redeemed: Vec<_> = site.arrived().into_iter().filter(|arrived| arrived.line.ends_with("/t/token")).collect();
    assert!(redeemed.len() == 1 && redeemed[0].body.contains(secrets::CODE), "{redeemed:?}");
    let shown = secrets::found(&site, &format!("{said}{out}"));
    assert!(shown.is_empty() && !said.contains("forged"), "{shown:?}: {said}");
}
