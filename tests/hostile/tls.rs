//! TLS that is wrong, at the MCP server and at the authorization server, and HTTP/2 that is wrong.

use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::http2::ATTACKS;
use crate::run::{Case, Ends, run_all};
use crate::server::{Opening, Reply};
use crate::site::{Place, Shape, response};

/// A certificate that servers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Good,
    Expired,
    NotYet,
    WrongName,
    SelfSigned,
    OtherAuthority,
    HostileSubject,
    /// A server certificate that signed another.
    NoAuthority,
    Wildcard,
}

struct Authorities {
    trusted: CertifiedIssuer<'static, KeyPair>,
    other: CertifiedIssuer<'static, KeyPair>,
}

/// One validity for all: tests read no clock.
const FROM: OffsetDateTime = datetime!(2020-01-01 0:00 UTC);
const UNTIL: OffsetDateTime = datetime!(2090-01-01 0:00 UTC);

fn authorities() -> &'static Authorities {
    static MADE: OnceLock<Authorities> = OnceLock::new();
    MADE.get_or_init(|| {
        let make = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            (params.not_before, params.not_after) = (FROM, UNTIL);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        Authorities { trusted: make("trusted"), other: make("other") }
    })
}

fn config(leaf: Leaf, http2: bool) -> Arc<ServerConfig> {
    let names = match leaf {
        Leaf::WrongName => vec!["other.test".to_owned()],
        Leaf::Wildcard => vec!["*.test".to_owned(), "*".to_owned()],
        _ => vec!["rs.test".to_owned(), "as.test".to_owned(), "*.flip.test".to_owned()],
    };
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = match leaf {
        Leaf::Expired => (FROM, FROM + Duration::days(1)),
        Leaf::NotYet => (UNTIL - Duration::days(1), UNTIL),
        _ => (FROM, UNTIL),
    };
    let subject = if leaf == Leaf::HostileSubject { "\u{202e}rs\u{200b}.test ok\u{9b}2J" } else { "rs.test" };
    params.distinguished_name.push(DnType::CommonName, subject);
    let key = KeyPair::generate().unwrap();
    let issuers = authorities();
    let certificate = match leaf {
        Leaf::SelfSigned => params.self_signed(&key).unwrap(),
        Leaf::OtherAuthority => params.signed_by(&key, &issuers.other).unwrap(),
        Leaf::NoAuthority => {
            let mut middle = CertificateParams::new(vec!["rs.test".to_owned()]).unwrap();
            (middle.not_before, middle.not_after) = (FROM, UNTIL);
            let middle = CertifiedIssuer::signed_by(middle, KeyPair::generate().unwrap(), &issuers.trusted).unwrap();
            params.signed_by(&key, &middle).unwrap()
        }
        _ => params.signed_by(&key, &issuers.trusted).unwrap(),
    };
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    config.alpn_protocols = if http2 { vec![b"h2".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    Arc::new(config)
}

/// A case on https with a private authority; the file that holds it lives as long as the process.
fn anywhere(name: String, resource: Opening, authority: Opening) -> Case {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), authorities().trusted.pem()).unwrap();
        file
    });
    let names = Shape { resource_name: "https://rs.test", authority_name: "https://as.test", ..Shape::default() };
    let case = Case { shape: Shape { resource, authority, ..names }, ..Case::new(name) };
    case.with(&["--cacert", file.path().to_str().unwrap(), "--timeout", "3"])
}

/// The same at addresses of the public, where a name server says so.
pub(crate) fn public(name: String) -> Case {
    let case = anywhere(name, good(), good());
    Case { shape: Shape { addresses: ["93.184.216.34", "93.184.216.35"], ..case.shape }, ..case }
}

/// The same on this machine.
fn case(name: String, resource: Opening, authority: Opening) -> Case {
    anywhere(name, resource, authority).with(&["--resolve", "rs.test:127.0.0.1", "--resolve", "as.test:127.0.0.1"])
}

fn good() -> Opening {
    Opening::Tls(config(Leaf::Good, false))
}

