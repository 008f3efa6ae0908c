//! What one probe costs: requests, CPU, peak memory, and wall time against its longest chain of round trips.
//!
//! `cargo bench --profile dist --bench probe` runs the binary as a process against the reference deployment inside this
//! one. CPU and peak are the kernel's account of the child processes; every figure is a mean over its N.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks and may panic")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcp_auth::serve::{self, Config, Server};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The longest chain of a default probe: metadata of the resource, of the authorization server, keys, a forged token.
const ROUND_TRIPS: u32 = 4;
/// How much later the slow deployment answers.
const DELAY: Duration = Duration::from_millis(100);
/// Runs per figure.
const N: u32 = 50;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = start(&runtime, Duration::ZERO);
    println!("{:<22} {:>4} {:>9} {:>9} {:>9} {:>9}", "run", "N", "requests", "CPU ms", "peak MiB", "wall ms");
    report("--help", &["--help"]);
    report("probe --passive", &["probe", server.mcp_url(), "--passive", "--format", "json"]);
    report("probe", &["probe", server.mcp_url(), "--format", "json"]);
    let slow = start(&runtime, DELAY);
    let begun = Instant::now();
    let runs = 5;
    for _ in 0..runs {
        run(&["probe", slow.mcp_url(), "--format", "json"]);
    }
    let wall = begun.elapsed() / runs;
    let chain = DELAY * ROUND_TRIPS;
    println!(
        "\nagainst answers {} ms late: {} ms, {:.2} of the longest chain ({ROUND_TRIPS} round trips), N = {runs}",
        DELAY.as_millis(),
        wall.as_millis(),
        wall.as_secs_f64() / chain.as_secs_f64()
    );
}

fn start(runtime: &tokio::runtime::Runtime, delay: Duration) -> Server {
    runtime.block_on(serve::start(Config { delay, ..Config::default() })).unwrap()
}

/// Runs the binary N times and prints a line.
fn report(name: &str, arguments: &[&str]) {
    let before = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let begun = Instant::now();
    let mut requests = String::new();
    for _ in 0..N {
        requests = run(arguments);
    }
    let wall = begun.elapsed() / N;
    let after = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = f64::from(i32::try_from(cpu(&after) - cpu(&before)).unwrap()) / 1000.0 / f64::from(N);
    let peak = f64::from(i32::try_from(after.max_rss()).unwrap()) / 1024.0;
    println!("{name:<22} {N:>4} {requests:>9} {cpu:>9.2} {peak:>9.1} {:>9.1}", wall.as_secs_f64() * 1000.0);
}

/// Microseconds of user and system time.
fn cpu(usage: &Usage) -> i64 {
    usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
}

/// Runs the binary once; the number of requests its report names.
fn run(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-auth")).args(arguments).stdin(Stdio::null()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    report.pointer("/effects/requests").map_or_else(|| "-".to_owned(), ToString::to_string)
}
