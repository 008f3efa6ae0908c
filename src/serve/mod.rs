//! The reference deployment: an authorization server and a protected MCP server in one process, right, or wrong in one
//! named way. It stands on `spec` alone: a second reading of the same documents, so that one misreading cannot hide itself.
//!
//! - [`start`] opens the doors (`net`, `tls`) before a `site`: URLs (`layout`), keys, planted faults (`faults`).
//! - `authority` is the authorization server, `resource` the MCP server with its token check.
//! - Handlers return an `answer`; `Site::give` is the one place where faults edit it.

mod answer;
mod ask;
mod authority;
mod doors;
mod dpop;
pub mod faults;
mod fetch;
pub mod foreign;
pub mod grade;
pub mod keys;
mod layout;
mod net;
mod resource;
mod rest;
mod ring;
pub mod search;
mod site;
pub mod state;
mod strict;
pub mod tls;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;
use zeroize::Zeroizing;

use crate::spec::clock::Clock;
use crate::spec::fault::{Duty, Fault};
use crate::spec::posture::Posture;

use faults::{Misfit, Plan};
use foreign::Foreign;
use keys::{KeyError, Keys};
use layout::Layout;
use net::Door;
use ring::RingError;
use search::{Document, Library};
use site::Site;
use state::{Memory, State, Store};
use tls::TlsError;

pub use keys::Signing;
pub use tls::Certificate;

/// What to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The shape of the deployment.
    pub posture: Posture,
    /// What it does wrong.
    pub faults: Vec<&'static Fault>,
    /// The address it listens at.
    pub listen: IpAddr,
    /// The port of the MCP server; 0 takes a free one.
    pub port: u16,
    /// The port of the authorization server, where it has its own; 0 takes a free one.
    pub authority_port: u16,
    /// Host names, beside its own, by which it may be addressed.
    pub hosts: Vec<String>,
    /// How long it waits before each answer.
    pub delay: Duration,
    /// How unreliable it is; not at all by default.
    pub trouble: Option<Trouble>,
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// The clients that are known from the start.
    pub clients: Vec<Registration>,
    /// Approves every request in the name of the first account, without a page.
    pub auto_approve: bool,
    /// How long access tokens live, in seconds.
    pub token_lifetime: u64,
    /// How long codes live, in seconds.
    pub code_lifetime: u64,
    /// The algorithm of access tokens.
    pub signing: Signing,
    /// The signing keys are replaced so often, if at all.
    pub rotate_keys: Option<Duration>,
    /// The origin under which clients reach the MCP server, where that is not the address it listens at.
    pub public: Option<Url>,
    /// The same for the authorization server, where it has its own.
    pub authority_public: Option<Url>,
    /// Somebody else's authorization server, in place of its own.
    pub foreign: Option<foreign::Settings>,
    /// The certificate it shows, where it brings one.
    pub certificate: Option<Certificate>,
    /// Listens beyond this machine without TLS: something else in front of it ends TLS, or the network is closed.
    pub plain_http: bool,
    /// What time it is.
    pub clock: Clock,
    /// Where clients, codes and tokens are remembered.
    pub store: Arc<dyn Store>,
    /// What the embedded index holds.
    pub documents: Vec<Document>,
    /// What the tools search instead of the embedded index.
    pub library: Option<Arc<dyn Library>>,
    /// The identity provider whose assertions (ID-JAG) are taken for a user's consent.
    pub identity_provider: Option<IdentityProvider>,
    /// The workloads that get tokens for the tokens of their platform.
    pub workloads: Option<Workloads>,
    /// Fetches client ID metadata documents from private addresses, too, and over plain http from loopback: for tests
    /// on one machine.
    pub private_documents: bool,
    /// Records and grades the client that connects.
    pub grading: Option<grade::Grading>,
}

/// A deployment that is overloaded now and then.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// What the troubles are drawn by.
    pub seed: u64,
    /// Of a hundred requests so many are answered with 503.
    pub busy: u64,
    /// The longest that an answer is late.
    pub late: Duration,
    /// After so many requests it answers 429 with `Retry-After`; never without it.
    pub limit: Option<u64>,
}

/// An identity provider that is trusted.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its issuer.
    pub issuer: String,
    /// Its public keys (JWK).
    pub keys: Vec<serde_json::Value>,
}

/// Workloads of a platform that is trusted.
#[derive(Clone, Debug)]
pub struct Workloads {
    /// The platform.
    pub platform: IdentityProvider,
    /// The `sub` of those that get tokens.
    pub subjects: Vec<String>,
}

/// Somebody who can sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name: the `sub` of tokens.
    pub name: String,
    password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Account {
    /// An account.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }

    /// The accounts of a test deployment; the page says what their password is.
    #[must_use]
    pub fn tests() -> Vec<Self> {
        vec![Self::new("alice", "wonderland"), Self::new("bob", "wonderland")]
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn is(&self, name: &str, password: &str) -> bool {
        self.name == name && authority::client::same(&keys::fingerprint(&self.password), &keys::fingerprint(password))
    }
}

/// A client that is known from the start.
#[derive(Clone)]
pub struct Registration {
    /// The client id.
    pub id: String,
    /// Where it may be sent back to.
    pub redirects: Vec<String>,
    secret: Option<String>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("id", &self.id).field("redirects", &self.redirects).finish_non_exhaustive()
    }
}

