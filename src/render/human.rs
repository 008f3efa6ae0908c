//! The report for people: the root cause first, what it blocks folded under it, then by who must act.

use std::io::{self, Write};

use colored::{ColoredString, Colorize as _};

use super::words::{self, plural};
use super::wrap::{hang, hang_code};
use super::{Style, View};
use crate::report::{CheckResult, Fit, Report, Status};
use crate::spec::text::printable;
use crate::verdict::Role;

/// How many blocked checks are named before the rest is counted.
const BLOCKED_SHOWN: usize = 5;

/// Writes the report for people.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let View { report, style, .. } = *view;
    colored::control::set_override(style.colour);
    heading(report, style, out)?;
    let least = if style.verbose { Status::Info } else { Status::Warn };
    let findings = report.findings(least);
    for role in [Role::ResourceServer, Role::AuthorizationServer, Role::Client] {
        let own: Vec<_> = findings.iter().filter(|result| result.role == role).collect();
        if own.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", words::role(role).bold().underline())?;
        for result in own {
            finding(report, result, style, out)?;
        }
    }
    notes(report, style, out)?;
    if report.accepted().next().is_some() {
        writeln!(out, "\n{}", "Accepted".bold().underline())?;
    }
    for (result, _) in report.accepted() {
        writeln!(out, "  · {}", hang(&words::accepted(result), 4, style.width).dimmed())?;
    }
    clients(report, style, out)?;
    totals(report, style, out)
}

/// Which clients can use the server: those that can in one line, then the others with their reasons.
fn clients(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if report.clients.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", "Clients".bold().underline())?;
    let works = report.clients.iter().filter(|client| client.fit == Fit::Works).map(|client| client.name);
    let works = works.collect::<Vec<_>>().join(", ");
    if !works.is_empty() {
        writeln!(out, "  {}   {}", "works".green(), hang(&works, 10, style.width))?;
    }
    for fit in [Fit::Note, Fit::Unknown, Fit::Breaks] {
        let word = format!("{:<7}", fit.as_str());
        for client in report.clients.iter().filter(|client| client.fit == fit) {
            let word = match fit {
                Fit::Breaks => word.red().bold(),
                Fit::Unknown => word.dimmed(),
                _ => word.yellow(),
            };
            writeln!(out, "  {word} {}", client.name.bold())?;
            for reason in &client.reasons {
                writeln!(out, "          {}", hang(&words::client_reason(reason), 10, style.width))?;
                if let Some(source) = words::client_source(reason) {
                    writeln!(out, "          {}", hang(&source, 10, style.width).dimmed())?;
                }
            }
        }
    }
    Ok(())
}

fn heading(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", "mcp-auth".bold(), printable(&report.target))?;
    writeln!(out, "{} · judged by {}", words::mode(report.mode), report.revision)?;
    if let Some(provider) = &report.provider {
        let text = format!("authorization server: {}, recognised by {}", provider.name, words::line(&provider.by));
        writeln!(out, "{}", hang(&text, 4, style.width))?;
    }
    let mut first = |label: ColoredString, result: &CheckResult| {
        let message = result.message.as_deref().unwrap_or(result.title);
        let text = hang(&format!("{} {message} ({})", &*label, result.id), 4, style.width);
        writeln!(out, "{label}{}", text.strip_prefix(&*label).unwrap_or(&text))
    };
    if let Some(result) = report.root_cause.as_deref().and_then(|id| report.result(id)) {
        first("Root cause:".red().bold(), result)?;
    } else if let Some(result) = report.findings(Status::Warn).first() {
        first("Look here first:".yellow().bold(), result)?;
    }
    Ok(())
}

fn label(status: Status) -> ColoredString {
    match status {
        Status::Fail => "FAIL".red().bold(),
        Status::Warn => "WARN".yellow().bold(),
        Status::Info => "note".cyan(),
        Status::Pass => "pass".green(),
        Status::Skip => "skip".dimmed(),
    }
}

