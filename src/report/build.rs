//! From evidence and checks to a report: blocking, root cause, totals.

use std::collections::HashMap;

use super::{
    CheckResult, Code, Elsewhere, ProviderSetting, REPORT_VERSION, Report, Row, Status, Summary, effects, fill,
    fingerprint, next,
};
use crate::advice::providers::{self, Recognised};
use crate::advice::snippets;
use crate::evidence::{Evidence, Mode, Outcome};
use crate::spec::level::Level;
use crate::spec::reach::Reach;
use crate::spec::revision::Revision;
use crate::spec::text::printable;
use crate::verdict::{Check, Mark, Reason, Role, Verdict};

/// Judges the evidence by every check that its revision has, in the order given.
///
/// A check whose ground was taken by another is skipped and names the one that failed, so that one defect is one finding.
#[must_use]
pub fn judge<'c>(evidence: &Evidence<'_>, checks: impl IntoIterator<Item = &'c Check>) -> Report {
    let due = due(checks, evidence.revision);
    let mut said = Said::new();
    let mut results = Vec::with_capacity(due.len());
    for (check, level) in due {
        let verdict = verdict_of(check, evidence, &said);
        keep(&mut said, check.id, &verdict);
        let row = Row { why: check.why, fix: check.fix, cites: check.cites };
        let ruled = Ruled { id: check.id, title: check.title, role: check.role, mark: check.mark, level, row, verdict };
        results.push(result_of(ruled, evidence));
    }
    let provider = providers::recognise(evidence);
    advise(&mut results, provider.as_ref(), evidence);
    let mut report = whole(evidence, results, evidence.mode());
    report.provider = provider;
    report.next = next::command(&report, evidence.trail);
    report
}

/// What fails at the revision of this evidence and does not fail in a report of another.
#[must_use]
pub fn elsewhere<'c>(
    report: &Report,
    evidence: &Evidence<'_>,
    checks: impl IntoIterator<Item = &'c Check>,
) -> Vec<Elsewhere> {
    let mut said = Said::new();
    let mut found = Vec::new();
    for (check, _) in due(checks, evidence.revision) {
        let verdict = verdict_of(check, evidence, &said);
        keep(&mut said, check.id, &verdict);
        let Verdict::Fail(finding) = verdict else { continue };
        if report.result(check.id).is_none_or(|here| here.status != Status::Fail) {
            let message = if finding.message.is_empty() { check.title.to_owned() } else { finding.message };
            found.push(Elsewhere { revision: evidence.revision, id: check.id, message });
        }
    }
    found
}

/// The checks that a revision has, with how binding they are there.
fn due<'c>(checks: impl IntoIterator<Item = &'c Check>, revision: Revision) -> Vec<(&'c Check, Level)> {
    checks.into_iter().filter_map(|check| Some((check, check.level_at(revision)?))).collect()
}

/// One requirement with what was said of it, by whomever.
#[derive(Clone, Debug)]
pub struct Ruled {
    /// The id of the requirement.
    pub id: &'static str,
    /// What is required.
    pub title: &'static str,
    /// Who must act.
    pub role: Role,
    /// Whether it stands out.
    pub mark: Mark,
    /// How binding it is at the judged revision.
    pub level: Level,
    /// What its row says whatever was found.
    pub row: Row,
    /// What was said.
    pub verdict: Verdict,
}

/// A report of a client, of what was ruled elsewhere, in the order given. `next` is the next useful command.
#[must_use]
pub fn compile(evidence: &Evidence<'_>, ruled: impl IntoIterator<Item = Ruled>, next: String) -> Report {
    let results = ruled.into_iter().map(|ruled| result_of(ruled, evidence)).collect();
    let mut report = Report { next, ..whole(evidence, results, Mode::Client) };
    // What a client leaves at the reference deployment is gone with it.
    report.effects.left_behind.clear();
    report
}

