//! Definitions of the commands that use credentials: `login`, `logout`, `token`, `tools`, `call`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use mcp_auth::spec::revision::Revision;
use mcp_auth::store::ClientAuth;

use super::{Connection, seconds};

/// `mcp-auth login`.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The URL of the MCP endpoint, a name of mcp-auth.toml, or `embedded` for the reference deployment inside this
    /// process [default: the only target of mcp-auth.toml, else the only stored login]
    #[arg(env = "MCP_AUTH_SERVER")]
    pub(crate) target: Option<String>,
    /// Print what was kept as JSON, without the tokens
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not try the token at the MCP server afterwards
    #[arg(long)]
    pub(crate) no_try: bool,
    #[command(flatten)]
    pub(crate) account: Account,
    #[command(flatten)]
    pub(crate) way: Box<Way>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `mcp-auth logout`.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]
    #[arg(env = "MCP_AUTH_SERVER")]
    pub(crate) target: Option<String>,
    /// Forget every login of this profile
    #[arg(long, conflicts_with = "target")]
    pub(crate) all: bool,
    /// Only forget; tell the authorization server nothing
    #[arg(long)]
    pub(crate) local: bool,
    /// Delete the client registration, too (RFC 7592)
    #[arg(long, conflicts_with = "local")]
    pub(crate) forget_client: bool,
    #[command(flatten)]
    pub(crate) account: Account,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `mcp-auth token`.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Show a token: header and claims with what they mean
    Show(TokenSource),
    /// Check a token against what the MCP server and its authorization server say
    Check(TokenCheck),
    /// List the stored logins
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        account: Account,
    },
    /// Get a new access token with the stored refresh token
    Refresh(TokenStored),
    /// Revoke the stored tokens at the authorization server (RFC 7009), and forget them
    Revoke(TokenStored),
    /// Ask the authorization server about a token (RFC 7662)
    Introspect(TokenCheck),
}

/// Where a token comes from, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct TokenSource {
    /// A stored login (its MCP URL, or a name of mcp-auth.toml), a file, or - for standard input
    /// [default: MCP_AUTH_TOKEN, else the only target of mcp-auth.toml, else the only stored login]
    pub(crate) source: Option<String>,
    /// As JSON: header and claims
    #[arg(long)]
    pub(crate) json: bool,
    /// The token itself and nothing else, for scripts
    #[arg(long, conflicts_with_all = ["json", "header"])]
    pub(crate) bare: bool,
    /// The token as the line of a request header
    #[arg(long, conflicts_with = "json")]
    pub(crate) header: bool,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// A token, and whom to ask about it.
#[derive(Debug, Args)]
pub(crate) struct TokenCheck {
    /// A stored login (its MCP URL, or a name of mcp-auth.toml), a file, or - for standard input
    /// [default: MCP_AUTH_TOKEN, else the only target of mcp-auth.toml, else the only stored login]
    pub(crate) source: Option<String>,
    /// The MCP server that the token is for, where the source is a file or standard input: its URL, or a name of
    /// mcp-auth.toml
    #[arg(long, value_name = "URL", env = "MCP_AUTH_SERVER")]
    pub(crate) server: Option<String>,
    /// Without an MCP server: the issuer that is expected
    #[arg(long, requires = "audience", conflicts_with = "server")]
    pub(crate) issuer: Option<String>,
    /// Without an MCP server: the audience that is expected
    #[arg(long, requires = "issuer")]
    pub(crate) audience: Option<String>,
    /// Without an MCP server: where the keys are [default: from the metadata of the issuer]
    #[arg(long, value_name = "URL", requires = "issuer")]
    pub(crate) jwks: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) account: Account,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// A stored login.
