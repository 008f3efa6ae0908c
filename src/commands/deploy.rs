//! The settings of `mcp-auth serve`, made into a deployment: reads the files they name and says what does not go together.

mod files;

use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use url::Url;

use self::files::{accounts, clients};
use super::{Failure, logs};
use crate::advice::symptoms;
use crate::checks;
use crate::formats::secret::Secret;
use crate::serve::foreign::preset::Preset;
use crate::serve::foreign::{Credentials, ForeignError, Settings};
use crate::serve::search::{self, Document, Library, Tavily};
use crate::serve::state::{self, OpenError};
use crate::serve::{Certificate, Config, ServeError, Signing, tls};
use crate::spec::fault::Fault;
use crate::spec::posture::Posture;
use crate::spec::text::printable_block;
use crate::verdict::Check;

/// The longest file of accounts or clients, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The posture; by default that of the first fault.
    pub posture: Option<Posture>,
    /// The names of the faults to plant.
    pub faults: Vec<String>,
    /// How long it waits before each answer.
    pub delay: Duration,
    /// What is logged.
    pub log: logs::Form,
    /// The address it listens at.
    pub listen: IpAddr,
    /// The port of the MCP server; 0 takes a free one.
    pub port: u16,
    /// The port of the authorization server; 0 takes a free one.
    pub authority_port: u16,
    /// The origin under which clients reach the MCP server.
    pub public: Option<Url>,
    /// The origin under which clients reach the authorization server.
    pub authority_public: Option<Url>,
    /// Further host names by which it may be addressed.
    pub hosts: Vec<String>,
    /// The files of certificate and key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Listens beyond this machine without TLS.
    pub plain_http: bool,
    /// Where to write the certificate authority of the `https` posture.
    pub ca_file: Option<PathBuf>,
    /// Where to write the private key of access tokens.
    pub lab: Option<PathBuf>,
    /// Where the state is kept: a file or a URL; memory without it.
    pub state: Option<String>,
    /// Approves every request without a page.
    pub auto_approve: bool,
    /// The file of accounts.
    pub accounts: Option<PathBuf>,
    /// The file of clients.
    pub clients: Option<PathBuf>,
    /// How long access tokens live, in seconds.
    pub token_lifetime: u64,
    /// The algorithm of access tokens.
    pub signing: Signing,
    /// The signing keys are replaced so often.
    pub rotate_keys: Option<Duration>,
    /// Somebody else's authorization server.
    pub foreign: Elsewhere,
    /// The folder whose documents are searched.
    pub docs: Option<PathBuf>,
    /// The web search that is used instead.
    pub web: Option<Web>,
}

/// A web search.
#[derive(Clone, Debug)]
pub struct Web {
    /// The key.
    pub key: Option<Secret>,
    /// Where the service is.
    pub url: Option<String>,
}

/// Somebody else's authorization server, as the user describes it.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// Its issuer.
    pub issuer: Option<String>,
    /// The name of a preset.
    pub provider: Option<String>,
    /// The settings of the preset.
    pub set: Vec<(String, String)>,
    /// Audiences that tokens may name.
    pub audiences: Vec<String>,
    /// Issuers that tokens may name.
    pub token_issuers: Vec<String>,
    /// Clients whose tokens are taken without an audience.
    pub clients: Vec<String>,
    /// The claim that holds the scopes.
    pub scope_claim: Option<String>,
    /// What it calls our scopes.
    pub scopes: Vec<(&'static str, String)>,
    /// Our client id at its introspection endpoint.
    pub introspection_id: Option<String>,
    /// The secret to it.
    pub introspection_secret: Option<Secret>,
    /// Every token is introspected.
    pub introspect_all: bool,
    /// Files with certificate authorities.
    pub authorities: Vec<PathBuf>,
}

impl Elsewhere {
    /// The preset, if one is named.
    ///
    /// # Errors
    /// There is no such provider, or its settings are missing or wrong.
    pub fn preset(&self) -> Result<Option<Preset>, Failure> {
        let Some(name) = &self.provider else { return Ok(None) };
        let preset = Preset::new(name, &self.set);
        preset.map(Some).map_err(|error| {
            Failure::usage(printable_block(&error.to_string()).to_string(), "--set NAME=VALUE, for each")
        })
    }

