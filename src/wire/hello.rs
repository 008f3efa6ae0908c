//! One TLS record by hand: a `ClientHello` that offers at most TLS 1.1 (RFC 8996 says it must be refused).
//!
//! The TLS library does not speak versions that old, so their presence cannot be asked for through it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::address::Names;
use super::failure;
use crate::evidence::{Body, Failure, FailureKind, Header, HttpReply, Outcome};

/// Sends the hello and reads one record. A `ServerHello` becomes a reply with the header `tls-version`; an alert or a
/// closed connection becomes a failure of kind `Tls`, which is what a server ought to do.
pub(super) async fn offer_old_tls(origin: &Url, names: &Names) -> Outcome {
    match exchange(origin, names).await {
        Ok(version) => Outcome::Reply(HttpReply {
            status: 200,
            headers: vec![Header { name: "tls-version".to_owned(), value: version.to_owned() }],
            body: Body::default(),
        }),
        Err(failure) => Outcome::Failure(failure),
    }
}

async fn exchange(origin: &Url, names: &Names) -> Result<&'static str, Failure> {
    let port = origin.port_or_known_default().unwrap_or(443);
    let host = origin.host_str().unwrap_or_default();
    let addresses = match origin.host() {
        Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
        Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
        _ => names.resolve(host).await.map_err(|refusal| failure::refused(refusal.to_string()))?,
    };
    names.check_literal(origin).map_err(|refusal| failure::refused(refusal.to_string()))?;
    let address = addresses.first().ok_or_else(|| failure::refused("no address".to_owned()))?;
    let unreachable = |_| Failure { kind: FailureKind::Unreachable, detail: "no connection".to_owned() };
    let mut stream = TcpStream::connect((address.ip(), port)).await.map_err(unreachable)?;
    stream.write_all(&client_hello(host)).await.map_err(unreachable)?;
    let mut head = [0_u8; 11];
    let closed = |_| Failure { kind: FailureKind::Tls, detail: "the connection was closed".to_owned() };
    stream.read_exact(head.get_mut(..7).unwrap_or_default()).await.map_err(closed)?;
    // RFC 5246 §6.2.1: content type 22 is a handshake, 21 an alert.
    if head.first() != Some(&22) {
        return Err(Failure { kind: FailureKind::Tls, detail: "refused with an alert".to_owned() });
    }
    stream.read_exact(head.get_mut(7..).unwrap_or_default()).await.map_err(closed)?;
    match (head.get(5), head.get(9), head.get(10)) {
        (Some(2), Some(3), Some(2)) => Ok("1.1"),
        (Some(2), Some(3), Some(1)) => Ok("1.0"),
        _ => Err(Failure { kind: FailureKind::Tls, detail: "answered with another version".to_owned() }),
    }
}

/// A `ClientHello` for TLS 1.1 (RFC 4346 §7.4.1.2) with cipher suites of its time and the server name.
fn client_hello(host: &str) -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend_from_slice(&[0x5a; 32]); // The random; it protects nothing, the handshake goes no further.
    body.push(0);
    body.extend_from_slice(&[0, 14]);
    for suite in [0xc0_13_u16, 0xc0_14, 0xc0_09, 0xc0_0a, 0x00_2f, 0x00_35, 0x00_0a] {
        body.extend_from_slice(&suite.to_be_bytes());
    }
    body.extend_from_slice(&[1, 0]);
    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[') {
        let mut name = vec![0];
        name.extend_from_slice(&length(host.len()));
        name.extend_from_slice(host.as_bytes());
        let mut list = length(name.len()).to_vec();
        list.extend_from_slice(&name);
        extension(&mut extensions, 0, &list);
    }
    extension(&mut extensions, 10, &[0, 4, 0, 23, 0, 24]); // secp256r1, secp384r1
    extension(&mut extensions, 11, &[1, 0]); // uncompressed points
    body.extend_from_slice(&length(extensions.len()));
    body.extend_from_slice(&extensions);

    let mut handshake = vec![1, 0];
    handshake.extend_from_slice(&length(body.len()));
    handshake.extend_from_slice(&body);
    let mut record = vec![22, 3, 1];
    record.extend_from_slice(&length(handshake.len()));
    record.extend_from_slice(&handshake);
    record
}

fn extension(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&length(data.len()));
    out.extend_from_slice(data);
}

fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_says_its_own_length() {
        let hello = client_hello("rs.test");
        let (record, handshake) = (u16::from_be_bytes([hello[3], hello[4]]), u16::from_be_bytes([hello[7], hello[8]]));
        assert_eq!(hello.len(), usize::from(record) + 5);
        assert_eq!(hello.len(), usize::from(handshake) + 9);
        assert_eq!(&hello[9..11], &[3, 2], "offers 1.1 at most");
    }
}