fn whole(evidence: &Evidence<'_>, results: Vec<CheckResult>, mode: Mode) -> Report {
    Report {
        version: REPORT_VERSION,
        tool: evidence.trail.tool.clone(),
        target: evidence.trail.target.clone(),
        revision: evidence.revision,
        mode,
        provider: None,
        summary: summarise(&results, mode),
        root_cause: root_cause(&results),
        results,
        elsewhere: Vec::new(),
        clients: Vec::new(),
        effects: effects::of(evidence.trail),
        next: String::new(),
        declared: None,
    }
}

/// Says beside the general fix what to change at the provider, and how in the server's own code.
fn advise(results: &mut [CheckResult], provider: Option<&Recognised>, evidence: &Evidence<'_>) {
    let framework = snippets::recognise(evidence).map(|(framework, _)| framework);
    for result in results.iter_mut().filter(|result| result.status >= Status::Info) {
        result.setting = provider.and_then(|provider| {
            let setting = providers::setting(provider.id, result.id)?;
            Some(ProviderSetting {
                provider: provider.name,
                says: fill::filled(setting.says, result.role, evidence),
                source: setting.source,
            })
        });
        result.code = framework.filter(|_| result.status >= Status::Warn).and_then(|framework| {
            let snippet = snippets::of(result.id, framework)?;
            Some(Code { framework: framework.name(), text: fill::filled(snippet.code, Role::ResourceServer, evidence) })
        });
    }
}

/// The first broken link in a client's order that the user does not accept.
pub(super) fn root_cause(results: &[CheckResult]) -> Option<String> {
    results.iter().find(|r| r.status == Status::Fail && r.accepted.is_none()).map(|r| r.id.to_owned())
}

/// What later checks ask of an earlier one. Those that stood are not in it.
type Said = HashMap<&'static str, Fell>;

/// How a check did not stand.
enum Fell {
    Failed { severs: bool },
    Skipped(Reason),
}

fn keep(said: &mut Said, id: &'static str, verdict: &Verdict) {
    let fell = match verdict {
        Verdict::Fail(finding) => Fell::Failed { severs: finding.severs },
        Verdict::Skip(reason) => Fell::Skipped(reason.clone()),
        Verdict::Pass | Verdict::Warn(_) | Verdict::Info(_) => return,
    };
    said.insert(id, fell);
}

fn verdict_of(check: &Check, evidence: &Evidence<'_>, said: &Said) -> Verdict {
    // What was done is judged, even if the run as a whole went less far: the user may ask for a single step.
    let taken = || check.needs.iter().any(|step| evidence.first(*step).is_some());
    if !check.is_within(evidence.trail.reach) && !taken() {
        return Verdict::Skip(Reason::Needs(check.reach()));
    }
    if evidence.is_unreachable() && !check.needs.is_empty() {
        let cause = said.iter().find(|(_, fell)| matches!(fell, Fell::Failed { severs: true }));
        return cause.map_or(Verdict::not_applicable("nothing answered"), |(id, _)| Verdict::blocked(id));
    }
    for blocker in check.blocked_by {
        match said.get(blocker) {
            Some(Fell::Failed { .. }) => return Verdict::blocked(blocker),
            Some(Fell::Skipped(Reason::Blocked(root))) => return Verdict::blocked(root),
            _ => {}
        }
    }
    let verdict = (check.judge)(evidence);
    // A judge that finds its ground missing names the nearest check; the report names the one that failed.
    let Verdict::Skip(Reason::Blocked(blocker)) = verdict else { return verdict };
    match said.get(blocker) {
        Some(Fell::Skipped(reason)) => Verdict::Skip(reason.clone()),
        _ => verdict,
    }
}

