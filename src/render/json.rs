//! The JSON report: the report's own types, indented.

use std::io::{self, Write};

use super::View;

/// Writes the report as JSON.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, view.report)?;
    writeln!(out)
}
