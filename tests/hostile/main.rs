//! Servers that misbehave, one named case a behaviour, and the real binary judged from outside.
//!
//! Every run must end with the right exit code, within its time and 64 MiB of what a run against a server that is right
//! holds, without a panic, without a raw control, bidirectional or invisible character on any stream or in any format,
//! and without a connection to where a server may not send us.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "how much is run, and where, is said in the environment")]

mod bodies;
mod documents;
mod exits;
mod grants;
mod http2;
mod limits;
mod listener;
mod network;
mod program;
mod run;
mod secrets;
mod server;
mod sessions;
mod site;
mod terminal;
mod text;
mod tls;
mod urls;
