//! What no fault of the reference deployment can express about resource metadata and keys.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::by_id;
use crate::evidence::{Evidence, Trail};
use crate::spec::revision::Revision;
use crate::verdict::{Reason, Verdict};

const MCP: &str = "https://rs.test/mcp";
const PATH: &str = "https://rs.test/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "https://rs.test/.well-known/oauth-protected-resource";
const ISSUER: &str = "https://as.test/t";
const SERVER: &str = "https://as.test/.well-known/oauth-authorization-server/t";
const KEYS: &str = "https://as.test/t/jwks";

/// A step, its URL, what came.
type Step<'a> = (&'a str, &'a str, Value);

fn trail(target: &str, steps: &[Step<'_>]) -> Trail {
    let exchanges: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(n, (step, url, outcome))| {
            json!({ "number": n + 1, "step": step, "about": ISSUER, "because": "", "at": 0, "took": 0,
                "request": { "method": "GET", "url": url }, "outcome": outcome })
        })
        .collect();
    let whole = json!({ "version": 1, "tool": "test", "target": target, "started": 0, "reach": "default",
        "exchanges": exchanges });
    Trail::load(&whole.to_string()).unwrap()
}

fn status(code: u16) -> Value {
    json!({ "reply": { "status": code } })
}

fn document(body: &Value) -> Value {
    json!({ "reply": { "status": 200, "body": { "text": body.to_string() } } })
}

fn resource(name: &str) -> Value {
    document(&json!({ "resource": name, "authorization_servers": [ISSUER] }))
}

/// The 401 of the first request, with this challenge.
fn refusal(challenge: &str) -> Step<'static> {
    let header = json!({ "name": "www-authenticate", "value": challenge });
    ("mcp-discover", MCP, json!({ "reply": { "status": 401, "headers": [header] } }))
}

fn said_by(id: &str, trail: &Trail, strict: bool) -> String {
    let mut evidence = Evidence::new(trail, Revision::LATEST);
    evidence.strict = strict;
    match (by_id(id).unwrap().judge)(&evidence) {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Fail(_) => "fail".to_owned(),
        Verdict::Warn(_) => "warn".to_owned(),
        Verdict::Info(_) => "info".to_owned(),
        Verdict::Skip(Reason::Blocked(id)) => format!("blocked:{id}"),
        Verdict::Skip(Reason::NotApplicable(_)) => "not-applicable".to_owned(),
        Verdict::Skip(Reason::Needs(_) | Reason::NeedsTrap(_) | Reason::NotSeen(_)) => "needs".to_owned(),
        Verdict::Skip(Reason::Inconclusive(_)) => "inconclusive".to_owned(),
    }
}

fn say(id: &str, trail: &Trail) -> String {
    said_by(id, trail, false)
}

#[test]
fn a_document_at_the_root_is_that_of_the_origin_or_misplaced() {
    let with = |name: &str| {
        let steps = [
            refusal("Bearer realm=\"x\""),
            ("path-metadata", PATH, status(404)),
            ("root-metadata", ROOT, resource(name)),
        ];
        let trail = trail(MCP, &steps);
        (
            say("prm-path-wellknown", &trail),
            say("prm-resource-match", &trail),
            said_by("prm-resource-match", &trail, true),
        )
    };
    let expected = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(with("https://rs.test"), expected("pass", "info", "info"));
    assert_eq!(with(MCP), expected("fail", "pass", "pass"));
    assert_eq!(with("https://other.test/mcp"), expected("fail", "fail", "fail"));
}

#[test]
fn a_place_of_its_own_is_left_to_the_challenge() {
    let named = "https://rs.test/metadata.json";
    let challenge = format!("Bearer resource_metadata=\"{named}\"");
    let alone =
        [refusal(&challenge), ("path-metadata", PATH, status(404)), ("challenge-metadata", named, resource(MCP))];
    assert_eq!(say("prm-path-wellknown", &trail(MCP, &alone)), "blocked:challenge-rm-wellknown");
    let mut broken = alone.to_vec();
    broken[2].2 = status(403);
    let broken = trail(MCP, &broken);
    for id in ["prm-discoverable", "prm-unauthenticated"] {
        let expected =
            if id == "prm-discoverable" { "blocked:prm-unauthenticated" } else { "blocked:challenge-rm-fetch" };
        assert_eq!(say(id, &broken), expected);
    }
}

#[test]
fn the_layout_of_the_oldest_revision_is_told_from_broken_metadata() {
    let legacy = "https://rs.test/.well-known/oauth-authorization-server";
    let server = || document(&json!({ "issuer": "https://rs.test" }));
    let with = |code: u16| {
        let steps = [refusal("Bearer"), ("path-metadata", PATH, status(code)), ("legacy-metadata", legacy, server())];
        let trail = trail(MCP, &steps);
        (say("prm-discoverable", &trail), say("prm-unauthenticated", &trail))
    };
    assert_eq!(with(404), ("info".to_owned(), "not-applicable".to_owned()));
    assert_eq!(with(403), ("blocked:prm-unauthenticated".to_owned(), "fail".to_owned()));
}

#[test]
fn an_open_server_may_not_answer_pages_for_metadata() {
    let opened = json!({ "jsonrpc": "2.0", "id": 1, "result": { "resultType": "complete" } });
    let kind = json!({ "name": "content-type", "value": "application/json" });
    let open = json!({ "reply": { "status": 200, "headers": [kind], "body": { "text": opened.to_string() } } });
    let with = |outcome: Value| {
        let trail = trail(MCP, &[("mcp-discover", MCP, open.clone()), ("path-metadata", PATH, outcome)]);
        (say("prm-json", &trail), say("prm-discoverable", &trail))
    };
    let page = json!({ "reply": { "status": 200, "body": { "text": "<html>" } } });
    assert_eq!(with(page), ("fail".to_owned(), "not-applicable".to_owned()));
    assert_eq!(with(status(404)), ("not-applicable".to_owned(), "not-applicable".to_owned()));
}

