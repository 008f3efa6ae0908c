//! The options of `mcp-auth serve --grade-client`, and what they ask the command for. Definitions only.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mcp_auth::commands::deploy;
use mcp_auth::commands::grade::Request;
use mcp_auth::report::FailOn;
use mcp_auth::spec::revision::Revision;

/// How a client is graded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Grading a client")]
pub(crate) struct Grade {
    /// Grade the client that connects: record what it does, show it at the page that is named, report at the end
    #[arg(long)]
    pub(crate) grade_client: bool,
    /// Set a trap: something that a correct client must refuse or survive; repeatable. Without a name: list them
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = LIST, conflicts_with = "fault")]
    pub(crate) trap: Vec<String>,
    /// Grade in a series of runs: without a trap, then trap by trap. `all`, or names with commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["trap", "fault"])]
    pub(crate) traps: Vec<String>,
    /// A run ends when nothing came for so long [default with a command: 30]
    #[arg(long, value_name = "SECONDS", value_parser = super::seconds)]
    pub(crate) until_idle: Option<Duration>,
    /// Judge by this protocol revision [default: the one that the client speaks]
    #[arg(long, env = "MCP_AUTH_REVISION")]
    pub(crate) revision: Option<Revision>,
    /// The format of the report on standard output
    #[arg(long, short, value_name = "FORMAT", default_value = "human", env = "MCP_AUTH_FORMAT", value_parser = super::format_name)]
    pub(crate) format: String,
    /// Write a further format to a file; repeatable
    #[arg(long, short, value_name = "FORMAT=FILE", value_parser = super::output)]
    pub(crate) output: Vec<(String, PathBuf)>,
    /// Save what the client did, without credentials
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// The least that makes the exit code 1: must, should, advice or never
    #[arg(long, env = "MCP_AUTH_FAIL_ON", default_value = "must")]
    pub(crate) fail_on: FailOn,
    /// The client to run and grade, with its arguments: `{url}` in them is the MCP URL, as is the variable MCP_SERVER_URL.
    /// Requests are approved by themselves then
    #[arg(last = true, value_name = "CLIENT COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What `--trap` without a name stands for.
const LIST: &str = "list";

impl Grade {
    /// Whether a client is to be graded.
    pub(crate) fn is_asked(&self) -> bool {
        self.grade_client || !self.trap.is_empty() || !self.traps.is_empty() || !self.command.is_empty()
    }

    /// Whether the traps are to be listed.
    pub(crate) fn lists(&self) -> bool {
        self.trap.iter().any(|name| name == LIST)
    }
}

/// What the options ask for, of this deployment.
pub(crate) fn request(grade: Grade, deployment: deploy::Request) -> Request {
    Request {
        deployment,
        traps: grade.trap,
        series: grade.traps,
        until_idle: grade.until_idle,
        command: grade.command,
        revision: grade.revision,
        format: grade.format,
        outputs: grade.output,
        save: grade.save,
        fail_on: grade.fail_on,
    }
}
