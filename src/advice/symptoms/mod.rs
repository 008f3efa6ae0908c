//! What users report when the OAuth of an MCP server is broken, and the checks that find why.
//!
//! One row a recurring symptom, collected from public issue threads (each row names its own). The words are those of the
//! reports, error codes included, because that is what somebody will type.

mod discovery;
mod login;
mod use_of_tokens;

/// A symptom, its cause and what helps.
#[derive(Clone, Copy, Debug)]
pub struct Symptom {
    /// Names it: kebab-case, never reused.
    pub id: &'static str,
    /// What people see, one sentence without a full stop.
    pub title: &'static str,
    /// Further words of the reports: error codes and texts.
    pub words: &'static str,
    /// Why it happens, one sentence.
    pub cause: &'static str,
    /// What to change, one or two clauses.
    pub fix: &'static str,
    /// The checks that find it, the most telling first.
    pub checks: &'static [&'static str],
    /// What shows it.
    pub shown: Shown,
    /// Threads in which it was reported: `owner/repository#number`.
    pub sources: &'static [&'static str],
}

/// What shows a symptom: its report names the first of the checks before anything else.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// The reference deployment with this fault.
    Fault(&'static str),
    /// A record under `fixtures/trails/`, by its name without `.json`.
    Trail(&'static str),
}

/// Every symptom, in the order in which a client would meet it.
pub fn all() -> impl Iterator<Item = &'static Symptom> {
    [discovery::SYMPTOMS, login::SYMPTOMS, use_of_tokens::SYMPTOMS].into_iter().flatten()
}

/// The symptom of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Symptom> {
    all().find(|symptom| symptom.id == id)
}

/// The symptoms that this check explains.
pub fn of_check(id: &str) -> impl Iterator<Item = &'static Symptom> {
    all().filter(move |symptom| symptom.checks.contains(&id))
}
