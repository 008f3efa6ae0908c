//! The binary as a reference deployment: its state over restarts, kills and replicas, its doors, its settings.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[cfg(target_os = "linux")]
#[path = "../crash/chance.rs"]
mod chance;
mod clean;
#[cfg(target_os = "linux")]
mod crash;
mod doors;
mod keepalive;
mod library;
#[path = "../ports/mod.rs"]
mod ports;
#[cfg(feature = "store-redis")]
mod replicas;
mod rmcp;
mod settings;
mod state;
mod support;
#[cfg(target_os = "linux")]
#[path = "../crash/trace.rs"]
mod trace;
