//! The reference deployment: an authorization server and a protected MCP server in one process, right, or wrong in one
//! named way. It stands on `spec` alone: a second reading of the same documents, so that one misreading cannot hide itself.
//!
//! - [`start`] opens the doors (`net`, `tls`) before a `site`: URLs (`layout`), keys, planted faults (`faults`).
//! - `authority` is the authorization server, `resource` the MCP server with its token check.
//! - Handlers return an `answer`; `Site::give` is the one place where faults edit it.

mod answer;
mod ask;
mod authority;
mod clock;
mod dpop;
pub mod faults;
mod fetch;
pub mod keys;
mod layout;
mod net;
mod resource;
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

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::spec::fault::{Duty, Fault, Reply};
use crate::spec::posture::Posture;

use faults::{Misfit, Plan};
use keys::{KeyError, Keys};
use layout::{Hosts, Layout};
use net::{Door, Tls};
use search::{Document, Library};
use site::Site;
use state::{Memory, Store};
use tls::TlsError;

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
    /// Who can sign in.
    pub accounts: Vec<Account>,
    /// The clients that are known from the start.
    pub clients: Vec<Registration>,
    /// Approves every request in the name of the first account, without a page.
    pub auto_approve: bool,
    /// How long access tokens live, in seconds.
    pub token_lifetime: u64,
    /// Where clients, codes and tokens are remembered.
    pub store: Arc<dyn Store>,
    /// What the embedded index holds.
    pub documents: Vec<Document>,
    /// What the tools search instead of the embedded index.
    pub library: Option<Arc<dyn Library>>,
    /// The identity provider whose assertions (ID-JAG) are taken for a user's consent.
    pub identity_provider: Option<IdentityProvider>,
    /// Fetches client ID metadata documents from private addresses, too, and over plain http from loopback: for tests
    /// on one machine.
    pub private_documents: bool,
}

/// An identity provider that is trusted.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its issuer.
    pub issuer: String,
    /// Its public keys (JWK).
    pub keys: Vec<serde_json::Value>,
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
            accounts: Account::tests(),
            clients: Registration::defaults(),
            auto_approve: false,
            token_lifetime: 600,
            store: Arc::new(Memory::default()),
            documents: search::built_in(),
            library: None,
            identity_provider: None,
            private_documents: false,
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

    /// The issuer: the URL of the authorization server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.site.layout.issuer
    }

    /// The certificate of the private authority (PEM), when the deployment has TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
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
/// When a port cannot be had, or a fault could not show in this posture.
pub async fn start(config: Config) -> Result<Server, ServeError> {
    let plan = Plan::new(&config.faults);
    let resource = bind(config.listen, config.port).await?;
    let authority = match layout::shares_origin(config.posture) {
        true => None,
        false => Some(bind(config.listen, config.authority_port).await?),
    };
    let addresses = (resource.1, authority.as_ref().map_or(resource.1, |(_, address)| *address));
    let hosts = hosts(config.posture, addresses);
    let defaults = plan.keeps(Duty::DefaultEndpoints);
    let layout = Layout::new(config.posture, &hosts, !plan.keeps(Duty::CanonicalEndpoint), defaults);
    plan.check(&layout)?;
    let (front_tls, back_tls) = (with_tls(hosts.scheme, &plan, true)?, with_tls(hosts.issuer_scheme, &plan, false)?);
    let secure = front_tls.is_some() || back_tls.is_some();
    let ca_pem = if secure { Some(tls::Authority::of_process()?.pem.clone()) } else { None };
    let site = Arc::new(Site::new(&config, layout, plan, Keys::of_process()?, tls::trust()?)?);
    let (stop, stopped) = watch::channel(false);
    let (front, back) = site::routers(&site);
    let mut doors = Vec::new();
    let front = (Some(resource.0), Some(front), front_tls);
    let back = (authority.map(|(listener, _)| listener), back, back_tls);
    for (listener, router, tls) in [front, back] {
        if let (Some(listener), Some(router)) = (listener, router) {
            let router = if config.delay.is_zero() { router } else { delayed(router, config.delay) };
            let door = Door { listener, router, tls };
            doors.push(tokio::spawn(door.keep(stopped.clone())));
        }
    }
    let resolve = match secure {
        true => vec![("rs.test".to_owned(), addresses.0), ("as.test".to_owned(), addresses.1)],
        false => Vec::new(),
    };
    Ok(Server { site, ca_pem, resolve, stop, doors })
}

/// The same answers, later.
fn delayed(router: Router, delay: Duration) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| async move {
        tokio::time::sleep(delay).await;
        next.run(request).await
    }))
}

async fn bind(listen: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), ServeError> {
    let address = SocketAddr::new(listen, port);
    let refused = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// The names of the deployment: addresses, or `rs.test` and `as.test` where the posture wants names.
fn hosts(posture: Posture, (resource, authority): (SocketAddr, SocketAddr)) -> Hosts {
    let named = |name: &str, address: SocketAddr| format!("{name}:{}", address.port());
    match posture {
        Posture::Https | Posture::PlainHttp => Hosts {
            scheme: if posture == Posture::Https { "https" } else { "http" },
            issuer_scheme: "https",
            resource: named("rs.test", resource),
            authority: named("as.test", authority),
        },
        _ => Hosts {
            scheme: "http",
            issuer_scheme: "http",
            resource: reachable(resource),
            authority: reachable(authority),
        },
    }
}

/// An address a client on this machine can use: the loopback address for "all interfaces".
fn reachable(address: SocketAddr) -> String {
    let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    SocketAddr::new(ip, address.port()).to_string()
}

/// How the door of the MCP server (`front`), or that of the authorization server, treats TLS; `None` without TLS.
fn with_tls(scheme: &str, plan: &Plan, front: bool) -> Result<Option<Tls>, ServeError> {
    if scheme != "https" {
        return Ok(None);
    }
    let authority = tls::Authority::of_process()?;
    let named = plan.keeps(if front { Duty::PresentOwnName } else { Duty::PresentIssuerName });
    let config = match named {
        false => &authority.foreign,
        true if !plan.keeps(Duty::RenewCertificate) => &authority.stale,
        true if !plan.keeps(Duty::OfferTls13) => &authority.dated,
        true => &authority.own,
    };
    Ok(Some(Tls {
        config: config.clone(),
        plain_twin: plan.presents(Reply::PlainTwin),
        old_tls: !plan.keeps(Duty::RefuseOldTls),
    }))
}

#[cfg(test)]
pub(crate) mod tests;
