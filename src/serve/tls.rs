//! TLS of the reference deployment: a private certificate authority, its leaves, and a look at the first bytes of a
//! connection. RFC 8446 §4.1, RFC 8996, RFC 9325 §3.1.1.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::spec::clock::Clock;

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Making a certificate failed.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The library refused the configuration.
    #[error("cannot set up TLS: {0}")]
    Configuration(#[from] rustls::Error),
    /// A file of the user is not what it should be.
    #[error("{path} {what}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A private certificate authority and what it certified.
pub(crate) struct Authority {
    /// The certificate of the authority, PEM.
    pub(crate) pem: String,
    /// For the names of the deployment.
    pub(crate) own: Arc<ServerConfig>,
    /// For `other.test`, which is not our name.
    pub(crate) foreign: Arc<ServerConfig>,
    /// For the names of the deployment, and soon to expire.
    pub(crate) stale: Arc<ServerConfig>,
    /// For the names of the deployment, without TLS 1.3.
    pub(crate) dated: Arc<ServerConfig>,
}

/// A certificate that the user brings.
#[derive(Clone)]
pub struct Certificate {
    config: Arc<ServerConfig>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a chain, the certificate of the server first, and its private key; both PEM.
    ///
    /// # Errors
    /// A file cannot be read or holds something else, or the two do not belong together.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let wrong = |file: &Path, what| TlsError::File { path: file.display().to_string(), what };
        let certificates = authorities(chain)?;
        let pem = std::fs::read(key).map(Zeroizing::new).map_err(|_| wrong(key, "cannot be read"))?;
        let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| wrong(key, "holds no PEM private key"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(certificates, private)
            .map_err(|_| wrong(key, "is not the key of the certificate"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config) })
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

/// The names of the deployment.
const NAMES: [&str; 5] = ["rs.test", "as.test", "localhost", "127.0.0.1", "::1"];

impl Authority {
    /// The certificate authority of this process.
    pub(crate) fn of_process() -> Result<Arc<Self>, TlsError> {
        static AUTHORITY: OnceLock<Arc<Authority>> = OnceLock::new();
        if let Some(authority) = AUTHORITY.get() {
            return Ok(authority.clone());
        }
        let made = Arc::new(Self::make()?);
        Ok(AUTHORITY.get_or_init(|| made).clone())
    }

    fn make() -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = name("mcp-auth private test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        valid_for(&mut params, Duration::days(365));
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let (both, dated) = (rustls::ALL_VERSIONS, &[&rustls::version::TLS12]);
        Ok(Self {
            pem: issuer.pem(),
            own: configuration(&issuer, &NAMES, 90, both)?,
            foreign: configuration(&issuer, &["other.test"], 90, both)?,
            stale: configuration(&issuer, &NAMES, 5, both)?,
            dated: configuration(&issuer, &NAMES, 90, dated)?,
        })
    }
}

/// What a door needs that shows a certificate for these names, valid for so many days, in these versions.
fn configuration(
    issuer: &CertifiedIssuer<'_, KeyPair>,
    names: &[&str],
    days: i64,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name = name(names.first().copied().unwrap_or_default());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid_for(&mut params, Duration::days(days));
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, issuer)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// Valid since yesterday, so that a client whose clock is a little behind does not refuse it.
fn valid_for(params: &mut CertificateParams, span: Duration) {
    let now = i64::try_from(Clock::SYSTEM.now()).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = now.saturating_sub(Duration::days(1));
    params.not_after = now.saturating_add(span);
}

/// Trusts the public authorities, and these, for what the deployment fetches itself.
pub(crate) fn trust(more: &[CertificateDer<'static>]) -> Result<Arc<rustls::ClientConfig>, TlsError> {
    static TRUST: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if let Some(trust) = TRUST.get().filter(|_| more.is_empty()) {
        return Ok(trust.clone());
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots.add_parsable_certificates(more.iter().cloned());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    Ok(if more.is_empty() { TRUST.get_or_init(|| config).clone() } else { config })
}

/// Reads the certificates of a PEM file.
///
/// # Errors
/// The file cannot be read or holds none.
pub fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |what| TlsError::File { path: path.display().to_string(), what };
    let pem = std::fs::read(path).map_err(|_| wrong("cannot be read"))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| wrong("holds no PEM certificate"))
}

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// A TLS hello that offers 1.2 or later, or is not understood here (the TLS library will say).
    Tls,
    /// A TLS hello that offers at most 1.1.
    OldTls,
    /// No TLS.
    Plain,
}

/// A ServerHello of TLS 1.1 (`TLS_RSA_WITH_AES_128_CBC_SHA`, no session, no extensions): what a server that still
/// speaks it answers first.
#[rustfmt::skip]
pub(crate) const OLD_SERVER_HELLO: [u8; 47] = [
    // Record: handshake, TLS 1.1, 42 bytes; message: ServerHello, 38 bytes, TLS 1.1.
    0x16, 0x03, 0x02, 0x00, 0x2a, 0x02, 0x00, 0x00, 0x26, 0x03, 0x02,
    // Random.
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
    0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
    // No session id, cipher suite, no compression.
    0x00, 0x00, 0x2f, 0x00,
];

/// Looks at the first bytes without taking them. `None` when the peer closes first.
pub(crate) async fn opening(stream: &TcpStream) -> Option<Opening> {
    let mut bytes = [0u8; 4096];
    loop {
        let seen = stream.peek(&mut bytes).await.ok()?;
        let head = bytes.get(..seen)?;
        let &first = head.first()?;
        if first != 0x16 {
            return Some(Opening::Plain);
        }
        match hello(head) {
            Some(opening) => return Some(opening),
            // The rest of the record is under way; peeking again at once would spin.
            None => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
        }
    }
}

/// Reads a ClientHello record; `None` while it is incomplete.
fn hello(record: &[u8]) -> Option<Opening> {
    let length = usize::from(u16::from_be_bytes([*record.get(3)?, *record.get(4)?]));
    if length > 4000 {
        return Some(Opening::Tls);
    }
    let body = record.get(5..5 + length)?;
    Some(if newest_version(body).is_some_and(|version| version <= 0x0302) { Opening::OldTls } else { Opening::Tls })
}

/// The newest version a ClientHello offers (RFC 8446 §4.1.2, §4.2.1).
fn newest_version(hello: &[u8]) -> Option<u16> {
    let mut reader = Reader(hello);
    (reader.number(1)? == 1).then_some(())?;
    reader.number(3)?;
    let legacy = u16::try_from(reader.number(2)?).ok()?;
    reader.take(32)?;
    for width in [1, 2, 1] {
        let length = reader.number(width)?;
        reader.take(length)?;
    }
    let Some(length) = reader.number(2) else { return Some(legacy) };
    let mut extensions = Reader(reader.take(length)?);
    while let Some(kind) = extensions.number(2) {
        let length = extensions.number(2)?;
        let content = extensions.take(length)?;
        if kind == 43 {
            let (_, list) = content.split_first()?;
            return list.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).filter(|v| v >> 8 == 3).max();
        }
    }
    Some(legacy)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<usize> {
        Some(self.take(width)?.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello record of this version with these `supported_versions`.
    pub(crate) fn client_hello(legacy: u16, supported: &[u16]) -> Vec<u8> {
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x00, 0x2f, 1, 0]);
        if !supported.is_empty() {
            let list: Vec<u8> = supported.iter().flat_map(|v| v.to_be_bytes()).collect();
            let n = u8::try_from(list.len()).unwrap();
            body.extend([0, n + 5, 0, 43, 0, n + 1, n]);
            body.extend(list);
        }
        let n = u16::try_from(body.len()).unwrap();
        let mut record = vec![0x16, 0x03, 0x01];
        record.extend((n + 4).to_be_bytes());
        record.extend([1, 0]);
        record.extend(n.to_be_bytes());
        record.extend(body);
        record
    }

    #[test]
    fn a_hello_is_old_when_it_offers_nothing_newer_than_1_1() {
        assert_eq!(hello(&client_hello(0x0302, &[])), Some(Opening::OldTls));
        assert_eq!(hello(&client_hello(0x0301, &[])), Some(Opening::OldTls));
        assert_eq!(hello(&client_hello(0x0303, &[])), Some(Opening::Tls));
        assert_eq!(hello(&client_hello(0x0303, &[0x0302, 0x0301])), Some(Opening::OldTls));
        assert_eq!(hello(&client_hello(0x0303, &[0x0a0a, 0x0304, 0x0303])), Some(Opening::Tls));
        let whole = client_hello(0x0302, &[]);
        assert_eq!(hello(&whole[..whole.len() - 1]), None);
    }

    #[test]
    fn the_canned_hello_is_a_whole_record() {
        assert_eq!(
            usize::from(u16::from_be_bytes([OLD_SERVER_HELLO[3], OLD_SERVER_HELLO[4]])),
            OLD_SERVER_HELLO.len() - 5
        );
        assert_eq!(OLD_SERVER_HELLO[9..11], [3, 2]);
    }
}
