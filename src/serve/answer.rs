//! A reply as a plain value, before it becomes HTTP: what handlers return and faults edit. RFC 9110 §15, Fetch (CORS).

use axum::body::Body as HttpBody;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// The headers a browser client may send: those of every revision, and of DPoP.
const ALLOWED_HEADERS: &str = "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, \
                               mcp-session-id, last-event-id, dpop";
/// The headers a browser client may read.
const EXPOSED_HEADERS: &str = "WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce";

/// A reply: status, headers, body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// The body of a reply.
#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String),
    /// A text, after which the reply does not end.
    Endless(String),
}

impl Answer {
    /// A reply without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Empty }
    }

    /// A JSON reply.
    pub(crate) fn json(status: StatusCode, value: Value) -> Self {
        Self::empty(status).typed("application/json").with(Body::Json(value))
    }

    /// A reply of plain text.
    pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::empty(status).typed("text/plain; charset=utf-8").with(Body::Text(text.into()))
    }

    /// An HTML page that loads nothing, runs nothing and cannot be framed (draft-ietf-oauth-v2-1 §7.10).
    pub(crate) fn page(status: StatusCode, html: String) -> Self {
        Self::empty(status)
            .typed("text/html; charset=utf-8")
            .header("content-security-policy", PAGE_POLICY)
            .header("x-frame-options", "DENY")
            .header("referrer-policy", "no-referrer")
            .header("x-content-type-options", "nosniff")
            .no_store()
            .with(Body::Text(html))
    }

    /// 405 with the methods that are allowed.
    pub(crate) fn wrong_method(allow: &str) -> Self {
        Self::empty(StatusCode::METHOD_NOT_ALLOWED).put(ALLOW, allow)
    }

    /// 204 to a CORS preflight. `methods` are those of the resource.
    pub(crate) fn preflight(methods: &str) -> Self {
        Self::empty(StatusCode::NO_CONTENT)
            .put(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .put(ACCESS_CONTROL_ALLOW_METHODS, methods)
            .put(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS)
            .put(ACCESS_CONTROL_MAX_AGE, "600")
    }

    /// The same reply with this body.
    pub(crate) fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// The same reply, readable by every web page.
    pub(crate) fn open(self) -> Self {
        self.put(ACCESS_CONTROL_ALLOW_ORIGIN, "*").put(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS)
    }

    /// The JSON of the reply as an event stream, this message before it, if any. Proxies must not hold it back.
    pub(crate) fn streamed(mut self, before: Option<&Value>) -> Self {
        let Body::Json(value) = &self.body else { return self };
        let event = |message: &Value| format!("event: message\ndata: {message}\n\n");
        let text = before.map(event).unwrap_or_default() + &event(value);
        self.body = Body::Text(text);
        self.typed("text/event-stream").header("x-accel-buffering", "no")
    }

    /// The same reply, which does not end after its text.
    pub(crate) fn unended(mut self) -> Self {
        if let Body::Text(text) = &mut self.body {
            self.body = Body::Endless(std::mem::take(text));
        }
        self
    }

    /// The same reply, never kept by a cache.
    pub(crate) fn no_store(self) -> Self {
        self.put(CACHE_CONTROL, "no-store")
    }

    /// The same reply, kept by caches for this many seconds.
    pub(crate) fn cached(self, seconds: u32) -> Self {
        self.put(CACHE_CONTROL, &format!("public, max-age={seconds}"))
    }

    /// The same reply with this header, given as text. A value HTTP cannot carry is left out.
    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        self.put(HeaderName::from_static(name), value)
    }

    /// The same reply with this header.
    pub(crate) fn put(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(name, value);
        }
        self
    }

    fn typed(self, kind: &'static str) -> Self {
        self.put(CONTENT_TYPE, kind)
    }
}

const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let body = match self.body {
            Body::Empty => HttpBody::empty(),
            Body::Json(value) => HttpBody::from(value.to_string()),
            Body::Text(text) => HttpBody::from(text),
            Body::Endless(text) => {
                let text = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(text) });
                HttpBody::from_stream(text.chain(futures_util::stream::pending()))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
