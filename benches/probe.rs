//! What one probe costs: requests, CPU, peak memory, and wall time against its longest chain of round trips.
//!
//! `cargo bench --profile dist --bench probe` runs the binary as a process against the reference deployment inside this
//! one, over loopback. CPU is the kernel's account of each child. The peak is `VmHWM` of a child that is held at its
//! exit: what the kernel hands the parent (`ru_maxrss`) counts the pages of this process, too, which a child shares
//! until it is the other program. A path behind `--` names another build of the program to measure.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks and may panic")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcp_auth::serve::{self, Config, Server};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

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

/// The program that is measured.
fn program() -> PathBuf {
    // Cargo passes `--bench`.
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    named.map_or_else(|| env!("CARGO_BIN_EXE_mcp-auth").into(), PathBuf::from)
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let quick = start(&runtime, Duration::ZERO);
    let slow = start(&runtime, DELAY);
    println!("Medians of N = {N} runs; the greatest peak of N = {N_PEAK}.\n");
    println!("| | requests | CPU ms | peak MiB | wall ms |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    cost("--help", &["--help"]);
    cost("probe --passive", &["probe", quick.mcp_url(), "--passive"]);
    cost("probe", &["probe", quick.mcp_url()]);
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
    /// User and system time, in milliseconds.
    cpu: f64,
    /// In milliseconds.
    wall: f64,
}

fn cost(name: &str, arguments: &[&str]) {
    let runs = runs(arguments);
    let requests = runs.iter().filter_map(|run| run.requests).max().map_or_else(|| "-".to_owned(), |n| n.to_string());
    let peak = peak::of(arguments, N_PEAK).map_or_else(|| "-".to_owned(), |mib| format!("{mib:.1}"));
    let (cpu, wall) = (median(&runs, |run| run.cpu), median(&runs, |run| run.wall));
    println!("| `{name}` | {requests} | {cpu:.1} | {peak} | {wall:.1} |");
}

fn chain(name: &str, arguments: &[&str], round_trips: u32) {
    let wall = median(&runs(arguments), |run| run.wall);
    let least = (DELAY * round_trips).as_secs_f64() * 1000.0;
    println!("| `{name}` | {round_trips} × {} ms | {wall:.0} | {:.2} |", DELAY.as_millis(), wall / least);
}

fn median(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    *figures.get(figures.len() / 2).unwrap()
}

fn runs(arguments: &[&str]) -> Vec<Run> {
    (0..N).map(|_| run(arguments)).collect()
}

/// Runs the binary once.
fn run(arguments: &[&str]) -> Run {
    let before = children();
    let begun = Instant::now();
    let output = Command::new(program()).args(arguments).stdin(Stdio::null()).output().unwrap();
    let wall = begun.elapsed().as_secs_f64() * 1000.0;
    let text = String::from_utf8_lossy(&output.stdout);
    let effects = text.lines().find_map(|line| line.strip_prefix("effects: ")?.split(' ').next()?.parse().ok());
    Run { requests: effects, cpu: children() - before, wall }
}

/// CPU of all children that have ended, in milliseconds.
fn children() -> f64 {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(microseconds.unsigned_abs()).as_secs_f64() * 1000.0
}

#[cfg(target_os = "linux")]
mod peak {
    //! The peak of a process, read when it is about to end.

    use std::fs;
    use std::process::{Command, Stdio};

    use nix::sys::ptrace::{self, Options};
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::Pid;

    /// The greatest peak of some runs, in MiB; `None` where processes may not be traced.
    pub(super) fn of(arguments: &[&str], runs: usize) -> Option<f64> {
        // A run that ended before it could be held tells nothing.
        (0..runs).filter_map(|_| one(arguments)).max_by(f64::total_cmp)
    }

    fn one(arguments: &[&str]) -> Option<f64> {
        let mut command = Command::new(super::program());
        let mut child = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok()?;
        let pid = Pid::from_raw(i32::try_from(child.id()).ok()?);
        let mut kib = None;
        if ptrace::seize(pid, Options::PTRACE_O_TRACEEXIT).is_ok() {
            while let Ok(stopped) = waitpid(pid, None) {
                let signal = match stopped {
                    WaitStatus::PtraceEvent(..) => {
                        kib = high_water_mark(pid);
                        None
                    }
                    WaitStatus::Stopped(_, signal) => Some(signal),
                    _ => break,
                };
                ptrace::cont(pid, signal).ok()?;
            }
        }
        // Ended already, where it was traced.
        let _ = child.wait();
        kib.map(|kib| f64::from(kib) / 1024.0)
    }

    fn high_water_mark(pid: Pid) -> Option<u32> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
    }
}

#[cfg(not(target_os = "linux"))]
mod peak {
    //! No peak: only Linux tells it.

    /// Nothing.
    pub(super) fn of(_: &[&str], _: usize) -> Option<f64> {
        None
    }
}
