//! What one probe costs: requests, CPU, peak memory, and wall time against its longest chain of round trips.
//!
//! `cargo bench --profile dist --bench probe` runs the binary as a process against the reference deployment inside this
//! one, over loopback. CPU is the kernel's account of each child. A path behind `--` names another build of the program to
//! measure.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks and may panic")]
#![expect(clippy::disallowed_methods, reason = "the rows' place is named by the environment")]

mod shared;

use std::process::{Command, Stdio};
use std::time::Duration;

use mcp_auth::serve::{self, Config, Server};
use shared::{Spent, median, peak, program, row};

/// Runs per figure.
const N: usize = 30;
/// Runs whose peak is looked at.
const N_PEAK: usize = 5;
/// How much later the slow deployment answers.
const DELAY: Duration = Duration::from_millis(100);
/// The longest chain of a passive probe: metadata of the resource, of the authorization server, keys.
const PASSIVE_CHAIN: u32 = 3;
/// The longest chain of a default probe: the same, and a forged token.
const DEFAULT_CHAIN: u32 = 4;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let quick = start(&runtime, Duration::ZERO);
    let slow = start(&runtime, DELAY);
    println!("Medians of N = {N} runs; the greatest peak of N = {N_PEAK}.\n");
    println!("| | requests | CPU ms | peak MiB | wall ms |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    cost("--help", &["--help"], "at most 3 ms CPU");
    cost("probe --passive", &["probe", quick.mcp_url(), "--passive"], "at most 15 requests, 10 ms CPU, 12 MiB");
    cost("probe", &["probe", quick.mcp_url()], "at most 40 requests, 20 ms CPU, 12 MiB");
    println!("\nAgainst answers {} ms late:\n", DELAY.as_millis());
    println!("| | longest chain | wall ms | wall ÷ chain |");
    println!("| --- | ---: | ---: | ---: |");
    chain("probe --passive", &["probe", slow.mcp_url(), "--passive"], PASSIVE_CHAIN);
    chain("probe", &["probe", slow.mcp_url()], DEFAULT_CHAIN);
}

fn start(runtime: &tokio::runtime::Runtime, delay: Duration) -> Server {
    runtime.block_on(serve::start(Config { delay, ..Config::default() })).unwrap()
}

/// One run of the binary.
struct Run {
    /// The number of requests that its report names.
    requests: Option<u32>,
    spent: Spent,
}

fn cost(name: &str, arguments: &[&str], aim: &str) {
    let runs = runs(arguments);
    let requests = runs.iter().filter_map(|run| run.requests).max();
    let peak = peak::of(N_PEAK, || command(arguments)).map_or_else(|| "-".to_owned(), |mib| format!("{mib:.1}"));
    let cpu = median(runs.iter().map(|run| run.spent.cpu));
    let wall = median(runs.iter().map(|run| run.spent.wall));
    let shown = requests.map_or_else(|| "-".to_owned(), |n| n.to_string());
    println!("| `{name}` | {shown} | {cpu:.1} | {peak} | {wall:.1} |");
    let requests = requests.map(|n| format!("{n} requests, ")).unwrap_or_default();
    row(&format!("`{name}`"), &format!("{requests}{cpu:.1} ms CPU, {peak} MiB"), &format!("aim: {aim}"), "");
}

fn chain(name: &str, arguments: &[&str], round_trips: u32) {
    let wall = median(runs(arguments).iter().map(|run| run.spent.wall));
    let least = (DELAY * round_trips).as_secs_f64() * 1000.0;
    let delay = DELAY.as_millis();
    println!("| `{name}` | {round_trips} × {delay} ms | {wall:.0} | {:.2} |", wall / least);
    let beside = format!("its longest chain, {round_trips} × {delay} ms");
    row(
        &format!("`{name}`, answers {delay} ms late"),
        &format!("{wall:.0} ms wall"),
        &beside,
        &format!("{:.2}", wall / least),
    );
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::null());
    command
}

fn runs(arguments: &[&str]) -> Vec<Run> {
    (0..N).map(|_| run(arguments)).collect()
}

/// Runs the binary once.
fn run(arguments: &[&str]) -> Run {
    let (spent, output) = shared::spent(&mut command(arguments));
    let text = String::from_utf8_lossy(&output.stdout);
    let requests = text.lines().find_map(|line| line.strip_prefix("effects: ")?.split(' ').next()?.parse().ok());
    Run { requests, spent }
}
