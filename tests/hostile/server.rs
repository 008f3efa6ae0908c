//! A server that misbehaves as it is told, on raw sockets, and writes down what arrived.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::http2::{self, Attack};
use crate::site::{self, Place};

/// The runtime of every server in this process.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// What a request is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// These bytes, then the end of the connection.
    Whole(Vec<u8>),
    /// These bytes, then silence.
    Hold(Vec<u8>),
    /// The first bytes, then the second for ever, with a pause before each.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// The first bytes, then the second for ever, as fast as they are taken.
    Flood(Vec<u8>, Vec<u8>),
}

/// No more than this is ever sent on one connection: a client that reads on fails its test, not the machine.
const FLOOD: u64 = 96 * 1024 * 1024;

/// How the connection begins.
#[derive(Clone)]
pub(crate) enum Opening {
    /// Plain HTTP.
    Plain,
    /// TLS with this configuration.
    Tls(Arc<rustls::ServerConfig>),
    /// TLS with HTTP/2 frames made by hand.
    Http2(Arc<rustls::ServerConfig>, Attack),
    /// Nothing is ever said.
    Silent,
    /// These bytes are sent at once, whatever is asked.
    Bytes(&'static [u8]),
    /// Closed at once.
    Closed,
    /// TLS, closed after the handshake without `close_notify`, in the middle of the answer.
    TlsCut(Arc<rustls::ServerConfig>),
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// The port it arrived at.
    pub(crate) port: u16,
    /// Method and target, as they were sent.
    pub(crate) line: String,
    /// The head, as it was sent.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: String,
}

/// What a server saw.
#[derive(Default)]
pub(crate) struct Record {
    /// Connections that were opened.
    pub(crate) connections: AtomicUsize,
    /// Bytes that were sent.
    pub(crate) sent: AtomicU64,
    /// Requests, in order.
    pub(crate) arrived: Mutex<Vec<Arrived>>,
}

/// What one listener does.
pub(crate) struct Script {
    /// How connections begin.
    pub(crate) opening: Opening,
    /// The answers, by place; anything else is 404.
    pub(crate) replies: HashMap<Place, Reply>,
    /// The tokens that the MCP server takes.
    pub(crate) tokens: Vec<String>,
}

/// Binds a free port now; serves when [`serve`] is told what.
pub(crate) fn bind(address: &str) -> TcpListener {
    let listener = std::net::TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    listener.set_nonblocking(true).unwrap();
    let _inside = runtime().enter();
    TcpListener::from_std(listener).unwrap()
}

/// How often anybody came to where nobody should come to ([`count`]).
pub(crate) static BESIDE: AtomicUsize = AtomicUsize::new(0);
/// How many connections all sites took.
pub(crate) static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

/// Listens at an address and counts who comes.
pub(crate) fn count(address: &str) {
    let listener = bind(address);
    runtime().spawn(async move {
        while listener.accept().await.is_ok() {
            BESIDE.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Serves for as long as somebody keeps the record.
pub(crate) fn serve(listener: TcpListener, script: Script, record: &Arc<Record>) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    let (script, record) = (Arc::new(script), Arc::downgrade(record));
    runtime().spawn(async move {
        loop {
            let accepted = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await;
            let Some(record) = record.upgrade() else { return };
            let Ok(Ok((stream, _))) = accepted else { continue };
            record.connections.fetch_add(1, Ordering::Relaxed);
            CONNECTIONS.fetch_add(1, Ordering::Relaxed);
            let script = Arc::clone(&script);
            tokio::spawn(async move {
                // The peer may leave whenever it likes; that is what is tested.
                let _ = open(stream, &script, &record, address.port()).await;
            });
        }
    });
    address
}

async fn open(mut stream: TcpStream, script: &Script, record: &Record, port: u16) -> std::io::Result<()> {
    match &script.opening {
        Opening::Plain => talk(stream, script, record, port).await,
        Opening::Tls(config) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            talk(stream, script, record, port).await
        }
        Opening::TlsCut(config) => {
            let mut stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"resource\":").await?;
            stream.flush().await?;
            let (tcp, _) = stream.into_inner();
            drop(tcp);
            Ok(())
        }
        Opening::Http2(config, attack) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            http2::attack(stream, attack, record).await
        }
        Opening::Silent => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Opening::Bytes(bytes) => {
            stream.write_all(bytes).await?;
            finish(&mut stream).await
        }
        Opening::Closed => Ok(()),
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: &Script,
    record: &Record,
    port: u16,
) -> std::io::Result<()> {
    let Some((head, body)) = read_request(&mut stream).await? else { return Ok(()) };
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let arrived = Arrived { port, line: format!("{method} {path}"), head: head.clone(), body };
    record.arrived.lock().unwrap().push(arrived.clone());
    let none = Reply::Whole(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec());
    let reply = site::place(&arrived, &script.tokens).and_then(|place| script.replies.get(&place)).unwrap_or(&none);
    let echoed = site::echo(reply, &arrived);
    send(&mut stream, echoed.as_ref().unwrap_or(reply), record).await
}

/// Reads head and body of a request; `None` if the peer left.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<(String, String)>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
            let wanted = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            while bytes.len() < end + 4 + wanted {
                match stream.read(&mut chunk).await? {
                    0 => break,
                    read => bytes.extend_from_slice(&chunk[..read]),
                }
            }
            let body = String::from_utf8_lossy(bytes.get(end + 4..).unwrap_or_default()).into_owned();
            return Ok(Some((head, body)));
        }
        match stream.read(&mut chunk).await? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
        if bytes.len() > 256 * 1024 {
            return Ok(None);
        }
    }
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    reply: &Reply,
    record: &Record,
) -> std::io::Result<()> {
    let count = |bytes: usize| record.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    match reply {
        Reply::Whole(bytes) => {
            count(bytes.len());
            stream.write_all(bytes).await?;
            finish(stream).await
        }
        Reply::Hold(bytes) => {
            count(bytes.len());
            stream.write_all(bytes).await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Reply::Drip(first, each, pause) => {
            stream.write_all(first).await?;
            loop {
                stream.flush().await?;
                tokio::time::sleep(*pause).await;
                stream.write_all(each).await?;
                count(each.len());
            }
        }
        Reply::Flood(first, each) => {
            stream.write_all(first).await?;
            let mut sent = 0;
            while sent < FLOOD {
                stream.write_all(each).await?;
                count(each.len());
                sent += each.len() as u64;
            }
            Ok(())
        }
    }
}

/// Says that nothing more comes, and lets the peer read what came.
async fn finish<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> std::io::Result<()> {
    stream.flush().await?;
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    let patience = Duration::from_secs(5);
    while matches!(tokio::time::timeout(patience, stream.read(&mut rest)).await, Ok(Ok(read)) if read > 0) {}
    Ok(())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
