//! What a client still sends when its answer is ready. A server that answers before it has read the whole request reads
//! the rest, within bounds, so that the connection can serve the next one (RFC 9112 §9.3); where the rest is too much it
//! says so and ends the connection in stages, so that the answer is not lost to a reset (§9.6). And what a client does
//! not send: a connection that says nothing at first is not held for ever.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderValue, Request, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

/// The most of a request nobody wants that is read before its answer is sent, in bytes.
const REST_LIMIT: u64 = 1 << 20;
/// How long that may take.
const REST_TIME: Duration = Duration::from_secs(2);
/// The most that is read and thrown away after the last answer of a connection, in bytes.
const LINGER_LIMIT: usize = 16 << 20;
/// How long that may take.
const LINGER_TIME: Duration = Duration::from_secs(2);
/// How long a connection may leave open which protocol it speaks.
const OPENING_TIME: Duration = Duration::from_secs(10);
/// How a connection of HTTP/2 begins (RFC 9113 §3.4). The library waits for it, or for something else, as long as it takes.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Answers a request, and deals with what is left of it. `unread` is set when the connection has to linger.
pub(super) async fn answer(
    router: &TowerToHyperService<Router>,
    request: Request<Incoming>,
    unread: &AtomicBool,
) -> Result<Response, Infallible> {
    // HTTP/2 has streams: the rest of one holds up nobody (RFC 9113 §8.1).
    if request.body().is_end_stream() || request.version() == Version::HTTP_2 {
        return router.call(request.map(Body::new)).await;
    }
    let waits = request.headers().contains_key(EXPECT);
    let rest = Rest::default();
    let lent = |body| Body::new(Lent { body: Some(body), begun: false, rest: Arc::clone(&rest) });
    let mut response = router.call(request.map(lent)).await?;
    let left = rest.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((body, begun)) = left else { return Ok(response) };
    // Who asked first (RFC 9110 §10.1.1) is not told to go on only to be refused.
    let asked = waits && !begun;
    if asked || !drained(body).await {
        unread.store(true, Ordering::Relaxed);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Whether the rest of a body was short and came in time.
async fn drained(mut body: Incoming) -> bool {
    if body.size_hint().lower() > REST_LIMIT {
        return false;
    }
    let all = async {
        let mut read = 0_u64;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            read = read.saturating_add(frame.data_ref().map_or(0, |data| data.len() as u64));
            if read > REST_LIMIT {
                return false;
            }
        }
        true
    };
    timeout(REST_TIME, all).await.unwrap_or(false)
}

/// What a handler left of a body, and whether it had begun to read it.
type Rest = Arc<Mutex<Option<(Incoming, bool)>>>;

/// A body that comes back when its reader loses interest.
struct Lent {
    body: Option<Incoming>,
    begun: bool,
    rest: Rest,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.begun = true;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some((body, self.begun));
        }
    }
}

/// A connection that begins in time, and, where something is left unread, is closed in stages: no more is written, what
/// still comes is thrown away for a while, then it is over. Closed at once it would be reset, and the answer with it.
pub(super) struct Guest<S> {
    stream: S,
    /// Until it is known which protocol it speaks: when that is too late, and how much of the preface has come.
    opening: Option<(Pin<Box<Sleep>>, usize)>,
    unread: Arc<AtomicBool>,
    end: Option<Pin<Box<Sleep>>>,
    read: usize,
}

impl<S> Guest<S> {
    /// The connection, and the flag that says whether something is left unread.
    pub(super) fn new(stream: S) -> (Self, Arc<AtomicBool>) {
        let unread = Arc::new(AtomicBool::new(false));
        let opening = Some((Box::pin(sleep(OPENING_TIME)), 0));
        (Self { stream, opening, unread: Arc::clone(&unread), end: None, read: 0 }, unread)
    }

    /// Looks at what has just come: only the preface, up to its end, says nothing yet.
    fn heard(&mut self, bytes: &[u8]) {
        let Some((_, known)) = &mut self.opening else { return };
        let awaited = PREFACE.get(*known..).unwrap_or_default();
        if bytes.len() < awaited.len() && awaited.starts_with(bytes) {
            *known += bytes.len();
        } else {
            self.opening = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guest<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let held = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        let Some((end, _)) = &mut self.opening else { return read };
        if read.is_pending() {
            let late = end.as_mut().poll(cx).is_ready();
            return if late { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending };
        }
        self.heard(into.filled().get(held..).unwrap_or_default());
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guest<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(end) = &mut this.end else {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if !this.unread.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
            this.end = Some(Box::pin(sleep(LINGER_TIME)));
            return self.poll_shutdown(cx);
        };
        let mut scrap = [0; 16 << 10];
        while this.read < LINGER_LIMIT && end.as_mut().poll(cx).is_pending() {
            let mut into = ReadBuf::new(&mut scrap);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut into)) {
                Ok(()) if !into.filled().is_empty() => this.read += into.filled().len(),
                // The client is done, or gone.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
