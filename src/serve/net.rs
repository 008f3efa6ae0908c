//! The doors of the deployment: accept, look, shake hands, serve. HTTP/1.1 and HTTP/2, with a header time limit, a
//! connection limit and an orderly end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::rest::{self, Guest};
use super::tls::{OLD_SERVER_HELLO, Opening, opening};

/// Connections served at a time; more wait in the backlog of the system.
const CONNECTIONS: usize = 16_384;
/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the first bytes and the TLS handshake may take together.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes.
const HEAD_LIMIT: usize = 64 << 10;
/// How long open requests may take to finish when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// A listener and what stands behind it.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) router: Router,
    pub(crate) tls: Option<Tls>,
}

/// How a door treats TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    /// Plain HTTP on the same port is served too.
    pub(crate) plain_twin: bool,
    /// A hello that offers at most TLS 1.1 is answered.
    pub(crate) old_tls: bool,
}

impl Door {
    /// Serves until `stop` turns true or its sender is gone; then lets open requests finish for a moment.
    pub(crate) async fn keep(self, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut guests = JoinSet::new();
        loop {
            let arrival = tokio::select! {
                arrival = self.welcome(&places) => arrival,
                Some(_) = guests.join_next() => continue,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let Some((stream, permit)) = arrival else { continue };
            let (router, tls, stop) = (self.router.clone(), self.tls.clone(), stop.clone());
            guests.spawn(async move {
                attend(stream, router, tls, stop).await;
                drop(permit);
            });
        }
        drop(self.listener);
        // The set aborts what is left when it is dropped.
        let _ = timeout(FAREWELL, async { while guests.join_next().await.is_some() {} }).await;
    }

    async fn welcome(&self, places: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let permit = places.clone().acquire_owned().await.ok()?;
        match self.listener.accept().await {
            Ok((stream, _)) => Some((stream, permit)),
            Err(error) => {
                // Out of descriptors, most likely: the next accept would fail as fast.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }
}

/// One connection, from its first byte to its last.
async fn attend(mut stream: TcpStream, router: Router, tls: Option<Tls>, stop: watch::Receiver<bool>) {
    // Without this, small answers in two writes wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return serve(stream, router, stop).await };
    match timeout(HANDSHAKE_TIMEOUT, opening(&stream)).await {
        Ok(Some(Opening::Plain)) if tls.plain_twin => serve(stream, router, stop).await,
        Ok(Some(Opening::OldTls)) if tls.old_tls => {
            let _ = stream.write_all(&OLD_SERVER_HELLO).await;
            let _ = stream.shutdown().await;
        }
        Ok(Some(Opening::Tls | Opening::OldTls)) => {
            if let Ok(Ok(secure)) = timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(tls.config).accept(stream)).await {
                serve(secure, router, stop).await;
            }
        }
        _ => {}
    }
}

async fn serve<S>(stream: S, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEAD_LIMIT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(20));
    let (stream, unread) = Guest::new(stream);
    let router = Arc::new(TowerToHyperService::new(router));
    let service = service_fn(move |request| {
        let (router, unread) = (Arc::clone(&router), Arc::clone(&unread));
        async move { rest::answer(&router, request, &unread).await }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
