//! The options of `mcp-auth serve`, and what they ask the command for. Definitions only.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use mcp_auth::commands::serve::Request;
use mcp_auth::spec::posture::Posture;

/// `mcp-auth serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Plant a defect; repeatable. The id of a check stands for its first fault
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Vec<String>,
    /// The shape of the deployment
    #[arg(long, value_name = "NAME", value_parser = posture)]
    pub(crate) posture: Option<Posture>,
    /// The port of the MCP server on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8700, env = "MCP_AUTH_PORT")]
    pub(crate) port: u16,
    /// The port of the authorization server; 0 takes a free one
    #[arg(long, default_value_t = 8701, env = "MCP_AUTH_AUTHORITY_PORT")]
    pub(crate) authority_port: u16,
    /// Where to write the private certificate authority of the https posture
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Wait this long before each answer, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) delay: u64,
    /// List every fault, with the check it trips, and every posture
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
}

/// What the options ask for.
pub(crate) fn request(serve: Serve) -> Request {
    Request {
        posture: serve.posture,
        faults: serve.fault,
        port: serve.port,
        authority_port: serve.authority_port,
        ca_file: serve.ca_file,
        delay: Duration::from_millis(serve.delay),
    }
}

fn posture(text: &str) -> Result<Posture, String> {
    let found = Posture::ALL.into_iter().find(|posture| posture.name() == text);
    found.ok_or_else(|| format!("one of {}", Posture::ALL.map(Posture::name).join(", ")))
}
