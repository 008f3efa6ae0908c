//! The command line: words, help, environment names. Only definitions; `main.rs` carries them over to the commands.

pub(crate) mod account;
pub(crate) mod carry;
pub(crate) mod fleet;
pub(crate) mod grade;
pub(crate) mod serve;
pub(crate) mod touch;

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use mcp_auth::evidence::Mode;
use mcp_auth::report::FailOn;
use mcp_auth::spec::revision::Revision;

/// Probes and tests the OAuth of MCP servers: does it work, is it safe, what exactly must be changed.
#[derive(Debug, Parser)]
#[command(name = "mcp-auth", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

const EXAMPLES: &str = "\
Try it on a fresh machine:
  mcp-auth probe embedded
  mcp-auth serve --fault prm-resource-mismatch

Exit codes: 0 nothing found, 1 findings, 2 usage, 3 not reached, 4 authorization needed or refused,
5 stopped for safety, 6 credential store, 70 a mistake of ours, 130 interrupted (143 by SIGTERM, 129 by SIGHUP)";

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Colours: on a terminal, always, or never
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, env = "MCP_AUTH_COLOR", help_heading = "Output")]
    pub(crate) color: Colour,
    /// Tell more: the trail of requests, and every note in full
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    /// Tell nothing but results
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    pub(crate) quiet: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Walk the trail of a client and judge what it finds
    Probe(Box<Probe>),
    /// Log in to an MCP server and keep the tokens
    Login(account::Login),
    /// Revoke the tokens of a login and forget it
    Logout(account::Logout),
    /// Show, check, list, refresh, revoke and introspect tokens
    Token {
        #[command(subcommand)]
        command: Box<account::Token>,
    },
    /// List the tools of an MCP server
    Tools(account::Tools),
    /// Call a tool of an MCP server
    Call(account::Call),
    /// Run the reference deployment, right or wrong in named ways
    Serve(Box<serve::Serve>),
    /// The browser of a client that `serve --grade-client` runs: opens a URL, follows redirects, shows nothing
    #[command(hide = true)]
    Browse {
        /// The URL
        url: String,
        /// The origin that is told of it
        #[arg(long, env = "MCP_AUTH_BROWSE_REPORT")]
        report: Option<String>,
    },
    /// Serve probe, explain and token check to an assistant, as an MCP server over stdio
    Mcp {
        #[command(flatten)]
        account: Box<account::Account>,
        #[command(flatten)]
        connection: Connection,
    },
    /// The catalogue of checks
    Checks {
        #[command(subcommand)]
        command: Checks,
    },
    /// Join and count what `probe --targets` found
    Report {
        #[command(subcommand)]
        command: fleet::Report,
    },
    /// Explain a check, or find the cause of what users see
    Explain(Explain),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for every command
    Man {
        /// The folder to write them to
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
}

/// `mcp-auth probe`.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// The URL of the MCP endpoint, a name of mcp-auth.toml, or `embedded` for the reference deployment
    /// inside this process [default: every target of mcp-auth.toml]
    #[arg(env = "MCP_AUTH_SERVER")]
    pub(crate) target: Option<String>,
    /// The protocol revision to judge by [default: the newest the server negotiates]
    #[arg(long, env = "MCP_AUTH_REVISION")]
    pub(crate) revision: Option<Revision>,
    /// Read public documents only; send nothing to the MCP server itself
    #[arg(long)]
    pub(crate) passive: bool,
    /// Log in, too, and make one authorized request; the login is kept
    #[arg(long, conflicts_with_all = ["passive", "from"], help_heading = "Login")]
    pub(crate) login: bool,
    #[command(flatten)]
    pub(crate) fleet: Box<fleet::Fleet>,
    #[command(flatten)]
    pub(crate) touch: Box<touch::Touch>,
    #[command(flatten)]
    pub(crate) way: Box<account::Way>,
    #[command(flatten)]
    pub(crate) account: account::Account,
    /// Say which clients can use the server, too: Claude, ChatGPT, VS Code, Cursor and others
    #[arg(long, conflicts_with = "compare")]
    pub(crate) clients: bool,
    /// A tool to call without a token, for servers that refuse only there
    #[arg(long, value_name = "NAME", conflicts_with = "passive")]
    pub(crate) challenge_tool: Option<String>,
    /// Count tolerated deviations as failures
    #[arg(long)]
    pub(crate) strict: bool,
    /// Judge a saved trail instead of a network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "challenge_tool", "save"])]
    pub(crate) from: Option<PathBuf>,
    /// Save the trail, without credentials
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// The format on standard output
    #[arg(long, short, value_name = "FORMAT", default_value = "human", env = "MCP_AUTH_FORMAT", value_parser = format_name, help_heading = "Output")]
    pub(crate) format: String,
    /// Write a further format to a file; repeatable
    #[arg(long, short, value_name = "FORMAT=FILE", value_parser = output, help_heading = "Output")]
    pub(crate) output: Vec<(String, PathBuf)>,
    /// Write an archive for a ticket: record and reports, without credentials, with a list of them
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) bundle: Option<PathBuf>,
    /// The least that makes the exit code 1: must, should, advice or never [default: must]
    #[arg(long, env = "MCP_AUTH_FAIL_ON", help_heading = "Policy")]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit 0 whatever is found
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,
    /// What the server is expected to be; anything else makes the exit code 1
    #[arg(long, value_name = "MODE", value_parser = mode, help_heading = "Output")]
    pub(crate) expect: Option<Mode>,
    /// Compare with another deployment or saved trail; the exit code is 1 where the target is worse
    #[arg(
        long,
        value_name = "OTHER",
        num_args = 0..=1,
        default_missing_value = "embedded",
        conflicts_with_all = ["output", "bundle", "save", "baseline", "write_baseline", "expect"]
    )]
    pub(crate) compare: Option<String>,
    /// Probe the servers that editors declare (Claude, VS Code, Cursor, Windsurf), or those of one file
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "auto",
        conflicts_with = "from",
        help_heading = "Policy"
    )]
    pub(crate) from_config: Option<String>,
    /// Known findings: only others make the exit code 1
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_BASELINE", help_heading = "Policy")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings of this run to the baseline, and exit 0
    #[arg(long, help_heading = "Policy")]
    pub(crate) write_baseline: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Options about connections.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Trust the certificate authorities of this PEM file, too
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_CACERT")]
    pub(crate) cacert: Vec<PathBuf>,
    /// Take every certificate; no stored credential is sent then
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Send this header to the MCP server's origin; repeatable
    #[arg(long, value_name = "NAME:VALUE", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,
    /// Use this address for this host; repeatable
    #[arg(long, value_name = "HOST:ADDRESS", value_parser = resolve)]
    pub(crate) resolve: Vec<(String, SocketAddr)>,
    /// The longest time for one request, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, env = "MCP_AUTH_TIMEOUT")]
    pub(crate) timeout: Option<Duration>,
    /// Send everything through this proxy
    #[arg(long, value_name = "URL", env = "MCP_AUTH_PROXY", hide_env_values = true)]
    pub(crate) proxy: Option<String>,
}

