//! Floor 6: one file a subcommand; glue, no protocol knowledge. Here: how a run ends, and the one writer.

pub mod account;
pub mod bundle;
pub mod call;
pub mod checks;
pub mod compare;
pub mod config;
pub mod consent;
pub mod deploy;
pub mod docs;
pub mod editors;
pub mod fleet;
pub mod grade;
mod known;
pub mod login;
pub mod logs;
pub mod mcp;
mod outline;
pub mod probe;
pub mod serve;
pub mod subjects;
pub mod symptom;
pub mod tidy;
pub mod token;

use std::io::{self, Write};

use crate::formats::secret;
use crate::spec::clock::Clock;
use crate::spec::text::is_unsafe;

/// How a run ends; the same for every format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above `--fail-on`.
    Success = 0,
    /// Findings.
    Findings = 1,
    /// The command line, a file or a setting is wrong.
    Usage = 2,
    /// The deployment could not be reached, or the run could not be finished: network, TLS, time.
    Reach = 3,
    /// Authorization is needed or was refused.
    Refused = 4,
    /// A safety limit or a breach of the protocol stopped us.
    Safety = 5,
    /// The credential store.
    Store = 6,
    /// A mistake of ours.
    Bug = 70,
    /// Told to end by SIGHUP: the terminal is gone.
    HungUp = 129,
    /// Interrupted by the user (SIGINT).
    Interrupted = 130,
    /// Told to end by SIGTERM.
    Terminated = 143,
}

/// We could not do our job: what happened, in one sentence, and what helps.
#[derive(Debug)]
pub struct Failure {
    /// The class, which is the exit code.
    pub exit: Exit,
    /// What happened, a lower-case clause without a full stop.
    pub message: String,
    /// What helps, one line.
    pub help: String,
}

impl Failure {
    /// A failure of this class.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: help.into() }
    }

    /// The user's side: arguments, files, settings.
    #[must_use]
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message, help)
    }
}

/// A closed pipe is success: the reader has seen enough.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::Success } else { Exit::Usage };
        Self::new(exit, format!("the output cannot be written: {error}"), "is the disk full, or the file not writable?")
    }
}

/// What a command returns.
pub type Outcome = Result<Exit, Failure>;

/// How the streams of this run look, and what time it is: decided once, by the roof.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Whether standard output takes colours.
    pub colour: bool,
    /// Whether standard error is a terminal.
    pub progress: bool,
    /// The width in columns.
    pub width: usize,
    /// How much is told: 0 as usual, 1 the trail too.
    pub verbose: u8,
    /// Tells nothing but results.
    pub quiet: bool,
    /// The clock of the run.
    pub clock: Clock,
}

/// Writes to standard error, unless nothing is to be told.
pub fn tell(terminal: &Terminal, text: &str) {
    if !terminal.quiet {
        // A standard error that is gone cannot be told so.
        let _ = writeln!(io::stderr().lock(), "{}", secret::scrub(text));
    }
}

/// Says how the run failed; returns the exit code. Called by the roof only.
pub fn complain(failure: &Failure) -> Exit {
    if failure.exit != Exit::Success {
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "error: {}", secret::scrub(&failure.message));
        if !failure.help.is_empty() {
            let _ = writeln!(err, "  help: {}", failure.help);
        }
    }
    failure.exit
}

/// Writes a result to standard output.
///
/// # Errors
/// Standard output cannot be written.
pub fn put(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes a result that holds what a server sent: every secret of this run is masked in it.
///
/// # Errors
/// Standard output cannot be written.
pub fn put_foreign(text: &str) -> Result<(), Failure> {
    put(&secret::scrub(text))
}

/// JSON, indented, with every character that may not reach a terminal written as an escape.
#[must_use]
pub fn json_text(value: &serde_json::Value) -> String {
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// JSON text, with every character that may not reach a terminal written as an escape.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Line feeds are our own indentation: inside strings they are escaped already.
        if c == '\n' || !is_unsafe(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}
