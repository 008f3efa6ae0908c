//! The reference deployment: an authorization server and a protected MCP server in one process, right, or wrong in one
//! named way. It stands on `spec` alone: a second reading of the same documents, so that one misreading cannot hide itself.
//!
//! - [`start`] opens the doors (`net`, `tls`) before a `site`: URLs (`layout`), keys, planted faults (`faults`).
//! - `authority` is the authorization server, `resource` the MCP server with its token check.
//! - Handlers return an `answer`; `Site::give` is the one place where faults edit it.

mod answer;
mod ask;
mod authority;
mod config;
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
mod routes;
pub mod search;
mod site;
pub mod state;
mod strict;
pub mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::spec::fault::Duty;

use faults::{Misfit, Plan};
use foreign::Foreign;
use keys::{KeyError, Keys};
use layout::Layout;
use net::Door;
use ring::RingError;
use site::Site;
use state::State;
use tls::TlsError;

pub use config::{Account, Config, IdentityProvider, Registration, Trouble, Workloads};
pub use keys::Signing;
pub use tls::Certificate;

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
        routes::routers(&self.site)
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
    let (front, back) = routes::routers(&site);
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
