//! Exchanges and the trail they make, as they are saved.

mod network;

pub use self::network::{Certificate, Lookup, TlsVersion};

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::spec::extension::Extension;
use crate::spec::reach::Reached;
use crate::spec::step::Step;
use crate::spec::text::json_escaped;

/// The version of the trail format. A reader refuses files of another version.
pub(super) const TRAIL_VERSION: u32 = 1;

/// What a run did and saw, complete enough to be judged again without a network.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Trail {
    /// The version of this format: 1.
    pub version: u32,
    /// The tool that wrote it, name and version.
    pub tool: String,
    /// The MCP URL as the user gave it.
    pub target: String,
    /// The word by which the user named the target, where it goes by no lasting URL: `embedded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// When the run began, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
    /// How far the run went.
    pub reach: Reached,
    /// Extensions that were asked for, whether advertised or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Whether certificates were taken unchecked (`--insecure`).
    #[serde(default)]
    pub insecure: bool,
    /// Whether a certificate authority of the user's was trusted (`--cacert`).
    #[serde(default)]
    pub private_authority: bool,
    /// Whether the requests went through a proxy.
    #[serde(default)]
    pub proxied: bool,
    /// Every exchange, in the order in which it was begun.
    // Shared: a walk looks at its own record again and again.
    pub exchanges: Vec<Arc<Exchange>>,
    /// Every name that was looked up, with its addresses.
    #[serde(default)]
    pub lookups: Vec<Lookup>,
    /// The leaf certificate and TLS version of every origin that was reached.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
}

/// One request and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Exchange {
    /// Its number in the trail, from 1.
    pub number: u32,
    /// What the request was for.
    pub step: Step,
    /// What it was about: the issuer, the trial, the origin; see [`Step`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The actor's reason, as a clause.
    pub because: String,
    /// The number of the exchange whose redirect this one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<u32>,
    /// What was sent.
    pub request: HttpRequest,
    /// What came back.
    pub outcome: Outcome,
    /// When it was sent, in milliseconds after the start of the run.
    pub at: u64,
    /// How long it took, in milliseconds.
    pub took: u64,
}

/// A request as it was sent.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers that the actor chose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The body, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A header line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Header {
    /// The name, in lower case.
    pub name: String,
    /// The value; bytes that are not UTF-8 are replaced.
    pub value: String,
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An HTTP response arrived, whatever its status.
    Reply(HttpReply),
    /// None arrived, or it could not be read to its end.
    Failure(Failure),
}

/// A response.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HttpReply {
    /// The status code.
    pub status: u16,
    /// Every header line; the order between different names is not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The body.
    #[serde(default)]
    pub body: Body,
}

/// A response body, up to the limit of its kind. Copies of a trail share it: the actor looks at the record often.
#[derive(Clone, Debug, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Body {
    /// The body as text, where it is UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// The body in base64, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<Arc<str>>,
    /// Whether more came than was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// No (whole) response came.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// The failure in words, foreign text made printable.
    pub detail: String,
}

/// Why no response came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Our own gate refused the URL or the address; nothing was sent.
    Refused,
    /// The name has no address.
    NameUnknown,
    /// Nobody listens there.
    ConnectionRefused,
    /// The connection could not be made.
    Unreachable,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate is not valid yet.
    CertificateNotYetValid,
    /// The certificate is for another name.
    CertificateWrongName,
    /// Nobody we trust signed the certificate.
    CertificateUntrusted,
    /// The certificate is not acceptable for another reason.
    CertificateInvalid,
    /// The TLS handshake failed in another way.
    Tls,
    /// A time limit passed.
    Timeout,
    /// A size limit was passed before the head was complete.
    TooLarge,
    /// What came is not HTTP, or it broke off.
    Broken,
    /// The budget of requests or time of the run was used up; nothing was sent.
    Budget,
    /// A server had asked for fewer requests (429); nothing more was sent to see what comes.
    Halted,
}

impl FailureKind {
    /// Whether the peer's certificate is the reason.
    #[must_use]
    pub const fn is_certificate(self) -> bool {
        matches!(
            self,
            Self::CertificateExpired
                | Self::CertificateNotYetValid
                | Self::CertificateWrongName
                | Self::CertificateUntrusted
                | Self::CertificateInvalid
        )
    }
}

