//! What users report is found: for every symptom the deployment that shows it is probed, and the first thing that the
//! report says is one of the checks that the symptom names.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod walk;

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use mcp_auth::advice::symptoms::{self, Shown, Symptom};
use mcp_auth::checks;
use mcp_auth::commands::probe;
use mcp_auth::evidence::Trail;
use mcp_auth::report::{Report, Status};
use mcp_auth::spec::fault::Fault;
use mcp_auth::spec::posture::Posture;
use mcp_auth::verdict::Check;
use walk::{walk, walk_for};

/// Probes that run at once.
const AT_ONCE: usize = 6;

#[test]
fn there_are_46_each_with_its_words_and_sources() {
    let mut seen = BTreeSet::new();
    for symptom in symptoms::all() {
        assert!(seen.insert(symptom.id), "{} stands twice", symptom.id);
        assert!(symptom.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", symptom.id);
        assert!(!symptom.checks.is_empty() && !symptom.sources.is_empty(), "{}", symptom.id);
        for text in [symptom.title, symptom.cause, symptom.fix] {
            assert!(text.len() > 20 && !text.ends_with('.'), "{}: {text}", symptom.id);
        }
        for source in symptom.sources {
            let (repository, number) = source.split_once('#').unwrap_or_else(|| panic!("{source} is no thread"));
            assert!(repository.matches('/').count() == 1 && number.parse::<u32>().is_ok(), "{source}");
        }
    }
    assert_eq!(seen.len(), 46);
}

#[test]
fn every_symptom_is_named_by_the_first_line_of_a_report() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let complaints = runtime.block_on(async {
        let runs = futures_util::stream::iter(symptoms::all()).map(|symptom| async move {
            if stands(symptom) {
                complaint(symptom).await
            } else {
                Some(format!("{}: nothing shows it: {:?}", symptom.id, symptom.shown))
            }
        });
        runs.buffered(AT_ONCE).filter_map(|complaint| async { complaint }).collect::<Vec<_>>().await
    });
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Whether the first check of a symptom and what shows it exist.
fn stands(symptom: &Symptom) -> bool {
    let shown = match symptom.shown {
        Shown::Fault(name) => fault(name).is_some(),
        Shown::Trail(name) => std::path::Path::new(&trail_path(name)).exists(),
    };
    shown && symptom.checks.first().is_some_and(|id| checks::by_id(id).is_some())
}

fn fault(name: &str) -> Option<(&'static Check, &'static Fault)> {
    checks::all().flat_map(|check| check.faults.iter().map(move |fault| (check, fault))).find(|(_, f)| f.name == name)
}

fn trail_path(name: &str) -> String {
    format!("{}/fixtures/trails/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

async fn complaint(symptom: &'static Symptom) -> Option<String> {
    let (trail, clean) = match symptom.shown {
        Shown::Fault(name) => {
            let (check, fault) = fault(name)?;
            let how = walk_for(check);
            let ground = fault.posture.correct().map_or(Posture::Reference, |_| fault.posture);
            let clean = walk(ground, &[], &how, Some(check)).await;
            (walk(fault.posture, &[fault], &how, Some(check)).await, Some(probe::judge(&clean, None, false, &[])))
        }
        Shown::Trail(name) => (Trail::load(&std::fs::read_to_string(trail_path(name)).unwrap()).unwrap(), None),
    };
    let report = probe::judge(&trail, None, false, &[]);
    let first = first_finding(&report, clean.as_ref());
    let named = first.as_deref().is_some_and(|id| symptom.checks.contains(&id));
    (!named).then(|| format!("{}: the report begins with {first:?}, not with one of {:?}", symptom.id, symptom.checks))
}

/// What a report says first that a clean one does not.
fn first_finding(report: &Report, clean: Option<&Report>) -> Option<String> {
    let known = |id: &str| clean.and_then(|clean| clean.result(id)).is_some_and(|result| result.status >= Status::Info);
    let findings = report.findings(Status::Warn);
    let informed = report.findings(Status::Info);
    let mut said = findings.into_iter().chain(informed).filter(|result| !known(result.id));
    said.next().map(|result| result.id.to_owned())
}
