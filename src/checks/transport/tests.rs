//! TLS and spellings of the URL that no fault of the reference deployment brings.

use serde_json::json;

use super::*;
use crate::evidence::Trail;

/// A trail of one https server: what came of the first request and of the hello of old.
fn trail(target: &str, first: serde_json::Value, hello: serde_json::Value) -> Trail {
    let exchange = |number: u32, step: &str, outcome: serde_json::Value| {
        json!({
            "number": number, "step": step, "about": "https://rs.test", "because": "", "at": 0, "took": 0,
            "request": { "method": "POST", "url": "https://rs.test/mcp" }, "outcome": outcome,
        })
    };
    let whole = json!({
        "version": 1, "tool": "test", "target": target, "started": 0, "reach": "default",
        "exchanges": [exchange(1, "mcp-discover", first), exchange(2, "old-tls-hello", hello)],
    });
    Trail::load(&whole.to_string()).unwrap()
}

fn status(judge: fn(&Evidence<'_>) -> Verdict, trail: &Trail) -> &'static str {
    match judge(&Evidence::new(trail, crate::spec::revision::Revision::LATEST)) {
        Verdict::Pass => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Warn(_) => "warn",
        Verdict::Info(_) => "info",
        Verdict::Skip(_) => "skip",
    }
}

#[test]
fn a_server_that_speaks_only_old_tls_fails_for_that_and_nothing_else() {
    let failed = || json!({ "failure": { "kind": "tls", "detail": "received fatal alert: ProtocolVersion" } });
    let taken = json!({ "reply": { "status": 200, "headers": [{ "name": "tls-version", "value": "1.1" }] } });
    let old = trail("https://rs.test/mcp", failed(), taken);
    assert_eq!((status(tls_version, &old), status(cert_valid, &old)), ("fail", "skip"));
    let neither = trail("https://rs.test/mcp", failed(), failed());
    assert_eq!((status(tls_version, &neither), status(cert_valid, &neither)), ("pass", "fail"));
}

#[test]
fn each_spelling_of_the_url_has_its_verdict() {
    for (url, expected) in [
        ("https://rs.test", "pass"),
        ("https://rs.test/", "pass"),
        ("https://rs.test/mcp", "pass"),
        ("https://rs.test/mcp/", "warn"),
        ("https://RS.test/mcp", "warn"),
        ("https://me@rs.test/mcp", "warn"),
        ("https://rs.test/mcp?tenant=1", "info"),
        ("https://rs.test/mcp#part", "fail"),
        ("rs.test/mcp", "fail"),
    ] {
        let answered = || json!({ "reply": { "status": 401 } });
        assert_eq!(status(canonical, &trail(url, answered(), answered())), expected, "{url}");
    }
}
