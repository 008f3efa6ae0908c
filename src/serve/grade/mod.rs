//! Grades the client that connects: what it did at both origins is recorded (`record`, `witness`), judged by one row a
//! requirement (`row`, `rows`), provoked by `trap`s where it takes something wrong, and shown live (`page`).
//!
//! Like the rest of this wing it stands on `spec` alone: the rows are a second reading of what a client must do.

mod mask;
pub(crate) mod migrate;
pub(crate) mod page;
mod record;
mod row;
pub mod rows;
mod story;
pub mod trap;
pub(crate) mod witness;

use std::sync::Arc;

pub use page::OPENED;
pub use record::{Ending, Entry, Kind, Params, Place, Recorder, Run, Story};
pub use row::{Finding, Look, Part, Row, Ruled, Ruling, Seen, Status, judge};
pub use trap::Trap;

/// What a deployment that grades is told.
#[derive(Clone, Debug)]
pub struct Grading {
    /// Where it writes down what the client does.
    pub recorder: Arc<Recorder>,
    /// The names of the traps that are set.
    pub traps: Vec<&'static str>,
}
