//! Facts of a server's certificate: RFC 5280 §4.1 (validity, names), RFC 6125 §6.4 (which names match a host).
//!
//! For the report only. Whether the certificate is trusted is decided in the handshake, never here.

use std::net::IpAddr;

use thiserror::Error;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Why the bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateProblem {
    /// Not X.509 in DER.
    #[error("the certificate cannot be read")]
    Unreadable,
}

/// What a certificate says. Names are foreign text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject's distinguished name.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// DNS names of the subject alternative name.
    pub names: Vec<String>,
    /// IP addresses of the subject alternative name.
    pub addresses: Vec<IpAddr>,
    /// Start of validity, seconds since 1970.
    pub not_before: i64,
    /// End of validity, seconds since 1970.
    pub not_after: i64,
    /// Whether subject and issuer are the same.
    pub is_self_issued: bool,
}

/// Reads a certificate in DER.
///
/// # Errors
/// [`CertificateProblem`]
pub fn read(der: &[u8]) -> Result<Certificate, CertificateProblem> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateProblem::Unreadable)?;
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    if let Ok(Some(extension)) = certificate.subject_alternative_name() {
        for name in &extension.value.general_names {
            match name {
                GeneralName::DNSName(name) => names.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
                _ => {}
            }
        }
    }
    Ok(Certificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names,
        addresses,
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        is_self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

impl Certificate {
    /// Whether a name covers a host: equal without case, or `*` for its whole first label (RFC 6125 §6.4.3).
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return self.addresses.contains(&address);
        }
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            None => name.eq_ignore_ascii_case(host),
            Some(below) => parent.is_some_and(|parent| parent.eq_ignore_ascii_case(below)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn made(names: &[&str]) -> Vec<u8> {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "rs.test");
        params.not_before = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        params.not_after = time::OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_facts_are_read() {
        let read = read(&made(&["rs.test", "*.api.test", "127.0.0.1", "::1"])).unwrap();
        assert_eq!(read.names, ["rs.test", "*.api.test"]);
        assert_eq!(read.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
        assert_eq!((read.not_before, read.not_after), (1_700_000_000, 1_800_000_000));
        assert!(read.subject.contains("CN=rs.test") && read.is_self_issued, "{}", read.subject);
    }

    #[test]
    fn names_cover_hosts() {
        let read = read(&made(&["rs.test", "*.api.test", "127.0.0.1", "::1"])).unwrap();
        for host in ["rs.test", "RS.test.", "a.API.test", "127.0.0.1", "[::1]"] {
            assert!(read.covers(host), "{host}");
        }
        for host in ["api.test", "a.b.api.test", "test", "127.0.0.2", "x.rs.test", ""] {
            assert!(!read.covers(host), "{host}");
        }
    }

    #[test]
    fn rubbish_is_refused() {
        assert_eq!(read(b""), Err(CertificateProblem::Unreadable));
        let der = made(&["rs.test"]);
        assert_eq!(read(der.get(..der.len() / 2).unwrap()), Err(CertificateProblem::Unreadable));
    }

    proptest! {
        #[test]
        fn never_panics(at in 0_usize..400, byte in any::<u8>(), noise in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut der = made(&["rs.test", "127.0.0.1"]);
            if let Some(place) = der.get_mut(at) {
                *place = byte;
            }
            let _ = (read(&der), read(&noise));
        }
    }
}
