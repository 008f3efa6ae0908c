//! The report: the judgement of a record, complete and final. Renderers only write it down.

mod build;
mod clients;
mod compare;
mod effects;
mod fill;
mod fingerprint;
mod fleet;
mod next;
mod policy;

use std::str::FromStr;

use serde::Serialize;

use crate::evidence::{Mode, Pointer, Trail};
use crate::spec::cite::Cite;
use crate::spec::level::Level;
use crate::spec::revision::Revision;
use crate::verdict::{Mark, Role};

pub use crate::advice::clients::{ClientFit, ClientReason, Fit};
pub use crate::advice::providers::Recognised;
pub use build::{Ruled, compile, elsewhere, judge};
pub use clients::ask_clients;
pub use compare::{Comparison, Difference, Direction, Part, Shown, Side, compare};
pub use fingerprint::spot;
pub use fleet::{FleetFinding, FleetJudged, FleetLine, FleetLineError, FleetProblem, Tally};
pub use policy::{Accepted, Baseline, BaselineError, Exception, Policy};

/// The version of the JSON report.
pub const REPORT_VERSION: u32 = 1;

/// What a probe found. The JSON report is this type; its schema is generated from it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub version: u32,
    /// The tool that wrote it, name and version.
    pub tool: String,
    /// The MCP URL as the user gave it.
    pub target: String,
    /// The protocol revision that was judged.
    pub revision: Revision,
    /// What kind of deployment was met.
    pub mode: Mode,
    /// Whose authorization server it is, where that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Recognised>,
    /// The totals.
    pub summary: Summary,
    /// The first broken link in a client's order, if any.
    pub root_cause: Option<String>,
    /// Every check of the revision, in a client's order.
    pub results: Vec<CheckResult>,
    /// What would fail at another revision only; where no revision was asked for and the server named none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// Which clients can use the deployment; where that was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientFit>,
    /// What the run did to the deployment.
    pub effects: Effects,
    /// The next useful command.
    pub next: String,
    /// Where the target is declared, if a file does; a place that an editor or a code host can show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
}

/// The line of a file that declares a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Declared {
    /// The file, relative to the working folder where it lies below it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// The totals of a report.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Summary {
    /// Requirements met.
    pub pass: usize,
    /// Requirements broken.
    pub fail: usize,
    /// Requirements broken in a tolerated way, recommendations not followed.
    pub warn: usize,
    /// Worth knowing.
    pub info: usize,
    /// Not looked at.
    pub skip: usize,
    /// A: nothing found; B: warnings only; C, D: failures; F: a silent security hole; `-`: nothing to grade.
    pub grade: String,
    /// Checks looked at, of the checks that the revision has: `121/140`.
    pub coverage: String,
}

/// What one check said.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct CheckResult {
    /// The id of the check.
    pub id: &'static str,
    /// What it said.
    pub status: Status,
    /// What is required.
    pub title: &'static str,
    /// How binding it is at the judged revision.
    pub level: Level,
    /// Who must act.
    pub role: Role,
    /// Whether it stands out.
    pub mark: Mark,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Pointer>,
    /// The request and its outcome at that place, in one line: `GET https://… → 200`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// What to change at the provider that was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<ProviderSetting>,
    /// A piece of server code that does it, where it can be seen what the MCP server is made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Why it was not looked at: `blocked:ID`, `needs:FLAG`, `not-applicable: …`, `inconclusive: …`, or
    /// `not-seen: …` of a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it is written; for findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<Cite>,
    /// The same for the same finding in every run against the same deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Why the finding does not count, if the user accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// What else the user ought to know, e.g. that an exception for this has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the check's row says whatever was found; for the formats that describe every rule. `checks list --json` has it.
    #[serde(skip)]
    pub row: Row,
}

/// A setting of a provider.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ProviderSetting {
    /// The provider's name.
    pub provider: &'static str,
    /// What to change there.
    pub says: String,
    /// Where that is written.
    pub source: &'static str,
}

/// A piece of server code.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Code {
    /// For what.
    pub framework: &'static str,
    /// The code, with the names of this deployment where they are known.
    pub text: String,
}

/// The words of a check's row that no verdict changes.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Why it matters.
    pub why: &'static str,
    /// What to change in general.
    pub fix: &'static str,
    /// Where it is written.
    pub cites: &'static [Cite],
}

/// A failure at a revision that was not judged.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Elsewhere {
    /// The revision.
    pub revision: Revision,
    /// The id of the check.
    pub id: &'static str,
    /// What is wrong there.
    pub message: String,
}

/// What a check said, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Met.
    Pass,
    /// Not looked at.
    Skip,
    /// Worth knowing.
    Info,
    /// Tolerated.
    Warn,
    /// Broken.
    Fail,
}

/// What the run did to the deployment.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Effects {
    /// Requests sent.
    pub requests: usize,
    /// Clients registered.
    pub clients_registered: usize,
    /// Tokens issued.
    pub tokens_issued: usize,
    /// What was created and could not be removed, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

/// From which status on the exit code is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// A broken MUST.
    #[default]
    Must,
    /// A warning, too.
    Should,
    /// Information, too.
    Advice,
    /// Nothing.
    Never,
}

impl FailOn {
    /// The words on the command line.
    pub const NAMES: [(&'static str, Self); 4] =
        [("must", Self::Must), ("should", Self::Should), ("advice", Self::Advice), ("never", Self::Never)];
}

impl FromStr for FailOn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or("one of must, should, advice, never")
    }
}

/// What a run created and did not remove, in words.
#[must_use]
pub fn left_behind(trail: &Trail) -> Vec<String> {
    effects::of(trail).left_behind
}

impl Report {
    /// The result of a check.
    #[must_use]
    pub fn result(&self, id: &str) -> Option<&CheckResult> {
        self.results.iter().find(|result| result.id == id)
    }

    /// The findings at least this grave that the user does not accept, the root cause first, then in a client's order.
    #[must_use]
    pub fn findings(&self, least: Status) -> Vec<&CheckResult> {
        let counts = |result: &&CheckResult| result.status >= least && result.accepted.is_none();
        let mut found: Vec<_> = self.results.iter().filter(counts).collect();
        found.sort_by_key(|result| Some(result.id) != self.root_cause.as_deref());
        found
    }

    /// The findings that the user accepts.
    pub fn accepted(&self) -> impl Iterator<Item = (&CheckResult, &Accepted)> {
        self.results.iter().filter_map(|result| Some((result, result.accepted.as_ref()?)))
    }

    /// The checks that could not be looked at because this one failed.
    #[must_use]
    pub fn blocked_by(&self, id: &str) -> Vec<&'static str> {
        let reason = format!("blocked:{id}");
        self.results.iter().filter(|result| result.reason.as_deref() == Some(&reason)).map(|result| result.id).collect()
    }

    /// Whether something was found that the user wants to fail on and does not accept.
    #[must_use]
    pub fn fails(&self, on: FailOn) -> bool {
        let least = match on {
            FailOn::Must => Status::Fail,
            FailOn::Should => Status::Warn,
            FailOn::Advice => Status::Info,
            FailOn::Never => return false,
        };
        !self.findings(least).is_empty()
    }
}

impl Status {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}
