//! A fleet for people: one line a target as it is done, and a table at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Style;
use super::words::plural;
use super::wrap::hang;
use crate::report::{FleetLine, Tally};
use crate::spec::text::printable;

/// How many root causes the table names.
const MOST_CAUSES: usize = 20;

/// A target in one line.
#[must_use]
pub fn line(line: &FleetLine) -> String {
    let target = printable(&line.target);
    match (&line.judged, &line.problem) {
        (Some(judged), _) => {
            let cause = judged.findings.first().map_or_else(String::new, |finding| {
                format!("  {}: {}", printable(&finding.id), printable(&finding.message).cut(100))
            });
            format!("{:<2} {target}{cause}", judged.grade)
        }
        (None, Some(problem)) => format!("!  {target}  {}", printable(&problem.message).cut(200)),
        (None, None) => format!("?  {target}"),
    }
}

/// The table.
#[must_use]
pub fn table(tally: &Tally, style: &Style) -> String {
    let mut text = String::new();
    let judged = tally.targets - tally.failed;
    let head = format!(
        "{}: {judged} judged, {} not reached, {}",
        plural(tally.targets, "target"),
        tally.failed,
        plural(tally.requests, "request")
    );
    let _ = writeln!(text, "{}", hang(&head, 0, style.width));
    for (name, counts) in [("grades", &tally.grades), ("kinds", &tally.modes)] {
        if !counts.is_empty() {
            let list: Vec<String> = counts.iter().map(|(key, count)| format!("{} {count}", printable(key))).collect();
            let _ = writeln!(text, "{name:<7} {}", hang(&list.join(", "), 8, style.width));
        }
    }
    let causes = sorted(&tally.causes);
    if !causes.is_empty() {
        let _ = writeln!(text, "root causes");
    }
    for (id, count) in causes.iter().take(MOST_CAUSES) {
        let _ = writeln!(text, "  {count:>6}  {}", printable(id));
    }
    if causes.len() > MOST_CAUSES {
        let _ = writeln!(text, "  and {} more", causes.len() - MOST_CAUSES);
    }
    text
}

/// The most frequent first.
fn sorted(counts: &BTreeMap<String, usize>) -> Vec<(&str, usize)> {
    let mut list: Vec<(&str, usize)> = counts.iter().map(|(key, count)| (key.as_str(), *count)).collect();
    list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    list
}
