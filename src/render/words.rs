//! Words that several formats share, every foreign string through the output gate.

use crate::evidence::{Mode, Pointer};
use crate::report::{Accepted, CheckResult, ClientReason};
use crate::spec::cite::Cite;
use crate::spec::text::{json_escaped, printable, printable_block};
use crate::verdict::Role;

/// The longest text of one member of a report that a format repeats, in characters.
const MOST: usize = 4000;

/// A text on one line, safe to show.
pub(super) fn line(text: &str) -> String {
    printable(text).cut(MOST).to_string()
}

/// A text of several lines, safe to show.
pub(super) fn block(text: &str) -> String {
    printable_block(text).cut(MOST).to_string()
}

/// What is wrong, or what is required where nothing more is said.
pub(super) fn message(result: &CheckResult) -> String {
    line(result.message.as_deref().unwrap_or(result.title))
}

/// The part of an exchange that is meant: `header x`, `body /y`, `parameter z`; empty for the exchange as a whole.
pub(super) fn part(at: &Pointer) -> String {
    match (&at.header, &at.json_pointer, &at.query_parameter) {
        (Some(header), _, _) => format!("header `{}`", line(header)),
        (_, Some(pointer), _) => format!("body {}", line(pointer)),
        (_, _, Some(parameter)) => format!("parameter `{}`", line(parameter)),
        _ => String::new(),
    }
}

/// Where it is: `#2 GET https://… → 200, body /resource`.
pub(super) fn place(result: &CheckResult) -> Option<String> {
    let at = result.at.as_ref()?;
    let request = result.place.as_deref().map(line).unwrap_or_default();
    let part = part(at);
    let comma = if part.is_empty() { "" } else { ", " };
    Some(format!("#{} {request}{comma}{part}", at.exchange))
}

/// What a client does and where it shows: `discovery: refuses … (#5 GET … → 200, body /resource)`.
pub(super) fn client_reason(reason: &ClientReason) -> String {
    let place = reason.at.as_ref().map_or_else(String::new, |at| {
        let part = part(at);
        let comma = if part.is_empty() { "" } else { ", " };
        format!(" (#{} {}{comma}{part})", at.exchange, reason.place.as_deref().map(line).unwrap_or_default())
    });
    format!("{}: {}{place}", reason.step, line(&reason.says))
}

/// Where it is written what a client does, and when that was true.
pub(super) fn client_source(reason: &ClientReason) -> Option<String> {
    Some(format!("{}, {}", reason.source?, reason.on?))
}

/// What to change: in general, at the provider, in the server's code.
pub(super) fn fix(result: &CheckResult) -> Option<String> {
    let setting = result.setting.as_ref().map(|setting| format!("{}: {}", setting.provider, setting.says));
    let code = result.code.as_ref().map(|code| format!("with {}:\n{}", code.framework, code.text));
    let parts: Vec<String> = result.fix.iter().map(|text| block(text)).chain(setting).chain(code).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Who must act.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::ResourceServer => "Your MCP server",
        Role::AuthorizationServer => "Your authorization server",
        Role::Client => "Your client",
    }
}

/// What kind of deployment was met.
pub(super) const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Protected => "protected: requests without a token are refused",
        Mode::Lazy => "lazy: discovery is open, something behind it is protected",
        Mode::Public => "public: everything asked was answered without a token",
        Mode::Legacy => "legacy: the 2025-03-26 layout, without resource metadata",
        Mode::Unreachable => "unreachable: nothing answered",
        Mode::Client => "client: graded by what it did at the reference deployment",
    }
}

/// A finding that the user accepts, with the reason.
pub(super) fn accepted(result: &CheckResult) -> String {
    let why = result.accepted.as_ref().map(Accepted::words).unwrap_or_default();
    format!("{} ({}), {}", message(result), result.id, line(&why))
}

/// The citations in one line.
pub(super) fn cites(cites: &[Cite]) -> String {
    cites.iter().map(Cite::short).collect::<Vec<_>>().join(", ")
}

/// The last millisecond of the year 9999, after which RFC 3339 has no dates.
const LAST: u64 = 253_402_300_799_999;

/// An instant as RFC 3339 in UTC, from milliseconds since 1970; at most the end of the year 9999.
pub(super) fn instant(milliseconds: u64) -> String {
    let nanoseconds = i128::from(milliseconds.min(LAST)) * 1_000_000;
    time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|at| at.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// Writes a value as indented JSON, nothing raw in its texts.
pub(super) fn json(value: &impl serde::Serialize, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    writeln!(out, "{}", json_escaped(serde_json::to_string_pretty(value)?))
}

/// The same on one line.
pub(super) fn json_line(value: &impl serde::Serialize, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    writeln!(out, "{}", json_escaped(serde_json::to_string(value)?))
}

/// `1 check`, `2 checks`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_dates_whatever_the_clock_says() {
        for (milliseconds, told) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_768_464_000_000, "2026-01-15T08:00:00Z"),
            (1_800_000_000_001, "2027-01-15T08:00:00.001Z"),
            (2_147_483_647_000, "2038-01-19T03:14:07Z"),
            (2_147_483_648_000, "2038-01-19T03:14:08Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(instant(milliseconds), told);
        }
    }
}
