//! Options of `probe` for many targets, and `report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mcp_auth::commands::Failure;
use mcp_auth::commands::fleet;

/// Many targets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Many targets")]
pub(crate) struct Fleet {
    /// Probe every URL of this list, one a line; `-` reads standard input
    #[arg(long, value_name = "LIST", conflicts_with_all = ["compare", "from", "from_config", "save", "bundle", "baseline", "write_baseline", "expect", "clients"])]
    pub(crate) targets: Option<String>,
    /// Probes at once
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024), env = "MCP_AUTH_JOBS")]
    pub(crate) jobs: u16,
    /// Probes of one host at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024), requires = "targets")]
    pub(crate) per_host: u16,
    /// Take only part K of N of the list, e.g. 1/8; `/8` takes K from a Kubernetes Indexed Job
    #[arg(long, value_name = "K/N", requires = "targets")]
    pub(crate) shard: Option<String>,
    /// Go on with a run that was interrupted: leave out what the file of --output has already
    #[arg(long, requires = "targets")]
    pub(crate) resume: bool,
    /// What Kubernetes says to each pod of an Indexed Job
    #[arg(long, hide = true, env = "JOB_COMPLETION_INDEX")]
    pub(crate) completion_index: Option<usize>,
}

/// `mcp-auth report`.
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Join files that `probe --targets` wrote: one line a target, sorted
    Merge {
        /// The files, of all shards
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// For people
        #[arg(long)]
        human: bool,
    },
}

/// What the user wants of a list; `None` without one.
pub(crate) fn fleet(options: Fleet) -> Result<Option<fleet::Fleet>, Failure> {
    let Some(targets) = options.targets else { return Ok(None) };
    let shard = options.shard.map(|text| shard(&text, options.completion_index)).transpose()?;
    let (jobs, per_host) = (usize::from(options.jobs), usize::from(options.per_host));
    Ok(Some(fleet::Fleet { targets, jobs, per_host, shard, resume: options.resume }))
}

/// `3/8`, or `/8` with the index of a pod, which counts from 0.
fn shard(text: &str, index: Option<usize>) -> Result<fleet::Shard, Failure> {
    let usage =
        || Failure::usage(format!("--shard {text}: no part of a list"), "write it as K/N with K from 1 to N, e.g. 1/8");
    let (number, of) = text.split_once('/').ok_or_else(usage)?;
    let number = if number.is_empty() { index.map(|index| index + 1) } else { number.parse().ok() };
    let shard = number.zip(of.parse().ok()).map(|(number, of)| fleet::Shard { number, of });
    shard.filter(|shard| (1..=shard.of).contains(&shard.number)).ok_or_else(usage)
}
