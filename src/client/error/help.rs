//! What helps against an error of the client, in one line.

use super::{ClientError, RedirectProblem};
use crate::formats::uri::Likeness;

const fn denied_help(error: &str) -> &'static str {
    match error.as_bytes() {
        b"access_denied" => "the request was refused on the page of the authorization server",
        b"invalid_client" => {
            "are the client id and its secret right? --client-auth chooses another way: none, client_secret_basic, client_secret_post, private_key_jwt"
        }
        b"unauthorized_client" => "the client may not use this way to log in: register it for it",
        b"invalid_scope" => "ask for another scope with --scope",
        b"invalid_target" => "the authorization server does not know this `resource`: register the MCP URL there",
        b"invalid_grant" => "log in again; the code or refresh token was used, revoked or expired",
        b"expired_token" => "start the login again",
        _ => "-v tells every request; the logs of the authorization server say more",
    }
}

impl ClientError {
    /// What helps, in one line.
    #[must_use]
    pub fn help(&self) -> String {
        let text = match self {
            Self::Store(error) => error.help(),
            Self::Unreachable { .. } => "is the server up, and its certificate good? -v tells every request",
            Self::Answer { .. } => "-v tells every request; `mcp-auth probe` looks at the whole deployment",
            Self::NamedMetadata { .. } => {
                "serve the document there, or correct `resource_metadata` in WWW-Authenticate"
            }
            Self::WrongResource { .. } => {
                "publish the MCP URL, exactly as clients use it, as `resource`; if you mistyped the URL, use the one of the metadata"
            }
            Self::WrongMetadata { .. } => "correct the resource metadata document of the MCP server",
            Self::NoServerMetadata { .. } => {
                "serve RFC 8414 or OpenID Connect metadata there, or correct `authorization_servers`"
            }
            Self::WrongIssuer { likeness: Likeness::RootSlash, .. } => {
                "publish the same string in both documents; --lenient-issuer overlooks the slash"
            }
            Self::WrongIssuer { .. } => "publish the same string in `authorization_servers` and `issuer`",
            Self::WrongEndpoint { .. } | Self::WrongUrl { .. } => "correct the metadata of the authorization server",
            Self::WrongPkce { .. } => {
                "add \"code_challenge_methods_supported\": [\"S256\"] to the metadata; --assume-pkce goes on without it"
            }
            Self::WrongRedirect(RedirectProblem::Issuer { .. } | RedirectProblem::IssuerAbsent { .. }) => {
                "the authorization server must send its issuer, exactly, as `iss`; this may be a mix-up attack"
            }
            Self::WrongRedirect(_) => {
                "start the login again; if it recurs, the authorization server alters the redirect"
            }
            Self::WrongScope { .. } => "correct the scope in the challenge, the metadata or --scope",
            Self::ForeignClient { .. } => {
                "nothing was sent. If the change is intended, register a client there and correct --client-id and --client-issuer"
            }
            Self::Denied { error, .. } => denied_help(error),
            Self::NoClient { .. } => {
                "register a client by hand and pass --client-id (and MCP_AUTH_CLIENT_SECRET, if it has one)"
            }
            Self::NeedsPerson { .. } => "leave out --browser follow, or use --no-browser, --device or --grant",
            Self::TimedOut { .. } => "try again; --login-timeout SECONDS waits longer, --no-browser prints the URL",
            Self::LoginNeeded { .. } => "mcp-auth login, or add --login",
            Self::StillRefused { given: true, .. } => "`mcp-auth token check` says what is wrong with it",
            Self::StillRefused { .. } => "`mcp-auth token check` compares the token with what the server expects",
            Self::Insatiable { .. } => "the authorization server grants less than the MCP server asks for",
            Self::Forbidden { .. } => "the account may not do this, or a firewall or an Origin check is in the way",
            Self::Redirected { .. } => "if that is the server now, use its URL",
            Self::NoRevision { .. } => "--revision asks for one; `mcp-auth probe` tells what the server speaks",
            Self::Rpc { .. } => "`mcp-auth tools` lists the tools and their arguments",
            Self::NeedsAnswer { .. } => "answer with --answer '{\"name\": value}'",
            Self::Argument(_) => "`mcp-auth tools` shows what a tool takes; KEY:=JSON passes any JSON value",
            Self::Local { .. } => "",
            Self::Insecure => {
                "trust the authority with --cacert FILE instead, or give a token for tests with MCP_AUTH_TOKEN"
            }
        };
        text.to_owned()
    }
}
