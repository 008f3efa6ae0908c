//! Every planted fault trips exactly its check, every correct posture trips none, at every revision.
//!
//! The reference deployment is started with one fault, the trail is walked once and judged at each revision; what
//! changed against the same deployment without the fault must be the fault's check and nothing else. This is what keeps
//! the checks honest (they find what they claim to find) and quiet (they find nothing else).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod disturbed;
mod findings;
mod sent;
mod trial;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use self::trial::{baselines, trial};

use futures_util::StreamExt as _;
use mcp_auth::checks;
use mcp_auth::evidence::{Evidence, Trail};
use mcp_auth::report::{self, Report, Status};
use mcp_auth::serve::{Config, Trouble};
use mcp_auth::spec::extension::Extension;
use mcp_auth::spec::fault::{Deed, Edit, Fault, Reply};
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::reach::Reach;
use mcp_auth::spec::revision::Revision;
use mcp_auth::spec::step::Step;
use mcp_auth::verdict::Check;

use findings::Said;
use walk::{Walk, visit_deployment, walk, walk_for};

/// Probes that run at once: more than cores, because they wait for loopback.
const AT_ONCE: usize = 6;

#[test]
fn transport() {
    prove(GROUPS[0]);
}

#[test]
fn challenge() {
    prove(GROUPS[1]);
}

#[test]
fn resource() {
    prove(GROUPS[2]);
}

#[test]
fn server() {
    prove(GROUPS[3]);
}

#[test]
fn keys() {
    prove(GROUPS[4]);
}

#[test]
fn access() {
    prove(GROUPS[5]);
}

#[test]
fn cors() {
    prove(GROUPS[6]);
}

#[test]
fn registration() {
    prove(GROUPS[7]);
}

#[test]
fn authorization() {
    prove(GROUPS[8]);
}

#[test]
fn token() {
    prove(GROUPS[9]);
}

#[test]
fn refresh() {
    prove(GROUPS[10]);
}

#[test]
fn wires() {
    prove(GROUPS[11]);
}

#[test]
fn extensions() {
    prove(GROUPS[12]);
}

/// The prefixes of the tests above.
const GROUPS: [&[&str]; 13] = [
    &["url-", "tls-", "meta-"],
    &["challenge-"],
    &["prm-"],
    &["asm-"],
    &["jwks-"],
    &["rs-"],
    &["cors-"],
    &["reg-", "cimd-"],
    &["authz-"],
    &["token-"],
    &["refresh-", "revoke-", "introspect-"],
    &["modern-", "legacy-", "era-", "transport-"],
    &["ext-"],
];

#[test]
fn every_check_belongs_to_a_test_above() {
    for check in checks::all() {
        let known = GROUPS.iter().any(|prefixes| prefixes.iter().any(|prefix| check.id.starts_with(prefix)));
        assert!(known, "{} is proven by no test here", check.id);
    }
}

#[test]
fn clean_postures_trip_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let complaints = runtime.block_on(async {
        // A lazy deployment shows its challenge only to who names a tool.
        let usual = Walk::default();
        let named = Walk { challenge_tool: Some("search"), ..Walk::default() };
        let far = Walk { touches: Some(Vec::new()), login: true, ..Walk::default() };
        let walks = Posture::ALL.into_iter().flat_map(|posture| [(posture, usual.clone()), (posture, far.clone())]);
        let walks = walks.chain([(Posture::Lazy, named)]);
        let runs = walks.filter_map(|(posture, how)| Some((posture, how, posture.correct()?)));
        let runs = futures_util::stream::iter(runs).map(|(posture, how, (first, last))| async move {
            let trail = walk(posture, &[], &how, None).await;
            let judged = Revision::ALL.into_iter().filter(move |revision| (first..=last).contains(revision));
            let found = judged.flat_map(|revision| {
                noise(&judge(&trail, revision))
                    .into_iter()
                    .map(move |line| format!("{} at {revision}: {line}", posture.name()))
            });
            found.collect::<Vec<_>>()
        });
        runs.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.concat()
    });
    assert!(complaints.is_empty(), "{} findings in correct deployments:\n{}", complaints.len(), complaints.join("\n"));
}