impl Registration {
    /// A client; public without a secret.
    #[must_use]
    pub fn new(id: &str, redirects: &[&str], secret: Option<&str>) -> Self {
        let redirects = redirects.iter().map(|uri| (*uri).to_owned()).collect();
        Self { id: id.to_owned(), redirects, secret: secret.map(str::to_owned) }
    }

    /// A public client `mcp-auth-public` and a confidential one `mcp-auth-confidential` with a secret made now.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let redirects = ["http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"];
        vec![
            Self::new("mcp-auth-public", &redirects, None),
            Self::new("mcp-auth-confidential", &redirects, Some(&keys::random(24))),
        ]
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    pub(crate) fn client(&self) -> authority::client::Client {
        let redirects: Vec<&str> = self.redirects.iter().map(String::as_str).collect();
        authority::client::Client::configured(&self.id, &self.id, &redirects, self.secret())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            posture: Posture::Reference,
            faults: Vec::new(),
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            authority_port: 0,
            hosts: Vec::new(),
            delay: Duration::ZERO,
            trouble: None,
            accounts: Account::tests(),
            clients: Registration::defaults(),
            auto_approve: false,
            token_lifetime: 600,
            code_lifetime: 60,
            signing: Signing::default(),
            rotate_keys: None,
            public: None,
            authority_public: None,
            foreign: None,
            certificate: None,
            plain_http: false,
            clock: Clock::SYSTEM,
            store: Arc::new(Memory::default()),
            documents: search::built_in(),
            library: None,
            identity_provider: None,
            workloads: None,
            private_documents: false,
            grading: None,
        }
    }
}

/// The deployment could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or may not be used.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// Where it tried to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A fault does not fit the posture.
    #[error(transparent)]
    Fault(#[from] Misfit),
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The signing keys cannot be had.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// It would be reachable from elsewhere without TLS.
    #[error("{0} is not a loopback address: tokens would cross the network in clear without TLS")]
    InTheClear(IpAddr),
    /// The two origins of the posture are reached by one public URL.
    #[error("the authorization server of this posture has its own origin, and no public URL")]
    NoPublicAuthority,
    /// A public URL is more than an origin.
    #[error("{0} is not an origin: scheme, host and perhaps a port, without a path")]
    NotAnOrigin(String),
    /// Somebody else's authorization server cannot be used.
    #[error("the authorization server cannot be used: {0}")]
    Foreign(#[from] foreign::ForeignError),
    /// A posture is about an authorization server that is not ours.
    #[error("the posture {0} is one of the deployment's own authorization server")]
    ForeignPosture(&'static str),
    /// A fault is one of an authorization server, or of tokens, that are not ours.
    #[error("the fault {0} is one of the deployment's own authorization server")]
    ForeignFault(&'static str),
    /// Both the posture and the user bring a certificate.
    #[error("this posture brings its own certificate")]
    TwoCertificates,
}

/// A running deployment. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    site: Arc<Site>,
    ca_pem: Option<String>,
    resolve: Vec<(String, SocketAddr)>,
    stop: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
}

impl Server {
    /// The URL of the MCP server.
    #[must_use]
    pub fn mcp_url(&self) -> &str {
        &self.site.layout.mcp
    }

    /// The page that shows what a client does, where the deployment grades one.
    #[must_use]
    pub fn page_url(&self) -> Option<String> {
        grade::page::has_page(&self.site).then(|| format!("{}/", self.site.layout.origin))
    }

    /// The issuer: the URL of the authorization server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.site.layout.issuer
    }

    /// Somebody else's authorization server: where its metadata was found, how its tokens are checked, and its settings.
    #[must_use]
    pub fn foreign(&self) -> Option<(&str, String, &foreign::Settings)> {
        let foreign = self.site.foreign.as_ref()?;
        Some((foreign.metadata.as_str(), foreign.ways(), &foreign.settings))
    }

    /// The certificate of the private authority (PEM), when the deployment has TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The private key that access tokens are signed with (PEM, PKCS#8): for the lab, where the operator mints wrong tokens.
    #[must_use]
    pub fn signing_key(&self) -> Zeroizing<String> {
        self.site.keys().access.private_pem()
    }

    /// An access token of this deployment with these claims in place of the usual ones, null for none: what no login
    /// brings, for who tries a server or a probe. `None` if it cannot be signed.
    #[must_use]
    pub fn mint(&self, claims: &serde_json::Value) -> Option<String> {
        let key = &self.site.keys().access;
        let now = self.site.clock.now();
        let mut all = serde_json::json!({
            "iss": self.site.layout.issuer, "aud": self.site.layout.mcp, "sub": "alice", "client_id": "mcp-auth-public",
            "scope": "search:read", "iat": now, "exp": now.saturating_add(self.site.token_lifetime), "jti": keys::random(8),
        });
        for (name, value) in claims.as_object()? {
            let members = all.as_object_mut()?;
            match value {
                serde_json::Value::Null => drop(members.shift_remove(name)),
                value => drop(members.insert(name.clone(), value.clone())),
            }
        }
        key.sign(&key.header("at+jwt"), &all).ok()
    }

    /// Whether an access token is good here at this moment, as the resource server judges it for every request that
    /// brings one (RFC 9068 §4). What the token may do is another question.
    pub async fn accepts(&self, token: &str) -> bool {
        resource::bearer::verify(&self.site, token).await.is_ok()
    }

    /// A token that a server would pass on to the API behind it, if it passed on what it gets.
    #[must_use]
    pub const fn upstream_token() -> &'static str {
        resource::bearer::UPSTREAM_TOKEN
    }

    /// The host names of the deployment and where they lead; empty when it goes by its address.
    #[must_use]
    pub fn resolve(&self) -> &[(String, SocketAddr)] {
        &self.resolve
    }

    /// How many requests it has answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.site.requests()
    }

    /// The routes at the origin of the MCP server, and at that of the authorization server where it is another: for who
    /// carries requests to them without a connection.
    pub fn routers(&self) -> (axum::Router, Option<axum::Router>) {
        site::routers(&self.site)
    }

    /// Stops listening, lets open requests finish for a moment, and returns when all is over.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for door in self.doors {
            let _ = door.await;
        }
    }

    /// Returns when the deployment has stopped by itself.
    pub async fn wait(&self) {
        self.stop.closed().await;
    }
}

