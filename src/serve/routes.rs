//! The routes of a deployment, and who stands at its doors.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::{Method, StatusCode};

use super::answer::Answer;
use super::ask::Ask;
use super::grade::{self, Grading};
use super::layout::Side;
use super::site::Site;
use super::state::Table;
use super::{authority, resource};
use crate::spec::fault::{Duty, Reply};
use crate::spec::text::printable;

/// The replies that are documents.
pub(super) const DOCUMENTS: [Reply; 10] = [
    Reply::ResourceMetadata,
    Reply::ServerMetadata,
    Reply::OpenIdMetadata,
    Reply::LegacyMetadata,
    Reply::Jwks,
    Reply::RootResourceMetadata,
    Reply::CustomResourceMetadata,
    Reply::AppendedResourceMetadata,
    Reply::AppendedServerMetadata,
    Reply::RootServerMetadata,
];

/// The routes of the MCP origin, and of the authorization server's origin where it is another.
pub(crate) fn routers(site: &Arc<Site>) -> (Router, Option<Router>) {
    let mut front = Router::new().route(&site.layout.mcp_path, any(resource::endpoint));
    if let Some(other) = site.layout.other_path() {
        front = front.route(&other, any(resource::other_spelling));
    }
    if !site.keeps(Duty::AnswerInPlace) {
        let (here, there) = (site.layout.mcp_path.as_str(), format!("{}/", site.layout.mcp_path));
        front = Router::new().route(here, any(resource::elsewhere)).route(&there, any(resource::endpoint));
    }
    if site.layout.is_foreign() {
        return (finish(front, site, Side::Resource), None);
    }
    let back = authority::routes(site);
    if site.layout.shared() {
        return (finish(front.merge(back), site, Side::Resource), None);
    }
    (finish(front, site, Side::Resource), Some(finish(back, site, Side::Authority)))
}

fn finish(mut router: Router<Arc<Site>>, site: &Arc<Site>, side: Side) -> Router {
    let documents =
        move |Shared(site): Shared<Arc<Site>>, request: Request| async move { document(&site, side, request) };
    if side == Side::Resource {
        router = grade::page::routes(router, site);
    }
    let router = router
        .route(HEALTH, any(healthy))
        .fallback(documents)
        .layer(from_fn_with_state(site.clone(), porter))
        .layer(from_fn(notary))
        .with_state(site.clone());
    let router = match site.keeps(Duty::KeepAuthority) {
        true => router,
        // Paths are matched again behind it.
        false => {
            Router::new().fallback_service(router).layer(from_fn_with_state(site.clone(), grade::migrate::migrate))
        }
    };
    match &site.grading {
        Some(Grading { recorder, .. }) => {
            let post = grade::witness::Post { site: site.clone(), recorder: recorder.clone(), side };
            router.layer(from_fn_with_state(post, grade::witness::witness))
        }
        None => router,
    }
}

/// Where a load balancer asks whether requests may be sent here.
const HEALTH: &str = "/healthz";

/// 200 while the state can be reached, else 503.
async fn healthy(Shared(site): Shared<Arc<Site>>) -> Answer {
    match site.state.has(Table::Seen, "health").await {
        Ok(_) => Answer::text(StatusCode::OK, "ok\n").no_store(),
        Err(_) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "the state cannot be reached\n").no_store(),
    }
}

/// Counts the request, and turns away those meant for another host.
async fn porter(Shared(site): Shared<Arc<Site>>, request: Request, next: Next) -> Response {
    site.requests.fetch_add(1, Ordering::Relaxed);
    let host = request.uri().authority().map(http::uri::Authority::as_str);
    let host = host.or_else(|| request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok()));
    // Load balancers ask by address, and learn nothing here.
    let asked = request.uri().path() != HEALTH;
    if asked && site.keeps(Duty::CheckHost) && !host.is_some_and(|host| site.is_addressed_by(host)) {
        return Answer::text(StatusCode::FORBIDDEN, "This server does not go by that host name.\n").into_response();
    }
    next.run(request).await
}

/// Characters of a path that are noted.
const PATH_SHOWN: usize = 200;

/// Notes each request and what became of it: method, path and status; never a query, a header or a body.
async fn notary(request: Request, next: Next) -> Response {
    if !tracing::enabled!(target: "mcp_auth::requests", tracing::Level::INFO) {
        return next.run(request).await;
    }
    let begun = std::time::Instant::now();
    let method = request.method().clone();
    let path: String = printable(request.uri().path()).to_string().chars().take(PATH_SHOWN).collect();
    let response = next.run(request).await;
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    tracing::info!(target: "mcp_auth::requests", %method, path, status, micros, "request");
    response
}

/// The documents of one origin, and 404 for everything that is nowhere.
pub(super) fn document(site: &Site, side: Side, request: Request) -> Answer {
    let ask = Ask::new(request);
    let Some(&reply) = site.documents.get(&(side, ask.path().to_owned())) else {
        return Answer::empty(StatusCode::NOT_FOUND);
    };
    match ask.parts.method {
        Method::GET | Method::HEAD => site.give(&ask, reply, site.document(reply)),
        Method::OPTIONS => Answer::preflight("GET, HEAD, OPTIONS"),
        _ => Answer::wrong_method("GET, HEAD, OPTIONS"),
    }
}