#[test]
fn what_could_not_be_asked_is_not_missing() {
    let spent = || json!({ "failure": { "kind": "budget", "detail": "" } });
    for outcome in [status(429), spent()] {
        let trail = trail(MCP, &[refusal("Bearer"), ("path-metadata", PATH, outcome)]);
        assert_eq!(say("prm-discoverable", &trail), "not-applicable");
    }
    let two = json!({ "resource": MCP, "authorization_servers": [ISSUER, "https://slow.test"] });
    let steps =
        [("path-metadata", PATH, document(&two)), ("oauth-metadata", SERVER, document(&json!({ "issuer": ISSUER })))];
    assert_eq!(say("prm-as-all-live", &trail(MCP, &steps)), "pass", "the second was never asked");
}

#[test]
fn queries_and_spellings_of_the_resource_are_graded() {
    let target = "https://rs.test/mcp?tenant=1";
    let place = "https://rs.test/.well-known/oauth-protected-resource/mcp?tenant=1";
    for (name, uri, matched, strict) in [
        (target, "warn", "pass", "pass"),
        (MCP, "pass", "warn", "fail"),
        ("https://RS.test/mcp?tenant=1", "pass", "warn", "fail"),
        ("https://rs.test:443/mcp?tenant=1", "pass", "warn", "fail"),
        ("https://rs.test/mcp?tenant=2", "pass", "fail", "fail"),
        ("http://rs.test/mcp?tenant=1", "fail", "fail", "fail"),
    ] {
        let trail = trail(target, &[("path-metadata", place, resource(name))]);
        let said = (say("prm-resource-uri", &trail), say("prm-resource-match", &trail));
        assert_eq!(said, (uri.to_owned(), matched.to_owned()), "{name}");
        assert_eq!(said_by("prm-resource-match", &trail, true), strict, "{name}");
    }
}

#[test]
fn many_scopes_are_worth_a_word() {
    let scopes: Vec<String> = (0..21).map(|n| format!("scope{n}")).collect();
    let body = json!({ "resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": scopes });
    assert_eq!(say("prm-scopes-minimal", &trail(MCP, &[("path-metadata", PATH, document(&body))])), "info");
}

/// A run in which the authorization server publishes these keys.
fn published(keys: &Value) -> Trail {
    let server = json!({ "issuer": ISSUER, "jwks_uri": KEYS });
    let steps = [
        ("path-metadata", PATH, resource(MCP)),
        ("oauth-metadata", SERVER, document(&server)),
        ("jwks", KEYS, document(&json!({ "keys": keys }))),
    ];
    trail(MCP, &steps)
}

#[test]
fn keys_for_other_purposes_are_nobodys_fault() {
    let (_, own) = key();
    let encryption = json!({ "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "e", "e": "AQAB",
        "n": URL_SAFE_NO_PAD.encode([0xff; 256]) });
    let unknown = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "q", "pub": "AAAA" });
    let trail = published(&json!([own, encryption, unknown]));
    for id in ["jwks-fetch", "jwks-nonempty", "jwks-no-private", "jwks-kid", "jwks-strength", "jwks-use-alg"] {
        assert_eq!(say(id, &trail), "pass", "{id}");
    }
    let many = published(&Value::Array(vec![own; 501]));
    assert_eq!((say("jwks-fetch", &many), say("jwks-kid", &many)), ("pass".to_owned(), "not-applicable".to_owned()));
}

#[test]
fn an_authorization_server_without_keys_is_nobodys_fault() {
    let steps =
        [("path-metadata", PATH, resource(MCP)), ("oauth-metadata", SERVER, document(&json!({ "issuer": ISSUER })))];
    assert_eq!(say("jwks-fetch", &trail(MCP, &steps)), "not-applicable");
}

/// A fresh key, and its public half as a JWK.
fn key() -> (EcdsaKeyPair, Value) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(point.get(range).unwrap());
    let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k", "x": part(1..33), "y": part(33..65) });
    (pair, jwk)
}

#[test]
fn signed_metadata_stands_by_the_keys_of_who_signed() {
    let (pair, jwk) = key();
    let signed = |claims: Value, kid: &str| {
        let header = json!({ "alg": "ES256", "kid": kid });
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let with = |token: String| {
        let body = json!({ "resource": MCP, "authorization_servers": [ISSUER], "signed_metadata": token });
        let server = json!({ "issuer": ISSUER, "jwks_uri": KEYS });
        let steps = [
            ("path-metadata", PATH, document(&body)),
            ("oauth-metadata", SERVER, document(&server)),
            ("jwks", KEYS, document(&json!({ "keys": [jwk] }))),
        ];
        say("prm-signed-metadata", &trail(MCP, &steps))
    };
    assert_eq!(with(signed(json!({ "iss": ISSUER, "resource": MCP }), "k")), "pass");
    assert_eq!(with(signed(json!({ "iss": "https://third.test", "resource": MCP }), "other")), "info");
    assert_eq!(with(signed(json!({ "iss": ISSUER, "resource": "https://other.test" }), "k")), "warn");
    assert_eq!(with(signed(json!({ "iss": ISSUER, "signed_metadata": "x" }), "k")), "warn");
    assert_eq!(with(format!("{}AAAA", signed(json!({ "iss": "https://third.test" }), "k"))), "warn", "a known kid");
}
