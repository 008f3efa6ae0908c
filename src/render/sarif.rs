//! SARIF 2.1.0 (OASIS), as code scanning reads it.
//!
//! Code scanning shows only results with a physical location in a file of the repository: that is the line which
//! declares the target where a file does, else a relative name made from the URL. The place proper (URL and pointer)
//! is the logical location. Fingerprints hold nothing that differs between two runs against the same deployment.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::View;
use super::words::{self, block, line};
use crate::evidence::{Exchange, Mode, Outcome};
use crate::report::{CheckResult, Status, spot};
use crate::spec::level::Level;
use crate::verdict::Mark;

/// Where the official schema is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the log: one run, every row of the report as a rule, every finding as a result.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<&CheckResult> = view.report.results.iter().collect();
    rows.sort_by_key(|result| result.id);
    let mut found = view.report.findings(Status::Info);
    found.extend(view.report.accepted().map(|(result, _)| result));
    let results: Vec<Value> = found
        .into_iter()
        .map(|found| {
            let index = rows.iter().position(|row| row.id == found.id).unwrap_or_default();
            result(view, found, index)
        })
        .collect();
    let (name, version) = view.report.tool.split_once(' ').unwrap_or((&view.report.tool, "0"));
    let mut log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": line(name),
                "version": line(version),
                "semanticVersion": line(version),
                "rules": rows.into_iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("mcp-auth/{}/", spot(&view.report.target)) },
            "invocations": [{ "executionSuccessful": view.report.mode != Mode::Unreachable }],
            "results": results,
            "columnKind": "unicodeCodePoints",
        }],
    });
    if !view.report.clients.is_empty()
        && let Some(run) = log.pointer_mut("/runs/0").and_then(Value::as_object_mut)
    {
        run.insert("properties".to_owned(), json!({ "clients": view.report.clients }));
    }
    words::json(&log, out)
}

fn rule(row: &CheckResult) -> Value {
    let reads: Vec<String> = row.row.cites.iter().map(|cite| format!("[{}]({})", cite.short(), cite.url)).collect();
    let mut properties = Map::new();
    properties.insert("tags".to_owned(), json!(["security", "mcp", "oauth", row.role]));
    properties.insert("precision".to_owned(), json!("very-high"));
    if row.mark == Mark::Silent {
        properties.insert("security-severity".to_owned(), json!("8.0"));
    }
    json!({
        "id": row.id,
        "shortDescription": { "text": sentence(row.title) },
        "fullDescription": { "text": row.row.why },
        "helpUri": row.row.cites.first().map_or("", |cite| cite.url),
        "help": {
            "text": format!("{} ({})", sentence(row.row.fix), words::cites(row.row.cites)),
            "markdown": format!("{} {}\n\n{}", row.row.why, sentence(row.row.fix), reads.join(", ")),
        },
        "defaultConfiguration": { "level": default_level(row.level) },
        "properties": properties,
    })
}

const fn default_level(level: Level) -> &'static str {
    match level {
        Level::Must | Level::MustNot | Level::RfcMust => "error",
        Level::Should | Level::ShouldNot | Level::RfcShould | Level::Guide => "warning",
        Level::May | Level::Practice => "note",
    }
}

fn result(view: &View<'_>, found: &CheckResult, index: usize) -> Value {
    let exchange = found.at.as_ref().and_then(|at| view.trail.in_order().find(|x| x.number == at.exchange));
    let mut value = json!({
        "ruleId": found.id,
        "ruleIndex": index,
        "level": match found.status { Status::Fail => "error", Status::Warn => "warning", _ => "note" },
        "message": { "text": text(found) },
        "locations": [location(view, found, exchange)],
        "partialFingerprints": { "mcpAuthFinding/v1": found.fingerprint },
    });
    if let (Some(accepted), Some(object)) = (&found.accepted, value.as_object_mut()) {
        let why = json!([{ "kind": "external", "status": "accepted", "justification": line(&accepted.words()) }]);
        object.insert("suppressions".to_owned(), why);
    }
    if let (Some(exchange), Some(object)) = (exchange, value.as_object_mut()) {
        let request = &exchange.request;
        object
            .insert("webRequest".to_owned(), json!({ "method": line(&request.method), "target": block(&request.url) }));
        if let Outcome::Reply(reply) = &exchange.outcome {
            object.insert("webResponse".to_owned(), json!({ "statusCode": reply.status }));
        }
    }
    value
}

fn text(found: &CheckResult) -> String {
    let mut lines = vec![sentence(&words::message(found))];
    lines.extend(found.expected.as_deref().map(|text| format!("Expected: {}", line(text))));
    lines.extend(found.actual.as_deref().map(|text| format!("Actual: {}", line(text))));
    lines.extend(words::fix(found).map(|text| format!("Fix: {text}")));
    lines.extend(found.note.as_deref().map(|text| format!("Note: {}", line(text))));
    lines.join("\n")
}

/// A clause as a sentence, as SARIF wants its texts.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn location(view: &View<'_>, found: &CheckResult, exchange: Option<&Exchange>) -> Value {
    let (file, number) = match &view.report.declared {
        Some(declared) => (line(&declared.file), declared.line.max(1)),
        None => (spot(&view.report.target), 1),
    };
    let url = exchange.map_or(&view.report.target, |exchange| &exchange.request.url);
    let part = found.at.as_ref().map(words::part).unwrap_or_default();
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": relative(&file) },
            "region": { "startLine": number },
        },
        "logicalLocations": [{
            "fullyQualifiedName": format!("{} {part}", line(url)).trim_end(),
            "kind": "resource",
        }],
    })
}

/// A file name as a relative URI reference.
fn relative(file: &str) -> String {
    let path = file.replace('\\', "/");
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~');
    path.trim_start_matches('/').chars().map(|c| if keep(c) { c.to_string() } else { encoded(c) }).collect()
}

fn encoded(c: char) -> String {
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_becomes_a_relative_uri() {
        assert_eq!(relative("/a b/c:d.json"), "a%20b/c%3Ad.json");
    }
}
