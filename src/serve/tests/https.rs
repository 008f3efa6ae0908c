//! The doors with TLS.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{DISCOVER, forgetting, leak, over, running};
use crate::serve::*;
use crate::spec::fault::Duty;
use crate::spec::fault::{Deed, Edit, Reply};
use crate::spec::posture::Posture;

async fn tls(server: &Server) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().unwrap().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.resolve()[0].1).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("rs.test").unwrap(), stream).await
}

/// An RFC 5246 hello that offers TLS 1.1.
const OLD_HELLO: &[u8] = &{
    let mut record = [9; 52];
    let head = [0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2];
    let mut i = 0;
    while i < head.len() {
        record[i] = head[i];
        i += 1;
    }
    let tail = [0, 0, 2, 0, 0x2f, 1, 0, 0, 0];
    let mut i = 0;
    while i < tail.len() {
        record[43 + i] = tail[i];
        i += 1;
    }
    record
};

#[tokio::test]
async fn https_has_named_hosts_a_private_authority_and_no_plain_twin() {
    let server = running(Posture::Https, &[]).await;
    let address = server.resolve()[0].1;
    assert_eq!(server.mcp_url(), format!("https://rs.test:{}/mcp", address.port()));
    let host = format!("rs.test:{}", address.port());
    let seen = over(tls(&server).await.unwrap(), &host, "POST", "/mcp", &[], DISCOVER).await;
    assert!(seen.header("www-authenticate").unwrap().contains("resource_metadata=\"https://rs.test:"));
    let prm = "/.well-known/oauth-protected-resource/mcp";
    let plain = over(TcpStream::connect(address).await.unwrap(), &host, "GET", prm, &[], "").await;
    assert_eq!(plain.status, 0, "closed without a word");
    let mut old = TcpStream::connect(address).await.unwrap();
    old.write_all(OLD_HELLO).await.unwrap();
    let mut reply = [0; 5];
    old.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply[0], 0x15, "an alert");
    server.stop().await;
}

#[tokio::test]
async fn https_faults_show_in_the_handshake() {
    const TWIN: &[Deed] = &[Deed::At(Reply::PlainTwin, &[Edit::Present]), Deed::Forget(Duty::RefuseOldTls)];
    let server = running(Posture::Https, &[leak(TWIN)]).await;
    let address = server.resolve()[0].1;
    let host = format!("rs.test:{}", address.port());
    let prm = "/.well-known/oauth-protected-resource/mcp";
    let plain = over(TcpStream::connect(address).await.unwrap(), &host, "GET", prm, &[], "").await;
    assert_eq!(plain.status, 200);
    assert!(tls(&server).await.is_ok());
    let mut old = TcpStream::connect(address).await.unwrap();
    old.write_all(OLD_HELLO).await.unwrap();
    let mut reply = [0; 11];
    old.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply[..3], [0x16, 3, 2], "a ServerHello");
    server.stop().await;

    let server = running(Posture::Https, &[forgetting(Duty::PresentOwnName)]).await;
    assert!(tls(&server).await.is_err());
    server.stop().await;
}
