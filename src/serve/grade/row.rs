//! One requirement of a client: its row, its judgement, and what the judgement may say.

use crate::spec::cite::Cite;
use crate::spec::level::{Level, Levels};
use crate::spec::revision::Revision;

use super::record::{Entry, Run, Story};

/// In which runs a row is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// In every run.
    Always,
    /// Where nothing is wrong.
    Plain,
    /// Where one of these traps is set.
    In(&'static [&'static str]),
}

/// One requirement of a client.
pub struct Row {
    /// The id, as in the catalogue of requirements; never reused.
    pub id: &'static str,
    /// A clause that is true of a client which meets it.
    pub title: &'static str,
    /// How binding it is at each revision.
    pub level: Levels,
    /// Whether breaking it is silent until somebody exploits it.
    pub silent: bool,
    /// Where it is written.
    pub cites: &'static [Cite],
    /// In which runs it shows.
    pub seen: Seen,
    /// Rows that, broken, take the ground from this one.
    pub blocked_by: &'static [&'static str],
    /// Why it matters, in one or two sentences.
    pub why: &'static str,
    /// What to change in the client.
    pub fix: &'static str,
    /// The judgement of one run.
    pub judge: fn(&Look<'_>) -> Ruling,
}

/// What a judgement looks at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The run that is judged.
    pub run: &'a Run,
    /// Every run, for what shows only in comparison.
    pub story: &'a Story,
}

/// What a judgement says.
#[derive(Clone, Debug)]
pub enum Ruling {
    /// The requirement is met; where, if at one place.
    Met(Option<u32>),
    /// It is broken: how gravely is a matter of its level.
    Broken(Finding),
    /// It is broken in a way that is tolerated.
    Doubtful(Finding),
    /// Worth knowing.
    Noted(Finding),
    /// The client did nothing that would show it.
    Unseen(&'static str),
}

/// What is wrong and where.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What is wrong, as a clause.
    pub message: String,
    /// The number of the entry.
    pub entry: u32,
    /// The part of it.
    pub part: Part,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
}

/// A part of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The request as a whole.
    #[default]
    Whole,
    /// A header.
    Header(&'static str),
    /// A parameter of the query or form.
    Parameter(&'static str),
    /// A member of the JSON body.
    Member(&'static str),
}

/// A finding at an entry.
pub(super) fn at(entry: &Entry, message: impl Into<String>) -> Finding {
    Finding { message: message.into(), entry: entry.number, ..Finding::default() }
}

/// A finding about what did not come after an entry. Before the run is over it may still come.
pub(super) fn missing(look: &Look<'_>, after: &Entry, message: impl Into<String>) -> Ruling {
    if look.run.over { at(after, message).broken() } else { Ruling::Unseen("the client may still come to it") }
}

impl Finding {
    pub(super) fn on(self, part: Part) -> Self {
        Self { part, ..self }
    }

    pub(super) fn expected(self, text: impl Into<String>) -> Self {
        Self { expected: Some(text.into()), ..self }
    }

    pub(super) fn actual(self, text: impl Into<String>) -> Self {
        Self { actual: Some(text.into()), ..self }
    }

    pub(super) const fn broken(self) -> Ruling {
        Ruling::Broken(self)
    }

    pub(super) const fn doubtful(self) -> Ruling {
        Ruling::Doubtful(self)
    }

    pub(super) const fn noted(self) -> Ruling {
        Ruling::Noted(self)
    }
}

/// Met at an entry.
pub(super) const fn met(entry: &Entry) -> Ruling {
    Ruling::Met(Some(entry.number))
}

impl Ruling {
    /// How much it weighs against the rulings of other runs.
    const fn weight(&self) -> u8 {
        match self {
            Self::Unseen(_) => 0,
            Self::Met(_) => 1,
            Self::Noted(_) => 2,
            Self::Doubtful(_) => 3,
            Self::Broken(_) => 4,
        }
    }

    /// The graver of two rulings, the earlier of equals.
    pub(super) fn or(self, other: Self) -> Self {
        let is_more = other.weight() > self.weight() || matches!(self, Self::Unseen(_));
        if is_more { other } else { self }
    }
}

/// Judges each of these, and keeps the gravest ruling.
pub(super) fn each<'a, T: 'a>(
    things: impl IntoIterator<Item = T>,
    none: &'static str,
    judge: impl Fn(T) -> Ruling,
) -> Ruling {
    things.into_iter().fold(Ruling::Unseen(none), |so_far, thing| so_far.or(judge(thing)))
}

/// A row with what was ruled.
pub struct Ruled {
    /// The row.
    pub row: &'static Row,
    /// How binding it is at the judged revision.
    pub level: Level,
    /// The ruling over all runs.
    pub ruling: Ruling,
    /// The row whose breach took the ground from this one.
    pub blocked: Option<&'static str>,
    /// The trap that would show it, if none of its traps was set.
    pub needs: Option<&'static str>,
}

impl Row {
    /// How binding it is at a revision.
    #[must_use]
    pub fn level_at(&self, revision: Revision) -> Option<Level> {
        self.level.get(revision.index()).copied().flatten()
    }

    /// Whether a run can show it.
    pub(super) fn shows_in(&self, run: &Run) -> bool {
        match self.seen {
            // The layout of 2025-03-26 has other rules for everything.
            Seen::Always => !run.has("v1-only"),
            Seen::Plain => run.traps.is_empty(),
            Seen::In(traps) => run.traps.iter().any(|trap| traps.contains(trap)),
        }
    }

    /// The ruling over all runs: the gravest.
    fn rule(&self, story: &Story) -> Ruling {
        let runs = story.runs.iter().filter(|run| self.shows_in(run));
        each(runs, "the client did not come that far", |run| (self.judge)(&Look { run, story }))
    }
}

/// Judges the story by every row that the revision has.
#[must_use]
pub fn judge(story: &Story, revision: Revision) -> Vec<Ruled> {
    let mut ruled: Vec<Ruled> = Vec::new();
    for row in super::rows::all() {
        let Some(level) = row.level_at(revision) else { continue };
        let broken = |id: &str| {
            ruled.iter().any(|one| one.row.id == id && one.blocked.is_none() && matches!(one.ruling, Ruling::Broken(_)))
        };
        let blocked = row.blocked_by.iter().copied().find(|id| broken(id));
        let needs = match row.seen {
            Seen::In(traps) if !story.runs.iter().any(|run| row.shows_in(run)) => traps.first().copied(),
            _ => None,
        };
        ruled.push(Ruled { row, level, ruling: row.rule(story), blocked, needs });
    }
    ruled
}

/// What a ruling comes to at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Met.
    Pass,
    /// Not seen.
    Skip,
    /// Worth knowing.
    Info,
    /// Tolerated, or a recommendation not followed.
    Warn,
    /// Broken.
    Fail,
}

impl Ruling {
    /// What the ruling comes to where the row is this binding: a broken MUST fails, a broken SHOULD warns. What the
    /// security guide calls a MUST counts as one; a practice whose breach locks users out warns.
    #[must_use]
    pub const fn status(&self, level: Level) -> Status {
        match (self, level) {
            (Self::Unseen(_), _) => Status::Skip,
            (Self::Met(_), _) => Status::Pass,
            (Self::Noted(_), _) | (Self::Broken(_), Level::May) => Status::Info,
            (Self::Broken(_), Level::Must | Level::MustNot | Level::RfcMust | Level::Guide) => Status::Fail,
            (Self::Broken(_) | Self::Doubtful(_), _) => Status::Warn,
        }
    }
}
