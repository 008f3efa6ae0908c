//! Why no response came, told from the chain of causes.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use super::address::Refusal;
use crate::evidence::{Failure, FailureKind};
use crate::spec::text::printable;

/// The gate said no.
pub(super) fn refused(detail: String) -> Failure {
    Failure { kind: FailureKind::Refused, detail }
}

/// A time limit passed.
pub(super) fn timeout(limit: Duration) -> Failure {
    let tenths = (limit.as_secs_f64() * 10.0).round() / 10.0;
    Failure { kind: FailureKind::Timeout, detail: format!("no complete answer within {tenths} s") }
}

/// A size limit was passed.
pub(super) fn too_large(what: &str, limit: usize) -> Failure {
    Failure { kind: FailureKind::TooLarge, detail: format!("{what} is larger than {limit} bytes") }
}

/// Sorts an error of the HTTP client.
pub(super) fn classify(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        let kind = FailureKind::Timeout;
        let what = if error.is_connect() {
            "no connection within the time limit"
        } else {
            "no complete answer within the time limit"
        };
        return Failure { kind, detail: what.to_owned() };
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut last = error.to_string();
    while let Some(current) = cause {
        if let Some(found) = recognise(current) {
            return found;
        }
        last = current.to_string();
        cause = current.source();
    }
    let kind = if error.is_connect() { FailureKind::Unreachable } else { FailureKind::Broken };
    Failure { kind, detail: printable(&last).to_string() }
}

fn recognise(error: &(dyn Error + 'static)) -> Option<Failure> {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        let kind = match refusal {
            Refusal::Unknown { .. } => FailureKind::NameUnknown,
            _ => FailureKind::Refused,
        };
        return Some(Failure { kind, detail: refusal.to_string() });
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(from_tls(tls));
    }
    let io = error.downcast_ref::<io::Error>()?;
    if let Some(inner) = io.get_ref().and_then(|inner| recognise(inner)) {
        return Some(inner);
    }
    let (kind, detail) = match io.kind() {
        io::ErrorKind::ConnectionRefused => (FailureKind::ConnectionRefused, "nobody listens there"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            (FailureKind::Broken, "the connection was closed before the answer was complete")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            (FailureKind::Unreachable, "there is no route to it")
        }
        _ => return None,
    };
    Some(Failure { kind, detail: detail.to_owned() })
}

fn from_tls(error: &rustls::Error) -> Failure {
    let (kind, detail) = match error {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                (FailureKind::CertificateExpired, "the certificate has expired".to_owned())
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                (FailureKind::CertificateNotYetValid, "the certificate is not valid yet".to_owned())
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (FailureKind::CertificateWrongName, "the certificate is for another name".to_owned())
            }
            CertificateError::UnknownIssuer => (
                FailureKind::CertificateUntrusted,
                "no authority that is trusted here signed the certificate".to_owned(),
            ),
            other => (
                FailureKind::CertificateInvalid,
                format!("the certificate is not acceptable: {}", printable(&other.to_string())),
            ),
        },
        rustls::Error::InvalidMessage(_) => {
            (FailureKind::Tls, "what answered does not speak TLS (plain HTTP on this port?)".to_owned())
        }
        other => (FailureKind::Tls, printable(&other.to_string()).to_string()),
    };
    Failure { kind, detail }
}
