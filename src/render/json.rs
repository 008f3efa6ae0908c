//! The JSON report: the report's own types, indented.

use std::io::{self, Write};

use super::{View, words};

/// Writes the report as JSON.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    words::json(view.report, out)
}
