//! `mcp-auth probe A --compare [B]`: both sides judged by one revision, side by side.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use super::probe::{self, EMBEDDED, Request};
use super::subjects::Subject;
use super::{Exit, Failure, Outcome, Terminal};
use crate::evidence::{Evidence, Mode, Trail};
use crate::render::{Style, comparison};
use crate::report;
use crate::spec::revision::Revision;

/// Compares the subject with `other`: a URL, [`EMBEDDED`], or the file of a saved trail.
///
/// # Errors
/// A side could not be reached or read, or the format is not one of a comparison.
pub async fn run(request: &Request, subject: &Subject, other: &str, terminal: &Terminal) -> Outcome {
    if !comparison::FORMATS.contains(&request.format.as_str()) {
        return Err(Failure::usage(
            format!("a comparison has no format `{}`", request.format),
            format!("one of {}", comparison::FORMATS.join(", ")),
        ));
    }
    let left = probe::record(request, subject, terminal).await?;
    let right = probe::record(request, &side(other), terminal).await?;
    let revision = subject.revision.or_else(|| Evidence::negotiated(&left)).unwrap_or(Revision::LATEST);
    let judged = |trail: &Trail| {
        let report = probe::judge(trail, Some(revision), request.strict, &[]);
        if report.mode == Mode::Unreachable { Err(probe::unreachable(trail)) } else { Ok(report) }
    };
    let (a, b) = (judged(&left)?, judged(&right)?);
    let compared = report::compare((&a, &left.redacted()), (&b, &right.redacted()));
    let mut out = BufWriter::new(io::stdout().lock());
    if request.format == "json" {
        comparison::json(&compared, &mut out)?;
    } else {
        let style = Style { colour: terminal.colour, width: terminal.width, verbose: terminal.verbose > 0 };
        comparison::human(&compared, &style, &mut out)?;
    }
    out.flush()?;
    Ok(if compared.worse && !request.exit_zero { Exit::Findings } else { Exit::Success })
}

/// What the word after `--compare` means: a URL or [`EMBEDDED`], else a file.
fn side(other: &str) -> Subject {
    if other == EMBEDDED || other.contains("://") {
        Subject::of(other)
    } else {
        Subject { from: Some(PathBuf::from(other)), ..Subject::default() }
    }
}
