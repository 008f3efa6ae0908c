//! One self-contained HTML file: no script, nothing loaded, readable on a phone, in light and dark.

mod diagram;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::View;
use super::words::{self, block, line, plural};
use crate::report::{CheckResult, Fit, Report, Status};
use crate::verdict::Role;

const STYLE: &str = include_str!("style.css");

/// Writes the report.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", page(view).into_string())
}

fn page(view: &View<'_>) -> Markup {
    let report = view.report;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { "mcp-auth: " (line(&report.target)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (heading(report))
                    (findings(report))
                    (noted(report))
                    (accepted(report))
                    (clients(report))
                    (diagram::sequence(view.trail))
                    (every_check(report))
                    (footing(view))
                }
            }
        }
    }
}

fn heading(report: &Report) -> Markup {
    let summary = &report.summary;
    let root = report.root_cause.as_deref().and_then(|id| report.result(id));
    html! {
        header {
            div.grade data-grade=(summary.grade) title="A: nothing found, B: warnings, C and D: failures, F: a silent security hole" {
                (summary.grade)
            }
            div {
                h1 { (line(&report.target)) }
                p.quiet {
                    (words::mode(report.mode)) " · judged by " (report.revision) " · looked at " (summary.coverage) " checks"
                    @if let Some(provider) = &report.provider { " · authorization server: " (provider.name) }
                }
            }
        }
        @if let Some(root) = root {
            p.root { strong { "Root cause: " } (code_spans(&words::message(root))) " " a href={ "#" (root.id) } { (root.id) } }
        }
        ul.counts {
            @for (status, count) in [
                (Status::Fail, summary.fail), (Status::Warn, summary.warn), (Status::Info, summary.info),
                (Status::Pass, summary.pass), (Status::Skip, summary.skip),
            ] {
                li data-status=(status.as_str()) { b { (count) } " " (status.as_str()) }
            }
        }
    }
}

fn findings(report: &Report) -> Markup {
    let found = report.findings(Status::Warn);
    html! {
        @for role in [Role::ResourceServer, Role::AuthorizationServer, Role::Client] {
            @let own: Vec<_> = found.iter().filter(|result| result.role == role).collect();
            @if !own.is_empty() {
                section {
                    h2 { (words::role(role)) }
                    @for result in own { (finding(report, result)) }
                }
            }
        }
    }
}

fn finding(report: &Report, result: &CheckResult) -> Markup {
    let blocked = report.blocked_by(result.id);
    html! {
        article id=(result.id) data-status=(result.status.as_str()) {
            h3 { span.badge { (result.status.as_str()) } " " (code_spans(&words::message(result))) }
            dl {
                @if let (Some(at), Some(place)) = (&result.at, words::place(result)) {
                    dt { "at" } dd { a href={ "#x" (at.exchange) } { (code_spans(&place)) } }
                }
                @if let Some(expected) = &result.expected { dt { "expected" } dd { code { (line(expected)) } } }
                @if let Some(actual) = &result.actual { dt { "actual" } dd { code.wrong { (line(actual)) } } }
                @if let Some(fix) = &result.fix { dt { "fix" } dd.fix { (code_spans(&block(fix))) } }
                @if let Some(setting) = &result.setting { dt { "setting" } dd { b { (setting.provider) } ": " (code_spans(&setting.says)) } }
                @if let Some(code) = &result.code { dt { "code" } dd { "with " (code.framework) pre { (block(&code.text)) } } }
                @if let Some(note) = &result.note { dt { "note" } dd { (code_spans(&line(note))) } }
                dt { "why" } dd { (code_spans(result.row.why)) }
                dt { "read" } dd {
                    (result.level.as_str()) " · "
                    @for (index, cite) in result.cites.iter().enumerate() {
                        @if index > 0 { ", " }
                        a href=(cite.url) rel="noreferrer" { (cite.short()) }
                    }
                }
                dt { "check" } dd { code { (result.id) } }
                @if !blocked.is_empty() {
                    dt { "blocks" } dd.quiet { (plural(blocked.len(), "check")) " not looked at: " (blocked.join(", ")) }
                }
            }
        }
    }
}

fn noted(report: &Report) -> Markup {
    let noted: Vec<_> = report.results.iter().filter(|result| result.status == Status::Info).collect();
    html! {
        @if !noted.is_empty() || !report.elsewhere.is_empty() {
            section {
                h2 { "Worth knowing" }
                ul {
                    @for result in noted {
                        li id=(result.id) {
                            (code_spans(&words::message(result))) " "
                            code { (result.id) }
                            @if let Some(at) = &result.at { " " a href={ "#x" (at.exchange) } { "#" (at.exchange) } }
                        }
                    }
                    @for note in &report.elsewhere {
                        li { "By " (note.revision) " this fails, too: " (code_spans(&line(&note.message))) " " code { (note.id) } }
                    }
                }
            }
        }
    }
}

fn accepted(report: &Report) -> Markup {
    html! {
        @if report.accepted().next().is_some() {
            section {
                h2 { "Accepted" }
                ul { @for (result, _) in report.accepted() { li id=(result.id) { (code_spans(&words::accepted(result))) } } }
            }
        }
    }
}

fn clients(report: &Report) -> Markup {
    html! {
        @if !report.clients.is_empty() {
            section {
                h2 { "Clients" }
                table {
                    thead { tr { th { "" } th { "client" } th { "why" } } }
                    tbody {
                        @for client in &report.clients {
                            tr data-status=(tone(client.fit)) {
                                td { span.badge { (client.fit.as_str()) } }
                                td { (client.name) }
                                td {
                                    @for reason in &client.reasons {
                                        div {
                                            (reason.step) ": " (code_spans(&line(&reason.says)))
                                            @if let Some(at) = &reason.at { " " a href={ "#x" (at.exchange) } { "#" (at.exchange) } }
                                            @if let Some(source) = words::client_source(reason) { " " span.quiet { (source) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The status whose colour a fit has.
const fn tone(fit: Fit) -> &'static str {
    match fit {
        Fit::Works => "pass",
        Fit::Note => "warn",
        Fit::Unknown => "skip",
        Fit::Breaks => "fail",
    }
}

fn every_check(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Every check" }
            details {
                summary { (plural(report.results.len(), "check")) " of this revision" }
                table {
                    thead { tr { th { "" } th { "check" } th { "requires" } } }
                    tbody {
                        @for result in &report.results {
                            tr data-status=(result.status.as_str()) {
                                td { span.badge { (result.status.as_str()) } }
                                td { code { (result.id) } }
                                td {
                                    (code_spans(result.title))
                                    @if let Some(reason) = &result.reason { " " span.quiet { (line(reason)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn footing(view: &View<'_>) -> Markup {
    let effects = &view.report.effects;
    html! {
        footer {
            @for thing in &effects.left_behind {
                p { "Left behind: " (line(thing)) }
            }
            p { "Next: " code { (line(&view.report.next)) } }
            p.quiet {
                (line(&view.report.tool)) " · " (words::instant(view.trail.started)) " · "
                (plural(effects.requests, "request")) ", " (plural(effects.clients_registered, "client")) " registered, "
                (plural(effects.tokens_issued, "token")) " issued · credentials were taken out"
            }
        }
    }
}

/// Our own text: what stands between backticks is code.
fn code_spans(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    html! {
        @if paired {
            @for (index, part) in parts.iter().enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}
