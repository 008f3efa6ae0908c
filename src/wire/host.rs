//! A small web server of ours on this machine that hosts documents for a server under test and remembers who came.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Hosts documents on 127.0.0.1 until it is dropped.
pub struct Host {
    origin: String,
    shelf: Arc<Shelf>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shelf {
    /// Whole answers by path.
    answers: Mutex<HashMap<String, Vec<u8>>>,
    asked: Mutex<HashSet<String>>,
}

impl Host {
    /// Opens one on a free port; `None` if there is none.
    pub async fn open() -> Option<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.ok()?;
        let origin = format!("http://{}", listener.local_addr().ok()?);
        let shelf = Arc::new(Shelf::default());
        let serving = Arc::clone(&shelf);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&serving)));
            }
        });
        Some(Self { origin, shelf, task })
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Serves a JSON document at a path from now on.
    pub fn serve(&self, path: &str, body: &str) {
        self.answer(path, "200 OK", "content-type: application/json\r\n", body);
    }

    /// Answers a path from now on with this status line, these header lines and this body.
    pub fn answer(&self, path: &str, status: &str, headers: &str, body: &str) {
        let whole =
            format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let mut answers = self.shelf.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(path.to_owned(), whole.into_bytes());
    }

    /// Whether anybody connected at all, whatever they said.
    #[must_use]
    pub fn was_visited(&self) -> bool {
        !self.shelf.asked.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether somebody asked for a path.
    #[must_use]
    pub fn was_asked_for(&self, path: &str) -> bool {
        self.shelf.asked.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, shelf: Arc<Shelf>) {
    let mut head = [0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut head)).await;
    let Ok(Ok(length)) = read else { return };
    let text = String::from_utf8_lossy(head.get(..length).unwrap_or_default()).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    shelf.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone());
    let found = shelf.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
    let found =
        found.unwrap_or_else(|| b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec());
    // Whoever does not wait for the answer has still come.
    let _ = stream.write_all(&found).await;
    let _ = stream.shutdown().await;
}
