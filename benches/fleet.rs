//! What a fleet costs: `probe --targets` over ten thousand targets behind more than a hundred loopback deployments, right
//! and wrong ones, in one run and in eight shards, against `curl --parallel` making as many requests to the same servers.
//!
//! `cargo bench --profile dist --bench fleet [-- PROGRAM]`; `FLEET_TARGETS` makes it shorter. Requests per CPU second of the program
//! count, since the server shares the machine. The bound: not less than 0.7 of what curl does.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks and may panic")]
#![expect(clippy::disallowed_methods, reason = "the length is asked for by the environment")]

mod shared;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use mcp_auth::checks;
use mcp_auth::report::FleetLine;
use mcp_auth::serve::{self, Config, Server};
use mcp_auth::spec::fault::Deed;
use mcp_auth::spec::posture::Posture;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use shared::{number, program, row};

/// Targets, where the environment says nothing else.
const TARGETS: u64 = 10_000;
/// Probes at once, and transfers of curl.
const AT_ONCE: &str = "32";
/// The least share of curl's requests per CPU second.
const BOUND: f64 = 0.7;

fn main() {
    let targets = usize::try_from(number("FLEET_TARGETS", TARGETS)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let servers: Vec<Server> =
        configs().into_iter().map(|config| runtime.block_on(serve::start(config)).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let of = |n: usize| servers.get(n % servers.len()).unwrap().mcp_url();
    let list: String = (0..targets).map(|n| format!("{}?n={n}\n", of(n))).collect();
    fs::write(folder.path().join("list"), list).unwrap();

    let whole = fleet(folder.path(), "whole", &[]);
    let requests = requests(&folder.path().join("whole"), targets);
    println!("{targets} targets of {} deployments, {requests} requests, {AT_ONCE} at once.\n", servers.len());
    println!("| | CPU s | wall s | requests per CPU s | peak MiB |\n| --- | ---: | ---: | ---: | ---: |");
    show("probe --targets", &whole, requests);
    let mut shards = Run { cpu: 0.0, wall: 0.0, peak: 0.0 };
    let names: Vec<String> = (1..=8).map(|number| format!("shard{number}")).collect();
    for (number, name) in (1..).zip(&names) {
        let run = fleet(folder.path(), name, &["--shard", &format!("{number}/8")]);
        shards = Run { cpu: shards.cpu + run.cpu, wall: shards.wall + run.wall, peak: shards.peak.max(run.peak) };
    }
    show("the same in 8 shards, one after the other", &shards, requests);
    assert_eq!(
        merged(folder.path(), &names),
        merged(folder.path(), &["whole".to_owned()]),
        "shards differ from the whole"
    );

    let curl = curl(folder.path(), &of, requests);
    show("curl --parallel, as many requests", &curl, requests);
    let share = curl.cpu / whole.cpu;
    println!("\nEight shards joined are the whole. Requests per CPU second: {share:.2} of curl's (bound {BOUND}).");
    let rate = |run: &Run| format!("{:.0} requests per CPU s, {:.0} MiB", requests as f64 / run.cpu, run.peak);
    let beside = format!("curl --parallel, as many requests: {}", rate(&curl));
    row(&format!("fleet of {targets} targets, {requests} requests"), &rate(&whole), &beside, &format!("{share:.2}"));
    for server in servers {
        runtime.block_on(server.stop());
    }
    assert!(share >= BOUND, "the fleet is slower than {BOUND} of curl");
}

/// Every correct posture that is reached by its address and without a certificate of its own, and every wrong answer that a probe without flags can see.
fn configs() -> Vec<Config> {
    let postures = Posture::ALL.into_iter().filter(|posture| !matches!(posture, Posture::Https | Posture::PlainHttp));
    let seen = |id: &str| ["challenge-", "prm-", "asm-"].iter().any(|prefix| id.starts_with(prefix));
    let faults = checks::all().filter(|check| seen(check.id)).flat_map(|check| check.faults).filter(|fault| {
        fault.posture == Posture::Reference && fault.deeds.iter().all(|deed| matches!(deed, Deed::At(..)))
    });
    let right = postures.map(|posture| Config { posture, ..Config::default() });
    right.chain(faults.map(|fault| Config { faults: vec![fault], ..Config::default() })).collect()
}

/// What a run cost.
struct Run {
    /// User and system time, in seconds.
    cpu: f64,
    /// In seconds.
    wall: f64,
    /// The greatest resident set of all children so far, in MiB.
    peak: f64,
}

fn show(name: &str, run: &Run, requests: usize) {
    println!("| {name} | {:.1} | {:.1} | {:.0} | {:.0} |", run.cpu, run.wall, requests as f64 / run.cpu, run.peak);
}

fn fleet(folder: &Path, name: &str, more: &[&str]) -> Run {
    let mut command = Command::new(program());
    command.args([
        "probe",
        "--targets",
        "list",
        "--jobs",
        AT_ONCE,
        "--per-host",
        AT_ONCE,
        "--format",
        "jsonl",
        "--quiet",
    ]);
    command.args(["--output", &format!("jsonl={name}")]).args(more).current_dir(folder).env_clear();
    measured(command.stdin(Stdio::null()).stdout(Stdio::null()))
}

/// Metadata is what most requests of a probe ask for, and the smallest.
fn curl<'s>(folder: &Path, of: &dyn Fn(usize) -> &'s str, requests: usize) -> Run {
    let config: String = (0..requests)
        .map(|n| {
            let origin = of(n).trim_end_matches("/mcp");
            format!("url = \"{origin}/.well-known/oauth-protected-resource/mcp?n={n}\"\noutput = \"/dev/null\"\n")
        })
        .collect();
    fs::write(folder.join("curl"), config).unwrap();
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--no-progress-meter", "--parallel", "--parallel-max", AT_ONCE, "--config", "curl"])
        .current_dir(folder);
    measured(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

fn measured(command: &mut Command) -> Run {
    let spent = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        let time = usage.user_time() + usage.system_time();
        (time.num_microseconds() as f64 / 1e6, usage.max_rss() as f64 / 1024.0)
    };
    let (before, _) = spent();
    let begun = Instant::now();
    let status = command.status().unwrap();
    assert!(matches!(status.code(), Some(0 | 1 | 3)), "{command:?}: {status}");
    let (after, peak) = spent();
    Run { cpu: after - before, wall: begun.elapsed().as_secs_f64(), peak }
}

fn requests(file: &Path, targets: usize) -> usize {
    let lines: Vec<FleetLine> =
        fs::read_to_string(file).unwrap().lines().map(|line| FleetLine::read(line).unwrap()).collect();
    assert_eq!(lines.len(), targets);
    let mut problems: Vec<_> = lines.iter().filter_map(|line| Some((&line.target, line.problem.as_ref()?))).collect();
    problems.truncate(3);
    assert!(problems.is_empty(), "not judged: {problems:?}");
    lines.iter().filter_map(|line| line.judged.as_ref()).map(|judged| judged.requests).sum()
}

fn merged(folder: &Path, files: &[String]) -> String {
    let into = File::create(folder.join("merged")).unwrap();
    let mut command = Command::new(program());
    let done =
        command.args(["report", "merge", "--quiet"]).args(files).current_dir(folder).stdout(into).status().unwrap();
    assert!(done.success());
    fs::read_to_string(folder.join("merged")).unwrap()
}
