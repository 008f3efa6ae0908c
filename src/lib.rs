//! `mcp-auth`: probes and tests the OAuth of MCP servers.
//!
//! # The house
//!
//! Imports go down only; `tests/house.rs` proves it.
//!
//! | floor | module | what it knows |
//! | --- | --- | --- |
//! | 6 | [`commands`] | one file a subcommand; glue, no protocol knowledge |
//! | 5 | [`render`] | the report in words; sees [`report`], never a check |
//! | 4 | [`report`] | judge(evidence, checks) → report; root cause, grade |
//! | 3 | [`checks`] | the judge: tables and pure functions over evidence |
//! | 3 | [`advice`] | what people do with a verdict: symptoms, clients, providers |
//! | 3 | [`client`] | the actor: does and records, never judges |
//! | 2 | [`verdict`] | what a check is and may say |
//! | 2 | [`evidence`] | the record: exchanges, documents, places |
//! | 2 | [`wire`] | the only importer of the HTTP client |
//! | 2 | [`store`] | remembered logins, keyed by issuer, token endpoint's origin and resource |
//! | 1 | [`formats`] | pure lenient readers |
//! | 0 | [`spec`] | shared words: citations, revisions, steps, faults |
//! | 0' | [`serve`] | the other wing: the reference deployment; stands on [`spec`] alone |
//!

pub mod advice;
pub mod checks;
pub mod client;
pub mod commands;
pub mod evidence;
pub mod formats;
pub mod render;
pub mod report;
pub mod serve;
pub mod spec;
pub mod store;
pub mod verdict;
pub mod wire;
