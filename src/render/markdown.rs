//! Markdown for a ticket or a review comment, GitHub's flavour in mind.
//!
//! Our own texts mark code with backticks and may quote what a server said. What stands between backticks becomes a code
//! span; of the rest every character is escaped that could make a link, a mention, a heading, a table or HTML.

use std::io::{self, Write};

use super::View;
use super::words::{self, plural};
use crate::report::{CheckResult, Report, Status};
use crate::verdict::Role;

/// Writes the report.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    heading(report, out)?;
    let least = if view.style.verbose { Status::Info } else { Status::Warn };
    let findings = report.findings(least);
    for role in [Role::ResourceServer, Role::AuthorizationServer, Role::Client] {
        let own: Vec<_> = findings.iter().filter(|result| result.role == role).collect();
        if !own.is_empty() {
            writeln!(out, "\n### {}", words::role(role))?;
        }
        for result in own {
            finding(report, result, out)?;
        }
    }
    let noted: Vec<_> = report.results.iter().filter(|result| result.status == Status::Info).collect();
    if !noted.is_empty() && !view.style.verbose {
        writeln!(out, "\n### Worth knowing\n")?;
        for result in noted {
            writeln!(out, "- {} ({})", prose(&words::message(result)), code(result.id))?;
        }
    }
    if report.accepted().next().is_some() {
        writeln!(out, "\n### Accepted\n")?;
    }
    for (result, _) in report.accepted() {
        writeln!(out, "- {}", prose(&words::accepted(result)))?;
    }
    clients(report, out)?;
    for thing in &report.effects.left_behind {
        writeln!(out, "\nLeft behind: {}", prose(&words::line(thing)))?;
    }
    writeln!(
        out,
        "\n{}, {} registered, {} issued. Next: {}",
        plural(report.effects.requests, "request"),
        plural(report.effects.clients_registered, "client"),
        plural(report.effects.tokens_issued, "token"),
        code(&words::line(&report.next))
    )
}

fn heading(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    writeln!(out, "## mcp-auth: {}\n", code(&words::line(&report.target)))?;
    if let Some(result) = report.root_cause.as_deref().and_then(|id| report.result(id)) {
        writeln!(out, "**Root cause:** {} ({})\n", prose(&words::message(result)), code(result.id))?;
    }
    if let Some(provider) = &report.provider {
        writeln!(out, "Authorization server: {}\n", prose(provider.name))?;
    }
    writeln!(out, "{} · judged by {} · {}\n", prose(words::mode(report.mode)), report.revision, prose(&report.tool))?;
    writeln!(out, "| Grade | Pass | Fail | Warn | Worth knowing | Looked at |\n|---|---|---|---|---|---|")?;
    writeln!(
        out,
        "| **{}** | {} | {} | {} | {} | {} |",
        summary.grade, summary.pass, summary.fail, summary.warn, summary.info, summary.coverage
    )
}

fn finding(report: &Report, result: &CheckResult, out: &mut dyn Write) -> io::Result<()> {
    let status = result.status.as_str().to_uppercase();
    writeln!(out, "\n**{status}: {}**\n", prose(&words::message(result)))?;
    let cites: Vec<String> =
        result.cites.iter().map(|cite| format!("[{}]({})", prose(&cite.short()), cite.url)).collect();
    writeln!(out, "- check: {}, {}, {}", code(result.id), result.level.as_str(), cites.join(", "))?;
    if let Some(place) = words::place(result) {
        writeln!(out, "- at: {}", code(&place))?;
    }
    for (name, text) in [("expected", &result.expected), ("actual", &result.actual)] {
        if let Some(text) = text {
            writeln!(out, "- {name}: {}", code(&words::line(text)))?;
        }
    }
    if let Some(fix) = &result.fix {
        let lines: Vec<String> = words::block(fix).lines().map(prose).collect();
        // On one line: what begins a line may mean a heading or a list.
        writeln!(out, "- fix: {}", lines.join("<br>"))?;
    }
    if let Some(setting) = &result.setting {
        writeln!(out, "- {}: {}", prose(setting.provider), prose(&setting.says))?;
    }
    if let Some(code) = &result.code {
        let lines: Vec<String> = code.text.lines().map(|line| format!("  {line}")).collect();
        writeln!(out, "- with {}:\n\n  ```\n{}\n  ```", prose(code.framework), lines.join("\n"))?;
    }
    if let Some(note) = &result.note {
        writeln!(out, "- note: {}", prose(&words::line(note)))?;
    }
    let blocked = report.blocked_by(result.id);
    if !blocked.is_empty() {
        let ids: Vec<String> = blocked.iter().map(|id| code(id)).collect();
        writeln!(out, "- not looked at because of this: {}", ids.join(", "))?;
    }
    Ok(())
}

fn clients(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.clients.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Clients\n\n| Client | | Why |\n|---|---|---|")?;
    for client in &report.clients {
        let reasons = client.reasons.iter().map(|reason| {
            let source = words::client_source(reason).map(|source| format!("; {source}")).unwrap_or_default();
            cell(&format!("{}{source}", words::client_reason(reason)))
        });
        let reasons = reasons.collect::<Vec<_>>().join("<br>");
        writeln!(out, "| {} | {} | {reasons} |", prose(client.name), client.fit.as_str())?;
    }
    Ok(())
}

/// A text as a code span, with a fence longer than any run of backticks in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A text of ours, its backticks as code spans where they come in pairs, everything else as plain text.
fn prose(text: &str) -> String {
    spans(text, code)
}

/// The same in a table, where a bar ends the cell even inside a code span.
fn cell(text: &str) -> String {
    spans(text, |text| code(text).replace('|', "\\|"))
}

fn spans(text: &str, code: fn(&str) -> String) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // Backticks side by side make a fence of their own, and what was meant as code becomes markup.
    if parts.len().is_multiple_of(2) || text.contains("``") {
        return escaped(text);
    }
    let shown = parts.iter().enumerate().map(|(index, part)| if index % 2 == 0 { escaped(part) } else { code(part) });
    shown.collect()
}

/// A text that means nothing in Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            // Neither a backslash nor an entity keeps a mention from being one; an empty comment does.
            '@' => out.push_str("@<!-- -->"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // What looks like an address would become a link.
    out.replace("://", "\\://").replace("www.", "www\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(escaped("<b> @me [x](y) #1"), "&lt;b&gt; @<!-- -->me \\[x\\](y) \\#1");
        assert_eq!(escaped("https://a www.b"), "https\\://a www\\.b");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(prose("`resource` is *x*"), "`resource` is \\*x\\*");
        assert_eq!(prose("one ` only"), "one \\` only");
        assert_eq!(prose("```<img src=x>`"), "\\`\\`\\`&lt;img src=x&gt;\\`");
        assert_eq!(cell("`a|<b>` | c"), "`a\\|<b>` \\| c");
    }
}
