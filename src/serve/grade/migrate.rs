//! The move to another authorization server in the middle of a login's life (trap `as-migration`). The other issuer is
//! ours under another path: whoever goes there sees a server of its own. MCP client registration, "Authorization Server
//! Binding".

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderValue, StatusCode, Uri};
use serde_json::json;

use super::trap::OTHER_ISSUER;
use crate::serve::answer::Answer;
use crate::serve::site::Site;
use crate::spec::fault::Duty;

/// The longest reply that is rewritten, in bytes: documents and token responses.
const REWRITTEN: usize = 1 << 20;

/// Leads requests for the other issuer to our endpoints, and makes the replies speak in its name.
pub(crate) async fn migrate(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let own = site.layout.issuer_path;
    let path = request.uri().path().to_owned();
    let is_there = path.split('/').any(|segment| Some(segment) == OTHER_ISSUER.strip_prefix('/'));
    let moved = site.has_sprung(Duty::KeepAuthority);
    if moved && path == site.layout.endpoint_path("/token") {
        let body = json!({ "error": "invalid_grant", "error_description": "this server serves that resource no more" });
        return Answer::json(StatusCode::BAD_REQUEST, body).no_store().into_response();
    }
    if is_there {
        let led = request.uri().to_string().replace(OTHER_ISSUER, own);
        if let Ok(uri) = led.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    let names_issuer = moved && path.contains("/.well-known/oauth-protected-resource");
    let response = next.run(request).await;
    if !is_there && !names_issuer {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let renamed = |text: &str| {
        let escaped = |path: &str| path.replace('/', "%2F");
        text.replace(own, OTHER_ISSUER).replace(&escaped(own), &escaped(OTHER_ISSUER))
    };
    if let Some(location) = parts.headers.get(LOCATION).and_then(|line| line.to_str().ok())
        && let Ok(line) = HeaderValue::from_str(&renamed(location))
    {
        parts.headers.insert(LOCATION, line);
    }
    parts.headers.remove(CONTENT_LENGTH);
    let body = to_bytes(body, REWRITTEN).await.unwrap_or_default();
    Response::from_parts(parts, Body::from(renamed(&String::from_utf8_lossy(&body))))
}
