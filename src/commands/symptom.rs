//! `mcp-auth explain --symptom TEXT`: from what people see to the checks that find why, by full-text search.

use std::fmt::Write as _;

use super::{Exit, Failure, Outcome, Terminal, checks as catalogue, put};
use crate::advice::symptoms::{self, Shown, Symptom};
use crate::checks;
use crate::render::wrap::hang;
use crate::serve::search::{Document, Embedded};
use crate::spec::text::printable;
use crate::verdict::Check;

/// How many symptoms are told.
const MOST: usize = 3;

/// Tells the symptoms that fit best.
///
/// # Errors
/// None fits, or standard output cannot be written.
pub fn explain(text: &str, json: bool, terminal: &Terminal) -> Outcome {
    let found = find(text, MOST);
    if found.is_empty() {
        return Err(Failure::usage(
            format!("no known symptom has the words of `{}`", printable(text)),
            "describe it as a user sees it, e.g. \"login works, then 401\", or run `mcp-auth probe` against the server",
        ));
    }
    if json {
        let rows: Vec<_> = found.into_iter().map(self::found).collect();
        let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
        put(&format!("{text}\n"))?;
        return Ok(Exit::Success);
    }
    let told: Vec<String> = found.iter().map(|symptom| telling(symptom, terminal.width)).collect();
    put(&told.join("\n"))?;
    Ok(Exit::Success)
}

/// The symptoms whose words fit best, best first.
#[must_use]
pub fn find(text: &str, limit: usize) -> Vec<&'static Symptom> {
    let documents: Vec<Document> = symptoms::all().map(document).collect();
    let index = Embedded::new(&documents);
    if text.trim().is_empty() {
        return Vec::new();
    }
    index.search(text, limit).iter().filter_map(|hit| symptoms::by_id(&hit.id)).collect()
}

/// What is searched: what people see counts twice.
pub(super) fn document(symptom: &Symptom) -> Document {
    let Symptom { id, title, words, cause, checks, .. } = symptom;
    let names = id.replace('-', " ");
    Document {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        text: format!("{title}\n{words}\n{cause}\n{names}\n{}", checks.join(" ")),
        url: String::new(),
    }
}

fn telling(symptom: &Symptom, width: usize) -> String {
    let mut text = format!("{}\n", hang(symptom.title, 0, width));
    let mut section = |title: &str, body: &str| {
        let _ = writeln!(text, "  {title:<8} {}", hang(body, 11, width));
    };
    section("cause", symptom.cause);
    section("fix", symptom.fix);
    for check in known(symptom) {
        section("check", &format!("{}: {}", check.id, check.title));
    }
    if let Some(line) = see_it(symptom) {
        section("see it", &line);
    }
    section("reported", &symptom.sources.join(", "));
    text
}

/// The checks of a symptom.
fn known(symptom: &Symptom) -> impl Iterator<Item = &'static Check> {
    symptom.checks.iter().filter_map(|id| checks::by_id(id))
}

/// The command that shows it.
pub(super) fn see_it(symptom: &Symptom) -> Option<String> {
    let Shown::Fault(name) = symptom.shown else { return None };
    let fault = checks::all().flat_map(|check| check.faults).find(|fault| fault.name == name)?;
    Some(catalogue::serve_line(fault))
}

/// A symptom, for programs.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub(super) struct Found {
    /// Its id.
    id: &'static str,
    /// What users see.
    symptom: &'static str,
    /// Why.
    cause: &'static str,
    /// What to change.
    fix: &'static str,
    /// The checks that find it.
    checks: Vec<&'static str>,
    /// The command that shows it.
    see_it: Option<String>,
    /// Where it was reported.
    sources: &'static [&'static str],
}

/// The same symptom, for programs.
pub(super) fn found(symptom: &'static Symptom) -> Found {
    Found {
        id: symptom.id,
        symptom: symptom.title,
        cause: symptom.cause,
        fix: symptom.fix,
        checks: known(symptom).map(|check| check.id).collect(),
        see_it: see_it(symptom),
        sources: symptom.sources,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_finds_what_they_suffer_from() {
        let cases = [
            ("login works, then 401", "login-works-then-401"),
            ("AADSTS9010010", "trailing-slash"),
            ("Unexpected token < in JSON", "html-metadata"),
            ("redirect_uri mismatch localhost port", "loopback-port"),
            ("does not support dynamic client registration", "no-registration"),
            ("code_challenge_methods_supported", "no-pkce-advertised"),
            ("refresh token reuse", "refresh-race"),
            ("cloudflare blocks Claude-User", "blocked-user-agent"),
            ("keycloak token has no aud", "keycloak-audience"),
            ("have to log in every hour", "no-refresh-token"),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = find(text, MOST).iter().map(|symptom| symptom.id).collect();
            assert!(found.contains(&expected), "{text}: {found:?}");
        }
        assert!(find("zebra", MOST).is_empty());
        assert!(find(" ", MOST).is_empty());
    }

    #[test]
    fn every_symptom_is_found_by_its_own_title_first() {
        for symptom in symptoms::all() {
            let first = find(symptom.title, 1).first().map(|found| found.id);
            assert_eq!(first, Some(symptom.id));
        }
    }
}
