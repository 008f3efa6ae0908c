//! Ports that a test can come back to.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// Below the ports that systems give to whoever asks for any: one of those that is free now may be somebody's soon.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;
static TAKEN: AtomicU16 = AtomicU16::new(0);

/// Ports on which nobody listens, and that no other test of this process gets.
pub(crate) fn free_ports<const N: usize>() -> [String; N] {
    [(); N].map(|()| {
        // Each process begins elsewhere.
        let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap();
        let mut candidates = std::iter::repeat_with(|| FIRST + (start + TAKEN.fetch_add(1, Relaxed) % COUNT) % COUNT);
        candidates.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap().to_string()
    })
}