/// `mcp-auth checks`.
#[derive(Debug, Subcommand)]
pub(crate) enum Checks {
    /// List the catalogue
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Only what this revision has
        #[arg(long)]
        revision: Option<Revision>,
        /// What clients are graded by, and the traps, instead
        #[arg(long)]
        client: bool,
    },
    /// Write the catalogue as Markdown: a page a check, and pages of symptoms, clients and providers
    Docs {
        /// The folder
        folder: PathBuf,
    },
    /// Explain one check, or what users see: why, where it is written, what to change, how to see it fail
    Explain(Explain),
}

/// `mcp-auth explain` and `mcp-auth checks explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The id of a check
    #[arg(required_unless_present = "symptom", conflicts_with = "symptom")]
    pub(crate) id: Option<String>,
    /// What users see, in their words, e.g. "login works, then 401"
    #[arg(long, value_name = "TEXT")]
    pub(crate) symptom: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the command line. A target on it excludes what stands in place of one; a target of the environment gives way.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    if let Some(probe) = matches.subcommand_matches("probe") {
        let named = |name| probe.value_source(name) == Some(ValueSource::CommandLine);
        if named("target") && (named("from") || named("from_config") || named("targets")) {
            let said = "a target cannot be used with --from, --from-config or --targets, which stand in its place";
            return Err(Cli::command().error(ErrorKind::ArgumentConflict, said));
        }
    }
    Cli::from_arg_matches(&matches)
}

fn format_name(text: &str) -> Result<String, String> {
    let names = mcp_auth::render::FORMATS.iter().map(|format| format.name);
    if names.clone().any(|name| name == text) {
        Ok(text.to_owned())
    } else {
        Err(format!("one of {}", names.collect::<Vec<_>>().join(", ")))
    }
}

fn output(text: &str) -> Result<(String, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, e.g. json=report.json")?;
    Ok((format_name(format)?, PathBuf::from(file)))
}

fn mode(text: &str) -> Result<Mode, &'static str> {
    match text {
        "protected" => Ok(Mode::Protected),
        "lazy" => Ok(Mode::Lazy),
        "public" => Ok(Mode::Public),
        "legacy" => Ok(Mode::Legacy),
        _ => Err("one of protected, lazy, public, legacy"),
    }
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write it as NAME:VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn resolve(text: &str) -> Result<(String, SocketAddr), &'static str> {
    let usage = "write it as HOST:ADDRESS, e.g. example.test:127.0.0.1";
    let (host, address) = text.split_once(':').ok_or(usage)?;
    let address: IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| usage)?;
    Ok((host.to_owned(), SocketAddr::new(address, 0)))
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let number: f64 = text.parse().map_err(|_| "a number of seconds")?;
    let fits = number.is_finite() && (0.001..=3600.0).contains(&number);
    if fits { Ok(Duration::from_secs_f64(number)) } else { Err("between 0.001 and 3600 seconds") }
}
