//! Stands before the handlers of a deployment that grades, and writes down every request with its answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::mask;
use super::record::{Entry, Kind, Params, Recorder, Shown};
use crate::serve::ask::MESSAGE_LIMIT;
use crate::serve::layout::{Layout, Side};
use crate::serve::site::Site;

/// The longest body that is kept as text, in bytes.
const KEPT: usize = 16 << 10;
/// The pieces in which an event stream is sent, in bytes: a reader must not rely on whole events.
const PIECE: usize = 7;
/// The headers of requests that are kept.
const HEADERS: [&str; 9] = [
    "accept",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "origin",
    "user-agent",
];

/// What the witness needs: the deployment, its recorder, and which of the two origins it stands at.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) site: Arc<Site>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) side: Side,
}

/// Writes the request and its answer down.
pub(crate) async fn witness(State(post): State<Post>, request: Request, next: Next) -> Response {
    let at = post.recorder.elapsed();
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/healthz" || super::page::is_ours(&post, &parts) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(body) = to_bytes(body, MESSAGE_LIMIT).await else {
        let mut refused = Response::new(Body::empty());
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return refused;
    };
    let mut entry = asked(&post, &parts, &body);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    answered(&mut entry, parts.status, &parts.headers, &body);
    (entry.at, entry.took) = (at, post.recorder.elapsed().saturating_sub(at));
    post.recorder.note(entry);
    Response::from_parts(parts, in_pieces(entry_is_stream(&body), body))
}

/// Writes down the document by which a client describes itself, as the authorization server fetched it.
pub(crate) fn document(recorder: &Recorder, url: &str, body: &[u8]) {
    let mut answer: Value = serde_json::from_slice(body).unwrap_or_default();
    mask::json(&mut answer);
    recorder.note(Entry {
        number: 0,
        kind: Kind::Document,
        at: recorder.elapsed(),
        took: 0,
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: String::new(),
        status: 200,
        answer_headers: vec![("content-length".to_owned(), body.len().to_string())],
        answer_body: kept(&mask::json_text(&answer)),
        path: String::new(),
        host: String::new(),
        credential: None,
        query: Params::default(),
        form: Params::default(),
        message: Value::Null,
        answer,
        sent_back: Params::default(),
        verifier_formed: false,
    });
}

fn entry_is_stream(body: &Bytes) -> bool {
    body.starts_with(b"\xef\xbb\xbf: ")
}

/// An event stream in small pieces; anything else in one.
fn in_pieces(is_stream: bool, body: Bytes) -> Body {
    if !is_stream {
        return Body::from(body);
    }
    let pieces: Vec<_> = body.chunks(PIECE).map(Bytes::copy_from_slice).map(Ok::<_, std::io::Error>).collect();
    Body::from_stream(stream::iter(pieces))
}

