//! A listener of ours on this machine that tells whether a server under test came to fetch something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The most requests a canary answers.
const VISITS: usize = 8;

/// Serves one JSON document on 127.0.0.1 until it is closed.
pub struct Canary {
    url: String,
    visited: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Canary {
    /// Opens one on a free port; `None` if there is none.
    pub async fn open(body: String) -> Option<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.ok()?;
        let url = format!("http://{}/jwks.json", listener.local_addr().ok()?);
        let visited = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&visited);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let task = tokio::spawn(async move {
            for _ in 0..VISITS {
                let Ok((mut stream, _)) = listener.accept().await else { return };
                let mut head = [0; 2048];
                let read = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut head)).await;
                if matches!(read, Ok(Ok(length)) if length > 0) {
                    seen.store(true, Ordering::Relaxed);
                    // Whoever does not wait for the answer has still come.
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        Some(Self { url, visited, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Closes it and says whether somebody came.
    #[must_use]
    pub fn close(self) -> bool {
        self.task.abort();
        self.visited.load(Ordering::Relaxed)
    }
}
