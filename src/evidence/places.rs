//! The real names of a deployment, as they belong into a header or document that is to be pasted.

use url::Url;

use super::view::Evidence;
use crate::formats::uri;

/// The real names of a deployment; what is not known, or could not stand inside quotes, is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The MCP URL as clients are given it.
    pub mcp: Option<String>,
    /// Its origin, over https unless it is this machine.
    pub mcp_origin: Option<String>,
    /// Where its resource metadata belongs (RFC 9728 §3.1).
    pub resource_metadata: Option<String>,
    /// The issuer of the authorization server in use, byte for byte as the resource metadata names it.
    pub issuer: Option<String>,
    /// Its origin, over https unless it is this machine.
    pub issuer_origin: Option<String>,
    /// Where its metadata belongs (RFC 8414 §3.1).
    pub server_metadata: Option<String>,
    /// The scopes of basic use: those of the challenge, else those of the resource metadata.
    pub scopes: Vec<String>,
}

impl Places {
    /// What the evidence tells.
    #[must_use]
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let issuer = evidence.authorization_server().map(|server| server.issuer).filter(|issuer| is_plain(issuer));
        let origin = |url: &Url| {
            let origin = uri::origin_of(url).to_string();
            match origin.strip_prefix("http://") {
                Some(host) if !uri::is_loopback_host(url) => format!("https://{host}"),
                _ => origin,
            }
        };
        Self {
            mcp: Some(evidence.trail.target.clone()).filter(|url| is_plain(url)),
            mcp_origin: evidence.target().map(origin),
            resource_metadata: evidence.target().map(|target| uri::resource_metadata_urls(target).path),
            issuer_origin: issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok()).as_ref().map(origin),
            server_metadata: issuer.as_deref().and_then(|issuer| Some(uri::issuer_metadata_urls(issuer).ok()?.oauth)),
            scopes: scopes(evidence),
            issuer,
        }
    }
}

fn scopes(evidence: &Evidence<'_>) -> Vec<String> {
    let challenged = evidence.challenged().and_then(|challenged| challenged.param("scope"));
    let asked: Vec<&str> = challenged.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).collect();
    let published = || evidence.resource().and_then(|(_, document)| document.texts("scopes_supported"));
    let chosen = if asked.is_empty() { published().unwrap_or_default() } else { asked };
    chosen.into_iter().filter(|scope| is_scope(scope)).map(str::to_owned).collect()
}

/// A scope token (RFC 6749 §3.3) that can stand between backquotes.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x5f | 0x61..=0x7e))
}

/// Whether a URL can stand between quotes as it is.
fn is_plain(url: &str) -> bool {
    Url::parse(url).is_ok() && url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'`'))
}
