//! Fetches a small document: one request, no redirects, little time, little data; to public addresses only, unless told
//! otherwise. The address that is checked is the address that is connected to (DNS rebinding). RFC 6890.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// The time for the whole fetch.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest head of an answer, in bytes.
const HEAD_LIMIT: usize = 16 << 10;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// The body of a 200.
    Body(Vec<u8>),
    /// The `Location` of a redirect.
    Redirect(String),
}

/// GETs a URL. `guarded`: only from public addresses. `None` for everything but a 200 or a redirect.
pub(crate) async fn get(url: &Url, limit: usize, guarded: bool, tls: &Arc<ClientConfig>) -> Option<Fetched> {
    timeout(PATIENCE, fetch(url, limit, guarded, tls)).await.ok()?
}

async fn fetch(url: &Url, limit: usize, guarded: bool, tls: &Arc<ClientConfig>) -> Option<Fetched> {
    let stream = connect(url, guarded).await?;
    let host = url.host_str()?;
    let bytes = match url.scheme() {
        "http" => exchange(stream, url, limit).await?,
        "https" => {
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok()?;
            let secure = TlsConnector::from(tls.clone()).connect(name, stream).await.ok()?;
            exchange(secure, url, limit).await?
        }
        _ => return None,
    };
    read(&bytes, limit)
}

/// Resolves, checks every address, connects to one that was checked.
async fn connect(url: &Url, guarded: bool) -> Option<TcpStream> {
    let port = url.port_or_known_default()?;
    let addresses: Vec<SocketAddr> = match url.host()? {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => tokio::net::lookup_host((name, port)).await.ok()?.collect(),
    };
    if guarded && !addresses.iter().all(|address| is_public(address.ip())) {
        return None;
    }
    TcpStream::connect(addresses.as_slice()).await.ok()
}

/// HTTP/1.0, so that the answer is neither chunked nor kept alive.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, url: &Url, limit: usize) -> Option<Vec<u8>> {
    let host = url.host_str()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let request = format!(
        "GET {}{query} HTTP/1.0\r\nHost: {host}{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
        url.path()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let most = u64::try_from(HEAD_LIMIT + limit + 1).ok()?;
    // A peer that ends TLS without a goodbye still sent what it sent.
    let _ = stream.take(most).read_to_end(&mut answer).await;
    Some(answer)
}

/// Takes status and body out of an answer.
fn read(bytes: &[u8], limit: usize) -> Option<Fetched> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").filter(|end| *end <= HEAD_LIMIT)?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let body = bytes.get(end + 4..)?;
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    match head.split(' ').nth(1)? {
        "200" if body.len() > limit || header("transfer-encoding").is_some() => None,
        // A body cut short is no body.
        "200" if header("content-length").is_some_and(|n| n.parse() != Ok(body.len())) => None,
        "200" => Some(Fetched::Body(body.to_vec())),
        "301" | "302" | "303" | "307" | "308" => header("location").map(|to| Fetched::Redirect(to.to_owned())),
        _ => None,
    }
}

/// Whether an address is nobody's private business (RFC 6890 and the registries it founded).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a, b & 0xc0) == (100, 64)
        || (a, b & 0xfe) == (198, 18)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Global unicast is 2000::/3; within it 2001::/23, 2001:db8::/32, 2002::/16 and 3fff::/20 lead elsewhere.
    let [a, b, ..] = address.segments();
    a & 0xe000 == 0x2000
        && !(a == 0x2001 && b & 0xfe00 == 0)
        && (a, b) != (0x2001, 0x0db8)
        && a != 0x2002
        && !(a == 0x3fff && b & 0xf000 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "192.168.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::a9fe:a9fe",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "93.184.215.14", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn only_a_whole_200_is_a_body() {
        let get = |text: &str| read(text.as_bytes(), 4);
        assert_eq!(get("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"), Some(Fetched::Body(b"body".to_vec())));
        assert_eq!(get("HTTP/1.1 200 OK\r\n\r\nlonger"), None);
        assert_eq!(get("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody"), None);
        assert_eq!(get("HTTP/1.1 404 No\r\n\r\nbody"), None);
        assert_eq!(get("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"), Some(Fetched::Redirect("/x".into())));
    }
}
