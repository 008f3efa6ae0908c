//! Reading an answer within the limits (RFC 9112), and what of it is not kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Tap, failure, limits};
use crate::evidence::{Body, Failure, Header, HttpReply};
use crate::formats::secret;

/// What all answers of a run share: how many bytes of bodies were read, and how many may be.
#[derive(Clone, Copy)]
pub(super) struct Shared<'w> {
    pub(super) read: &'w AtomicUsize,
    pub(super) most: usize,
}

impl Shared<'_> {
    /// Takes bytes from what is left; says how much that was. A tool result has a limit of its own.
    fn take(&self, bytes: usize, cap: usize) -> usize {
        if cap > limits::METADATA_BODY {
            return usize::MAX;
        }
        self.most.saturating_sub(self.read.fetch_add(bytes, Ordering::Relaxed))
    }
}

/// Reads head and body within the limits.
pub(super) async fn read(
    mut response: reqwest::Response,
    cap: usize,
    shared: Shared<'_>,
    tap: Option<&Tap>,
) -> Result<HttpReply, Failure> {
    let size: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > limits::HEADER_BYTES || response.headers().len() > limits::HEADER_FIELDS {
        return Err(failure::too_large("the header block", limits::HEADER_BYTES));
    }
    let status = response.status().as_u16();
    let headers = response.headers().iter().map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    });
    let headers: Vec<Header> = headers.collect();
    // A stream that is open stays open: what a judge needs is that it opened.
    let is_stream = headers.iter().any(|h| h.name == "content-type" && h.value.starts_with("text/event-stream"));
    if let (true, Some(tap)) = (is_stream, tap) {
        tap.opened.notify_one();
    }
    let mut bytes = Vec::new();
    let mut cut = false;
    loop {
        let next = if let (true, Some(tap)) = (is_stream, tap) {
            tokio::select! {
                biased;
                () = tap.enough.notified() => break,
                next = response.chunk() => next,
            }
        } else if is_stream {
            match tokio::time::timeout(limits::STREAM_PATIENCE, response.chunk()).await {
                Ok(next) => next,
                Err(_) => {
                    cut = true;
                    break;
                }
            }
        } else {
            response.chunk().await
        };
        match next {
            Ok(Some(chunk)) => {
                let room = cap.saturating_sub(bytes.len()).min(shared.take(chunk.len(), cap));
                bytes.extend_from_slice(chunk.get(..chunk.len().min(room)).unwrap_or_default());
                if let (true, Some(tap)) = (is_stream, tap) {
                    // Nobody listens any more: the stream is still recorded to its end.
                    let _ = tap.chunks.send(chunk.to_vec());
                }
                if chunk.len() > room {
                    cut = true;
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => return Err(failure::classify(&error)),
        }
    }
    Ok(HttpReply { status, headers, body: Body::new(bytes, cut) })
}

/// The answer without these values, which servers echo: what the user adds with `--header` is a credential.
pub(super) fn without_values<'v>(mut reply: HttpReply, values: impl Iterator<Item = &'v str>) -> HttpReply {
    for value in values {
        // The credential alone, too, where a scheme stands before it.
        for secret in [Some(value), value.split_once(' ').map(|(_, credential)| credential)] {
            let Some(secret) = secret.filter(|secret| secret.len() >= secret::MIN_SCRUBBED) else { continue };
            for header in &mut reply.headers {
                header.value = header.value.replace(secret, secret::MASK);
            }
            if let Some(clean) = reply.body.text.as_deref().filter(|text| text.contains(secret)) {
                reply.body.text = Some(clean.replace(secret, secret::MASK).into());
            }
        }
    }
    reply
}
