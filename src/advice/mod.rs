//! Floor 3, what people do with a verdict: tables, each row with its source, and the pure functions that look things up.
//!
//! A check says what is wrong by the documents. What a user saw of it ([`symptoms`]) and what a client does about it
//! ([`clients`]), whose server it is and what to change there ([`providers`], [`snippets`]), which the checks do not know,
//! stands here. The tables name checks by id only; they judge nothing.

pub mod clients;
pub mod providers;
pub mod snippets;
pub mod symptoms;
