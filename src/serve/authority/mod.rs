//! The authorization server. OAuth 2.1 draft-13, RFC 8414, RFC 7591, RFC 9126, RFC 8628.

pub(crate) mod metadata;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::any;
use http::header::WWW_AUTHENTICATE;
use http::{Method, StatusCode};
use serde_json::json;

use crate::spec::fault::Reply;
use crate::spec::posture::Posture;

use super::answer::Answer;
use super::ask::{Ask, FORM_LIMIT};
use super::site::Site;

/// The routes under the issuer.
pub(crate) fn routes(site: &Site) -> Router<Arc<Site>> {
    if site.layout.posture == Posture::Public {
        return Router::new();
    }
    let at = |name: &str| site.layout.endpoint_path(name);
    let mut router = Router::new().route(&at("/authorize"), any(authorize)).route(&at("/token"), any(token));
    if metadata::registers(site.layout.posture) {
        router = router.route(&at("/register"), any(register));
    }
    router
}

/// The authorization endpoint. No CORS here (draft-ietf-oauth-v2-1 §3.1).
async fn authorize(State(_site): State<Arc<Site>>, request: Request) -> Answer {
    match *request.method() {
        Method::GET | Method::POST => {
            let page = "<!doctype html><title>Not possible</title><p>This authorization request names no known client.";
            Answer::page(StatusCode::BAD_REQUEST, page.to_owned())
        }
        _ => Answer::wrong_method("GET, POST"),
    }
}

/// The token endpoint.
async fn token(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let mut ask = Ask::new(request);
    match ask.parts.method.clone() {
        Method::OPTIONS => site.give(&ask, Reply::TokenPreflight, Answer::preflight("POST, OPTIONS")),
        Method::POST if !ask.body(FORM_LIMIT).await.is_ok_and(|form| form.windows(11).any(|w| w == b"grant_type=")) => {
            error(StatusCode::BAD_REQUEST, "invalid_request", "there is no grant_type")
        }
        Method::POST => error(StatusCode::UNAUTHORIZED, "invalid_client", "the client is not known")
            .put(WWW_AUTHENTICATE, "Basic realm=\"mcp-auth\""),
        _ => Answer::wrong_method("POST, OPTIONS").open(),
    }
}

/// The registration endpoint.
async fn register(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let ask = Ask::new(request);
    match ask.parts.method {
        Method::OPTIONS => site.give(&ask, Reply::TokenPreflight, Answer::preflight("POST, OPTIONS")),
        Method::POST => error(StatusCode::BAD_REQUEST, "invalid_client_metadata", "the body is not client metadata"),
        _ => Answer::wrong_method("POST, OPTIONS").open(),
    }
}

/// An OAuth error (draft-ietf-oauth-v2-1 §3.2.4).
fn error(status: StatusCode, code: &str, description: &str) -> Answer {
    Answer::json(status, json!({ "error": code, "error_description": description })).no_store().open()
}