    /// Its settings; `None` when no authorization server is named.
    fn settings(&self, plain_http: bool) -> Result<Option<Settings>, Failure> {
        let preset = self.preset()?;
        let mut settings = match (&preset, &self.issuer) {
            (None, None) => return self.alone(),
            (None, Some(issuer)) => Settings::new(issuer),
            (Some(preset), None) => preset.settings(),
            (Some(preset), Some(issuer)) => Settings { issuer: issuer.clone(), ..preset.settings() },
        };
        settings.plain_http = plain_http;
        settings.audiences.extend(self.audiences.iter().cloned());
        settings.token_issuers.extend(self.token_issuers.iter().cloned());
        settings.clients.extend(self.clients.iter().cloned());
        if let Some(claim) = &self.scope_claim {
            settings.scope_claims = vec![claim.clone()];
        }
        for (ours, name) in &self.scopes {
            settings.scopes.retain(|(known, _)| known != ours);
            settings.scopes.push((ours, name.clone()));
        }
        settings.introspect_all = self.introspect_all;
        if let Some(id) = &self.introspection_id {
            let help = "export MCP_AUTH_INTROSPECTION_SECRET";
            let secret = self.introspection_secret.as_ref();
            let secret = secret.ok_or_else(|| Failure::usage("--introspection-id has no secret", help))?;
            settings.introspection = Some(Credentials::new(id.clone(), secret.expose().to_owned()));
        }
        for file in &self.authorities {
            let read = tls::authorities(file).map_err(|error| Failure::usage(error.to_string(), ""))?;
            settings.authorities.extend(read);
        }
        Ok(Some(settings))
    }

    /// Options that do nothing without an authorization server are refused.
    fn alone(&self) -> Result<Option<Settings>, Failure> {
        let lists = [&self.audiences, &self.token_issuers, &self.clients];
        let used = lists.iter().any(|list| !list.is_empty()) || !self.scopes.is_empty() || self.scope_claim.is_some();
        if used || self.introspection_id.is_some() {
            let help = "--issuer URL or --provider NAME names the authorization server";
            return Err(Failure::usage("tokens of which authorization server?", help));
        }
        Ok(None)
    }
}

/// The deployment that a request describes.
///
/// # Errors
/// A file is not what it should be, or the state cannot be opened.
pub async fn config(request: Request, faults: Vec<&'static Fault>) -> Result<Config, Failure> {
    let foreign = request.foreign.settings(request.plain_http)?;
    let one_url = foreign.is_none() && request.public.is_some() && request.authority_public.is_none();
    let by_itself = if one_url { Posture::SameOrigin } else { Posture::Reference };
    let posture = request.posture.or_else(|| faults.first().map(|fault| fault.posture)).unwrap_or(by_itself);
    let mut config = Config {
        posture,
        faults,
        delay: request.delay,
        listen: request.listen,
        port: request.port,
        authority_port: request.authority_port,
        public: request.public,
        authority_public: request.authority_public,
        hosts: request.hosts,
        plain_http: request.plain_http,
        private_documents: request.lab.is_some(),
        auto_approve: request.auto_approve,
        token_lifetime: request.token_lifetime,
        signing: request.signing,
        rotate_keys: request.rotate_keys,
        foreign,
        ..Config::default()
    };
    if let Some((certificate, key)) = &request.certificate {
        let help = "--tls-cert takes the chain, --tls-key its private key, both PEM";
        config.certificate =
            Some(Certificate::read(certificate, key).map_err(|error| Failure::usage(error.to_string(), help))?);
    }
    if let Some(path) = &request.accounts {
        config.accounts = accounts(path)?;
    }
    if let Some(path) = &request.clients {
        config.clients = clients(path)?;
    }
    config.documents = documents(request.docs.as_deref())?;
    config.library = request.web.as_ref().map(library).transpose()?;
    if let Some(place) = &request.state {
        config.store = state::open(place).await.map_err(|error| Failure::usage(error.to_string(), help(&error)))?;
    }
    Ok(config)
}

/// The documents that come with this program: pages about what it protects, each check, each symptom. An assistant that
/// has this server finds in it how to mend a finding.
pub fn corpus() -> Vec<Document> {
    let symptoms = symptoms::all().map(|symptom| {
        let page = super::symptom::document(symptom);
        Document { id: format!("symptom-{}", page.id), text: format!("{}\n\nFix: {}", page.text, symptom.fix), ..page }
    });
    search::built_in().into_iter().chain(checks::all().map(page)).chain(symptoms).collect()
}