fn result_of(ruled: Ruled, evidence: &Evidence<'_>) -> CheckResult {
    let Ruled { id, title, role, mark, level, row, verdict } = ruled;
    let (status, finding, reason) = match verdict {
        Verdict::Pass => (Status::Pass, None, None),
        Verdict::Fail(finding) => (Status::Fail, Some(finding), None),
        Verdict::Warn(finding) => (Status::Warn, Some(finding), None),
        Verdict::Info(finding) => (Status::Info, Some(finding), None),
        Verdict::Skip(reason) => (Status::Skip, None, Some(words(&reason))),
    };
    let cites = if finding.is_some() { row.cites.to_vec() } else { Vec::new() };
    let found = finding.unwrap_or_default();
    // A client's fixes name nothing of a deployment that could be filled in.
    let role = found.role.unwrap_or(role);
    let general = || match (status, role) {
        (Status::Fail | Status::Warn, Role::Client) => Some(row.fix.to_owned()),
        (Status::Fail | Status::Warn, _) => Some(fill::filled(row.fix, role, evidence)),
        _ => None,
    };
    let fix = found.fix.or_else(general);
    let place = found.at.as_ref().and_then(|at| place(evidence, at.exchange));
    let print = (!found.message.is_empty()).then(|| fingerprint::of(evidence.trail, id, found.at.as_ref()));
    CheckResult {
        id,
        status,
        title,
        level,
        role,
        mark,
        message: (!found.message.is_empty()).then_some(found.message),
        at: found.at,
        place,
        expected: found.expected.map(|text| fill::filled(&text, role, evidence)),
        actual: found.actual,
        fix,
        setting: None,
        code: None,
        reason,
        cites,
        fingerprint: print,
        accepted: None,
        note: None,
        row,
    }
}

/// A request and its outcome in one line, safe to print.
pub(super) fn place(evidence: &Evidence<'_>, number: u32) -> Option<String> {
    let exchange = evidence.trail.in_order().find(|x| x.number == number)?;
    let outcome = match &exchange.outcome {
        Outcome::Reply(reply) => reply.status.to_string(),
        Outcome::Failure(failure) => failure.detail.clone(),
    };
    let request = format!("{} {}", exchange.request.method, exchange.request.url);
    Some(format!("{} → {}", printable(&request), printable(&outcome)))
}

fn words(reason: &Reason) -> String {
    match reason {
        Reason::Blocked(id) => format!("blocked:{id}"),
        Reason::NotApplicable(why) => format!("not-applicable: {why}"),
        Reason::Needs(reach) => format!("needs:{}", reach.flag()),
        Reason::Inconclusive(why) => format!("inconclusive: {why}"),
        Reason::NeedsTrap(name) => format!("needs:--trap {name}"),
        Reason::NotSeen(why) => format!("not-seen: {why}"),
    }
}

fn summarise(results: &[CheckResult], mode: Mode) -> Summary {
    let count = |status| results.iter().filter(|r| r.status == status).count();
    let looked_at = results.len() - count(Status::Skip);
    Summary {
        pass: count(Status::Pass),
        fail: count(Status::Fail),
        warn: count(Status::Warn),
        info: count(Status::Info),
        skip: count(Status::Skip),
        grade: grade(results, mode).to_owned(),
        coverage: format!("{looked_at}/{}", results.len()),
    }
}

fn grade(results: &[CheckResult], mode: Mode) -> &'static str {
    let failed: Vec<_> = results.iter().filter(|r| r.status == Status::Fail).collect();
    let warned = results.iter().any(|r| r.status == Status::Warn);
    match (mode, failed.len()) {
        (Mode::Unreachable, _) | (Mode::Public, 0) => "-",
        _ if failed.iter().any(|r| r.mark == Mark::Silent) => "F",
        (_, 0) if warned => "B",
        (_, 0) => "A",
        (_, 1 | 2) => "C",
        _ => "D",
    }
}

/// The flags that would make skipped checks run, with how many each.
pub(super) fn missing_flags(results: &[CheckResult]) -> Vec<(&'static str, usize)> {
    let mut counts = Vec::new();
    for reach in Reach::ALL {
        let reason = format!("needs:{}", reach.flag());
        let count = results.iter().filter(|r| r.reason.as_deref() == Some(&reason)).count();
        if count > 0 {
            counts.push((reach.flag(), count));
        }
    }
    counts
}