fn asked(post: &Post, parts: &Parts, body: &Bytes) -> Entry {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let host = parts.uri.authority().map(|host| host.as_str().to_owned()).or_else(|| text(HOST.as_str()));
    let host = host.unwrap_or_default();
    let query = mask::params(parts.uri.query().unwrap_or_default().as_bytes());
    let kind_of_body = text(CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    let is_form = kind_of_body.starts_with("application/x-www-form-urlencoded");
    let form = if is_form { mask::params(body) } else { Params::default() };
    let mut message = if is_form { Value::Null } else { serde_json::from_slice(body).unwrap_or_default() };
    mask::json(&mut message);
    let kind = kind(&post.site.layout, post.side, parts, &form);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &parts.headers {
        let known = HEADERS.contains(&name.as_str()) || name.as_str().starts_with("mcp-param-");
        if known && let Ok(value) = value.to_str() {
            // A session id is a credential to whoever takes it for one.
            let is_session = name.as_str() == "mcp-session-id";
            headers.push((name.to_string(), if is_session { mask::print(value) } else { value.to_owned() }));
        }
    }
    let credential = credential(&parts.headers);
    if let Some(shown) = &credential {
        headers.push(("authorization".to_owned(), format!("{} {}", shown.scheme, mask::brief(&shown.print))));
    }
    let shown_query = mask::form_text(&query);
    let joint = if shown_query.is_empty() { "" } else { "?" };
    let scheme = post.site.layout.origin.split("://").next().unwrap_or("http");
    let shown_body = match (&form, &message) {
        (form, _) if is_form => mask::form_text(form),
        (_, Value::Null) => String::new(),
        (_, message) => mask::json_text(message),
    };
    Entry {
        number: 0,
        kind,
        at: 0,
        took: 0,
        method: parts.method.to_string(),
        url: format!("{scheme}://{host}{}{joint}{shown_query}", parts.uri.path()),
        headers,
        body: kept(&shown_body),
        status: 0,
        answer_headers: Vec::new(),
        answer_body: String::new(),
        path: parts.uri.path().to_owned(),
        host,
        credential,
        query,
        verifier_formed: is_form && verifier_is_formed(body),
        form,
        message,
        answer: Value::Null,
        sent_back: Params::default(),
    }
}

fn answered(entry: &mut Entry, status: StatusCode, headers: &HeaderMap, body: &Bytes) {
    entry.status = status.as_u16();
    let is_stream = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let data = if is_stream { Bytes::from(event_data(body)) } else { body.clone() };
    entry.answer = serde_json::from_slice(&data).unwrap_or_default();
    mask::json(&mut entry.answer);
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        let value = match name.as_str() {
            "set-cookie" => continue,
            "mcp-session-id" => mask::print(value),
            "location" => {
                let (before, query) = value.split_once(['?', '#']).unwrap_or((value, ""));
                entry.sent_back = mask::params(query.as_bytes());
                if query.is_empty() {
                    before.to_owned()
                } else {
                    format!("{before}?{}", mask::form_text(&entry.sent_back))
                }
            }
            _ => value.to_owned(),
        };
        entry.answer_headers.push((name.to_string(), value));
    }
    entry.answer_body = match &entry.answer {
        // Pages hold no credential, but they are long and no part of what a client reads.
        Value::Null if entry.answered("content-type").is_some_and(|kind| kind.starts_with("text/html")) => {
            String::new()
        }
        Value::Null => kept(&String::from_utf8_lossy(body)),
        answer => kept(&mask::json_text(answer)),
    };
}

/// The data of the events that we write: one message a stream.
fn event_data(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.lines().filter_map(|line| line.strip_prefix("data: ")).collect::<Vec<_>>().join("\n")
}

fn kept(text: &str) -> String {
    text.chars().take(KEPT).collect()
}

/// Length and characters of RFC 7636 §4.1.
fn verifier_is_formed(body: &[u8]) -> bool {
    url::form_urlencoded::parse(body).find(|(name, _)| name == "code_verifier").is_some_and(|(_, verifier)| {
        (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
    })
}

fn credential(headers: &HeaderMap) -> Option<Shown> {
    let line = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, rest) = line.split_once(' ').unwrap_or((line, ""));
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "basic" {
        return Some(Shown { scheme, print: mask::print(rest.trim()), name: None });
    }
    let decoded = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (name, secret) = decoded.split_once(':').unwrap_or((&decoded, ""));
    Some(Shown { scheme, print: mask::print(&unescaped(secret)), name: Some(unescaped(name)) })
}

/// A half of HTTP Basic, which is form-encoded (RFC 6749 §2.3.1).
fn unescaped(text: &str) -> String {
    let pair = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn kind(layout: &Layout, side: Side, parts: &Parts, form: &Params) -> Kind {
    let path = parts.uri.path();
    let known = |name: &str| path == layout.endpoint_path(name) || path == super::trap::other_issuer(layout, name);
    let has = |part: &str| path.contains(part);
    if path == layout.mcp_path && (side == Side::Resource || layout.shared()) {
        return Kind::Mcp;
    }
    if path == super::page::OPENED {
        return Kind::Opened;
    }
    match () {
        () if has("/.well-known/oauth-protected-resource") || path == "/metadata/resource.json" => {
            Kind::ResourceMetadata
        }
        () if has("/.well-known/oauth-authorization-server") || has("/.well-known/openid-configuration") => {
            Kind::ServerMetadata
        }
        () if known("/jwks") => Kind::Jwks,
        () if known("/register") || path.starts_with(&format!("{}/", layout.endpoint_path("/register"))) => {
            Kind::Register
        }
        () if known("/authorize") && form.get("request").is_some() => Kind::Consent,
        () if known("/authorize") => Kind::Authorize,
        () if known("/par") => Kind::Push,
        () if known("/token") => Kind::Token,
        () if ["/revoke", "/introspect", "/device", "/device_authorization"].into_iter().any(known) => Kind::Manage,
        () => Kind::Other,
    }
}
