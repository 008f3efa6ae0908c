//! What each check says when one answer of a correct deployment is another: lost, busy, refused, a page, a success. In the
//! record of a whole run the answers to one request, or the first of them, are replaced and judged again; what changes stands in
//! `fixtures/disturbed/`, for review. `MCP_AUTH_BLESS=1 cargo test --test matrix disturbed` rewrites the files.
//!
//! And one rule: what was not seen is never a finding. An answer that is lost, busy, or was never asked for may leave a
//! check undecided, but no server is blamed for it, except where the answer itself is what is asked for.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod disturbance;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use mcp_auth::checks;
use mcp_auth::evidence::{Evidence, Exchange, Trail};
use mcp_auth::report::{self, CheckResult, Status};
use mcp_auth::spec::extension::Extension;
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::revision::Revision;
use mcp_auth::verdict::Check;

use super::GROUPS;
use super::findings::{blessing, steady};
use super::sent::as_far_as_it_goes;
use super::walk::{Walk, walk, walk_for};
use disturbance::DISTURBANCES;

/// What a check says of a record.
fn says(result: &CheckResult) -> String {
    let at = result.at.as_ref();
    let part = at.map_or_else(String::new, |at| {
        [&at.header, &at.json_pointer, &at.query_parameter]
            .into_iter()
            .flatten()
            .map(|part| format!(" @{part}"))
            .collect()
    });
    let words = if result.status == Status::Skip { &result.reason } else { &result.message };
    steady(&format!("{}{part} {}", result.status.as_str(), words.as_deref().unwrap_or_default()))
}

/// The checks of a group with what each of them and of its grounds reads.
fn readers(prefixes: &[&str]) -> Vec<(&'static Check, BTreeSet<&'static str>)> {
    let own = checks::all().filter(|check| prefixes.iter().any(|prefix| check.id.starts_with(prefix)));
    own.map(|check| {
        let id = [check.id.to_owned()];
        let steps = checks::and_ground(&id).flat_map(|check| check.needs);
        (check, steps.map(|step| step.title()).collect())
    })
    .collect()
}

/// The newest revision that has the check.
fn revision_of(check: &Check) -> Option<Revision> {
    Revision::ALL.into_iter().rev().find(|revision| check.level_at(*revision).is_some())
}

/// What these checks say of a record, each at the newest revision that has it.
fn judged(trail: &Trail, checks: &[&'static Check]) -> BTreeMap<&'static str, String> {
    let mut by_revision: BTreeMap<Revision, Vec<String>> = BTreeMap::new();
    for check in checks {
        by_revision.entry(revision_of(check).unwrap()).or_default().push(check.id.to_owned());
    }
    let mut said = BTreeMap::new();
    for (revision, ids) in by_revision {
        let report = report::judge(&Evidence::new(trail, revision), checks::and_ground(&ids));
        said.extend(
            checks
                .iter()
                .filter(|check| revision_of(check) == Some(revision))
                .filter_map(|check| Some((check.id, says(report.result(check.id)?)))),
        );
    }
    said
}

/// Check, then step and trial, then what is said, then by which disturbances.
type Changes = BTreeMap<&'static str, BTreeMap<String, BTreeMap<String, BTreeSet<String>>>>;

/// What is disturbed together: the exchanges of one step about one thing, since some checks believe only what comes twice.
fn groups(trail: &Trail) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, exchange) in trail.in_order().enumerate() {
        let about = exchange.about.as_deref().map_or_else(String::new, |about| format!(" ({})", steady(about)));
        let place = format!("{}{about}", exchange.step.title());
        match found.iter_mut().find(|(known, _)| *known == place) {
            Some((_, indices)) => indices.push(index),
            None => found.push((place, vec![index])),
        }
    }
    found
}

fn disturb(trail: &mut Trail, readers: &[(&'static Check, BTreeSet<&'static str>)], changes: &mut Changes) {
    let everybody: Vec<&Check> = readers.iter().map(|(check, _)| *check).collect();
    let calm = judged(trail, &everybody);
    for (place, indices) in groups(trail) {
        let title = trail.exchanges[indices[0]].step.title();
        let concerned: Vec<&Check> =
            readers.iter().filter(|(_, steps)| steps.contains(title)).map(|(check, _)| *check).collect();
        if concerned.is_empty() {
            continue;
        }
        let kept: Vec<Arc<Exchange>> = indices.iter().map(|index| trail.exchanges[*index].clone()).collect();
        for disturbance in DISTURBANCES {
            // Each of them, then only the first.
            for (often, count) in [("", indices.len()), ("-once", 1)] {
                let disturbed: Option<Vec<Exchange>> =
                    kept.iter().take(count).map(|exchange| (disturbance.apply)(exchange)).collect();
                let Some(disturbed) = disturbed.filter(|_| often.is_empty() || indices.len() > 1) else { continue };
                for (index, exchange) in indices.iter().zip(disturbed) {
                    trail.exchanges[*index] = exchange.into();
                }
                for (id, said) in judged(trail, &concerned).into_iter().filter(|(id, said)| calm.get(id) != Some(said))
                {
                    let said =
                        changes.entry(id).or_default().entry(place.clone()).or_default().entry(said).or_default();
                    said.insert(format!("{}{often}", disturbance.name));
                }
                for (index, exchange) in indices.iter().zip(&kept) {
                    trail.exchanges[*index] = exchange.clone();
                }
            }
        }
    }
}

