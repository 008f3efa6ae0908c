//! The end of a probe: the judgement, the reports, the exit code.

use std::fs;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use url::Url;

use super::Request;
use crate::checks;
use crate::commands::{Exit, Failure, Outcome, Terminal, tell};
use crate::evidence::{Evidence, Exchange, FailureKind, Mode, Trail};
use crate::formats::uri;
use crate::render::{self, View};
use crate::report::{self, FailOn, Report};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;

/// Of two ends of a run the one to tell: what could not be done goes before what was found.
pub(in crate::commands) const fn graver(one: Exit, other: Exit) -> Exit {
    if one as u8 >= other as u8 { one } else { other }
}

pub(super) fn conclude(
    report: &Report,
    trail: &Trail,
    request: &Request,
    fail_on: FailOn,
    terminal: &Terminal,
) -> Outcome {
    if report.mode == Mode::Unreachable {
        return Err(unreachable(trail));
    }
    let unexpected = request.expect.filter(|expected| *expected != report.mode);
    if let Some(expected) = unexpected {
        tell(terminal, &format!("the server is {:?}, expected {expected:?}", report.mode).to_lowercase());
    }
    let found = report.fails(fail_on) || unexpected.is_some();
    Ok(if found && !request.exit_zero { Exit::Findings } else { Exit::Success })
}

/// Judges a trail at one revision, by all checks or only some and their ground.
pub(in crate::commands) fn judge_at(trail: &Trail, revision: Revision, strict: bool, only: &[String]) -> Report {
    report::judge(&evidence_at(trail, revision, strict), checks::and_ground(only))
}

fn evidence_at(trail: &Trail, revision: Revision, strict: bool) -> Evidence<'_> {
    let mut evidence = Evidence::new(trail, revision);
    evidence.strict = strict;
    evidence
}

/// Judges a trail, by all checks or only some and their ground, at the revision asked for, else by the newest that the
/// server named. A 401 hides the revision: then by the current one, with what 2025-06-18 and 2025-11-25 would say beyond it.
#[must_use]
pub fn judge(trail: &Trail, revision: Option<Revision>, strict: bool, only: &[String]) -> Report {
    let at = |revision| judge_at(trail, revision, strict, only);
    if let Some(revision) = revision.or_else(|| Evidence::negotiated(trail)) {
        return at(revision);
    }
    let mut judged = at(Revision::LATEST);
    for earlier in [Revision::R2025_11_25, Revision::R2025_06_18] {
        let evidence = evidence_at(trail, earlier, strict);
        let beyond = report::elsewhere(&judged, &evidence, checks::and_ground(only));
        judged.elsewhere.extend(beyond);
    }
    judged
}

/// Opens every output before the run, so that a bad path fails early.
pub(super) fn open_outputs(request: &Request) -> Result<Vec<(String, BufWriter<fs::File>)>, Failure> {
    let open = |(format, path): &(String, PathBuf)| {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok((format.clone(), BufWriter::new(file)))
    };
    request.outputs.iter().map(open).collect()
}

pub(in crate::commands) fn unwritable(path: &std::path::Path, error: &io::Error) -> Failure {
    Failure::usage(
        format!("{} cannot be written: {error}", path.display()),
        "name a file in a folder that exists and is yours",
    )
}

pub(in crate::commands) fn write_report(format: &str, view: &View<'_>, out: &mut dyn io::Write) -> Result<(), Failure> {
    let names = || render::FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let format = render::format(format)
        .ok_or_else(|| Failure::usage(format!("there is no format `{format}`"), format!("one of {}", names())))?;
    (format.write)(view, out)?;
    out.flush()?;
    Ok(())
}

/// Why nothing answered, in one sentence, and what helps.
pub(in crate::commands) fn unreachable(trail: &Trail) -> Failure {
    let asked = |x: &&Exchange| !matches!(x.step, Step::PlainTwin | Step::OldTlsHello);
    let failure = trail.in_order().filter(asked).find_map(Exchange::failure);
    let host = Url::parse(&trail.target).ok().map(|url| uri::origin_of(&url).to_string()).unwrap_or_default();
    let (kind, detail) =
        failure.map_or((FailureKind::Unreachable, "no request was made"), |f| (f.kind, f.detail.as_str()));
    let help = match kind {
        FailureKind::ConnectionRefused => "is the server running, and is the port right?",
        FailureKind::NameUnknown => "is the host name spelled right? --resolve HOST:ADDR names an address for it",
        FailureKind::CertificateUntrusted => {
            "name the authority that signed it with --cacert FILE; --insecure looks without checking"
        }
        FailureKind::CertificateWrongName => {
            "use the name that the certificate is for, or mend the certificate; --insecure looks without checking"
        }
        FailureKind::CertificateExpired | FailureKind::CertificateNotYetValid | FailureKind::CertificateInvalid => {
            "renew the certificate; --insecure looks without checking"
        }
        FailureKind::Tls => "is this an https port? A server without TLS wants an http:// URL",
        FailureKind::Timeout => "is the server overloaded, or a firewall in the way? --timeout SECONDS waits longer",
        FailureKind::Refused => "the address is refused for safety; probe the server from inside its own network",
        FailureKind::Broken | FailureKind::TooLarge => {
            "does this port speak HTTP? A server with TLS wants an https:// URL"
        }
        FailureKind::Unreachable | FailureKind::Budget | FailureKind::Halted => {
            "is there a network, and no firewall in the way?"
        }
    };
    let exit = match kind {
        FailureKind::Refused | FailureKind::TooLarge => Exit::Safety,
        _ => Exit::Reach,
    };
    Failure::new(exit, format!("{host} cannot be reached: {}", printable(detail)), help)
}
