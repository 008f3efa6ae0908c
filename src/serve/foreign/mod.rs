//! Somebody else's authorization server: found by its issuer, its keys cached, opaque tokens introspected, its claims read in
//! its own words. RFC 8414 §3, OpenID Connect Discovery 1.0 §4, RFC 7662, RFC 7519 §4.1, RFC 9068 §2.2.

mod introspect;
mod keys;
pub mod preset;
pub mod providers;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::spec::text::printable;

use super::fetch::{Call, FetchError, call};
use super::strict;
use super::tls::{self, TlsError};
use introspect::Introspector;
use keys::KeyCache;

pub(crate) use introspect::Answered;
pub(crate) use keys::Signed;

/// The longest metadata document, in bytes.
const METADATA_LIMIT: usize = 1 << 20;
/// How long a verified token is remembered at most, in seconds: a key that its owner withdraws ends its tokens then.
pub(crate) const MEMORY: u64 = 300;

/// Stands for the MCP URL in settings: it is not known before the server listens.
pub(crate) const MCP: &str = "{mcp}";

/// The scopes of the search server, as this server names them.
pub const SCOPES: [&str; 3] = ["search:read", "search:write", "search:admin"];

/// How to protect the search server with it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its issuer: the metadata must name exactly this.
    pub issuer: String,
    /// What tokens may name as `iss` instead.
    pub token_issuers: Vec<String>,
    /// What tokens may name as their audience, `{mcp}` for the MCP URL; the MCP URL alone when empty.
    pub audiences: Vec<String>,
    /// Clients whose tokens are taken although they name no audience.
    pub clients: Vec<String>,
    /// The claims that may hold the scopes, in the order they are looked for.
    pub scope_claims: Vec<String>,
    /// What it calls our scopes: ours, and its name, with `{mcp}` for the MCP URL. The last segment of a name counts, too, if `short_scopes`.
    pub scopes: Vec<(&'static str, String)>,
    /// Tokens hold only what follows the last slash of a scope.
    pub short_scopes: bool,
    /// Claims that a token must have with just this value.
    pub must: Vec<(&'static str, &'static str)>,
    /// Who we are at its introspection endpoint.
    pub introspection: Option<Credentials>,
    /// Every token is introspected, JWTs too.
    pub introspect_all: bool,
    /// Certificate authorities that are trusted besides the public ones.
    pub authorities: Vec<CertificateDer<'static>>,
    /// It may be reached over plain http beyond this machine.
    pub plain_http: bool,
}

/// A client id and its secret.
#[derive(Clone)]
pub struct Credentials {
    /// The id.
    pub id: String,
    secret: String,
}

impl Credentials {
    /// An id and its secret.
    #[must_use]
    pub const fn new(id: String, secret: String) -> Self {
        Self { id, secret }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Settings {
    /// Those for an authorization server that does as the documents say.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            token_issuers: Vec::new(),
            audiences: Vec::new(),
            clients: Vec::new(),
            scope_claims: ["scope", "scp", "scopes"].map(str::to_owned).to_vec(),
            scopes: Vec::new(),
            short_scopes: false,
            must: Vec::new(),
            introspection: None,
            introspect_all: false,
            authorities: Vec::new(),
            plain_http: false,
        }
    }

    /// The same for the server at this URL.
    pub(crate) fn at(mut self, mcp: &str) -> Self {
        let names = self.scopes.iter_mut().map(|(_, name)| name);
        for text in self.audiences.iter_mut().chain(names) {
            *text = text.replace(MCP, mcp);
        }
        self
    }

    /// What it calls one of our scopes.
    #[must_use]
    pub fn name_of<'a>(&'a self, scope: &'a str) -> &'a str {
        self.scopes.iter().find(|(ours, _)| *ours == scope).map_or(scope, |(_, name)| name)
    }
}