fn finding(report: &Report, result: &CheckResult, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let message = result.message.as_deref().unwrap_or(result.title);
    writeln!(out, "\n{} {}", label(result.status), hang(message, 5, style.width).bold())?;
    writeln!(
        out,
        "     {}",
        hang(&format!("{} · {} · {}", result.id, result.level.as_str(), words::cites(&result.cites)), 5, style.width)
            .dimmed()
    )?;
    if let Some(place) = words::place(result) {
        writeln!(out, "     at   {}", hang(&place, 10, style.width))?;
    }
    if let Some(expected) = &result.expected {
        writeln!(out, "     want {}", hang(expected, 10, style.width).green())?;
    }
    if let Some(actual) = &result.actual {
        writeln!(out, "     got  {}", hang(actual, 10, style.width).red())?;
    }
    if let Some(fix) = &result.fix {
        writeln!(out, "     fix  {}", hang_code(fix, 10, style.width))?;
    }
    if let Some(setting) = &result.setting {
        writeln!(
            out,
            "     {} {}",
            "here".bold(),
            hang_code(&format!("{}: {}", setting.provider, setting.says), 10, style.width)
        )?;
    }
    if let Some(code) = &result.code {
        writeln!(out, "     code with {}:", code.framework)?;
        for line in code.text.lines() {
            writeln!(out, "          {}", line.cyan())?;
        }
    }
    if let Some(note) = &result.note {
        writeln!(out, "     note {}", hang(&words::line(note), 10, style.width).yellow())?;
    }
    let blocked = report.blocked_by(result.id);
    if !blocked.is_empty() {
        let (shown, folded) = match blocked.split_at_checked(BLOCKED_SHOWN) {
            Some((shown, rest)) if !style.verbose && rest.len() > 1 => (shown, rest.len()),
            _ => (blocked.as_slice(), 0),
        };
        let more = if folded == 0 { String::new() } else { format!(" and {folded} more (-v names them)") };
        let count = plural(blocked.len(), "check");
        let count = format!("{count} that could not be looked at because of this: {}{more}", shown.join(", "));
        writeln!(out, "     {}", hang(&count, 5, style.width).dimmed())?;
    }
    Ok(())
}

/// What no finding says: notes of this revision, unless they stand among the findings, and what others would say.
fn notes(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let noted = report.results.iter().filter(|result| !style.verbose && result.status == Status::Info);
    let noted = noted.map(|result| format!("{} ({})", result.message.as_deref().unwrap_or(result.title), result.id));
    let elsewhere = report.elsewhere.iter();
    let elsewhere =
        elsewhere.map(|note| format!("by {} this fails, too: {} ({})", note.revision, note.message, note.id));
    let lines: Vec<String> = noted.chain(elsewhere).collect();
    if !lines.is_empty() {
        writeln!(out, "\n{}", "Worth knowing".bold().underline())?;
    }
    for line in lines {
        writeln!(out, "  · {}", hang(&line, 4, style.width))?;
    }
    Ok(())
}

fn totals(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    let counts = format!(
        "{} pass, {} fail, {} warn, {} worth knowing · grade {} · looked at {} checks",
        summary.pass, summary.fail, summary.warn, summary.info, summary.grade, summary.coverage
    );
    writeln!(out, "\n{}", hang(&counts, 0, style.width).bold())?;
    let mut skipped: Vec<String> = report
        .missing_flags()
        .into_iter()
        .map(|(flag, count)| format!("{count} {} {flag}", if count == 1 { "needs" } else { "need" }))
        .collect();
    let count = |prefix: &str| {
        report.results.iter().filter(|r| r.reason.as_deref().is_some_and(|x| x.starts_with(prefix))).count()
    };
    skipped.extend(some(count("blocked:"), "blocked by a failure"));
    skipped.extend(some(count("inconclusive"), "inconclusive"));
    skipped.extend(some(count("not-applicable"), "not applicable here"));
    skipped.extend(some(count("needs:--trap"), "need a trap (--traps all)"));
    skipped.extend(some(count("not-seen"), "that the client did nothing to show"));
    if !skipped.is_empty() {
        writeln!(out, "{}", hang(&format!("not looked at: {}", skipped.join(", ")), 0, style.width))?;
    }
    let effects = &report.effects;
    writeln!(
        out,
        "effects: {}, {} registered, {} issued",
        plural(effects.requests, "request"),
        plural(effects.clients_registered, "client"),
        plural(effects.tokens_issued, "token")
    )?;
    for thing in &effects.left_behind {
        writeln!(out, "{}", hang(&format!("left behind: {thing}"), 0, style.width))?;
    }
    writeln!(out, "next: {}", words::line(&report.next).bold())
}

fn some(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}
