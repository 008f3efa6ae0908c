//! Options of `probe` that say how far it may go, and with what.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mcp_auth::spec::extension::Extension;

/// How far a probe may go beyond what is usual.
#[derive(Debug, Args)]
#[command(next_help_heading = "How far to go")]
pub(crate) struct Touch {
    /// Send bad requests to the authorization server, too, and unusual ones to the MCP server; nothing is created
    #[arg(long, conflicts_with_all = ["passive", "from"])]
    pub(crate) active: bool,
    /// Register clients, use up codes and tokens (implies --active); removes what it created, or lists it
    #[arg(long, conflicts_with_all = ["passive", "from"])]
    pub(crate) intrusive: bool,
    /// Wait ten minutes for a code to grow old, at the end
    #[arg(long, requires = "intrusive")]
    pub(crate) slow: bool,
    /// Ask under the names of other programs, too: does a firewall refuse some clients?
    #[arg(long, conflicts_with_all = ["passive", "from"])]
    pub(crate) user_agents: bool,
    /// Do not ask before an intrusive run
    #[arg(long, requires = "i_am_authorized")]
    pub(crate) yes: bool,
    /// Say that you may test this deployment so
    #[arg(long)]
    pub(crate) i_am_authorized: bool,
    /// Run only these checks, and what they stand on; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with = "compare")]
    pub(crate) only: Vec<String>,
    /// The time between two unusual requests to one origin, in seconds [default: 1, on this machine 0]
    #[arg(long, value_name = "SECONDS", value_parser = pace, env = "MCP_AUTH_PACE")]
    pub(crate) pace: Option<Duration>,
    /// A tool that needs more scope than a login asks for first; with its arguments, as NAME={"size":1}, if it has some
    #[arg(long, value_name = "NAME", requires = "intrusive", value_parser = call)]
    pub(crate) step_up_tool: Option<String>,
    /// A good token, instead of a login's [also: MCP_AUTH_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) token_file: Option<PathBuf>,
    /// A token of the same authorization server that was made for another resource (or one of another authorization
    /// server): is it let in? [env: MCP_AUTH_FOREIGN_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) foreign_token_file: Option<PathBuf>,
    /// A token for this server that has expired [env: MCP_AUTH_EXPIRED_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) expired_token_file: Option<PathBuf>,
    /// A good token of a second account: does it open what belongs to the first? [env: MCP_AUTH_SECOND_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) second_token_file: Option<PathBuf>,
    /// A token for the API behind the MCP server: is it let in? [env: MCP_AUTH_UPSTREAM_TOKEN]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) upstream_token_file: Option<PathBuf>,
    /// A tool that may be called, best one that asks the user something; with its arguments, as NAME={"size":1}
    #[arg(long, value_name = "NAME", conflicts_with_all = ["passive", "from"], value_parser = call)]
    pub(crate) tool: Option<String>,
    /// A scope that implies another, which the tool needs: is it taken for it?
    #[arg(long, value_name = "WIDE>NARROW", requires_all = ["tool", "intrusive"], value_parser = implies)]
    pub(crate) implies: Option<(String, String)>,
    /// The private key (PEM) that the MCP server trusts: signs tokens with one thing wrong each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["passive", "from"])]
    pub(crate) signing_key: Option<PathBuf>,
    /// The private key (PEM) of an identity provider that the authorization server trusts: signs identity assertions
    /// (ID-JAG) with one thing wrong each
    #[arg(long, value_name = "FILE", requires = "identity_issuer", conflicts_with_all = ["passive", "from"])]
    pub(crate) identity_key: Option<PathBuf>,
    /// The issuer of that identity provider
    #[arg(long, value_name = "URL", requires = "identity_key")]
    pub(crate) identity_issuer: Option<String>,
    /// The user, or with `--ext wif` the workload, that it speaks of
    #[arg(long, value_name = "NAME", requires = "identity_key", default_value = "mcp-auth-trial")]
    pub(crate) identity_subject: String,
    /// Try this extension though it is not advertised: dpop, cc, ema or wif; repeatable
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with_all = ["passive", "from"])]
    pub(crate) ext: Vec<Extension>,
}

fn pace(text: &str) -> Result<Duration, &'static str> {
    let number: f64 = text.parse().map_err(|_| "a number of seconds")?;
    let fits = number.is_finite() && (0.0..=3600.0).contains(&number);
    if fits { Ok(Duration::from_secs_f64(number)) } else { Err("between 0 and 3600 seconds") }
}

/// The name of a tool, and perhaps its arguments.
fn call(text: &str) -> Result<String, &'static str> {
    let usage = "write it as NAME, or as NAME={...} with the arguments as a JSON object";
    let (name, arguments) = text.split_once('=').unwrap_or((text, "{}"));
    let arguments = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(arguments);
    if name.is_empty() || arguments.is_err() { Err(usage) } else { Ok(text.to_owned()) }
}

/// Two scopes.
fn implies(text: &str) -> Result<(String, String), &'static str> {
    let usage = "write it as WIDE>NARROW, e.g. 'files:write>files:read'";
    let (wide, narrow) = text.split_once('>').ok_or(usage)?;
    let is_scope = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    let (wide, narrow) = (wide.trim(), narrow.trim());
    if is_scope(wide) && is_scope(narrow) { Ok((wide.to_owned(), narrow.to_owned())) } else { Err(usage) }
}
