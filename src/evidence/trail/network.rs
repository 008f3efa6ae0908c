//! What lies below HTTP in a record: look-ups, protocol versions, certificates.

use serde::{Deserialize, Serialize};

/// A name that was looked up.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Lookup {
    /// The name.
    pub host: String,
    /// Its addresses; none if the look-up failed.
    pub addresses: Vec<std::net::IpAddr>,
    /// Whether the user named the address (`--resolve`).
    #[serde(default)]
    pub given: bool,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What a TLS peer showed.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Certificate {
    /// The origin that showed it.
    pub origin: String,
    /// The TLS version agreed on.
    pub version: Option<TlsVersion>,
    /// The subject.
    pub subject: String,
    /// Until when the certificate is valid, in seconds since 1970-01-01 UTC.
    pub not_after: i64,
}