/// A saved trail cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The file is not a trail.
    #[error("this is not a saved trail (line {line}, column {column})")]
    Shape {
        /// The line of the first mistake, from 1.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// Another version of the format.
    #[error("the trail has format version {found}, this program reads version {TRAIL_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
}

impl Trail {
    /// A trail with nothing in it yet.
    #[must_use]
    pub fn new(target: &str, reach: impl Into<Reached>, started: u64) -> Self {
        Self {
            version: TRAIL_VERSION,
            tool: concat!("mcp-auth ", env!("CARGO_PKG_VERSION")).to_owned(),
            target: target.to_owned(),
            named: None,
            started,
            reach: reach.into(),
            extensions: Vec::new(),
            insecure: false,
            private_authority: false,
            proxied: false,
            exchanges: Vec::new(),
            lookups: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// The exchanges, in the order in which they were begun.
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = &Exchange> + ExactSizeIterator + Clone {
        self.exchanges.iter().map(Arc::as_ref)
    }

    /// Reads a saved trail.
    ///
    /// # Errors
    /// The text is not a trail, or one of another version.
    pub fn load(text: &str) -> Result<Self, TrailError> {
        let trail: Self = serde_json::from_str(text)
            .map_err(|error| TrailError::Shape { line: error.line(), column: error.column() })?;
        if trail.version == TRAIL_VERSION { Ok(trail) } else { Err(TrailError::Version { found: trail.version }) }
    }

    /// The trail as it is saved: redacted, indented JSON without a character that a terminal or an editor would obey.
    #[must_use]
    pub fn save(&self) -> String {
        let mut text = json_escaped(serde_json::to_string_pretty(&self.redacted()).unwrap_or_default());
        text.push('\n');
        text
    }

    /// The trail without credentials, as it is saved and shown.
    #[must_use]
    pub fn redacted(&self) -> Self {
        super::redact::redacted(self)
    }
}

impl Exchange {
    /// The response, if one came.
    #[must_use]
    pub const fn reply(&self) -> Option<&HttpReply> {
        match &self.outcome {
            Outcome::Reply(reply) => Some(reply),
            Outcome::Failure(_) => None,
        }
    }

    /// The failure, if no response came.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failure(failure) => Some(failure),
            Outcome::Reply(_) => None,
        }
    }

    /// The status, if a response came.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Reply(reply) => Some(reply.status),
            Outcome::Failure(_) => None,
        }
    }

    /// Whether it tells nothing of the server: it was never sent, or the server had no time for it (429, 503).
    #[must_use]
    pub fn is_untold(&self) -> bool {
        match &self.outcome {
            Outcome::Reply(reply) => matches!(reply.status, 429 | 503),
            Outcome::Failure(failure) => {
                matches!(failure.kind, FailureKind::Budget | FailureKind::Halted | FailureKind::Refused)
            }
        }
    }

    /// Whether the exchange is this step.
    #[must_use]
    pub fn is(&self, step: Step) -> bool {
        self.step == step
    }
}

impl HttpReply {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }

    /// Every value of a header, in order.
    pub fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }

    /// The content coding of the body, which nobody asked for; `None` if there is none.
    #[must_use]
    pub fn coding(&self) -> Option<&str> {
        self.header_values("content-encoding").find(|coding| !coding.trim().eq_ignore_ascii_case("identity"))
    }

    /// The media type of the body, in lower case, without parameters; `None` if no header says it.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }
}

impl Body {
    /// A body from bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>, cut: bool) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text: Some(text.into()), base64: None, cut },
            Err(error) => Self { text: None, base64: Some(STANDARD.encode(error.as_bytes()).into()), cut },
        }
    }

    /// The bytes of the body.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match (&self.text, &self.base64) {
            (Some(text), _) => text.as_bytes().into(),
            (None, Some(encoded)) => STANDARD.decode(encoded.as_bytes()).unwrap_or_default().into(),
            (None, None) => Cow::default(),
        }
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => (**text).into(),
            None => String::from_utf8_lossy(&self.bytes()).into_owned().into(),
        }
    }

    /// How much memory it takes, in bytes; about its length.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.as_deref().or(self.base64.as_deref()).unwrap_or_default().len()
    }

    /// Whether nothing came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.as_deref().unwrap_or_default().is_empty() && self.base64.is_none()
    }
}
