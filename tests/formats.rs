//! Every output format for one fixed report, as checked in; `MCP_AUTH_BLESS=1 cargo test --test formats` rewrites it.
//!
//! The record is `fixtures/trails/specimen.json`, whose server sends hostile text. It is judged by checks that exist only
//! here, so that a new check of the catalogue changes nothing. That the files open in programs of others is shown by
//! `tests/formats/run.sh`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use mcp_auth::evidence::{Evidence, Pointer, Trail};
use mcp_auth::level;
use mcp_auth::render::{self, Style, View};
use mcp_auth::report::{self, Declared, Exception, Policy, Report};
use mcp_auth::spec::cite::{RFC6750_3, RFC9728_3_3, RFC9728_5_1};
use mcp_auth::spec::revision::Revision;
use mcp_auth::spec::step::Step;
use mcp_auth::spec::text::{is_unsafe, printable};
use mcp_auth::verdict::{Check, Class, Mark, Role, Verdict, finding};
use time::macros::date;

/// A check with the words that are the same for all of them.
const fn check(id: &'static str, title: &'static str, role: Role, judge: fn(&Evidence<'_>) -> Verdict) -> Check {
    Check {
        id,
        title,
        role,
        level: level![Must, Must, Must, Must],
        class: Class::Passive,
        mark: Mark::Plain,
        cites: &[RFC9728_3_3, RFC9728_5_1],
        needs: &[Step::PathMetadata],
        blocked_by: &[],
        why: "Clients compare the two, and refuse what differs.",
        fix: "set `resource` to exactly the URL that clients connect to",
        disputed: "",
        faults: &[],
        judge,
    }
}

/// One check for everything that a report can say.
const SPECIMENS: &[Check] = &[
    Check {
        cites: &[RFC6750_3],
        ..check("challenge-specimen-pass", "the 401 carries a `WWW-Authenticate` header", Role::ResourceServer, |_| {
            Verdict::Pass
        })
    },
    check("challenge-specimen-warn", "the challenge names the scopes", Role::ResourceServer, |_| {
        finding(Pointer::header(1, "www-authenticate"), "the challenge names no `scope`").warn()
    }),
    Check {
        mark: Mark::Silent,
        ..check("prm-specimen-fail", "`resource` names the server it was fetched for", Role::ResourceServer, |e| {
            let document = e.resource().map(|(_, document)| document);
            let name = document.and_then(|d| d.text("resource_name")).unwrap_or_default();
            finding(Pointer::json(2, "/resource"), format!("`resource` is another URL, of {}", printable(name)))
                .expected("https://mcp.example.com/mcp")
                .actual(printable(document.and_then(|d| d.text("resource")).unwrap_or_default()).to_string())
                .fail()
        })
    },
    Check {
        blocked_by: &["prm-specimen-fail"],
        ..check("prm-specimen-blocked", "`resource` has no query", Role::ResourceServer, |_| Verdict::Pass)
    },
    check("asm-specimen-fail", "the metadata can be read", Role::AuthorizationServer, |_| {
        finding(Pointer::exchange(5), "the metadata did not come in time")
            .fix("answer within ten seconds, e.g.\n{\"issuer\": \"https://HOST\"}")
            .fail()
    }),
    check("asm-specimen-info", "dynamic registration is offered", Role::AuthorizationServer, |_| {
        finding(Pointer::json(4, "/registration_endpoint"), "registration is open to everyone").info()
    }),
    check("jwks-specimen-na", "every key has a `kid`", Role::AuthorizationServer, |_| {
        Verdict::not_applicable("the key set is empty")
    }),
    Check {
        needs: &[Step::McpCall],
        ..check("rs-specimen-needs", "a tool is not called without a token", Role::ResourceServer, |_| Verdict::Pass)
    },
];

const FILES: [(&str, &str); 9] = [
    ("human", "report.txt"),
    ("json", "report.json"),
    ("jsonl", "report.jsonl"),
    ("sarif", "report.sarif"),
    ("junit", "report.junit.xml"),
    ("markdown", "report.md"),
    ("html", "report.html"),
    ("har", "report.har"),
    ("github", "report.github.txt"),
];

fn trail() -> Trail {
    Trail::load(include_str!("../fixtures/trails/specimen.json")).unwrap()
}

fn judged(trail: &Trail) -> Report {
    let mut report = report::judge(&Evidence::new(trail, Revision::LATEST), SPECIMENS);
    // The record is of 2026-01-01: one exception holds, one has ended.
    let exception = |check: &str, expires| Exception {
        check: check.to_owned(),
        target: None,
        reason: "the gateway is replaced in spring".to_owned(),
        expires,
    };
    let policy = Policy {
        exceptions: vec![
            exception("challenge-specimen-warn", date!(2026 - 03 - 31)),
            exception("asm-specimen-fail", date!(2025 - 12 - 31)),
        ],
        baseline: None,
    };
    assert!(policy.apply(&mut report, None, trail).is_empty());
    report.declared = Some(Declared { file: "mcp-auth.toml".to_owned(), line: 3 });
    report
}

fn written(format: &str) -> String {
    let (trail, style) = (trail(), Style { colour: false, width: 100, verbose: false });
    let report = judged(&trail);
    let mut out = Vec::new();
    let view = View { report: &report, trail: &trail.redacted(), style: &style };
    (render::format(format).unwrap().write)(&view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_is_as_checked_in() {
    let listed: Vec<_> = render::FORMATS.iter().map(|format| format.name).collect();
    assert_eq!(listed, FILES.map(|(name, _)| name), "a format without a golden file");
    for (format, file) in FILES {
        same(&format!("fixtures/golden/{file}"), &written(format));
    }
}

#[test]
fn no_format_passes_on_what_is_unsafe_to_show() {
    for (format, _) in FILES {
        let text = written(format);
        let raw = text.chars().find(|c| is_unsafe(*c) && !matches!(c, '\n' | '\t'));
        assert_eq!(raw, None, "{format} holds a raw control, bidi or invisible character");
        assert!(!text.contains("not-for-the-report"), "{format} holds a credential");
    }
    assert!(!written("html").contains("<script"), "HTML of the server stays text");
    assert!(!written("github").lines().any(|line| line.starts_with("::error::")), "a command of the server's making");
    assert!(!written("markdown").contains("@everyone"), "a mention of the server's making");
}

#[test]
fn every_line_of_json_lines_is_an_object() {
    let text = written("jsonl");
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "result").count(), SPECIMENS.len());
    assert_eq!(kinds.last().map(String::as_str), Some("summary"));
}

#[test]
fn a_fingerprint_outlives_another_port_and_another_number_of_exchanges() {
    let prints = |trail: &Trail| {
        let report = judged(trail);
        let mut out = Vec::new();
        let style = Style { colour: false, width: 100, verbose: false };
        (render::format("sarif").unwrap().write)(&View { report: &report, trail, style: &style }, &mut out).unwrap();
        let log: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let found = log["runs"][0]["results"].as_array().unwrap().clone();
        found.iter().map(|result| result["partialFingerprints"].clone()).collect::<Vec<_>>()
    };
    let first =
        include_str!("../fixtures/trails/specimen.json").replace("https://mcp.example.com", "http://127.0.0.1:1");
    let second = first.replace("http://127.0.0.1:1", "http://127.0.0.1:23456");
    let (first, second) = (prints(&Trail::load(&first).unwrap()), prints(&Trail::load(&second).unwrap()));
    assert_eq!(first, second);
    assert_eq!(first.iter().collect::<std::collections::HashSet<_>>().len(), first.len(), "each has its own");
}

fn same(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "{file} is stale: MCP_AUTH_BLESS=1 cargo test --test formats");
}

#[expect(clippy::disallowed_methods, reason = "blessing is asked for by the environment")]
fn blessing() -> bool {
    std::env::var_os("MCP_AUTH_BLESS").is_some()
}
