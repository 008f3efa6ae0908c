//! The binary as a reference deployment: its state over restarts, kills and replicas, its doors, its settings.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod clean;
mod doors;
mod keepalive;
mod library;
#[cfg(feature = "store-redis")]
mod replicas;
mod rmcp;
mod settings;
mod state;
mod support;
