//! A request as handlers see it: its head at once, its body only when they ask for it, and never too much of it.

use std::sync::Mutex;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, ORIGIN};
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};

/// The longest body the authorization server reads, in bytes.
pub(crate) const FORM_LIMIT: usize = 64 << 10;
/// The longest MCP message read, in bytes.
pub(crate) const MESSAGE_LIMIT: usize = 4 << 20;

/// A request.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) parts: Parts,
    /// A mutex only because a body may not be shared between threads, while a request is borrowed across awaits.
    body: Mutex<Option<Body>>,
}

/// The body could not be read.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is longer than allowed.
    TooLong,
    /// The connection broke.
    Broken,
}

/// What stands in the `Authorization` header. RFC 6750 §2.1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credential<'a> {
    /// There is none.
    Absent,
    /// A scheme that is not understood here, or `Bearer` with nothing behind it.
    Unusable,
    /// More than one `Authorization` header.
    Several,
    /// A bearer token.
    Bearer(&'a str),
    /// A DPoP-bound token (RFC 9449 §7.1).
    Dpop(&'a str),
}

impl Ask {
    pub(crate) fn new(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self { parts, body: Mutex::new(Some(body)) }
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `Origin` header.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.header(ORIGIN.as_str())
    }

    /// The path as it was sent.
    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The credential of the request.
    pub(crate) fn credential(&self) -> Credential<'_> {
        let mut lines = self.parts.headers.get_all(AUTHORIZATION).iter();
        match (lines.next(), lines.next()) {
            (None, _) => Credential::Absent,
            (Some(_), Some(_)) => Credential::Several,
            (Some(line), None) => line.to_str().map_or(Credential::Unusable, credential),
        }
    }

    /// Every credential, for a server that does not mind several.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = Credential<'_>> {
        self.parts.headers.get_all(AUTHORIZATION).iter().filter_map(|line| line.to_str().ok()).map(credential)
    }

    /// Reads the body, at most `limit` bytes. A second call gives nothing.
    pub(crate) async fn body(&mut self, limit: usize) -> Result<Bytes, BodyError> {
        let declared = self.header(CONTENT_LENGTH.as_str()).and_then(|n| n.parse::<usize>().ok());
        if declared.is_some_and(|n| n > limit) {
            return Err(BodyError::TooLong);
        }
        let body = self.body.get_mut().ok().and_then(Option::take);
        let Some(body) = body else { return Ok(Bytes::new()) };
        match Limited::new(body, limit).collect().await {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(e) if e.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLong),
            Err(_) => Err(BodyError::Broken),
        }
    }
}

/// Reads one `Authorization` header. The scheme is case-insensitive (RFC 9110 §11.1).
fn credential(line: &str) -> Credential<'_> {
    let Some((scheme, rest)) = line.trim().split_once(' ') else { return Credential::Unusable };
    let token = rest.trim();
    if token.is_empty() || token.contains([' ', ',']) {
        Credential::Unusable
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Credential::Bearer(token)
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Credential::Dpop(token)
    } else {
        Credential::Unusable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_a_known_scheme_and_one_token() {
        assert_eq!(credential("Bearer a.b.c"), Credential::Bearer("a.b.c"));
        assert_eq!(credential("bEARER  a.b.c "), Credential::Bearer("a.b.c"));
        assert_eq!(credential("DPoP x"), Credential::Dpop("x"));
        for unusable in ["Bearer", "Bearer ", "Basic eDp5", "Bearer a b", "Bearer a, Bearer b", ""] {
            assert_eq!(credential(unusable), Credential::Unusable, "{unusable:?}");
        }
    }
}
