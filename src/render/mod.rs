//! Floor 5: the report in words. A renderer writes down what the report says and decides nothing.

pub mod comparison;
pub mod fleet;
mod github;
mod har;
mod html;
pub mod human;
mod json;
mod jsonl;
mod junit;
mod markdown;
pub mod progress;
mod sarif;
mod words;
pub mod wrap;

use std::io::{self, Write};

use crate::evidence::Trail;
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

/// What a renderer may see: a report, the record it was made from, and the stream it goes to.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The report.
    pub report: &'a Report,
    /// The record, without credentials: see [`Trail::redacted`].
    pub trail: &'a Trail,
    /// The stream.
    pub style: &'a Style,
}

/// An output format.
pub struct Format {
    /// The name on the command line.
    pub name: &'static str,
    /// One clause that says what it is.
    pub about: &'static str,
    /// Whether several reports can follow each other in one file.
    pub joins: bool,
    /// Writes the report.
    pub write: fn(&View<'_>, &mut dyn Write) -> io::Result<()>,
}

/// Every format. The first is the default.
pub const FORMATS: &[Format] = &[
    Format { name: "human", about: "for people, the root cause first", joins: true, write: human::write },
    Format { name: "json", about: "for programs, stable and versioned", joins: false, write: json::write },
    Format {
        name: "jsonl",
        about: "one JSON object a line: every result, then the rest",
        joins: true,
        write: jsonl::write,
    },
    Format { name: "sarif", about: "SARIF 2.1.0, for code scanning", joins: false, write: sarif::write },
    Format { name: "junit", about: "JUnit XML, for test reports of CI", joins: false, write: junit::write },
    Format { name: "markdown", about: "for a ticket or a review comment", joins: true, write: markdown::write },
    Format {
        name: "html",
        about: "one file for a browser, with the exchanges as a diagram",
        joins: false,
        write: html::write,
    },
    Format { name: "har", about: "the exchanges as an HTTP Archive 1.2", joins: false, write: har::write },
    Format { name: "github", about: "annotations in the log of a GitHub workflow", joins: true, write: github::write },
];

/// The format of this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