/// Where there is no signing key, one thing that the operator lends is enough for each of these rows.
#[test]
fn what_is_lent_alone_tells() {
    let rows = [
        ("rs-audience", Reach::ForeignToken),
        ("rs-expired-rejected", Reach::ExpiredToken),
        ("rs-expired-status", Reach::ExpiredToken),
        ("rs-session-user", Reach::SecondAccount),
        ("rs-upstream-token", Reach::UpstreamToken),
        ("modern-undeclared-input", Reach::Tool),
        ("rs-request-state", Reach::Tool),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (id, reach) in rows {
        let check = checks::by_id(id).unwrap();
        let how = Walk { only_with: Some(reach), ..walk_for(check) };
        for (faults, wanted) in [(check.faults, false), (&[][..], true)] {
            let faults: Vec<_> = faults.iter().collect();
            let trail = runtime.block_on(walk(Posture::Reference, &faults, &how, Some(check)));
            let last = Revision::ALL.into_iter().rev().find(|revision| check.level_at(*revision).is_some()).unwrap();
            let found = judge(&trail, last);
            let status = found.result(id).unwrap().status;
            assert_eq!(status == Status::Pass, wanted, "{id} with {}: {status:?}", reach.flag());
            assert_eq!(status >= Status::Warn, !wanted, "{id} with {}: {status:?}", reach.flag());
        }
    }
}

/// Where requests must be pushed, what a trial changes is in the pushed request.
#[test]
fn what_a_trial_changes_is_pushed() {
    const PUSHED: &[Edit] = &[Edit::SetJson("/require_pushed_authorization_requests", "true")];
    static REQUIRED: Fault =
        Fault::new("pushed", &[Deed::At(Reply::ServerMetadata, PUSHED), Deed::At(Reply::OpenIdMetadata, PUSHED)]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let check = checks::by_id("rs-scope-single-challenge").unwrap();
    for (faults, wanted) in [(vec![&REQUIRED], Status::Pass), (vec![&REQUIRED, &check.faults[0]], Status::Warn)] {
        let trail = runtime.block_on(walk(Posture::Reference, &faults, &walk_for(check), Some(check)));
        assert!(trail.in_order().filter(|x| x.is(Step::AuthorizationPush)).count() > 1, "nothing was pushed");
        assert_eq!(judge(&trail, Revision::LATEST).result(check.id).unwrap().status, wanted);
    }
}

/// A record that was saved says of the signature of a token what could be seen while it was there.
#[test]
fn a_saved_record_decides_the_signature() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let check = checks::by_id("token-signature").unwrap();
    static OTHER_KEY: Fault = Fault::new(
        "other",
        &[Deed::At(
            Reply::Jwks,
            &[
                Edit::SetJson("/keys/0/x", "\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\""),
                Edit::SetJson("/keys/0/y", "\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""),
            ],
        )],
    );
    for (faults, wanted) in [(&[][..], Status::Pass), (&[&OTHER_KEY][..], Status::Fail)] {
        let trail = runtime.block_on(walk(Posture::Reference, faults, &walk_for(check), Some(check)));
        let again = Trail::load(&trail.save()).unwrap();
        let twice = Trail::load(&again.save()).unwrap();
        for record in [&trail, &again, &twice] {
            assert_eq!(judge(record, Revision::LATEST).result(check.id).unwrap().status, wanted);
        }
    }
}

/// Who asks for an extension sees it tried, though nothing advertises it.
#[test]
fn an_extension_that_is_asked_for_is_tried_unadvertised() {
    const GRANTS: &str = "[\"authorization_code\", \"refresh_token\"]";
    const EDITS: &[Edit] = &[
        Edit::DropJson("/dpop_signing_alg_values_supported"),
        Edit::SetJson("/grant_types_supported", GRANTS),
        Edit::SetJson("/authorization_grant_profiles_supported", "[]"),
    ];
    static SILENT: Fault =
        Fault::new("silent", &[Deed::At(Reply::ServerMetadata, EDITS), Deed::At(Reply::OpenIdMetadata, EDITS)]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows =
        [("ext-dpop-bind", Extension::Dpop), ("ext-cc-secret", Extension::Cc), ("ext-ema-accept", Extension::Ema)];
    for (id, extension) in rows {
        let check = checks::by_id(id).unwrap();
        for (extensions, wanted) in [(vec![], Status::Skip), (vec![extension], Status::Pass)] {
            let how = Walk { extensions, ..walk_for(check) };
            let trail = runtime.block_on(walk(Posture::Reference, &[&SILENT], &how, Some(check)));
            let found = judge(&trail, Revision::LATEST);
            assert_eq!(found.result(id).unwrap().status, wanted, "{id} with {:?}", how.extensions);
        }
    }
}

/// Visits of an overloaded deployment.
const VISITS: u64 = 50;
/// A server that is overloaded now and then is not a broken one: whatever it has no time for, no verdict goes from pass to
/// warn or fail. Each visit goes all the way and has other troubles: one answer in twenty is 503, answers are late, and
/// every fifth server begins to answer 429 in the middle.
#[test]
fn an_overloaded_server_is_not_a_broken_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (complaints, busy, limited) = runtime.block_on(async {
        let calm = judge(&overloaded(None).await, Revision::LATEST);
        let calm = &calm;
        let visits = futures_util::stream::iter(0..VISITS).map(|seed| async move {
            let limit = (seed % 5 == 4).then_some(20 + seed);
            let trail = overloaded(Some(Trouble { seed, busy: 5, late: Duration::from_millis(8), limit })).await;
            let lines = worse(calm, &judge(&trail, Revision::LATEST));
            let lines: Vec<_> = lines.into_iter().map(|line| format!("visit {seed}: {line}")).collect();
            let busy = trail.in_order().filter(|x| x.is(Step::Busy)).count();
            (lines, busy, trail.in_order().any(|x| x.status() == Some(429)))
        });
        let done = visits.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
        let busy: usize = done.iter().map(|(_, busy, _)| busy).sum();
        let limited = done.iter().filter(|(_, _, limited)| *limited).count();
        (done.into_iter().flat_map(|(lines, ..)| lines).collect::<Vec<_>>(), busy, limited)
    });
    assert!(
        busy > 2 * 50 && limited == 10,
        "the troubles did not show: {busy} answers of 503, {limited} visits with 429"
    );
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// A visit that goes all the way.
async fn overloaded(trouble: Option<Trouble>) -> Trail {
    let how = Walk { touches: Some(Vec::new()), login: true, ..Walk::default() };
    visit_deployment(Config { posture: Posture::Reference, trouble, ..Config::default() }, &how, None).await
}

/// What is worse than in a calm visit.
fn worse(calm: &Report, troubled: &Report) -> Vec<String> {
    let found = troubled.results.iter().filter(|result| result.status >= Status::Warn);
    let worse = found.filter(|result| calm.result(result.id).is_some_and(|before| before.status < result.status));
    let line = |result: &report::CheckResult| {
        let message = result.message.as_deref().unwrap_or_default();
        let place = result.place.as_deref().unwrap_or_default();
        format!("{} {}: {message} ({place})", result.status.as_str(), result.id)
    };
    worse.map(line).collect()
}

/// One fault alone, for who works on one row: `MCP_AUTH_FAULT=NAME cargo test --test matrix one_fault`. `?` lists them.
#[test]
#[expect(clippy::disallowed_methods, reason = "the fault is named in the environment")]
fn one_fault() {
    let Ok(name) = std::env::var("MCP_AUTH_FAULT") else { return };
    let rows = checks::all().flat_map(|check| check.faults.iter().map(move |fault| (check, fault)));
    if name == "?" {
        rows.for_each(|(check, fault)| println!("fault {} {}", check.id, fault.name));
        return;
    }
    let chosen: Vec<_> = rows.filter(|(_, fault)| fault.name == name).collect();
    assert!(!chosen.is_empty(), "there is no fault `{name}`");
    let prefixes = GROUPS.iter().find(|prefixes| prefixes.iter().any(|prefix| chosen[0].0.id.starts_with(prefix)));
    prove_these(chosen.clone(), prefixes.unwrap(), false);
}

/// Proves every fault of the checks with these prefixes.
fn prove(prefixes: &[&str]) {
    let chosen = checks::all().filter(|check| prefixes.iter().any(|prefix| check.id.starts_with(prefix)));
    prove_these(
        chosen.flat_map(|check| check.faults.iter().map(move |fault| (check, fault))).collect(),
        prefixes,
        true,
    );
}

fn prove_these(faults: Vec<(&'static Check, &'static Fault)>, prefixes: &[&str], whole: bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let complaints = runtime.block_on(async {
        let clean = Arc::new(baselines(&faults).await);
        let runs = futures_util::stream::iter(faults).map(|(check, fault)| {
            let clean = Arc::clone(&clean);
            async move { trial(check, fault, &clean).await }
        });
        let trials = runs.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
        let (complaints, said): (Vec<_>, Vec<_>) = trials.into_iter().unzip();
        let said: Said = said.into_iter().flatten().collect();
        [complaints.concat(), findings::compare(prefixes, &said, whole)].concat()
    });
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// The findings of a report that ought to have none.
fn noise(report: &Report) -> Vec<String> {
    let line = |result: &report::CheckResult| {
        let message = result.message.as_deref().unwrap_or_default();
        format!("{} {}: {message}", result.status.as_str(), result.id)
    };
    let mut lines: Vec<_> = report.findings(Status::Warn).into_iter().map(line).collect();
    let stray = report
        .results
        .iter()
        .filter(|result| result.reason.as_deref().is_some_and(|reason| reason.starts_with("blocked:")));
    lines.extend(stray.map(|result| {
        format!("{} is {} though nothing failed", result.id, result.reason.as_deref().unwrap_or_default())
    }));
    lines
}

fn judge(trail: &Trail, revision: Revision) -> Report {
    report::judge(&Evidence::new(trail, revision), checks::all())
}
