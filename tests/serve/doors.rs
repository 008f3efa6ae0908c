//! Where a deployment lets itself be reached: addresses, TLS, host names, its end, its logs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::support::{Deployment, Login, get, member, search, send};

const FREE: [&str; 4] = ["--port", "0", "--authority-port", "0"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    [&FREE, more].concat()
}

#[test]
fn it_is_reachable_from_elsewhere_only_with_tls_or_when_told_so() {
    let said = Deployment::try_start(&with(&["--listen", "0.0.0.0"])).err().unwrap();
    assert!(said.contains("not a loopback address") && said.contains("--tls-cert"), "{said}");
    let server = Deployment::start(&with(&["--listen", "0.0.0.0", "--insecure-http"]));
    assert_eq!(get(&server.mcp).status, 401);
    let said = Deployment::try_start(&with(&["--public-url", "https://mcp.example.com/path"])).err().unwrap();
    assert!(said.contains("is not an origin"), "{said}");
    let said = Deployment::try_start(&with(&["--public-url", "https://mcp.example.com", "--posture", "reference"]));
    assert!(said.err().unwrap().contains("--authority-url"));
    let said = Deployment::try_start(&["--listen", "127.0.0.1:99999"]).err().unwrap();
    assert!(said.contains("an IP address"), "{said}");
}

#[test]
fn a_public_url_is_what_the_documents_name_and_the_only_further_host() {
    let port = super::support::free_ports::<1>();
    let listen = format!("127.0.0.1:{}", port[0]);
    let server = Deployment::start(&["--listen", &listen, "--public-url", "https://mcp.example.com"]);
    assert_eq!(
        (server.mcp.as_str(), server.issuer.as_str()),
        ("https://mcp.example.com/mcp", "https://mcp.example.com")
    );
    let at = format!("http://{listen}");
    let host = ("host", "mcp.example.com");
    let prm = send("GET", &format!("{at}/.well-known/oauth-protected-resource/mcp"), &[host], "").json();
    assert_eq!(member(&prm, "resource"), "https://mcp.example.com/mcp");
    let challenge = send("POST", &format!("{at}/mcp"), &[host], "");
    assert_eq!(challenge.status, 401);
    assert!(challenge.header("www-authenticate").unwrap().contains("https://mcp.example.com/.well-known/"));
    for (name, expected) in [("mcp.example.com", 401), ("evil.example", 403), ("localhost", 401)] {
        assert_eq!(send("POST", &format!("{at}/mcp"), &[("host", name)], "").status, expected, "{name}");
    }
    assert_eq!(send("GET", &format!("{at}/healthz"), &[("host", "10.0.0.1")], "").status, 200);
}

#[test]
fn requests_under_way_finish_and_new_ones_are_not_taken() {
    let [port, other] = super::support::free_ports();
    let server = Deployment::start(&["--port", &port, "--authority-port", &other, "--delay", "1500"]);
    let host = server.mcp.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let mut under_way = TcpStream::connect(&host).unwrap();
    write!(under_way, "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    server.signal("TERM");
    super::support::until("nobody new is let in", 1, || TcpStream::connect(&host).is_err());
    let mut text = String::new();
    under_way.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 401"), "{text}");
    let took = begun.elapsed();
    assert_eq!(server.end_of(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn what_never_finishes_does_not_hold_it_and_a_second_signal_ends_it_at_once() {
    for (signals, most) in [(1, 8), (2, 2)] {
        let server = Deployment::start(&with(&["--delay", "60000"]));
        let host = server.mcp.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        let mut under_way = TcpStream::connect(&host).unwrap();
        write!(under_way, "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        for _ in 0..signals {
            server.signal("INT");
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(server.end_of(), Some(0));
        assert!(begun.elapsed() < Duration::from_secs(most), "{signals} signals: {:?}", begun.elapsed());
    }
}

#[test]
fn every_request_is_a_line_and_no_line_holds_a_secret() {
    for form in ["json", "text"] {
        let server = Deployment::start(&["--port", "0", "--authority-port", "0", "--log", form]);
        let mut login = Login::register(&server.issuer, &server.mcp);
        login.open_page();
        login.consent();
        let tokens = login.redeem().json();
        let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));
        assert_eq!(search(&server.mcp, &access), 200);
        let renewed = login.refresh(&refresh).json();
        assert_eq!(search(&server.mcp, "canary-that-is-no-token"), 401);
        super::support::until("the last line", 10, || server.said().matches("/mcp").count() >= 2);
        let said = server.said();
        if form == "json" {
            let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let page =
                lines.iter().find(|line| line["path"] == "/tenant1/authorize" && line["method"] == "POST").unwrap();
            assert_eq!(page["status"], 303);
            assert!(page["micros"].is_number() && page["timestamp"].is_string());
        }
        let secrets = [
            login.code.clone(),
            access,
            refresh,
            member(&renewed, "refresh_token"),
            "wonderland".to_owned(),
            "canary-that-is-no-token".to_owned(),
            "a-verifier-that-is".to_owned(),
        ];
        for secret in secrets {
            assert!(!said.contains(&secret), "{secret} stands in the log:\n{said}");
        }
    }
}

#[test]
fn nothing_is_logged_when_nothing_goes_wrong() {
    let server = Deployment::start(&FREE);
    assert_eq!(get(&server.mcp).status, 401);
    assert_eq!(server.said(), "");
}

#[test]
fn it_shows_the_certificate_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(file("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (certificate, key) = (file("cert.pem"), file("key.pem"));
    let arguments = ["--tls-cert", &certificate, "--tls-key", &key, "--listen", "127.0.0.1"];
    let server = Deployment::start(&[&FREE[..], &arguments].concat());
    assert!(server.mcp.starts_with("https://127.0.0.1:") && server.issuer.starts_with("https://127.0.0.1:"));
    let probe = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.args(["probe", &server.mcp, "--passive"]).args(more).env_clear().output().unwrap()
    };
    let trusted = probe(&["--cacert", &certificate]);
    let text = String::from_utf8_lossy(&trusted.stdout).into_owned();
    assert!(trusted.status.code() == Some(0) && text.contains("grade A"), "{text}");
    assert_eq!(probe(&[]).status.code(), Some(3), "nobody vouches for it");
    let said = Deployment::try_start(&[&FREE[..], &["--tls-cert", &key, "--tls-key", &key]].concat()).err().unwrap();
    assert!(said.contains("holds no PEM certificate"), "{said}");
    let other = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(file("other.pem"), other.signing_key.serialize_pem()).unwrap();
    let said =
        Deployment::try_start(&[&FREE[..], &["--tls-cert", &certificate, "--tls-key", &file("other.pem")]].concat());
    assert!(said.err().unwrap().contains("is not the key of the certificate"));
}
