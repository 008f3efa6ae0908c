//! `mcp-auth token show`: a token in words, as JSON, bare or as a header.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Source, span};
use crate::commands::{Exit, Outcome, Terminal, json_text, put};
use crate::formats::jwt::{self, Jwt};
use crate::spec::text::printable;

/// How `token show` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Words,
    /// Header and claims.
    Json,
    /// The token.
    Bare,
    /// As a header line.
    Header,
}

/// `token show`.
///
/// # Errors
/// There is no such token.
pub fn show(source: &Source, shape: Shape, terminal: &Terminal) -> Outcome {
    let store = source.account.store(terminal)?;
    let found = source.find(&store)?;
    let scheme = found.login.as_ref().and_then(|l| l.tokens.as_ref()).map_or("Bearer", |t| t.scheme.name());
    // Who looks over a shoulder, or at a recording, sees no token.
    let masked = std::io::stdout().is_terminal();
    let token =
        if masked { format!("{} (masked: this is a terminal)", found.token) } else { found.token.expose().to_owned() };
    match shape {
        Shape::Bare => put(&format!("{token}\n"))?,
        Shape::Header => put(&format!("Authorization: {scheme} {token}\n"))?,
        Shape::Json => {
            let value = match jwt::decode(found.token.expose()) {
                Ok(read) => json!({ "kind": "jwt", "header": read.header, "claims": read.claims }),
                Err(_) => json!({ "kind": "opaque", "length": found.token.len() }),
            };
            put(&(json_text(&value) + "\n"))?;
        }
        Shape::Words => put(&match jwt::decode(found.token.expose()) {
            Ok(read) => words(&read, terminal.clock.now()),
            Err(problem) => format!(
                "an opaque token of {} characters ({problem}): only its authorization server knows what it says.\n\
                 mcp-auth token introspect asks it.\n",
                found.token.len()
            ),
        })?,
    }
    Ok(Exit::Success)
}

/// What claims mean, for those that most tokens have.
const MEANINGS: [(&str, &str); 14] = [
    ("iss", "who issued it"),
    ("sub", "about whom it is"),
    ("aud", "for whom it is: must be the MCP server"),
    ("exp", "when it ends"),
    ("nbf", "from when on it is good"),
    ("iat", "when it was issued"),
    ("auth_time", "when the person logged in"),
    ("jti", "its own id"),
    ("client_id", "the client it was issued to"),
    ("azp", "the client it was issued to"),
    ("scope", "what it allows"),
    ("scp", "what it allows"),
    ("cnf", "the key it is bound to"),
    ("act", "who acts for the subject"),
];

fn words(read: &Jwt, now: u64) -> String {
    let mut text = String::from("header\n");
    for (name, value) in &read.header {
        row(&mut text, name, value, "", now);
    }
    text.push_str("claims\n");
    for (name, value) in &read.claims {
        let meaning = MEANINGS.iter().find(|(known, _)| known == name).map_or("", |(_, meaning)| *meaning);
        row(&mut text, name, value, meaning, now);
    }
    text.push_str("nothing of this is verified: mcp-auth token check does that\n");
    text
}

pub(super) fn row(text: &mut String, name: &str, value: &Value, meaning: &str, now: u64) {
    let is_time = matches!(name, "exp" | "nbf" | "iat" | "auth_time");
    let shown = match value {
        Value::Number(number) if is_time => {
            number.as_f64().map_or_else(|| value.to_string(), |at| when(at as i64, now))
        }
        Value::String(string) => printable(string).to_string(),
        other => printable(&other.to_string()).to_string(),
    };
    let tail = if meaning.is_empty() { String::new() } else { format!("  ({meaning})") };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {:<10} {shown}{tail}", printable(name).to_string());
}

/// A time of a claim, absolute and from now.
pub(super) fn when(at: i64, now: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    let date = OffsetDateTime::from_unix_timestamp(at).ok().and_then(|date| date.format(&format).ok());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let distance = span(at.abs_diff(now));
    let relative = if at >= now { format!("in {distance}") } else { format!("{distance} ago") };
    format!("{}, {relative}", date.unwrap_or_else(|| at.to_string()))
}
