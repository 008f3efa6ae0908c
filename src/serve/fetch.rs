//! Fetches a small document for the authorization server or a careless token check: one request, no redirects.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// The longest answer read, in bytes.
const LIMIT: u64 = 64 << 10;
/// The time for the whole fetch.
const PATIENCE: Duration = Duration::from_secs(5);

/// GETs a plain-http URL and returns the body of a 200. For the faults that fetch what they should not:
/// nothing is checked.
pub(crate) async fn careless(url: &str) -> Option<Vec<u8>> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?;
    let port = url.port_or_known_default()?;
    let answer = timeout(PATIENCE, async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let target = format!("{}{query}", url.path());
        let request = format!("GET {target} HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: application/json\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.take(LIMIT).read_to_end(&mut answer).await.ok()?;
        Some(answer)
    });
    let answer = answer.await.ok()??;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let ok = answer.get(8..12).is_some_and(|status| status == b" 200");
    ok.then(|| answer.get(end + 4..).map(<[u8]>::to_vec)).flatten()
}