/// Starts a deployment.
///
/// # Errors
///
/// When a port cannot be had, a fault could not show in this posture, or the settings do not go together.
pub async fn start(config: Config) -> Result<Server, ServeError> {
    doors::check(&config)?;
    let plan = Plan::new(&config.faults);
    let mut foreign = match &config.foreign {
        Some(settings) => Some(Box::pin(Foreign::find(settings.clone())).await?),
        None => None,
    };
    let (listener, address) = doors::bind(doors::listen(&config, &plan), config.port).await?;
    let resource = (listener, SocketAddr::new(config.listen, address.port()));
    let authority = match foreign.is_some() || layout::shares_origin(config.posture) {
        true => None,
        false => Some(doors::bind(config.listen, config.authority_port).await?),
    };
    let addresses = (resource.1, authority.as_ref().map_or(resource.1, |(_, address)| *address));
    let hosts = doors::hosts(&config, addresses);
    let defaults = plan.keeps(Duty::DefaultEndpoints);
    let mut layout = Layout::new(config.posture, &hosts, !plan.keeps(Duty::CanonicalEndpoint), defaults);
    if let Some(foreign) = &mut foreign {
        foreign.settings = foreign.settings.clone().at(&layout.mcp);
        layout = layout.behind(&foreign.settings.issuer, &foreign.settings.scopes);
    }
    plan.check(&layout)?;
    let (front_tls, back_tls) = (doors::tls(&config, &plan, true)?, doors::tls(&config, &plan, false)?);
    let private = config.certificate.is_none() && (front_tls.is_some() || back_tls.is_some());
    let ca_pem = if private { Some(tls::Authority::of_process()?.pem.clone()) } else { None };
    let state = State::new(config.store.clone(), config.clock.clone());
    let rules = ring::Rules {
        signing: config.signing,
        interval: config.rotate_keys.map(|interval| interval.as_secs().max(1)),
        lifetime: config.token_lifetime,
    };
    let plain = !state.lasts() && rules.interval.is_none() && rules.signing == Signing::default();
    let keys = if plain { Keys::of_process()? } else { Box::pin(ring::open(&state, rules)).await? };
    let turning = rules.interval.is_some() || state.is_shared();
    let site = Arc::new(Site::new(&config, layout, plan, keys, state, tls::trust(&[])?, foreign)?);
    if let Some(grading) = &config.grading {
        grading.recorder.begin(grading.traps.clone(), site.place());
    }
    let (stop, stopped) = watch::channel(false);
    let (front, back) = site::routers(&site);
    let mut doors = Vec::new();
    if turning {
        doors.push(tokio::spawn(ring::keep(site.clone(), rules, stopped.clone())));
    }
    let front = (Some(resource.0), Some(front), front_tls);
    let back = (authority.map(|(listener, _)| listener), back, back_tls);
    for (listener, router, tls) in [front, back] {
        if let (Some(listener), Some(router)) = (listener, router) {
            let router = if config.delay.is_zero() { router } else { doors::delayed(router, config.delay) };
            let router = config.trouble.map_or(router.clone(), |trouble| doors::troubled(router, trouble));
            let door = Door { listener, router, tls };
            doors.push(tokio::spawn(door.keep(stopped.clone())));
        }
    }
    let resolve = match private {
        true => vec![("rs.test".to_owned(), addresses.0), ("as.test".to_owned(), addresses.1)],
        false => Vec::new(),
    };
    Ok(Server { site, ca_pem, resolve, stop, doors })
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod times;
