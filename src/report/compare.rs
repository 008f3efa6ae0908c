//! Two reports side by side: where the checks differ, and for each difference the two exchanges that show it.

use serde::Serialize;

use super::{CheckResult, Report, Status};
use crate::evidence::{Exchange, Mode, Outcome, Pointer, Trail};
use crate::spec::level::Level;
use crate::spec::revision::Revision;
use crate::spec::text::printable;
use crate::verdict::Role;

/// The version of the JSON form.
const COMPARISON_VERSION: u32 = 1;

/// What differs between two deployments, or between two records of one. The JSON form is this type.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Comparison {
    /// The version of this format: 1.
    pub version: u32,
    /// The revision that both were judged by.
    pub revision: Revision,
    /// The one asked about, A.
    pub left: Side,
    /// The one it is compared with, B.
    pub right: Side,
    /// Whether A is worse than B in anything.
    pub worse: bool,
    /// The checks on which both say the same.
    pub same: usize,
    /// The others: where A is worse, then where it is better, then the rest; each in a client's order.
    pub differences: Vec<Difference>,
}

/// One of the two.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Side {
    /// The MCP URL.
    pub target: String,
    /// When the record was begun, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
    /// What kind of deployment was met.
    pub mode: Mode,
    /// The grade.
    pub grade: String,
    /// The root cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<String>,
}

/// A check on which they differ.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// The id of the check.
    pub id: &'static str,
    /// What is required.
    pub title: &'static str,
    /// How binding it is at the revision.
    pub level: Level,
    /// Who must act.
    pub role: Role,
    /// Which way they differ.
    pub direction: Direction,
    /// What A shows.
    pub left: Shown,
    /// What B shows.
    pub right: Shown,
    /// What to change on the side that is worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Which way two verdicts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// A is worse.
    Worse,
    /// A is better.
    Better,
    /// Neither: one of them was not looked at, or only notes differ.
    Other,
}

/// What one side shows.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Shown {
    /// The verdict.
    pub status: Status,
    /// What is wrong, or why it was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The exchange that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u32>,
    /// That exchange in one line: `GET https://… → 200`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The part that is meant (`header www-authenticate`, `body /resource`) and what stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// A part of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What stands there, safe to show; `absent` if nothing does.
    pub value: String,
}

/// Compares two reports, each with the record it was made from. Both must be of one revision.
#[must_use]
pub fn compare(left: (&Report, &Trail), right: (&Report, &Trail)) -> Comparison {
    let mut differences: Vec<Difference> = Vec::new();
    let mut same = 0;
    for result in &left.0.results {
        let Some(other) = right.0.result(result.id) else { continue };
        if result.status == other.status {
            same += 1;
        } else {
            differences.push(difference((result, left.1), (other, right.1)));
        }
    }
    // The sort is stable: the order of a client stays within each direction.
    differences.sort_by_key(|difference| difference.direction);
    Comparison {
        version: COMPARISON_VERSION,
        revision: left.0.revision,
        left: side(left.0, left.1),
        right: side(right.0, right.1),
        worse: differences.iter().any(|difference| difference.direction == Direction::Worse),
        same,
        differences,
    }
}

fn side(report: &Report, trail: &Trail) -> Side {
    Side {
        target: report.target.clone(),
        started: trail.started,
        mode: report.mode,
        grade: report.summary.grade.clone(),
        root_cause: report.root_cause.clone(),
    }
}

fn difference(left: (&CheckResult, &Trail), right: (&CheckResult, &Trail)) -> Difference {
    let (a, b) = (left.0, right.0);
    Difference {
        id: a.id,
        title: a.title,
        level: a.level,
        role: a.role,
        direction: direction(a, b),
        left: shown(left, right),
        right: shown(right, left),
        fix: a.fix.clone().or_else(|| b.fix.clone()),
    }
}

/// How grave a verdict is; `None` if nothing was looked at. What the server never claimed cannot be broken.
fn gravity(result: &CheckResult) -> Option<u8> {
    match result.status {
        Status::Pass | Status::Info => Some(0),
        Status::Warn => Some(1),
        Status::Fail => Some(2),
        Status::Skip => result.reason.as_deref().filter(|reason| reason.starts_with("not-applicable")).map(|_| 0),
    }
}

fn direction(left: &CheckResult, right: &CheckResult) -> Direction {
    match (gravity(left), gravity(right)) {
        (Some(a), Some(b)) if a > b => Direction::Worse,
        (Some(a), Some(b)) if a < b => Direction::Better,
        _ => Direction::Other,
    }
}

/// What a side shows: the place of its own finding, else the exchange that answers to the other side's.
fn shown(own: (&CheckResult, &Trail), other: (&CheckResult, &Trail)) -> Shown {
    let (result, trail) = own;
    let (exchange, at) = match (&result.at, &other.0.at) {
        (Some(at), _) => (numbered(trail, at.exchange), Some(at)),
        (None, Some(at)) => (numbered(other.1, at.exchange).and_then(|x| counterpart(trail, other.1, x)), Some(at)),
        (None, None) => (None, None),
    };
    Shown {
        status: result.status,
        message: result.message.clone().or_else(|| result.reason.clone()),
        exchange: exchange.map(|exchange| exchange.number),
        place: exchange.map(place),
        part: exchange.zip(at).and_then(|(exchange, at)| part(exchange, at)),
    }
}

fn numbered(trail: &Trail, number: u32) -> Option<&Exchange> {
    trail.in_order().find(|exchange| exchange.number == number)
}

/// The exchange of the same step, and of the same rank among those of the step.
fn counterpart<'t>(trail: &'t Trail, other: &Trail, exchange: &Exchange) -> Option<&'t Exchange> {
    let rank = other.in_order().filter(|x| x.step == exchange.step && x.number < exchange.number).count();
    let mut same = trail.in_order().filter(|x| x.step == exchange.step);
    let first = same.clone().next();
    same.nth(rank).or(first)
}

fn place(exchange: &Exchange) -> String {
    let outcome = match &exchange.outcome {
        Outcome::Reply(reply) => reply.status.to_string(),
        Outcome::Failure(failure) => failure.detail.clone(),
    };
    let request = format!("{} {}", exchange.request.method, exchange.request.url);
    format!("{} → {}", printable(&request), printable(&outcome))
}

fn part(exchange: &Exchange, at: &Pointer) -> Option<Part> {
    let absent = || "absent".to_owned();
    let reply = exchange.reply();
    if let Some(name) = &at.header {
        let values: Vec<&str> = reply.map(|reply| reply.header_values(name).collect()).unwrap_or_default();
        let value = if values.is_empty() { absent() } else { printable(&values.join(", ")).to_string() };
        return Some(Part { name: format!("header {}", printable(name)), value });
    }
    if let Some(pointer) = &at.json_pointer {
        let body = reply.and_then(|reply| serde_json::from_slice::<serde_json::Value>(&reply.body.bytes()).ok());
        let value = body.and_then(|body| Some(printable(&body.pointer(pointer)?.to_string()).to_string()));
        return Some(Part { name: format!("body {}", printable(pointer)), value: value.unwrap_or_else(absent) });
    }
    let name = at.query_parameter.as_ref()?;
    let url = url::Url::parse(&exchange.request.url).ok();
    let value = url.and_then(|url| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()));
    let value = value.map_or_else(absent, |value| printable(&value).to_string());
    Some(Part { name: format!("parameter {}", printable(name)), value })
}
