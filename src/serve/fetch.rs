//! Fetches a small document: one request, no redirects, little time, little data; to public addresses only, unless told
//! otherwise. The address that is checked is the address that is connected to (DNS rebinding). RFC 6890, RFC 9112.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// The time for a document.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
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

/// Why nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("its address is not public")]
    Private,
    #[error("it cannot be reached")]
    Unreachable,
    #[error("TLS with it fails: its certificate is not trusted, or is for another name")]
    Tls,
    #[error("its answer is not HTTP, or breaks off")]
    Broken,
    #[error("its answer is too long")]
    TooLong,
    #[error("it does not answer in time")]
    Late,
}

/// A request.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The longest body that is read, in bytes.
    pub(crate) limit: usize,
    /// Only to public addresses.
    pub(crate) guarded: bool,
    /// The time for all of it.
    pub(crate) patience: Duration,
}

impl<'a> Call<'a> {
    /// A GET.
    pub(crate) fn get(url: &'a Url, limit: usize, guarded: bool) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            limit,
            guarded,
            patience: PATIENCE,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// GETs a URL. `guarded`: only from public addresses. `None` for everything but a 200 or a redirect.
pub(crate) async fn get(url: &Url, limit: usize, guarded: bool, tls: &Arc<ClientConfig>) -> Option<Fetched> {
    get_aged(url, limit, guarded, tls).await.map(|(fetched, _)| fetched)
}

/// The same, and how long it may be kept, in seconds, where it says so (RFC 9111 §5.2.2).
pub(crate) async fn get_aged(
    url: &Url,
    limit: usize,
    guarded: bool,
    tls: &Arc<ClientConfig>,
) -> Option<(Fetched, Option<u64>)> {
    let reply = call(Call::get(url, limit, guarded), tls).await.ok()?;
    let age = reply.headers.get(CACHE_CONTROL).and_then(|line| line.to_str().ok()).and_then(max_age);
    match reply.status.as_u16() {
        200 => Some((Fetched::Body(reply.body), age)),
        301 | 302 | 303 | 307 | 308 => {
            Some((Fetched::Redirect(reply.headers.get(LOCATION)?.to_str().ok()?.to_owned()), age))
        }
        _ => None,
    }
}

fn max_age(cache_control: &str) -> Option<u64> {
    let mut directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives.clone().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache")) {
        return Some(0);
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}

/// Sends a request and reads the answer, whatever its status.
pub(crate) async fn call(call: Call<'_>, tls: &Arc<ClientConfig>) -> Result<Reply, FetchError> {
    timeout(call.patience, fetch(call, tls)).await.unwrap_or(Err(FetchError::Late))
}

async fn fetch(call: Call<'_>, tls: &Arc<ClientConfig>) -> Result<Reply, FetchError> {
    let stream = connect(call.url, call.guarded).await?;
    match call.url.scheme() {
        "http" => exchange(stream, call).await,
        "https" => {
            let host = call.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(host).map_err(|_| FetchError::Tls)?;
            let secure = TlsConnector::from(tls.clone()).connect(name, stream).await.map_err(|_| FetchError::Tls)?;
            exchange(secure, call).await
        }
        _ => Err(FetchError::Unreachable),
    }
}

/// Resolves, checks every address, connects to one that was checked.
async fn connect(url: &Url, guarded: bool) -> Result<TcpStream, FetchError> {
    let port = url.port_or_known_default().ok_or(FetchError::Unreachable)?;
    let addresses: Vec<SocketAddr> = match url.host().ok_or(FetchError::Unreachable)? {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => {
            tokio::net::lookup_host((name, port)).await.map_err(|_| FetchError::Unreachable)?.collect()
        }
    };
    if guarded && !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(FetchError::Private);
    }
    TcpStream::connect(addresses.as_slice()).await.map_err(|_| FetchError::Unreachable)
}

async fn exchange<S>(stream: S, call: Call<'_>) -> Result<Reply, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let broken = |_| FetchError::Broken;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_LIMIT);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let request = request(&call)?;
    let work = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let (parts, body) = answer.into_parts();
        let whole = Limited::new(body, call.limit)
            .collect()
            .await
            .map_err(|error| if error.is::<LengthLimitError>() { FetchError::TooLong } else { FetchError::Broken })?;
        Ok(Reply { status: parts.status, headers: parts.headers, body: whole.to_bytes().to_vec() })
    };
    // The connection may end before the answer is read out.
    let (mut work, mut connection, mut open) = (pin!(work), pin!(connection), true);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = &mut connection, if open => open = false,
        }
    }
}

fn request(call: &Call<'_>) -> Result<Request<Full<Bytes>>, FetchError> {
    let url = call.url;
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = Request::builder()
        .method(&call.method)
        .uri(format!("{}{query}", url.path()))
        .header(HOST, host)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, concat!("mcp-auth/", env!("CARGO_PKG_VERSION")))
        .body(Full::from(call.body.clone()))
        .map_err(|_| FetchError::Broken)?;
    request.headers_mut().extend(call.headers.clone());
    Ok(request)
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

    /// What a server that answers with this brings.
    async fn answered(text: &'static str, limit: usize) -> Result<Reply, FetchError> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/x?y", listener.local_addr().unwrap())).unwrap();
        let server = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let count = stream.read(&mut head).await.unwrap();
            let _ = stream.write_all(text.as_bytes()).await;
            String::from_utf8_lossy(&head[..count]).into_owned()
        };
        let tls = crate::serve::tls::trust(&[]).unwrap();
        let (head, reply) = tokio::join!(server, call(Call::get(&url, limit, false), &tls));
        assert!(head.starts_with("GET /x?y HTTP/1.1\r\n"), "{head}");
        reply
    }

    #[tokio::test]
    async fn an_answer_is_whole_or_none() {
        let body = async |text, limit| answered(text, limit).await.map(|reply| reply.body);
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", 4).await, Ok(b"body".to_vec()));
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nbody", 4).await, Ok(b"body".to_vec()));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n";
        assert_eq!(body(chunked, 4).await, Ok(b"body".to_vec()));
        assert_eq!(body(chunked, 3).await, Err(FetchError::TooLong));
        assert_eq!(body("HTTP/1.1 200 OK\r\n\r\nlonger", 4).await, Err(FetchError::TooLong));
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", 9).await, Err(FetchError::Broken));
        assert_eq!(body("nonsense\r\n\r\n", 9).await, Err(FetchError::Broken));
    }

    #[tokio::test]
    async fn private_addresses_are_not_asked() {
        let tls = crate::serve::tls::trust(&[]).unwrap();
        for place in ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://169.254.169.254/"] {
            let url = Url::parse(place).unwrap();
            assert_eq!(call(Call::get(&url, 9, true), &tls).await.err(), Some(FetchError::Private), "{place}");
        }
    }
}
