//! Annotations of a GitHub workflow: workflow commands on standard output, the gravest first, because a step shows only
//! the first ten of a kind.

use std::io::{self, Write};

use super::View;
use super::words;
use crate::report::{CheckResult, Fit, Status};

/// Writes one annotation a finding, then a line for the log.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let mut findings = report.findings(Status::Info);
    findings.sort_by_key(|result| std::cmp::Reverse(result.status));
    for result in findings {
        let command = match result.status {
            Status::Fail => "error",
            Status::Warn => "warning",
            _ => "notice",
        };
        let place = report.declared.as_ref().map_or_else(String::new, |declared| {
            format!("file={},line={},", property(&words::line(&declared.file)), declared.line)
        });
        let title = property(&format!("{}: {}", result.id, words::message(result)));
        writeln!(out, "::{command} {place}title={title}::{}", data(&text(result)))?;
    }
    for client in report.clients.iter().filter(|client| client.fit == Fit::Breaks) {
        let reasons: Vec<String> = client.reasons.iter().map(words::client_reason).collect();
        let title = property(&format!("{} cannot use this server", client.name));
        writeln!(out, "::warning title={title}::{}", data(&reasons.join("\n")))?;
    }
    let summary = &report.summary;
    writeln!(
        out,
        "{}: {} fail, {} warn, grade {}, looked at {}",
        words::line(&report.target),
        summary.fail,
        summary.warn,
        summary.grade,
        summary.coverage
    )
}

fn text(result: &CheckResult) -> String {
    let mut lines: Vec<String> = words::place(result).map(|place| format!("at {place}")).into_iter().collect();
    lines.extend(result.expected.as_deref().map(|text| format!("expected: {}", words::line(text))));
    lines.extend(result.actual.as_deref().map(|text| format!("actual: {}", words::line(text))));
    lines.extend(words::fix(result).map(|text| format!("fix: {text}")));
    lines.extend(result.note.as_deref().map(|text| format!("note: {}", words::line(text))));
    lines.push(format!("{}, {}", result.level.as_str(), words::cites(&result.cites)));
    lines.join("\n")
}

/// The text of a command: no line of it may begin another one.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: it ends at a comma or a colon, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_neither_end_its_command_nor_begin_another() {
        assert_eq!(data("a\n::error::b\r%"), "a%0A::error::b%0D%25");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
