//! What there is to compare with: an axum handler that checks the same token and answers with a fixed text of the same
//! size, and does nothing else.

use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::process::{Deployment, Other};

/// Starts the handler in a process of its own.
pub(super) fn start(server: &Deployment, tools: &str) -> Other {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    drop(listener);
    let keys = server.keys();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["bare", &port, &server.issuer, &server.mcp, &keys, tools]);
    Other::start(&mut command, "READY", format!("http://127.0.0.1:{port}/mcp")).unwrap()
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "sub")]
    _subject: String,
    scope: String,
}

struct Desk {
    keys: Vec<(String, DecodingKey)>,
    rules: Validation,
    /// Before and after the id.
    answer: (String, String),
}

/// The handler: port, issuer, audience, key set and answer.
pub(super) fn serve(arguments: &[String]) {
    let [port, issuer, audience, keys, answer, ..] = arguments else { panic!("five arguments") };
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&[audience]);
    rules.set_issuer(&[issuer]);
    let set: JwkSet = serde_json::from_str(keys).unwrap();
    let named = |jwk: &Jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?));
    let (before, after) = answer.split_once("\"id\":1,").unwrap();
    let answer = (format!("{before}\"id\":"), format!(",{after}"));
    let desk = Arc::new(Desk { keys: set.keys.iter().filter_map(named).collect(), rules, answer });
    let router = Router::new().route("/mcp", post(move |headers, body| reply(desk.clone(), headers, body)));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
        println!("READY");
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router).await.unwrap();
    });
}

async fn reply(desk: Arc<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok()?.strip_prefix("Bearer "));
    let known = token.is_some_and(|token| {
        let kid = decode_header(token).ok().and_then(|header| header.kid);
        let key = desk.keys.iter().find(|(name, _)| Some(name) == kid.as_ref());
        let claims = key.and_then(|(_, key)| decode::<Claims>(token, key, &desk.rules).ok());
        claims.is_some_and(|token| token.claims.scope.split(' ').any(|scope| scope == "search:read"))
    });
    if !known {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let id = serde_json::from_slice::<serde_json::Value>(&body).ok().and_then(|value| value.get("id")?.as_u64());
    let Some(id) = id else { return StatusCode::BAD_REQUEST.into_response() };
    let (before, after) = &desk.answer;
    ([(header::CONTENT_TYPE, "application/json")], format!("{before}{id}{after}")).into_response()
}
