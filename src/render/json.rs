//! The JSON report: the report's own types, indented.

use std::io::{self, Write};

use super::Style;
use crate::report::Report;

/// Writes the report as JSON.
pub(super) fn write(report: &Report, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
