//! What loses logins elsewhere, done to the real program from outside: every system call on the state directory fails, is
//! cut short or is the last one; the disk is full or read-only; the program is killed at any moment; many of them meet one
//! expired token.
//!
//! The authorization server and the MCP server are in this process, so that they can count, wait and forget. The long forms
//! run with `MCP_AUTH_LONG=1`; how, and their last results: `docs/reliability.md`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_os = "linux")]

mod chance;
mod disks;
mod home;
mod issuer;
mod kills;
mod race;
mod syscalls;
mod trace;

/// Whether the long forms are wanted.
#[expect(clippy::disallowed_methods, reason = "the runner says whether it has the time")]
fn is_long() -> bool {
    std::env::var("MCP_AUTH_LONG").is_ok_and(|value| value == "1")
}

/// A number that the runner gives, for another length than the usual one.
#[expect(clippy::disallowed_methods, reason = "the runner says how much time it has")]
fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}
