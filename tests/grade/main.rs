//! The grade of clients, proven like the checks: a client with one vice trips exactly the row of that vice, the same client
//! without a vice trips none in any trap, and neither does ours.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod client;
mod foreign;
mod http;
mod login;
mod vices;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use client::Client;
use futures_util::StreamExt as _;
use mcp_auth::commands::grade::{faults, graded, posture};
use mcp_auth::report::{CheckResult, Report, Status};
use mcp_auth::serve::grade::{Ending, Grading, Recorder, rows, trap};
use mcp_auth::serve::{self, Config};
use mcp_auth::spec::posture::Posture;
use mcp_auth::spec::revision::Revision;
use vices::{VICES, Vice};

/// Series that run at once: they wait for loopback.
const AT_ONCE: usize = 6;

/// Rows that no vice of ours can trip, each with the reason.
const WITHOUT_VICE: &[(&str, &str)] = &[];

/// Runs a client in each of these traps, and without one first, and writes down what it does.
async fn series<C>(traps: &[&'static str], client: C) -> Arc<Recorder>
where
    C: Fn(String, &'static str) -> Ending + Send + Sync + Clone + 'static,
{
    let recorder = Arc::new(Recorder::default());
    let runs = std::iter::once(None)
        .chain(traps.iter().map(|name| Some(trap::find(name).unwrap_or_else(|| panic!("{name}")))));
    for set in runs {
        let traps: Vec<_> = set.into_iter().collect();
        let config = Config {
            posture: posture(&traps).unwrap().unwrap_or(Posture::Reference),
            faults: traps.iter().flat_map(|trap| faults(trap)).collect(),
            auto_approve: true,
            private_documents: true,
            grading: Some(Grading { recorder: recorder.clone(), traps: traps.iter().map(|trap| trap.name).collect() }),
            ..Config::default()
        };
        let server = Box::pin(serve::start(config))
            .await
            .unwrap_or_else(|error| panic!("{:?}: {error}", set.map(|trap| trap.name)));
        let (url, name, client) = (server.mcp_url().to_owned(), set.map_or("", |trap| trap.name), client.clone());
        let ending = tokio::task::spawn_blocking(move || client(url, name)).await.unwrap();
        recorder.end(Some(ending));
        server.stop().await;
    }
    recorder
}

/// The small client with a vice, or with none.
async fn small(vice: &'static str, revision: Revision, with_document: bool, traps: &[&'static str]) -> Report {
    let document = if with_document { Some(vices::publish(vice).await) } else { None };
    let recorder = series(traps, move |url, _| {
        let mut client = Client::new(&url, vice, revision.as_str(), document.clone());
        let stopped = client.run();
        Ending::new(Some(i32::from(stopped.is_err())), false, std::mem::take(&mut client.wrote))
    })
    .await;
    graded(&recorder.story(), Some(revision)).0
}

/// The findings of a report, in words.
fn findings(report: &Report, least: Status) -> Vec<String> {
    let line = |result: &CheckResult| {
        let at = result.place.as_deref().unwrap_or_default();
        format!("{} {}: {} at {at}", result.status.as_str(), result.id, result.message.as_deref().unwrap_or_default())
    };
    report.findings(least).into_iter().map(line).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn every_trap() -> Vec<&'static str> {
    trap::TRAPS.iter().map(|trap| trap.name).collect()
}

#[test]
fn each_vice_trips_its_row_and_no_other() {
    let complaints = runtime().block_on(async {
        let trials = futures_util::stream::iter(VICES).map(trial);
        trials.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.concat()
    });
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

async fn trial(vice: &Vice) -> Vec<String> {
    let report = small(vice.name, vice.revision, vice.with_document, vice.traps).await;
    let mut complaints = Vec::new();
    match report.result(vice.row) {
        Some(result) if result.status >= vice.least() => {}
        Some(result) => complaints.push(format!(
            "{}: {} is {} {}",
            vice.name,
            vice.row,
            result.status.as_str(),
            result.reason.as_deref().unwrap_or_default()
        )),
        None => complaints.push(format!("{}: {} does not apply", vice.name, vice.row)),
    }
    let others = findings(&report, Status::Info).into_iter().filter(|line| !line.contains(&format!(" {}:", vice.row)));
    complaints.extend(others.map(|line| format!("{}: tripped too: {line}", vice.name)));
    complaints
}

#[test]
fn a_client_without_a_vice_trips_nothing_in_any_trap() {
    let complaints = runtime().block_on(async {
        let mut complaints = Vec::new();
        for (revision, document) in [
            (Revision::R2025_03_26, false),
            (Revision::R2025_06_18, false),
            (Revision::R2025_11_25, false),
            (Revision::R2026_07_28, false),
            (Revision::R2026_07_28, true),
        ] {
            let traps = every_trap();
            // An earlier client may not know what these are about.
            let fair = |name: &&str| match *name {
                "v1-only" => revision == Revision::R2025_03_26,
                _ => true,
            };
            let traps: Vec<_> = traps.into_iter().filter(fair).collect();
            let report = small("", revision, document, &traps).await;
            complaints.extend(findings(&report, Status::Info).into_iter().map(|line| format!("{revision}: {line}")));
            if revision == Revision::R2026_07_28 {
                let unseen = report.results.iter().filter(|result| result.status == Status::Skip);
                let known = |id: &str| {
                    !document && matches!(id, "client-registration-priority" | "client-cimd-document")
                        || document && REGISTERS.contains(&id)
                };
                let lines = unseen.filter(|result| !known(result.id));
                complaints.extend(lines.map(|result| {
                    format!("{revision}: {} {}", result.id, result.reason.as_deref().unwrap_or_default())
                }));
            }
        }
        complaints
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What only a client that registers shows; with a document it registers where documents are not taken.
const REGISTERS: &[&str] = &[];

#[test]
fn every_row_has_a_vice_or_a_reason_and_every_trap_a_row() {
    let proven: BTreeSet<&str> = VICES.iter().map(|vice| vice.row).collect();
    for row in rows::all() {
        let excused = WITHOUT_VICE.iter().any(|(id, _)| *id == row.id);
        assert!(proven.contains(row.id) != excused, "{}: a vice, or a reason in the list, and not both", row.id);
    }
    assert!(WITHOUT_VICE.iter().all(|(_, reason)| reason.len() > 20));
    let used: BTreeSet<&str> = rows::all()
        .filter_map(|row| match row.seen {
            mcp_auth::serve::grade::Seen::In(traps) => Some(traps),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    for trap in trap::TRAPS {
        assert!(
            used.contains(trap.name) || BY_ROWS_OF_EVERY_RUN.contains(&trap.name),
            "no row reads what trap {} provokes",
            trap.name
        );
        let known: usize = faults(trap).len();
        assert_eq!(
            known,
            trap.faults.len() + usize::from(!trap.own.deeds.is_empty()),
            "{}: a fault is unknown",
            trap.name
        );
    }
    assert!(used.iter().all(|name| trap::find(name).is_some()));
}

/// Traps that provoke what rows read in every run: step-up, codes shown twice, tokens that stray, sessions.
const BY_ROWS_OF_EVERY_RUN: [&str; 4] = ["step-up", "token-slow-500", "mcp-redirect-foreign", "session-expire"];

#[test]
fn rows_follow_the_conventions() {
    let mut seen = BTreeSet::new();
    for row in rows::all() {
        assert!(row.id.starts_with("client-") && seen.insert(row.id), "{}", row.id);
        assert!(!row.title.ends_with('.') && !row.fix.ends_with('.') && row.fix.len() > 10, "{}", row.id);
        assert!(row.why.ends_with('.') && row.why.len() > 20, "{}", row.id);
        assert!(
            !row.cites.is_empty()
                && row.cites.iter().all(|cite| mcp_auth::spec::cite::all().any(|known| known == cite)),
            "{}",
            row.id
        );
        assert!(row.blocked_by.iter().all(|id| seen.contains(id) || rows::by_id(id).is_some()), "{}", row.id);
    }
}

/// Our own binary, as a user runs it: it looks around, calls a tool, and one that needs more scope.
fn ours(home: &std::path::Path, url: &str, trap: &str, origin: &str) -> Ending {
    let mut wrote = String::new();
    let mut code = Some(0);
    let state = home.join(format!("state-{trap}"));
    for call in [vec!["search", "query=pkce é", "collection=client"], vec!["save", "title=t", "text=x"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
        command.arg("call").args(call).args(["--server", url, "--login", "--login-timeout", "3"]).env_clear();
        command.env("MCP_AUTH_STATE_DIR", &state).env("HOME", home);
        command
            .env("BROWSER", format!("{} browse %s", env!("CARGO_BIN_EXE_mcp-auth")))
            .env("MCP_AUTH_BROWSE_REPORT", origin);
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        wrote.push_str(&String::from_utf8_lossy(&output.stdout));
        wrote.push_str(&String::from_utf8_lossy(&output.stderr));
        code = code.max(output.status.code());
        if !output.status.success() {
            break;
        }
    }
    Ending::new(code, false, wrote)
}

#[test]
fn our_own_client_is_clean_on_every_row() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().to_path_buf();
    let recorder = runtime().block_on(series(&every_trap(), move |url, trap| {
        let origin = url.rsplit_once('/').unwrap().0.to_owned();
        ours(&place, &url, trap, &origin)
    }));
    for revision in Revision::ALL {
        let (report, trail) = graded(&recorder.story(), Some(revision));
        let found = findings(&report, Status::Info);
        assert!(found.is_empty(), "at {revision}:\n{}", found.join("\n"));
        let saved = trail.save();
        // What begins a JWT also comes up by chance, once in some thousand values that are random.
        let words = saved.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'));
        let tokens: Vec<_> = words.filter(|word| word.starts_with("eyJ") && word.contains('.')).collect();
        assert!(tokens.is_empty(), "a token stands in the saved trail: {tokens:?}");
        if revision == Revision::R2026_07_28 {
            let unseen = report.results.iter().filter(|result| result.status == Status::Skip).map(|result| result.id);
            assert_eq!(unseen.collect::<Vec<_>>(), OURS_UNSEEN);
        }
    }
}

/// What our own client does nothing to show: it publishes no metadata document, and sends no lost request again.
const OURS_UNSEEN: [&str; 3] = ["client-registration-priority", "client-cimd-document", "client-new-id"];
