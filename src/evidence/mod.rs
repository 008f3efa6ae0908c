//! The record: every exchange of a run, in order, with the actor's reason for each.
//!
//! The actor (`client`) writes it through `wire`; the judge (`checks`) reads it and touches no network. A
//! [`Trail`] is JSON with a version: bug reports, fixtures, replays and comparisons are the same file.

pub mod answer;
mod document;
mod places;
mod pointer;
mod redact;
mod trail;
mod view;

pub use document::{Document, Spot};
pub use places::Places;
pub use pointer::Pointer;
pub use redact::Signature;
pub use trail::{
    Body, Certificate, Exchange, Failure, FailureKind, Header, HttpReply, HttpRequest, Lookup, Outcome, TlsVersion,
    Trail, TrailError,
};
pub use view::{Challenged, Evidence, IssuerTrail, Mode};
