//! What the benches share: the program that is measured, what a child costs, medians, and the rows of the one table that
//! `benches/run.sh` prints.

#![allow(dead_code, clippy::allow_attributes, reason = "not every bench needs all of it")]

pub(crate) mod peak;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The program that is measured: the path behind `--`, else the one that was built with the bench.
pub(crate) fn program() -> PathBuf {
    // Cargo passes `--bench`.
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    named.map_or_else(|| env!("CARGO_BIN_EXE_mcp-auth").into(), PathBuf::from)
}

/// A number of the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a child cost.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    /// User and system time of it and of its own children, in milliseconds.
    pub(crate) cpu: f64,
    /// In milliseconds.
    pub(crate) wall: f64,
}

/// Runs a child to its end.
pub(crate) fn spent(command: &mut Command) -> (Spent, std::process::Output) {
    let before = children();
    let begun = Instant::now();
    let output = command.output().unwrap();
    let wall = begun.elapsed().as_secs_f64() * 1000.0;
    (Spent { cpu: children() - before, wall }, output)
}

/// CPU of all children that have ended, in milliseconds.
pub(crate) fn children() -> f64 {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1000.0
}

/// The middle one.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A row of the one table: what, our figure, whose figure stands beside it, and the ratio. Written where `BENCH_ROWS` says.
pub(crate) fn row(what: &str, ours: &str, beside: &str, ratio: &str) {
    let Some(path) = std::env::var_os("BENCH_ROWS") else { return };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    writeln!(file, "| {what} | {ours} | {beside} | {ratio} |").unwrap();
}
