//! The options of `mcp-auth serve`, and what they ask the command for. Definitions only.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mcp_auth::commands::deploy::{Elsewhere, Request, Web};
use mcp_auth::commands::logs;
use mcp_auth::serve::Signing;
use mcp_auth::serve::foreign::SCOPES;
use mcp_auth::spec::posture::Posture;
use url::Url;

/// `mcp-auth serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Plant a defect; repeatable. The id of a check stands for its first fault
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Vec<String>,
    /// The shape of the deployment
    #[arg(long, value_name = "NAME", value_parser = posture)]
    pub(crate) posture: Option<Posture>,
    /// Wait this long before each answer, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) delay: u64,
    /// The least that is logged: nothing but troubles, or every request (method, path, status), as text or JSON lines
    #[arg(long, value_enum, default_value_t = Log::Troubles, env = "MCP_AUTH_LOG")]
    pub(crate) log: Log,
    /// Hand out the private key that access tokens are signed with (PEM), for `probe --signing-key`; a client may then
    /// describe itself on this machine, too
    #[arg(long, value_name = "FILE")]
    pub(crate) lab: Option<PathBuf>,
    /// List every fault, with the check it trips, and every posture
    #[arg(long, exclusive = true)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) doors: Doors,
    #[command(flatten)]
    pub(crate) authority: Authority,
    #[command(flatten)]
    pub(crate) foreign: Foreign,
    #[command(flatten)]
    pub(crate) library: Library,
    #[command(flatten)]
    pub(crate) grade: super::grade::Grade,
}

/// What is logged to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// Only what goes wrong
    Troubles,
    /// Every request, as text
    Text,
    /// Every request, as JSON lines
    Json,
}

/// Where the deployment is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where it listens")]
pub(crate) struct Doors {
    /// The address to listen at, perhaps with the port of the MCP server; beyond this machine it needs --tls-cert or
    /// --insecure-http
    #[arg(long, value_name = "ADDRESS[:PORT]", default_value = "127.0.0.1", value_parser = listen, env = "MCP_AUTH_LISTEN")]
    pub(crate) listen: (IpAddr, Option<u16>),
    /// The port of the MCP server; 0 takes a free one [default: 8700]
    #[arg(long, env = "MCP_AUTH_PORT")]
    pub(crate) port: Option<u16>,
    /// The port of the authorization server; 0 takes a free one [default: 8701]
    #[arg(long, env = "MCP_AUTH_AUTHORITY_PORT")]
    pub(crate) authority_port: Option<u16>,
    /// The origin under which clients reach it, where that is another: https://mcp.example.com. Without
    /// --authority-url the authorization server shares it
    #[arg(long, value_name = "URL", env = "MCP_AUTH_PUBLIC_URL")]
    pub(crate) public_url: Option<Url>,
    /// The same for the authorization server, where it has an origin of its own
    #[arg(long, value_name = "URL", requires = "public_url", env = "MCP_AUTH_AUTHORITY_URL")]
    pub(crate) authority_url: Option<Url>,
    /// A further host name by which it may be addressed; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// The certificate to show and those that vouch for it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "MCP_AUTH_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "MCP_AUTH_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS: something in front of it ends TLS, or the network is closed
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// Where to write the private certificate authority of the https posture
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// What the authorization server does and remembers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Authorization server")]
pub(crate) struct Authority {
    /// Keep clients, codes, tokens and keys: in a file, or in a Redis or Valkey that replicas share [default: memory]
    #[arg(long, value_name = "FILE|redis://…", env = "MCP_AUTH_STATE", hide_env_values = true)]
    pub(crate) state: Option<String>,
    /// Approve every request in the name of the first account, without a page
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Who can sign in: a file with a line NAME:PASSWORD for each [default: alice and bob, with a known password]
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_ACCOUNTS")]
    pub(crate) accounts: Option<PathBuf>,
    /// The clients known from the start: a JSON list of {client_id, client_secret, redirect_uris}; without a secret
    /// a client is public [default: mcp-auth-public]
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_CLIENTS")]
    pub(crate) clients: Option<PathBuf>,
    /// How long access tokens live, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) token_lifetime: u64,
    /// The algorithm of access tokens: ES256, RS256 or EdDSA
    #[arg(long, value_name = "NAME", default_value = "ES256", value_parser = signing)]
    pub(crate) alg: Signing,
    /// Replace the signing keys this often, in seconds [default: never]
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "86400",
        value_parser = clap::value_parser!(u64).range(2..)
    )]
    pub(crate) rotate_keys: Option<u64>,
}

