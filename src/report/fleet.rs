//! The report of a fleet: one line a target, and what they come to together.
//!
//! A line holds nothing that differs between two runs against the same deployment, so that the runs of shards, joined, are
//! the run of the whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Report, Status};

/// The version of the lines.
const FLEET_VERSION: u32 = 1;

/// What `kind` says in a line of a fleet.
const KIND: &str = "target";

/// One target of a fleet, judged or not reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleetLine {
    /// `target`.
    pub kind: String,
    /// The version of this format: 1.
    pub version: u32,
    /// The MCP URL as the list gives it.
    pub target: String,
    /// What was found; absent where nothing could be judged.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<FleetJudged>,
    /// Why nothing could be judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<FleetProblem>,
}

/// What was found at a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleetJudged {
    /// What kind of deployment was met.
    pub mode: String,
    /// The protocol revision that was judged.
    pub revision: String,
    /// The grade.
    pub grade: String,
    /// Checks looked at, of the checks that the revision has.
    pub coverage: String,
    /// How many checks said what: `pass`, `fail`, `warn`, `info`, `skip`.
    pub counts: BTreeMap<String, usize>,
    /// The first broken link in a client's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<String>,
    /// Whose authorization server it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Failures and warnings that the user does not accept, the root cause first.
    pub findings: Vec<FleetFinding>,
    /// Requests sent.
    pub requests: usize,
}

/// A finding at a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleetFinding {
    /// The id of the check.
    pub id: String,
    /// `fail` or `warn`.
    pub status: String,
    /// Who must act.
    pub role: String,
    /// What is wrong.
    pub message: String,
}

/// Why a target could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleetProblem {
    /// The exit code that a probe of this target alone would have.
    pub exit: u8,
    /// What happened.
    pub message: String,
}

impl FleetLine {
    /// A target that was judged.
    #[must_use]
    pub fn of(target: &str, report: &Report) -> Self {
        let summary = &report.summary;
        let counts = [
            (Status::Pass, summary.pass),
            (Status::Fail, summary.fail),
            (Status::Warn, summary.warn),
            (Status::Info, summary.info),
            (Status::Skip, summary.skip),
        ];
        let judged = FleetJudged {
            mode: word(&report.mode),
            revision: report.revision.to_string(),
            grade: summary.grade.clone(),
            coverage: summary.coverage.clone(),
            counts: counts.map(|(status, count)| (status.as_str().to_owned(), count)).into(),
            root_cause: report.root_cause.clone(),
            provider: report.provider.as_ref().map(|provider| provider.id.to_owned()),
            findings: report.findings(Status::Warn).into_iter().map(FleetFinding::of).collect(),
            requests: report.effects.requests,
        };
        Self { judged: Some(judged), problem: None, ..Self::empty(target) }
    }

    /// A target that could not be judged.
    #[must_use]
    pub fn failed(target: &str, exit: u8, message: &str) -> Self {
        let problem = FleetProblem { exit, message: message.to_owned() };
        Self { judged: None, problem: Some(problem), ..Self::empty(target) }
    }

    fn empty(target: &str) -> Self {
        Self { kind: KIND.to_owned(), version: FLEET_VERSION, target: target.to_owned(), judged: None, problem: None }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// The line is not one of a fleet, or of another version.
    pub fn read(text: &str) -> Result<Self, FleetLineError> {
        let line: Self =
            serde_json::from_str(text).map_err(|error| FleetLineError::Shape { column: error.column() })?;
        if line.kind != KIND {
            return Err(FleetLineError::Shape { column: 0 });
        }
        if line.version != FLEET_VERSION {
            return Err(FleetLineError::Version { found: line.version });
        }
        Ok(line)
    }

    /// The line as JSON, without its end.
    #[must_use]
    pub fn written(&self) -> String {
        crate::spec::text::json_escaped(serde_json::to_string(self).unwrap_or_default())
    }
}

impl FleetFinding {
    fn of(result: &super::CheckResult) -> Self {
        Self {
            id: result.id.to_owned(),
            status: result.status.as_str().to_owned(),
            role: word(&result.role),
            message: result.message.clone().unwrap_or_else(|| result.title.to_owned()),
        }
    }
}

/// The word that a value has in JSON.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

/// Why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetLineError {
    /// It is not a line of a fleet.
    #[error("not a line of `probe --targets` (column {column})")]
    Shape {
        /// Where it stops being one.
        column: usize,
    },
    /// It is of another version.
    #[error("a line of version {found}, and this program reads version 1")]
    Version {
        /// Which.
        found: u32,
    },
}

/// What the lines of a fleet come to. It grows with what is found, not with the fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Targets.
    pub targets: usize,
    /// Targets that could not be judged.
    pub failed: usize,
    /// Requests sent.
    pub requests: usize,
    /// Targets by grade.
    pub grades: BTreeMap<String, usize>,
    /// Targets by kind of deployment.
    pub modes: BTreeMap<String, usize>,
    /// Targets by root cause.
    pub causes: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts a line.
    pub fn count(&mut self, line: &FleetLine) {
        self.targets += 1;
        let Some(judged) = &line.judged else {
            self.failed += 1;
            return;
        };
        self.requests += judged.requests;
        for (counts, key) in [
            (&mut self.grades, Some(&judged.grade)),
            (&mut self.modes, Some(&judged.mode)),
            (&mut self.causes, judged.root_cause.as_ref()),
        ] {
            if let Some(key) = key {
                *counts.entry(key.clone()).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_counted() {
        let failed = FleetLine::failed("https://a.example/mcp", 3, "nobody \u{202e} listens");
        assert_eq!(FleetLine::read(&failed.written()), Ok(failed.clone()));
        assert!(!failed.written().contains('\u{202e}'));
        assert_eq!(FleetLine::read("{\"kind\":\"result\"}"), Err(FleetLineError::Shape { column: 17 }));
        assert_eq!(
            FleetLine::read(&failed.written().replace("\"version\":1", "\"version\":9")),
            Err(FleetLineError::Version { found: 9 })
        );
        let mut tally = Tally::default();
        tally.count(&failed);
        assert_eq!((tally.targets, tally.failed), (1, 1));
    }
}
