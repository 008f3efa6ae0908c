//! Floor 5: the report in words. A renderer writes down what the report says and decides nothing.

pub mod human;
mod json;
pub mod progress;
pub mod wrap;

use std::io::{self, Write};

use crate::report::Report;

/// How a report looks on this stream.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether colours may be used.
    pub colour: bool,
    /// The width in columns.
    pub width: usize,
    /// Whether information is shown in full, too.
    pub verbose: bool,
}

/// An output format.
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// One clause that says what it is.
    pub about: &'static str,
    /// Writes the report.
    pub write: fn(&Report, &Style, &mut dyn Write) -> io::Result<()>,
}

/// Every format. The first is the default.
pub const FORMATS: &[Format] = &[
    Format { name: "human", about: "for people, the root cause first", write: human::write },
    Format { name: "json", about: "for programs, stable and versioned", write: json::write },
];

/// The format of this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