/// Somebody else's authorization server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Somebody else's authorization server")]
pub(crate) struct Foreign {
    /// Protect the search server with the authorization server of this issuer
    #[arg(long, value_name = "URL", env = "MCP_AUTH_ISSUER", conflicts_with_all = FOREIGN)]
    pub(crate) issuer: Option<String>,
    /// The same for a known service: its settings by --set, what is left to do there is printed
    #[arg(long, value_name = "NAME", env = "MCP_AUTH_PROVIDER", conflicts_with_all = FOREIGN)]
    pub(crate) provider: Option<String>,
    /// A setting of the provider; repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "provider", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// An audience that tokens may name instead of the MCP URL; repeatable
    #[arg(long, value_name = "TEXT")]
    pub(crate) audience: Vec<String>,
    /// An issuer that tokens may name besides; repeatable
    #[arg(long, value_name = "TEXT")]
    pub(crate) token_issuer: Vec<String>,
    /// A client whose tokens are taken although they name no audience; repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) token_client: Vec<String>,
    /// The claim that holds the scopes [default: the first of scope, scp, scopes]
    #[arg(long, value_name = "NAME")]
    pub(crate) scope_claim: Option<String>,
    /// What it calls one of our scopes (search:read, search:write, search:admin); repeatable
    #[arg(long, value_name = "OURS=NAME", value_parser = scope)]
    pub(crate) map_scope: Vec<(&'static str, String)>,
    /// Our client id at its introspection endpoint; the secret is read from MCP_AUTH_INTROSPECTION_SECRET
    #[arg(long, value_name = "ID", env = "MCP_AUTH_INTROSPECTION_ID")]
    pub(crate) introspection_id: Option<String>,
    /// Ask about every token, JWTs too: what is revoked ends at once
    #[arg(long, requires = "introspection_id")]
    pub(crate) introspect: bool,
    /// Trust the certificate authorities of this PEM file, too, when it is asked
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_CACERT")]
    pub(crate) cacert: Vec<PathBuf>,
}

/// What the tools search.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is searched")]
pub(crate) struct Library {
    /// Search the Markdown and text of this folder [default: this program's own catalogue of checks]
    #[arg(long, value_name = "DIR", env = "MCP_AUTH_DOCS", conflicts_with = "search")]
    pub(crate) docs: Option<PathBuf>,
    /// Search the web with this service: tavily; its key is read from MCP_AUTH_TAVILY_KEY or TAVILY_API_KEY
    #[arg(long, value_name = "NAME", value_parser = ["tavily"], env = "MCP_AUTH_SEARCH")]
    pub(crate) search: Option<String>,
    /// Where the service is, if not at its usual place
    #[arg(long, value_name = "URL", requires = "search", env = "MCP_AUTH_SEARCH_URL")]
    pub(crate) search_url: Option<String>,
}

/// What is about an authorization server of our own.
const FOREIGN: [&str; 7] = ["lab", "auto_approve", "accounts", "clients", "authority_url", "alg", "rotate_keys"];

/// What the options ask for: a deployment, and how a client is graded.
pub(crate) fn request(serve: Serve) -> (Request, super::grade::Grade) {
    // What a client keeps for a URL from one run would meet another server in the next.
    let series = !serve.grade.traps.is_empty();
    let (doors, authority, foreign) = (serve.doors, serve.authority, serve.foreign);
    let (listen, port) = doors.listen;
    let request = Request {
        posture: serve.posture,
        faults: serve.fault,
        delay: Duration::from_millis(serve.delay),
        log: match serve.log {
            Log::Troubles => logs::Form::Troubles,
            Log::Text => logs::Form::Text,
            Log::Json => logs::Form::Json,
        },
        listen,
        port: port.or(doors.port).unwrap_or(if series { 0 } else { 8700 }),
        authority_port: doors.authority_port.unwrap_or(if series { 0 } else { 8701 }),
        public: doors.public_url,
        authority_public: doors.authority_url,
        hosts: doors.host,
        certificate: doors.tls_cert.zip(doors.tls_key),
        plain_http: doors.insecure_http,
        ca_file: doors.ca_file,
        lab: serve.lab,
        state: authority.state,
        auto_approve: authority.auto_approve,
        accounts: authority.accounts,
        clients: authority.clients,
        token_lifetime: authority.token_lifetime,
        signing: authority.alg,
        rotate_keys: authority.rotate_keys.map(Duration::from_secs),
        docs: serve.library.docs,
        web: serve.library.search.map(|_| Web {
            key: super::carry::variable("MCP_AUTH_TAVILY_KEY").or_else(|| super::carry::variable("TAVILY_API_KEY")),
            url: serve.library.search_url,
        }),
        foreign: Elsewhere {
            issuer: foreign.issuer,
            provider: foreign.provider,
            set: foreign.set,
            audiences: foreign.audience,
            token_issuers: foreign.token_issuer,
            clients: foreign.token_client,
            scope_claim: foreign.scope_claim,
            scopes: foreign.map_scope,
            introspection_id: foreign.introspection_id,
            introspection_secret: super::carry::variable("MCP_AUTH_INTROSPECTION_SECRET"),
            introspect_all: foreign.introspect,
            authorities: foreign.cacert,
        },
    };
    (request, serve.grade)
}

fn listen(text: &str) -> Result<(IpAddr, Option<u16>), &'static str> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok((address.ip(), Some(address.port())));
    }
    let address = text.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map(|address| (address, None)).map_err(|_| "an IP address, e.g. 127.0.0.1, 0.0.0.0:8700 or [::1]:8700")
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn scope(text: &str) -> Result<(&'static str, String), &'static str> {
    let usage = "write it as OURS=NAME, where OURS is search:read, search:write or search:admin";
    let (ours, name) = text.split_once('=').ok_or(usage)?;
    let ours = SCOPES.into_iter().find(|scope| *scope == ours).ok_or(usage)?;
    // It is to stand in a quoted parameter of a header, between spaces.
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
    if fits {
        Ok((ours, name.to_owned()))
    } else {
        Err("a scope is printable ASCII without spaces, quotes and backslashes")
    }
}

fn signing(text: &str) -> Result<Signing, &'static str> {
    let found = Signing::ALL.into_iter().find(|signing| signing.name().eq_ignore_ascii_case(text));
    found.ok_or("one of ES256, RS256, EdDSA")
}

fn posture(text: &str) -> Result<Posture, String> {
    let found = Posture::ALL.into_iter().find(|posture| posture.name() == text);
    found.ok_or_else(|| format!("one of {}", Posture::ALL.map(Posture::name).join(", ")))
}
