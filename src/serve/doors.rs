//! Where the deployment listens and by which names it is reached: addresses, public URLs, certificates.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use http::StatusCode;
use tokio::net::TcpListener;
use url::Url;

use crate::spec::fault::{Deed, Duty, Reply};
use crate::spec::posture::Posture;
use crate::spec::text::printable;

use super::answer::Answer;
use super::faults::Plan;
use super::layout::{self, Hosts};
use super::net::Tls;
use super::{Config, ServeError, Trouble, tls};

/// The same answers, later.
pub(super) fn delayed(router: Router, delay: Duration) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| async move {
        tokio::time::sleep(delay).await;
        next.run(request).await
    }))
}

/// The same answers, if there is time for them.
pub(super) fn troubled(router: Router, trouble: Trouble) -> Router {
    let count = Arc::new(AtomicU64::new(0));
    router.layer(from_fn(move |request: Request, next: Next| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            // SplitMix64: the same seed, the same troubles.
            let mut drawn = trouble.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            drawn ^= drawn >> 31;
            let late = u64::try_from(trouble.late.as_micros()).unwrap_or_default();
            tokio::time::sleep(Duration::from_micros((drawn >> 32) % late.max(1))).await;
            if trouble.limit.is_some_and(|limit| number >= limit) {
                return Answer::empty(StatusCode::TOO_MANY_REQUESTS).header("retry-after", "60").into_response();
            }
            if drawn % 100 < trouble.busy {
                return Answer::empty(StatusCode::SERVICE_UNAVAILABLE).into_response();
            }
            next.run(request).await
        }
    }))
}

/// The address that the MCP server listens at.
pub(super) fn listen(config: &Config, plan: &Plan) -> IpAddr {
    if plan.keeps(Duty::ListenWhereTold) { config.listen } else { Ipv4Addr::UNSPECIFIED.into() }
}

pub(super) async fn bind(listen: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), ServeError> {
    let address = SocketAddr::new(listen, port);
    let refused = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Whether the settings go together.
pub(super) fn check(config: &Config) -> Result<(), ServeError> {
    let names = matches!(config.posture, Posture::Https | Posture::PlainHttp);
    if names && config.certificate.is_some() {
        return Err(ServeError::TwoCertificates);
    }
    let secure = config.certificate.is_some() || config.posture == Posture::Https;
    if !config.listen.is_loopback() && !secure && !config.plain_http {
        return Err(ServeError::InTheClear(config.listen));
    }
    for url in [&config.public, &config.authority_public].into_iter().flatten() {
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !bare || !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(ServeError::NotAnOrigin(printable(url.as_str()).to_string()));
        }
    }
    if config.foreign.is_some() {
        return check_foreign(config);
    }
    if config.public.is_some() && config.authority_public.is_none() && !layout::shares_origin(config.posture) {
        return Err(ServeError::NoPublicAuthority);
    }
    Ok(())
}

/// What is about our own authorization server cannot be had with another.
fn check_foreign(config: &Config) -> Result<(), ServeError> {
    use Posture::{LegacyWire, McpAtRoot, ModernWire, Reference};
    if !matches!(config.posture, Reference | McpAtRoot | LegacyWire | ModernWire) {
        return Err(ServeError::ForeignPosture(config.posture.name()));
    }
    // Revoked tokens are known to who issued them; and only with our own keys can a forger know what a key looks like.
    let own = |deed: &Deed| matches!(deed, Deed::Forget(Duty::RefuseRevoked | Duty::BindAlgorithm));
    match config.faults.iter().find(|fault| fault.deeds.iter().any(own)) {
        Some(fault) => Err(ServeError::ForeignFault(fault.name)),
        None => Ok(()),
    }
}

/// The names of the deployment: those it is known by in public, else addresses, or `rs.test` and `as.test` where the
/// posture wants names.
pub(super) fn hosts(config: &Config, (resource, authority): (SocketAddr, SocketAddr)) -> Hosts {
    let named = |name: &str, address: SocketAddr| format!("{name}:{}", address.port());
    if matches!(config.posture, Posture::Https | Posture::PlainHttp) {
        return Hosts {
            scheme: if config.posture == Posture::Https { "https" } else { "http" },
            issuer_scheme: "https",
            resource: named("rs.test", resource),
            authority: named("as.test", authority),
        };
    }
    let own = if config.certificate.is_some() { "https" } else { "http" };
    let place = |public: Option<&Url>, address| match public {
        Some(url) => (if url.scheme() == "https" { "https" } else { "http" }, host_of(url)),
        None => (own, reachable(address)),
    };
    let (scheme, resource) = place(config.public.as_ref(), resource);
    let (issuer_scheme, authority) = place(config.authority_public.as_ref(), authority);
    Hosts { scheme, issuer_scheme, resource, authority }
}

/// Host and port of a URL; no port that goes without saying.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An address a client on this machine can use: the loopback address for "all interfaces".
fn reachable(address: SocketAddr) -> String {
    let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    SocketAddr::new(ip, address.port()).to_string()
}

/// How the door of the MCP server (`front`), or that of the authorization server, treats TLS; `None` without TLS.
pub(super) fn tls(config: &Config, plan: &Plan, front: bool) -> Result<Option<Tls>, ServeError> {
    if let Some(certificate) = &config.certificate {
        return Ok(Some(Tls { config: certificate.config(), plain_twin: false, old_tls: false }));
    }
    let secure = config.posture == Posture::Https || config.posture == Posture::PlainHttp && !front;
    if !secure {
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
