//! The rows and traps by which clients are graded, for people and for programs: `checks list --client`, `checks explain`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::commands::{Exit, Outcome, put};
use crate::render::wrap::hang;
use crate::serve::grade::{Row, Seen, rows, trap};
use crate::spec::revision::Revision;

/// Lists the rows, one line each, and the traps; or the rows as JSON.
///
/// # Errors
/// Standard output cannot be written.
pub fn list(json: bool, revision: Option<Revision>) -> Outcome {
    let chosen = rows::all().filter(|row| revision.is_none_or(|revision| row.level_at(revision).is_some()));
    if json {
        let all: Vec<_> = chosen.map(as_json).collect();
        put(&format!("{}\n", serde_json::to_string_pretty(&all).unwrap_or_default()))?;
        return Ok(Exit::Success);
    }
    let mut text = String::new();
    for row in chosen {
        let _ = writeln!(text, "{:<34} {}", row.id, row.title);
    }
    let _ = writeln!(text, "\nTraps (serve --grade-client --trap NAME)");
    for trap in trap::TRAPS {
        let _ = writeln!(text, "{:<34} the server {}", trap.name, trap.about);
    }
    put(&text)?;
    Ok(Exit::Success)
}

/// Explains one row.
#[must_use]
pub fn explanation(row: &Row, width: usize) -> String {
    let mut text = String::new();
    let mut section = |title: &str, body: &str| {
        let _ = writeln!(text, "{title:<10} {}", hang(body, 11, width));
    };
    section("check", row.id);
    section("requires", row.title);
    section("who", "your client");
    let levels = Revision::ALL.iter().map(|revision| {
        format!("{revision} {}", row.level_at(*revision).map_or("does not apply", |level| level.as_str()))
    });
    section("level", &levels.collect::<Vec<_>>().join(", "));
    section("why", row.why);
    section("fix", row.fix);
    for cite in row.cites {
        section("read", &format!("{}  {}", cite.short(), cite.url));
    }
    for name in traps(row) {
        section("see it", &format!("mcp-auth serve --grade-client --trap {name}"));
    }
    if traps(row).is_empty() {
        section("see it", "mcp-auth serve --grade-client");
    }
    text
}

/// The traps in which a row shows.
const fn traps(row: &Row) -> &'static [&'static str] {
    match row.seen {
        Seen::In(traps) => traps,
        Seen::Always | Seen::Plain => &[],
    }
}

/// A row, for programs.
pub(crate) fn as_json(row: &Row) -> Value {
    let levels: serde_json::Map<String, Value> =
        Revision::ALL.iter().map(|revision| (revision.to_string(), json!(row.level_at(*revision)))).collect();
    json!({
        "id": row.id, "title": row.title, "role": "client", "level": levels, "cites": row.cites, "why": row.why,
        "fix": row.fix, "blocked_by": row.blocked_by, "traps": traps(row),
    })
}
