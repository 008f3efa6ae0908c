//! What happens to a request whose connection ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::spec::reach::Reach;

/// A server that says nothing of closing and closes: each connection answers `first` requests, reads one more and ends.
fn closes_after(first: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), first, &count);
        }
    });
    (origin, read)
}

fn serve(stream: &mut TcpStream, first: usize, read: &AtomicUsize) {
    for answered in 0..=first {
        let mut bytes = [0; 4096];
        if stream.read(&mut bytes).is_ok_and(|length| length == 0) {
            return;
        }
        read.fetch_add(1, Relaxed);
        if answered < first {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        }
    }
}

fn wire(origin: &str) -> Wire {
    Wire::new(&Url::parse(origin).unwrap(), origin, Reach::Default, Policy::default()).unwrap()
}

#[tokio::test]
async fn what_met_the_end_of_a_kept_connection_is_asked_once_more() {
    let (origin, read) = closes_after(1);
    let wire = wire(&origin);
    let ask = |step| Ask::get(step, format!("{origin}/a"), "a test");
    for (count, step) in [Step::PathMetadata, Step::RootMetadata, Step::Jwks].into_iter().enumerate() {
        assert_eq!(wire.send(ask(step)).await.status(), Some(200), "{count}");
    }
    let trail = wire.trail();
    let steps: Vec<Step> = trail.in_order().map(|exchange| exchange.step).collect();
    assert_eq!(steps, [Step::PathMetadata, Step::Busy, Step::RootMetadata, Step::Busy, Step::Jwks]);
    assert!(trail.in_order().filter(|x| x.is(Step::Busy)).all(|x| x.failure().is_some()));
    assert_eq!(read.load(Relaxed), 5);
}

#[tokio::test]
async fn what_may_use_something_up_is_not_sent_again() {
    let (origin, read) = closes_after(1);
    let wire = wire(&origin);
    assert_eq!(wire.send(Ask::get(Step::PathMetadata, format!("{origin}/a"), "a test")).await.status(), Some(200));
    for step in [Step::TokenCode, Step::ClientRegister] {
        let lost = wire.send(Ask { method: "POST", ..Ask::get(step, format!("{origin}/t"), "a test") }).await;
        assert_eq!(lost.failure().map(|failure| failure.kind), Some(FailureKind::Broken), "{step:?}");
        assert_eq!(wire.send(Ask::get(Step::Jwks, format!("{origin}/a"), "a test")).await.status(), Some(200));
    }
    assert_eq!(read.load(Relaxed), 5);
}

#[tokio::test]
async fn a_server_that_always_breaks_off_is_not_asked_for_ever() {
    let (origin, read) = closes_after(0);
    let wire = wire(&origin);
    for _ in 0..2 {
        let lost = wire.send(Ask::get(Step::PathMetadata, format!("{origin}/a"), "a test")).await;
        assert_eq!(lost.failure().map(|failure| failure.kind), Some(FailureKind::Broken));
    }
    assert_eq!(read.load(Relaxed), 2, "nothing was kept that could have ended");
}