/// What goes wrong before HTTP: name, opening, what is said of it.
fn openings() -> Vec<(String, Opening, &'static str)> {
    let certificates = [
        (Leaf::Expired, "the certificate has expired"),
        (Leaf::NotYet, "the certificate is not valid yet"),
        (Leaf::WrongName, "the certificate is for another name"),
        (Leaf::SelfSigned, "certificate"),
        (Leaf::OtherAuthority, "no authority that is trusted here signed the certificate"),
        (Leaf::NoAuthority, "certificate"),
    ];
    let certificates =
        certificates.into_iter().map(|(leaf, says)| (format!("{leaf:?}"), Opening::Tls(config(leaf, false)), says));
    let others: [(&str, Opening, &str); 9] = [
        ("plain HTTP", Opening::Plain, ""),
        ("plain HTTP at once", Opening::Bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"), "speak TLS"),
        ("a hang", Opening::Silent, "time"),
        ("an end", Opening::Closed, "closed"),
        ("SSH", Opening::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n"), "speak TLS"),
        ("half a hello", Opening::Bytes(&[22, 3, 3, 0, 100, 2, 0, 0, 96]), ""),
        ("an alert", Opening::Bytes(&[21, 3, 3, 0, 2, 2, 40]), ""),
        ("SSL 3", Opening::Bytes(&[22, 3, 0, 0, 4, 2, 0, 0, 0]), ""),
        ("a record of 64 KiB", Opening::Bytes(&[22, 3, 3, 0xff, 0xff, 2, 0, 0, 0]), ""),
    ];
    certificates.chain(others.map(|(name, opening, says)| (name.to_owned(), opening, says))).collect()
}

#[test]
fn tls_that_is_wrong_is_named_and_nothing_is_sent() {
    let mut cases = Vec::new();
    for (name, opening, says) in openings() {
        let resource = case(format!("TLS: {name} at the MCP server"), opening.clone(), good());
        cases.push(resource.ends(Ends::Reach).says(says).says("help: ").also(|site, _| {
            let arrived = site.arrived();
            let strays: Vec<_> =
                arrived.iter().filter(|a| a.line.contains("/mcp") && a.line.starts_with("POST")).collect();
            if strays.is_empty() { Ok(()) } else { Err(format!("sent in spite of it: {strays:?}")) }
        }));
        cases.push(case(format!("TLS: {name} at the authorization server"), good(), opening).says(says));
    }
    run_all(cases);
}

#[test]
fn tls_that_ends_without_saying_so_is_no_answer() {
    let cut = || Opening::TlsCut(config(Leaf::Good, false));
    run_all(vec![
        case("TLS: cut at the MCP server".to_owned(), cut(), good()).ends(Ends::Reach),
        case("TLS: cut at the authorization server".to_owned(), good(), cut()),
        case("TLS: both right".to_owned(), good(), good()),
        case("TLS: a hostile subject".to_owned(), Opening::Tls(config(Leaf::HostileSubject, false)), good()),
        case("TLS: a wildcard".to_owned(), Opening::Tls(config(Leaf::Wildcard, false)), good())
            .ends(Ends::JudgedOrReach),
        case("TLS: expired, but --insecure".to_owned(), Opening::Tls(config(Leaf::Expired, false)), good())
            .with(&["--insecure"]),
    ]);
}

#[test]
fn from_https_nothing_leads_to_http() {
    let down = Reply::Whole(response("302 Found", "location: http://rs.test:{canary-port}/x\r\n", ""));
    let mut cases = Vec::new();
    for place in [Place::Mcp, Place::PathMetadata, Place::OauthMetadata, Place::Jwks] {
        cases.push(case(format!("https to http at {place:?}"), good(), good()).at(place, down.clone()));
    }
    run_all(cases);
}

#[test]
fn http2_attacks_end_in_time_and_within_memory() {
    let mut cases = Vec::new();
    for attack in ATTACKS {
        let opening = || Opening::Http2(config(Leaf::Good, true), attack);
        let resource = case(format!("HTTP/2 {attack:?} at the MCP server"), opening(), good());
        cases.push(resource.ends(Ends::JudgedOrReach));
        cases.push(case(format!("HTTP/2 {attack:?} at the authorization server"), good(), opening()));
    }
    run_all(cases);
}