fn page(check: &Check) -> Document {
    let cites: Vec<_> = check.cites.iter().map(|cite| format!("{} {}", cite.document, cite.section)).collect();
    Document {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        text: format!(
            "{}: {}\n\nWhy: {}\n\nFix: {}\n\nWritten in: {}",
            check.id,
            check.title,
            check.why,
            check.fix,
            cites.join("; ")
        ),
        url: check.cites.first().map_or_else(String::new, |cite| cite.url.to_owned()),
    }
}

/// The documents of a folder, or those that come with this program.
fn documents(folder: Option<&Path>) -> Result<Vec<Document>, Failure> {
    let Some(folder) = folder else { return Ok(corpus()) };
    let found = search::read(folder).map_err(|error| Failure::usage(error.to_string(), "--docs takes a folder"))?;
    if found.left_out > 0 {
        tracing::warn!(files = found.left_out, "left out: longer than 1 MiB, or not UTF-8");
    }
    Ok(found.documents)
}

fn library(web: &Web) -> Result<Arc<dyn Library>, Failure> {
    let key = web.key.as_ref().ok_or_else(|| {
        Failure::usage("--search tavily has no key", "export MCP_AUTH_TAVILY_KEY; https://app.tavily.com gives one")
    })?;
    let made = Tavily::new(key.expose(), web.url.as_deref());
    Ok(Arc::new(made.map_err(|error| Failure::usage(error.to_string(), "--search-url URL, without a path"))?))
}

/// Why the deployment does not start, and what to do.
pub fn refused(error: &ServeError) -> Failure {
    let help = match error {
        ServeError::InTheClear(_) => "--tls-cert FILE --tls-key FILE, or --insecure-http behind a proxy that ends TLS",
        ServeError::NoPublicAuthority => "--authority-url URL, or --posture same-origin",
        ServeError::NotAnOrigin(_) => "the paths are those of the posture: name the origin alone",
        ServeError::TwoCertificates => "leave --tls-cert away, or take another posture",
        ServeError::Foreign(ForeignError::OtherIssuer { .. }) => {
            "--issuer must be what the metadata says, to the letter"
        }
        ServeError::Foreign(ForeignError::InTheClear(_)) => "--insecure-http, if the network is closed",
        ServeError::Foreign(ForeignError::NoWay | ForeignError::Endpoint("introspection_endpoint")) => {
            "--introspection-id ID and MCP_AUTH_INTROSPECTION_SECRET, where it has an introspection endpoint"
        }
        ServeError::Foreign(_) => "try `mcp-auth probe` on a server of it; --cacert FILE trusts a private authority",
        ServeError::ForeignPosture(_) | ServeError::ForeignFault(_) => "without --issuer it can be had",
        ServeError::Listen { .. } => "another port with --port and --authority-port; 0 takes a free one",
        _ => "`mcp-auth serve --list` shows every fault and posture",
    };
    Failure::usage(format!("the deployment cannot start: {error}"), help)
}

fn help(error: &OpenError) -> &'static str {
    match error {
        OpenError::File { .. } | OpenError::Foreign { .. } => "name another file with --state; it is made if missing",
        OpenError::Busy { .. } => "stop the other process first",
        OpenError::Address => "--state FILE, or --state redis://HOST:PORT",
        OpenError::Unreachable { .. } => "is the server running, and is it Redis 6.2 or later, or Valkey?",
        OpenError::Missing => "--state FILE works in every build",
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let failed = |why: String| Failure::usage(format!("{shown} cannot be read: {why}"), "");
    let mut text = String::new();
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let read = file.take(FILE_LIMIT + 1).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > FILE_LIMIT {
        return Err(failed("it is longer than 1 MiB".to_owned()));
    }
    Ok(text)
}

/// Tells when the deployment is to end: an interrupt, or the signal by which a system ends its services.
///
/// # Errors
/// The system lets nobody listen for signals.
pub fn end() -> Result<mpsc::Receiver<()>, Failure> {
    let (told, tells) = mpsc::channel(2);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let (mut signals, told) = (signal(kind)?, told.clone());
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    let _ = told.try_send(());
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            let _ = told.try_send(());
        }
    });
    Ok(tells)
}

#[cfg(test)]
mod tests;
