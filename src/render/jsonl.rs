//! JSON Lines: one object a result with the target in it, then one with everything else. Lines of several targets may
//! stand in one file; `kind` tells them apart.

use std::io::{self, Write};

use serde::Serialize;

use super::{View, words};
use crate::report::{CheckResult, Report};

#[derive(Serialize)]
struct ResultLine<'a> {
    kind: &'static str,
    target: &'a str,
    #[serde(flatten)]
    result: &'a CheckResult,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    kind: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// Writes the report as lines of JSON.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let target = view.report.target.as_str();
    for result in &view.report.results {
        words::json_line(&ResultLine { kind: "result", target, result }, out)?;
    }
    let mut rest = view.report.clone();
    rest.results = Vec::new();
    // The member is empty here by intent; leaving it out says so.
    let mut summary = serde_json::to_value(SummaryLine { kind: "summary", report: &rest })?;
    if let Some(object) = summary.as_object_mut() {
        object.shift_remove("results");
    }
    words::json_line(&summary, out)
}
