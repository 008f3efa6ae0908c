//! What a check is, and what it may say.

use serde::Serialize;

use crate::evidence::{Evidence, Pointer};
use crate::spec::cite::Cite;
use crate::spec::fault::Fault;
use crate::spec::level::{Level, Levels};
use crate::spec::reach::{Reach, Reached};
use crate::spec::revision::Revision;
use crate::spec::step::Step;

/// Who must act on a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The MCP server.
    ResourceServer,
    /// The authorization server.
    AuthorizationServer,
    /// The MCP client.
    Client,
}

/// How a check touches the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Reads public documents.
    Passive,
    /// Sends requests that create nothing.
    ActiveSafe,
    /// Registers, logs in, burns codes and tokens, calls tools.
    Intrusive,
    /// Needs the signing key or a second principal.
    Lab,
}

/// Whether a requirement stands out from the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It does not.
    Plain,
    /// It bites real users often.
    Biting,
    /// Security-critical and silent: nobody notices until it is exploited.
    Silent,
}

/// One requirement: its row, its judgement, and the defects that must trip it.
pub struct Check {
    /// The requirement's id, never reused, never renamed silently.
    pub id: &'static str,
    /// A clause that is true of a server which meets it.
    pub title: &'static str,
    /// Who must fix it.
    pub role: Role,
    /// How binding it is at each revision.
    pub level: Levels,
    /// How it touches the deployment.
    pub class: Class,
    /// Whether it stands out.
    pub mark: Mark,
    /// Where it is written.
    pub cites: &'static [Cite],
    /// The steps it reads. A step that the run did not go far enough to take makes it a skip; any one is enough.
    pub needs: &'static [Step],
    /// Checks whose failure takes the ground from this one.
    pub blocked_by: &'static [&'static str],
    /// Why it matters, in one or two sentences.
    pub why: &'static str,
    /// Exactly what to change.
    pub fix: &'static str,
    /// Where the documents or the deployed clients disagree, both sides; empty if nobody disputes it.
    pub disputed: &'static str,
    /// The defects that must trip it.
    pub faults: &'static [Fault],
    /// The judgement.
    pub judge: fn(&Evidence<'_>) -> Verdict,
}

/// What a check says.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The requirement is met.
    Pass,
    /// It is broken.
    Fail(Finding),
    /// It is broken in a way that is tolerated, or a recommendation is not followed.
    Warn(Finding),
    /// Worth knowing.
    Info(Finding),
    /// Not looked at.
    Skip(Reason),
}

/// Why a check was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another check failed and took the ground from it.
    Blocked(&'static str),
    /// The server never claimed what it is about, or the revision does not know it.
    NotApplicable(&'static str),
    /// The run did not go far enough.
    Needs(Reach),
    /// What came can be read in two ways, or nothing came.
    Inconclusive(&'static str),
    /// A client shows it only where this trap is set.
    NeedsTrap(&'static str),
    /// The client did nothing that would show it.
    NotSeen(&'static str),
}

/// Evidence and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What is wrong, as a clause.
    pub message: String,
    /// Where.
    pub at: Option<Pointer>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
    /// Exactly what to change, where the row's text can be made more exact.
    pub fix: Option<String>,
    /// Who must act, where it is somebody else than the row says.
    pub role: Option<Role>,
    /// Whether it explains that the server could not be reached at all.
    pub severs: bool,
}

/// A finding at a place.
#[must_use]
pub fn finding(at: Pointer, message: impl Into<String>) -> Finding {
    Finding { message: message.into(), at: Some(at), ..Finding::default() }
}

impl Finding {
    /// Says what should be there.
    #[must_use]
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    /// Says what is there.
    #[must_use]
    pub fn actual(mut self, text: impl Into<String>) -> Self {
        self.actual = Some(text.into());
        self
    }

    /// Says exactly what to change, instead of the row's general text.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(text.into());
        self
    }

    /// Says who must act, instead of the role in the row: for rows that both servers can break.
    #[must_use]
    pub const fn by(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Says that this is why the server could not be reached at all.
    #[must_use]
    pub const fn severing(mut self, severs: bool) -> Self {
        self.severs = severs;
        self
    }

    /// As a failure.
    #[must_use]
    pub const fn fail(self) -> Verdict {
        Verdict::Fail(self)
    }

    /// As a warning.
    #[must_use]
    pub const fn warn(self) -> Verdict {
        Verdict::Warn(self)
    }

    /// As information.
    #[must_use]
    pub const fn info(self) -> Verdict {
        Verdict::Info(self)
    }
}

impl Verdict {
    /// Skipped: the server never claimed what the check is about.
    #[must_use]
    pub const fn not_applicable(why: &'static str) -> Self {
        Self::Skip(Reason::NotApplicable(why))
    }

    /// Skipped: what came can be read in two ways.
    #[must_use]
    pub const fn inconclusive(why: &'static str) -> Self {
        Self::Skip(Reason::Inconclusive(why))
    }

    /// Skipped: the run was not allowed, or not given, what it takes.
    #[must_use]
    pub const fn needs(reach: Reach) -> Self {
        Self::Skip(Reason::Needs(reach))
    }

    /// Skipped: another check stands in the way.
    #[must_use]
    pub const fn blocked(by: &'static str) -> Self {
        Self::Skip(Reason::Blocked(by))
    }
}

impl Check {
    /// How binding the requirement is at a revision; `None` where it does not apply.
    #[must_use]
    pub fn level_at(&self, revision: Revision) -> Option<Level> {
        self.level.get(revision.index()).copied().flatten()
    }

    /// The least a run must do for this check to be looked at.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.needs.iter().map(|step| step.reach()).min().unwrap_or(Reach::Passive)
    }

    /// Whether a run that went this far could look at it.
    #[must_use]
    pub fn is_within(&self, reached: Reached) -> bool {
        self.needs.is_empty() || self.needs.iter().any(|step| reached.has(step.reach()))
    }
}

/// Takes what is needed to judge, or leaves with a skip: `need!(resource(e))` where the ground is a `Result` whose error
/// is the skip, `need!(e.first(step), absent "why")` where its absence means that the check does not apply.
#[macro_export]
macro_rules! need {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(verdict) => return verdict,
        }
    };
    ($option:expr, absent $why:literal) => {
        match $option {
            Some(value) => value,
            None => return $crate::verdict::Verdict::not_applicable($why),
        }
    };
}
