//! Asks somebody else's authorization server about a token. RFC 7662 §2, RFC 6749 §2.3.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::Url;

use super::{Credentials, Reach};
use crate::serve::fetch::{Call, PATIENCE};
use crate::serve::strict;

/// The longest answer, in bytes.
const LIMIT: usize = 64 << 10;
/// Questions asked at a time.
const AT_ONCE: usize = 32;

/// What it says of a token.
#[derive(Debug)]
pub(crate) enum Answered {
    /// It is good, and these are its claims.
    Active(Map<String, Value>),
    /// It is not good.
    Inactive,
    /// There is no answer that could be used.
    Failed,
}

/// An introspection endpoint, and who we are there.
pub(crate) struct Introspector {
    reach: Reach,
    endpoint: Url,
    headers: HeaderMap,
    places: Semaphore,
}

impl Introspector {
    pub(crate) fn new(reach: Reach, endpoint: Url, credentials: &Credentials) -> Self {
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(&credentials.id), encode(&credentials.secret));
        let mut headers = HeaderMap::new();
        // Base64 is always a header value.
        if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Self { reach, endpoint, headers, places: Semaphore::new(AT_ONCE) }
    }

    /// Asks about a token.
    pub(crate) async fn ask(&self, token: &str) -> Answered {
        let Ok(_place) = self.places.acquire().await else { return Answered::Failed };
        let pairs = [("token", token), ("token_type_hint", "access_token")];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let question = Call {
            method: Method::POST,
            url: &self.endpoint,
            headers: self.headers.clone(),
            body: body.into_bytes(),
            limit: LIMIT,
            guarded: true,
            patience: PATIENCE,
        };
        let reply = match self.reach.ask(question).await {
            Ok(reply) if reply.status.as_u16() == 200 => reply,
            Ok(reply) => {
                tracing::warn!(status = reply.status.as_u16(), "the introspection endpoint refuses us");
                return Answered::Failed;
            }
            Err(error) => {
                tracing::warn!(%error, "the introspection endpoint cannot be asked");
                return Answered::Failed;
            }
        };
        let Some(claims) = strict::object(&reply.body) else { return Answered::Failed };
        match claims.get("active") {
            Some(Value::Bool(true)) => Answered::Active(claims),
            Some(Value::Bool(false)) => Answered::Inactive,
            _ => Answered::Failed,
        }
    }
}
