//! The writers of reports. A report is made once; its texts that come from servers are then exchanged for the input.

use std::sync::Arc;

use mcp_auth::commands::probe;
use mcp_auth::evidence::{Outcome, Trail};
use mcp_auth::render::{FORMATS, Style, View};
use mcp_auth::report::{Report, Status};
use mcp_auth::spec::text::is_unsafe;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use crate::{KEYS, SERVER, deployment};

/// Findings that are written.
const FINDINGS: usize = 5;
const SERVER_ORIGIN: &str = "https://rs.test/";
const STYLE: Style = Style { colour: false, width: 80, verbose: true };

/// One writer, which the first byte chooses, and foreign texts, between bytes 0xFF: the format is kept, nothing raw comes
/// out, and no text becomes markup.
pub fn report(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(format) = FORMATS.get(usize::from(*choice) % FORMATS.len()) else { return };
    let parts: Vec<String> =
        rest.split(|byte| *byte == 0xff).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let texts = |tame: bool| -> Vec<String> {
        let tamed = |text: &String| if tame { text.replace(|c: char| MARKUP.contains(c), "x") } else { text.clone() };
        parts.iter().map(tamed).collect()
    };
    let written = |texts: &[String]| {
        let (report, trail) = with(texts);
        let mut out = Vec::new();
        (format.write)(&View { report: &report, trail: &trail.redacted(), style: &STYLE }, &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    };
    let wild = written(&texts(false));
    let raw = wild.chars().find(|&c| is_unsafe(c) && c != '\n' && c != '\t');
    assert!(raw.is_none(), "{}: raw {raw:?}", format.name);
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    match format.name {
        "json" => assert_eq!(json(&wild)["results"][0]["message"].as_str(), parts.first().map(String::as_str)),
        "sarif" | "har" => drop(json(&wild)),
        "jsonl" => wild.lines().for_each(|line| drop(json(line))),
        "junit" => assert_eq!(elements(&wild), elements(&written(&texts(true)))),
        "html" => assert_eq!(wild.matches('<').count(), written(&texts(true)).matches('<').count(), "markup"),
        "markdown" => assert_eq!(links(&wild), links(&written(&texts(true)))),
        "github" => {
            for line in wild.lines().rev().skip(1) {
                let known = ["::error ", "::warning ", "::notice "].iter().any(|begin| line.starts_with(begin));
                assert!(known, "{line}");
            }
        }
        _ => {}
    }
}

/// What means something in HTML, XML or Markdown, but for the backtick, which our own texts use.
const MARKUP: &str = "<>&\"'[]()!*_#|~@\\:/{}$^-+=.";

/// The report and its record, with these texts in the places of foreign ones, in turn.
fn with(texts: &[String]) -> (Report, Trail) {
    thread_local! {
        static BASE: (Report, Trail) = {
            let faulty = br#"{"resource":"https://other.test/","authorization_servers":["http://as.test/t"]}"#;
            let trail = deployment(faulty, SERVER.as_bytes(), KEYS.as_bytes());
            let mut report = probe::judge(&trail, None, false, &[]);
            report.results.retain(|result| matches!(result.status, Status::Fail | Status::Warn | Status::Info));
            assert!(report.results.len() > FINDINGS, "it has findings");
            report.results.truncate(FINDINGS);
            report.root_cause = report.results.first().map(|result| result.id.to_owned());
            (report, trail)
        };
    }
    BASE.with(|(report, trail)| {
        let (mut report, mut trail) = (report.clone(), trail.clone());
        let mut next = texts.iter().cycle().cloned();
        let mut text = || next.next().unwrap_or_default();
        for result in &mut report.results {
            result.message = Some(text());
            result.expected = Some(text());
            result.actual = Some(text());
            result.fix = Some(text());
            result.place = Some(text());
            result.note = Some(text());
        }
        report.target = text();
        report.next = text();
        for exchange in trail.exchanges.iter_mut().map(Arc::make_mut) {
            exchange.because = text();
            // The host stays: who takes part in the exchanges decides how many columns their diagram has.
            exchange.request.url = format!("{SERVER_ORIGIN}{}", text());
            if let Outcome::Reply(reply) = &mut exchange.outcome {
                reply.headers.iter_mut().for_each(|header| header.value = text());
                reply.body.text = Some(text().into());
            }
        }
        (report, trail)
    })
}

/// The elements of a well-formed XML document.
fn elements(text: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Eof => return found,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                found.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
            }
            _ => {}
        }
    }
}

/// The links, images and pieces of HTML that a reader of Markdown sees.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) if &*html != "<!-- -->" => found.push(html.to_string()),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => found.push(dest_url.to_string()),
            Event::Start(Tag::Heading { level, .. }) => found.push(level.to_string()),
            _ => {}
        }
    }
    found
}
