//! What the user accepts: exceptions with a reason and an end, and a baseline of findings that are known.
//!
//! Applied to a finished judgement, before anything is rendered. A verdict is never changed: an accepted finding stays in
//! the report and says why it is accepted; it neither fails the run nor is the root cause.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::{Report, Status, next};
use crate::evidence::Trail;

/// The version of the baseline format.
const BASELINE_VERSION: u32 = 1;

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Accepted {
    /// The user wrote an exception.
    Exception {
        /// The user's reason.
        reason: String,
        /// The last day on which it holds, `2027-01-31`.
        until: String,
    },
    /// It was known when the baseline was written.
    Baseline,
}

impl Accepted {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Exception { reason, until } => format!("accepted until {until}: {reason}"),
            Self::Baseline => "known: in the baseline".to_owned(),
        }
    }
}

/// A finding that the user accepts for a time.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The id of the check.
    pub check: String,
    /// The name or URL of the target it is for; `None` for every target.
    pub target: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, in UTC.
    pub expires: Date,
}

/// Findings that were known at a time: only others fail a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    target: String,
    id: String,
    fingerprint: String,
}

/// A baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file is no baseline.
    #[error("this is not a baseline (line {line}, column {column})")]
    Shape {
        /// The line of the first mistake, from 1.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// Another version of the format.
    #[error("the baseline has format version {found}, this program reads version {BASELINE_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
}

/// What the user accepts.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// The known findings.
    pub baseline: Option<Baseline>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// The text is no baseline, or one of another version.
    pub fn load(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text)
            .map_err(|error| BaselineError::Shape { line: error.line(), column: error.column() })?;
        if baseline.version == BASELINE_VERSION {
            Ok(baseline)
        } else {
            Err(BaselineError::Version { found: baseline.version })
        }
    }

    /// Takes the findings of a report in, in place of those known of the same target.
    pub fn learn(&mut self, report: &Report) {
        self.version = BASELINE_VERSION;
        let target = super::spot(&report.target);
        self.findings.retain(|known| known.target != target);
        let found = report.results.iter().filter(|result| result.status >= Status::Warn);
        self.findings.extend(found.filter_map(|result| {
            let fingerprint = result.fingerprint.clone()?;
            Some(Known { target: target.clone(), id: result.id.to_owned(), fingerprint })
        }));
        self.findings.sort();
    }

    /// The baseline as it is saved: sorted, one finding a few lines, so that a change reads well in a review.
    #[must_use]
    pub fn save(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    fn knows(&self, fingerprint: &str) -> bool {
        self.findings.iter().any(|known| known.fingerprint == fingerprint)
    }
}

impl Policy {
    /// Marks what is accepted, then names root cause and next command anew. The day is that of the record, so that a
    /// saved record is judged the same tomorrow. Returns the ids of the exceptions that nothing in this report needs.
    pub fn apply(&self, report: &mut Report, name: Option<&str>, trail: &Trail) -> Vec<String> {
        let today = day(trail.started);
        let target = report.target.clone();
        let ours = |exception: &Exception| {
            exception.target.as_deref().is_none_or(|named| Some(named) == name || named == target)
        };
        let mut idle = Vec::new();
        for exception in &self.exceptions {
            let mut found = report.results.iter_mut().filter(|_| ours(exception));
            let found = found.find(|result| result.id == exception.check && result.status >= Status::Warn);
            match found {
                None => idle.push(exception.check.clone()),
                Some(result) if today > exception.expires => {
                    let (ended, reason) = (exception.expires, &exception.reason);
                    result.note = Some(format!("the exception for this ended on {ended} ({reason})"));
                }
                Some(result) => {
                    let until = exception.expires.to_string();
                    result.accepted = Some(Accepted::Exception { reason: exception.reason.clone(), until });
                }
            }
        }
        if let Some(baseline) = &self.baseline {
            for result in report.results.iter_mut().filter(|r| r.status >= Status::Warn && r.accepted.is_none()) {
                if result.fingerprint.as_deref().is_some_and(|print| baseline.knows(print)) && result.note.is_none() {
                    result.accepted = Some(Accepted::Baseline);
                }
            }
        }
        report.root_cause = super::build::root_cause(&report.results);
        report.next = next::command(report, trail);
        idle
    }
}

fn day(milliseconds: u64) -> Date {
    let seconds = i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).map_or(Date::MAX, OffsetDateTime::date)
}