/// The runs that are disturbed: a whole one on both wires, and those that only some checks need.
fn runs(prefixes: &[&str]) -> Vec<Trail> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let far = as_far_as_it_goes();
    let special = |id: &'static str, extensions: Vec<Extension>| {
        let check = checks::by_id(id).unwrap();
        (Walk { extensions, ..walk_for(check) }, Posture::Reference, Some(check))
    };
    let mut wanted = vec![(far.clone(), Posture::Reference, None)];
    match prefixes[0] {
        "ext-" => {
            wanted = vec![
                (far, Posture::Reference, None),
                special("ext-ema-accept", vec![Extension::Ema]),
                special("ext-wif-checks", vec![Extension::Wif]),
            ]
        }
        // With a page for a person, and with a code that grows old.
        "authz-" => wanted.extend([
            (Walk { login: false, ..far }, Posture::Reference, None),
            special("authz-code-lifetime", Vec::new()),
        ]),
        "modern-" => wanted.extend([(far.clone(), Posture::LegacyWire, None), (far, Posture::ModernWire, None)]),
        "challenge-" => wanted.push((far, Posture::Revision2025_03_26, None)),
        _ => {}
    }
    wanted.into_iter().map(|(how, posture, check)| runtime.block_on(walk(posture, &[], &how, check))).collect()
}

fn prove(group: usize) {
    let prefixes = GROUPS[group];
    let readers = readers(prefixes);
    let mut changes = Changes::new();
    for mut trail in runs(prefixes) {
        disturb(&mut trail, &readers, &mut changes);
    }
    let mut complaints = compare(prefixes[0], &changes);
    complaints.extend(blame(&changes));
    assert!(complaints.is_empty(), "{}\n(MCP_AUTH_BLESS=1 cargo test --test matrix disturbed)", complaints.join("\n"));
}

/// What asks for an answer at all, so that none is what it finds.
const REACHES: [&str; 4] = ["prm-discoverable", "jwks-fetch", "asm-miss-is-404", "challenge-user-agents"];

/// Findings for what was not seen.
fn blame(changes: &Changes) -> Vec<String> {
    let mut complaints = Vec::new();
    for (id, places) in changes {
        for (place, said) in places {
            for (said, disturbances) in said {
                let reaches = REACHES.contains(id);
                let hides = |name: &&String| {
                    let name = name.trim_end_matches("-once");
                    disturbance::hides(name) && !(reaches && name == "lost")
                };
                let unseen: Vec<&String> = disturbances.iter().filter(hides).collect();
                if (said.starts_with("fail") || said.starts_with("warn")) && !unseen.is_empty() {
                    complaints.push(format!("{id} blames a server for an answer that was {unseen:?}: {place}: {said}"));
                }
            }
        }
    }
    complaints
}

/// Compares with the file of the group, or writes it.
fn compare(prefix: &str, changes: &Changes) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(format!("fixtures/disturbed/{}.txt", prefix.trim_end_matches('-')));
    let mut lines = Vec::new();
    for (id, places) in changes {
        for (place, said) in places {
            for (said, disturbances) in said {
                let names = disturbances.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
                lines.push(format!("{id} | {place} | {names} | {said}"));
            }
        }
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if blessing() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return Vec::new();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let (known, new): (BTreeSet<&str>, BTreeSet<&str>) = (known.lines().collect(), text.lines().collect());
    let gone = known.difference(&new).map(|line| format!("- {line}"));
    gone.chain(new.difference(&known).map(|line| format!("+ {line}"))).collect()
}

#[test]
fn transport() {
    prove(0);
}

#[test]
fn challenge() {
    prove(1);
}

#[test]
fn resource() {
    prove(2);
}

#[test]
fn server() {
    prove(3);
}

#[test]
fn keys() {
    prove(4);
}

#[test]
fn access() {
    prove(5);
}

#[test]
fn cors() {
    prove(6);
}

#[test]
fn registration() {
    prove(7);
}

#[test]
fn authorization() {
    prove(8);
}

#[test]
fn token() {
    prove(9);
}

#[test]
fn refresh() {
    prove(10);
}

#[test]
fn wires() {
    prove(11);
}

#[test]
fn extensions() {
    prove(12);
}