#[derive(Debug, Args)]
pub(crate) struct TokenStored {
    /// The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]
    #[arg(env = "MCP_AUTH_SERVER")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) account: Account,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `mcp-auth tools`.
#[derive(Debug, Args)]
pub(crate) struct Tools {
    /// The URL of the MCP endpoint, a name of mcp-auth.toml, or `embedded` [default: --server]
    pub(crate) target: Option<String>,
    /// The tools as the server lists them
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// `mcp-auth call`.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The name of the tool
    pub(crate) tool: String,
    /// Arguments: KEY=VALUE, typed by the tool's schema; KEY:=JSON; or @FILE or - for a JSON object of them, in a file
    /// or on standard input
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) arguments: Vec<String>,
    /// Arguments as one JSON object: the JSON itself, @FILE, or - for standard input; each KEY comes on top
    #[arg(long, value_name = "JSON")]
    pub(crate) args: Option<String>,
    /// What to answer if the tool asks for input: a JSON object, @FILE, or -; what is missing takes the defaults of the
    /// question
    #[arg(long, value_name = "JSON")]
    pub(crate) answer: Option<String>,
    /// Print the whole result as the server sent it, as JSON, also where the tool says that it failed
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// What `tools` and `call` share.
#[derive(Debug, Args)]
pub(crate) struct Talk {
    /// The URL of the MCP endpoint, or a name of mcp-auth.toml [default: its only target, else the only stored login]
    #[arg(long, value_name = "URL", env = "MCP_AUTH_SERVER")]
    pub(crate) server: Option<String>,
    /// The protocol revision to speak [default: what the server negotiates]
    #[arg(long, env = "MCP_AUTH_REVISION")]
    pub(crate) revision: Option<Revision>,
    /// Log in where that is needed, also without a terminal
    #[arg(long, help_heading = "Login")]
    pub(crate) login: bool,
    /// Never log in
    #[arg(long, conflicts_with = "login", help_heading = "Login")]
    pub(crate) no_login: bool,
    /// Use the token in this file (- for standard input) as it is, neither stored nor refreshed [env: MCP_AUTH_TOKEN]
    #[arg(long, value_name = "FILE", help_heading = "Login")]
    pub(crate) token_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) account: Account,
    #[command(flatten)]
    pub(crate) way: Box<Way>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Where logins are kept, and which.
#[derive(Debug, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct Account {
    /// Keep several accounts apart
    #[arg(long, value_name = "NAME", default_value = "default", env = "MCP_AUTH_PROFILE")]
    pub(crate) profile: String,
    /// Where to remember logins
    #[arg(long, value_enum, default_value_t = Keep::File, env = "MCP_AUTH_STORE")]
    pub(crate) store: Keep,
    /// The directory of the file [default: that of the platform, e.g. ~/.local/state/mcp-auth]
    #[arg(long, value_name = "DIR", env = "MCP_AUTH_STATE_DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// The configuration file, which gives names to targets [default: the nearest mcp-auth.toml, here or above]
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// Where logins are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keep {
    /// In a file that only you can read
    File,
    /// In a file that is encrypted with a key in the keyring of the operating system
    Keyring,
    /// Nowhere
    None,
}

/// Who we are to the authorization server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Client")]
pub(crate) struct ClientOptions {
    /// The id of a client that was registered by hand
    #[arg(long, value_name = "ID", env = "MCP_AUTH_CLIENT_ID")]
    pub(crate) client_id: Option<String>,
    /// A file with its secret (- for standard input) [env: MCP_AUTH_CLIENT_SECRET]
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// How it authenticates, and what a new registration asks for: none, client_secret_basic, client_secret_post or
    /// private_key_jwt [default: as the metadata suggests]
    #[arg(long, value_name = "METHOD", value_parser = client_auth, env = "MCP_AUTH_CLIENT_AUTH")]
    pub(crate) client_auth: Option<ClientAuth>,
    /// A file with its private key in PEM, for private_key_jwt
    #[arg(long, value_name = "FILE", env = "MCP_AUTH_CLIENT_KEY")]
    pub(crate) client_key: Option<PathBuf>,
    /// The algorithm of the key [default: what it is made for]
    #[arg(long, value_name = "ALG", requires = "client_key")]
    pub(crate) client_alg: Option<String>,
    /// The id of the key
    #[arg(long, value_name = "KID", requires = "client_key")]
    pub(crate) client_kid: Option<String>,
}