/// It cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The issuer is not a URL of the web.
    #[error("the issuer {0} is not an http(s) URL without query and fragment")]
    Issuer(String),
    /// Its documents would cross the network in clear.
    #[error("the issuer {0} is reached without TLS, and not on this machine")]
    InTheClear(String),
    /// There is no metadata.
    #[error("no metadata of {issuer}: {}", tried.join("; "))]
    NoMetadata {
        /// The issuer.
        issuer: String,
        /// Each place, and what came.
        tried: Vec<String>,
    },
    /// The metadata is that of another issuer.
    #[error("the metadata at {at} names the issuer {named}, not {issuer}")]
    OtherIssuer {
        /// Where it was found.
        at: String,
        /// The issuer it names.
        named: String,
        /// The issuer asked for.
        issuer: String,
    },
    /// A member of the metadata is no URL, or leads where it may not.
    #[error("its {0} is missing or cannot be used")]
    Endpoint(&'static str),
    /// The keys cannot be had.
    #[error("its keys at {at} cannot be had: {why}")]
    Keys {
        /// Where.
        at: String,
        /// What came.
        why: String,
    },
    /// Neither keys nor introspection.
    #[error("it publishes no keys, so its tokens can only be introspected, and there are no credentials for that")]
    NoWay,
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// An authorization server that was found.
pub(crate) struct Foreign {
    pub(crate) settings: Settings,
    /// Where its metadata was found.
    pub(crate) metadata: Url,
    keys: Option<KeyCache>,
    introspector: Option<Introspector>,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What reaches its documents.
#[derive(Clone)]
pub(crate) struct Reach {
    tls: Arc<ClientConfig>,
    /// The issuer is on this machine or in a private network, as its operator knows.
    origin: url::Origin,
    local: bool,
    plain: bool,
}

impl Reach {
    /// Asks a place; one of another origin than the issuer must be public, unless the issuer itself is on this machine.
    pub(crate) async fn ask(&self, mut request: Call<'_>) -> Result<super::fetch::Reply, FetchError> {
        request.guarded = request.url.origin() != self.origin && !self.local;
        call(request, &self.tls).await
    }

    /// A URL of the metadata that may be used.
    fn usable(&self, text: Option<&str>) -> Option<Url> {
        let url = Url::parse(text?).ok()?;
        let plain = url.scheme() == "http" && (self.plain || is_loopback(&url) && self.local);
        (url.scheme() == "https" || plain).then_some(url).filter(Url::has_host)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl Foreign {
    /// Finds the authorization server and its keys.
    pub(crate) async fn find(settings: Settings) -> Result<Self, ForeignError> {
        let shown = || printable(&settings.issuer).to_string();
        let issuer = Url::parse(&settings.issuer).map_err(|_| ForeignError::Issuer(shown()))?;
        let plain = matches!(issuer.scheme(), "http" | "https") && issuer.query().is_none();
        if !plain || issuer.fragment().is_some() || !issuer.has_host() || !issuer.username().is_empty() {
            return Err(ForeignError::Issuer(shown()));
        }
        let local = is_loopback(&issuer);
        if issuer.scheme() == "http" && !local && !settings.plain_http {
            return Err(ForeignError::InTheClear(shown()));
        }
        let tls = tls::trust(&settings.authorities)?;
        let reach = Reach { tls, origin: issuer.origin(), local, plain: settings.plain_http };
        let (metadata, document) = discover(&reach, &settings.issuer, &issuer).await?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let keys = match text("jwks_uri") {
            None => None,
            some => {
                let url = reach.usable(some).ok_or(ForeignError::Endpoint("jwks_uri"))?;
                let at = printable(url.as_str()).to_string();
                let opened = KeyCache::open(reach.clone(), url).await;
                Some(opened.map_err(|why| ForeignError::Keys { at, why: why.to_string() })?)
            }
        };
        let introspector = match &settings.introspection {
            None => None,
            Some(credentials) => {
                let endpoint = reach.usable(text("introspection_endpoint"));
                let endpoint = endpoint.ok_or(ForeignError::Endpoint("introspection_endpoint"))?;
                Some(Introspector::new(reach, endpoint, credentials))
            }
        };
        if keys.is_none() && introspector.is_none() {
            return Err(ForeignError::NoWay);
        }
        Ok(Self { settings, metadata, keys, introspector })
    }

    /// Whether one of its keys made a signature.
    pub(crate) async fn signed(&self, header: &Map<String, Value>, message: &str, signature: &str) -> Signed {
        match &self.keys {
            Some(keys) => keys.signed(header, message, signature).await,
            None => Signed::UnknownKey,
        }
    }

    /// Whether a token is looked at here: a JWT whose issuer publishes keys, unless all are introspected.
    pub(crate) fn reads_jwts(&self) -> bool {
        self.keys.is_some() && !(self.settings.introspect_all && self.introspector.is_some())
    }

    /// What its introspection endpoint says of a token.
    pub(crate) async fn introspect(&self, token: &str) -> Answered {
        match &self.introspector {
            Some(introspector) => introspector.ask(token).await,
            None => Answered::Inactive,
        }
    }

    /// How tokens are checked, in words.
    pub(crate) fn ways(&self) -> String {
        let words = |count| if count == 1 { "the published key".to_owned() } else { format!("{count} published keys") };
        let keys = self.keys.as_ref().map(|keys| format!("JWTs with {}", words(keys.count())));
        let asked = self.introspector.as_ref().map(|_| "introspection");
        match (keys, asked) {
            (Some(keys), Some(_)) if self.settings.introspect_all => format!("introspection, {keys} or not"),
            (Some(keys), Some(asked)) => format!("{keys}, others by {asked}"),
            (Some(keys), None) => keys,
            (None, _) => "introspection".to_owned(),
        }
    }

    /// Its scopes in our words.
    pub(crate) fn ours(&self, granted: &[String]) -> Vec<String> {
        let settings = &self.settings;
        let short = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let is = |granted: &str, name: &str| granted == name || settings.short_scopes && granted == short(name);
        SCOPES
            .into_iter()
            .filter(|ours| granted.iter().any(|granted| is(granted, settings.name_of(ours))))
            .map(str::to_owned)
            .collect()
    }
}

/// The places of the metadata in the order of MCP clients, and the one that some servers use against the documents.
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let paths = match path {
        "" => {
            vec!["/.well-known/oauth-authorization-server".to_owned(), "/.well-known/openid-configuration".to_owned()]
        }
        path => vec![
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
            format!("{path}/.well-known/openid-configuration"),
            format!("{path}/.well-known/oauth-authorization-server"),
        ],
    };
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    paths.into_iter().map(at).collect()
}

async fn discover(reach: &Reach, named: &str, issuer: &Url) -> Result<(Url, Map<String, Value>), ForeignError> {
    let mut tried = Vec::new();
    for url in places(issuer) {
        let at = printable(url.as_str()).to_string();
        match reach.ask(Call::get(&url, METADATA_LIMIT, true)).await {
            Ok(reply) if reply.status.as_u16() == 200 => match strict::object(&reply.body) {
                Some(document) => {
                    let found = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
                    // RFC 8414 §3.3: identical, or the document must not be used.
                    if found != named {
                        let (named, issuer) = (printable(found).to_string(), printable(named).to_string());
                        return Err(ForeignError::OtherIssuer { at, named, issuer });
                    }
                    return Ok((url, document));
                }
                None => tried.push(format!("{at} is not a JSON object")),
            },
            Ok(reply) => tried.push(format!("{at} brings status {}", reply.status.as_u16())),
            Err(error) => tried.push(format!("{at}: {error}")),
        }
    }
    Err(ForeignError::NoMetadata { issuer: printable(named).to_string(), tried })
}

#[cfg(test)]
mod tests;
