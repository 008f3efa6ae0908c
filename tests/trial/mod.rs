//! One planted fault against the same deployment without it.

use std::collections::BTreeMap;

use super::walk::{Walk, walk, walk_for};
use futures_util::StreamExt as _;
use mcp_auth::evidence::Trail;
use mcp_auth::report::{self, Report, Status};
use mcp_auth::spec::fault::Fault;
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::revision::Revision;
use mcp_auth::verdict::Check;

use super::findings;
use super::{AT_ONCE, judge};

/// Trails of clean deployments, by posture and walk.
type Baselines = BTreeMap<(&'static str, Walk), Trail>;

/// The trails of the postures in which the faults are planted, without a fault.
pub(super) async fn baselines(faults: &[(&'static Check, &'static Fault)]) -> Baselines {
    let mut wanted = BTreeMap::new();
    for (check, fault) in faults {
        let posture = ground(fault);
        wanted.entry((posture.name(), walk_for(check))).or_insert((posture, *check));
    }
    let runs = futures_util::stream::iter(wanted).map(|(key, (posture, check))| async move {
        let trail = walk(posture, &[], &key.1, Some(check)).await;
        (key, trail)
    });
    runs.buffer_unordered(AT_ONCE).collect().await
}

/// What a fault is compared with: its posture, or the reference where the posture itself is the fault.
fn ground(fault: &Fault) -> Posture {
    if fault.posture.correct().is_some() { fault.posture } else { Posture::Reference }
}

/// What is wrong with the verdicts on a fault, and what is said of it at the last revision it applies to.
pub(super) async fn trial(
    check: &Check,
    fault: &'static Fault,
    clean: &Baselines,
) -> (Vec<String>, Option<(String, String)>) {
    let how = walk_for(check);
    let trail = walk(fault.posture, &[fault], &how, Some(check)).await;
    let (first, last) = fault.posture.correct().unwrap_or((Revision::R2025_03_26, Revision::LATEST));
    let mut complaints = Vec::new();
    let mut said = None;
    for revision in Revision::ALL {
        if check.level_at(revision).is_none() || !(first..=last).contains(&revision) {
            continue;
        }
        let before = judge(&clean[&(ground(fault).name(), how.clone())], revision);
        let after = judge(&trail, revision);
        said = after.result(check.id).map(|result| findings::said(fault.name, result));
        complaints.extend(
            compare(check, fault, &before, &after)
                .into_iter()
                .map(|line| format!("{} at {revision}: {line}", fault.name)),
        );
    }
    if said.is_none() {
        complaints.push(format!(
            "{}: {} applies at no revision of posture {}",
            fault.name,
            check.id,
            fault.posture.name()
        ));
    }
    (complaints, said)
}

/// What differs beyond what the fault must change.
pub(super) fn compare(check: &Check, fault: &Fault, before: &Report, after: &Report) -> Vec<String> {
    let mut complaints = Vec::new();
    let expected = |id: &str| id == check.id || fault.also.contains(&id);
    // A fault that is a posture goes by other names and addresses than what it is compared with.
    let is_elsewhere = ground(fault) != fault.posture;
    let is_moot =
        |new: &report::CheckResult| new.reason.as_deref().is_some_and(|reason| reason.starts_with("not-applicable"));
    for new in &after.results {
        let Some(old) = before.result(new.id) else { continue };
        let message = new.message.as_deref().or(new.reason.as_deref()).unwrap_or_default();
        let line = format!("{} went from {} to {}: {message}", new.id, old.status.as_str(), new.status.as_str());
        let worse = new.status >= Status::Warn && new.status > old.status;
        if let Some(left) = new.fix.as_deref().filter(|_| new.id == check.id).and_then(placeholder) {
            complaints.push(format!("the fix of {} leaves `{left}`, which is known, to the reader", new.id));
        }
        let vanished = new.status == Status::Skip && old.status != Status::Skip;
        if new.id == check.id {
            let noticed = new.status > old.status && new.status >= Status::Info
                || new.status == Status::Info && old.status == Status::Pass;
            if !noticed {
                complaints.push(format!("not noticed: {line}"));
            }
        } else if worse && !expected(new.id) {
            complaints.push(format!("tripped too: {line}"));
        } else if vanished && !blocked_by(new.reason.as_deref(), expected) && !(is_elsewhere && is_moot(new)) {
            complaints.push(format!("lost: {line}"));
        }
    }
    complaints
}

/// What a fix may not leave open: the names of the deployment that was probed.
fn placeholder(fix: &str) -> Option<&'static str> {
    ["https://HOST", "https://MCP-HOST", "resource_metadata=\"URL\""].into_iter().find(|left| fix.contains(left))
}

fn blocked_by(reason: Option<&str>, expected: impl Fn(&str) -> bool) -> bool {
    reason.and_then(|reason| reason.strip_prefix("blocked:")).is_some_and(expected)
}