/// How to log in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login")]
pub(crate) struct Way {
    /// The way to a token
    #[arg(long, value_enum, value_name = "GRANT", env = "MCP_AUTH_GRANT")]
    pub(crate) grant: Option<GrantName>,
    /// Log in on another device; short for --grant device
    #[arg(long, conflicts_with = "grant")]
    pub(crate) device: bool,
    /// The scope to ask for, instead of what the server suggests
    #[arg(long, value_name = "SCOPE", env = "MCP_AUTH_SCOPE")]
    pub(crate) scope: Option<String>,
    /// The command that opens the URL (added at its end, or in place of %s), or `follow` to follow the redirects without a browser
    #[arg(long, value_name = "COMMAND", env = "MCP_AUTH_BROWSER")]
    pub(crate) browser: Option<String>,
    /// Print the URL and let me open it
    #[arg(long, conflicts_with = "browser")]
    pub(crate) no_browser: bool,
    /// Read the address that the browser ends at from standard input [default: on a terminal]
    #[arg(long)]
    pub(crate) paste: bool,
    /// The port to listen on for the redirect [default: a free one]
    #[arg(long, value_name = "PORT", env = "MCP_AUTH_LISTEN")]
    pub(crate) listen: Option<u16>,
    /// The path of the redirect URI
    #[arg(long, value_name = "PATH", default_value = "/callback", env = "MCP_AUTH_CALLBACK_PATH")]
    pub(crate) callback_path: String,
    /// How long to wait for you, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "300", env = "MCP_AUTH_LOGIN_TIMEOUT")]
    pub(crate) login_timeout: Duration,
    /// The issuer that --client-id belongs to; with any other one the login stops
    #[arg(long, value_name = "URL", requires = "client_id")]
    pub(crate) client_issuer: Option<String>,
    /// The URL of a hosted client ID metadata document
    #[arg(long, value_name = "URL", env = "MCP_AUTH_CLIENT_METADATA_URL")]
    pub(crate) client_metadata_url: Option<String>,
    /// Bind the tokens to a key (DPoP) even if nobody asks for it
    #[arg(long)]
    pub(crate) dpop: bool,
    /// Overlook a slash after the host by which two issuers differ
    #[arg(long)]
    pub(crate) lenient_issuer: bool,
    /// Go on where the metadata does not promise PKCE
    #[arg(long)]
    pub(crate) assume_pkce: bool,
    /// Send no `resource`, to see whether the authorization server minds it
    #[arg(long)]
    pub(crate) no_resource: bool,
    /// With id-jag: the token endpoint of the identity provider
    #[arg(long, value_name = "URL", env = "MCP_AUTH_IDP_TOKEN_ENDPOINT")]
    pub(crate) idp_token_endpoint: Option<String>,
    /// With id-jag: our client id there; its secret is read from MCP_AUTH_IDP_CLIENT_SECRET
    #[arg(long, value_name = "ID", env = "MCP_AUTH_IDP_CLIENT_ID")]
    pub(crate) idp_client_id: Option<String>,
    /// With id-jag: a file with the ID token of the person (- for standard input) [env: MCP_AUTH_ID_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(crate) id_token_file: Option<PathBuf>,
    /// With jwt-bearer: a file with the assertion of the platform (- for standard input) [env: MCP_AUTH_ASSERTION]
    #[arg(long, value_name = "FILE")]
    pub(crate) assertion_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
}

/// The names of the grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GrantName {
    /// Authorization code with PKCE, in a browser
    Code,
    /// Device authorization (RFC 8628)
    Device,
    /// Client credentials, for machines
    ClientCredentials,
    /// Enterprise-managed authorization: an ID token of the identity provider
    IdJag,
    /// Workload identity: an assertion of the platform
    JwtBearer,
}

fn client_auth(text: &str) -> Result<ClientAuth, &'static str> {
    ClientAuth::of(text).ok_or("one of none, client_secret_basic, client_secret_post, private_key_jwt")
}
