//! `mcp-auth probe`: gather evidence (or load it), judge it, write the report.

use std::fs;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use url::Url;

use super::{Exit, Failure, Outcome, Terminal, tell};
use crate::checks;
use crate::client::discover;
use crate::evidence::{Evidence, Exchange, FailureKind, Mode, Trail};
use crate::formats::uri;
use crate::render::progress::{self, Progress};
use crate::render::{self, Style, View};
use crate::report::{self, FailOn, Report};
use crate::serve;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::wire::{Policy, Wire};

/// The word that stands for the reference deployment inside this process.
pub const EMBEDDED: &str = "embedded";

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The MCP URL, or [`EMBEDDED`]; unused with `from`.
    pub target: Option<String>,
    /// The revision to judge by; by default the newest the server negotiates.
    pub revision: Option<Revision>,
    /// How far to go, and the tool to try without a token.
    pub options: discover::Options,
    /// Whether tolerated deviations are failures.
    pub strict: bool,
    /// The format on standard output.
    pub format: String,
    /// Further formats, each with its file.
    pub outputs: Vec<(String, PathBuf)>,
    /// Where to save the trail.
    pub save: Option<PathBuf>,
    /// A saved trail to judge instead of a network.
    pub from: Option<PathBuf>,
    /// From which status on the exit code is 1.
    pub fail_on: FailOn,
    /// Exits 0 whatever is found.
    pub exit_zero: bool,
    /// What the deployment is expected to be.
    pub expect: Option<Mode>,
    /// What the user decided about connections.
    pub policy: Policy,
}

/// Runs the command.
///
/// # Errors
/// We could not do our job: see [`Failure`].
pub async fn run(request: Request, terminal: &Terminal) -> Outcome {
    let mut outputs = open_outputs(&request)?;
    let trail = match &request.from {
        Some(path) => load(path)?,
        None => tokio::select! {
            trail = gather(&request, terminal) => trail?,
            _ = tokio::signal::ctrl_c() => return Err(Failure::new(Exit::Interrupted, "interrupted", "")),
        },
    };
    if let Some(path) = &request.save {
        fs::write(path, trail.save()).map_err(|error| unwritable(path, &error))?;
    }
    let report = judge(&trail, &request);
    if report.mode == Mode::Unreachable && request.format == "human" {
        return Err(unreachable(&trail));
    }
    let style = Style { colour: terminal.colour, width: terminal.width, verbose: terminal.verbose > 0 };
    let mut stdout = BufWriter::new(io::stdout().lock());
    let safe = trail.redacted();
    write_report(&request.format, &View { report: &report, trail: &safe, style: &style }, &mut stdout)?;
    let style = Style { colour: false, ..style };
    for (format, file) in &mut outputs {
        write_report(format, &View { report: &report, trail: &safe, style: &style }, file)?;
    }
    conclude(&report, &trail, &request, terminal)
}

fn conclude(report: &Report, trail: &Trail, request: &Request, terminal: &Terminal) -> Outcome {
    if report.mode == Mode::Unreachable {
        return Err(unreachable(trail));
    }
    let unexpected = request.expect.filter(|expected| *expected != report.mode);
    if let Some(expected) = unexpected {
        tell(terminal, &format!("the server is {:?}, expected {expected:?}", report.mode).to_lowercase());
    }
    let found = report.fails(request.fail_on) || unexpected.is_some();
    Ok(if found && !request.exit_zero { Exit::Findings } else { Exit::Success })
}

/// Judges a trail by the revision asked for, else by the newest that the server named. A 401 hides the revision: then
/// by the current one, with what 2025-06-18 and 2025-11-25 would say beyond it.
#[must_use]
pub fn judge(trail: &Trail, request: &Request) -> Report {
    let at = |revision| {
        let mut evidence = Evidence::new(trail, revision);
        evidence.strict = request.strict;
        report::judge(&evidence, checks::all())
    };
    if let Some(revision) = request.revision.or_else(|| Evidence::negotiated(trail)) {
        return at(revision);
    }
    let mut judged = at(Revision::LATEST);
    for earlier in [Revision::R2025_11_25, Revision::R2025_06_18] {
        report::note_elsewhere(&mut judged, &at(earlier));
    }
    judged
}

async fn gather(request: &Request, terminal: &Terminal) -> Result<Trail, Failure> {
    let named = request.target.as_deref().unwrap_or(EMBEDDED);
    let embedded = if named == EMBEDDED { Some(start_embedded().await?) } else { None };
    let given = embedded.as_ref().map_or(named, serve::Server::mcp_url);
    let target = parse_target(given)?;
    let policy_error = |error: crate::wire::PolicyError| {
        Failure::usage(error.to_string(), "mcp-auth probe --help tells what each option takes")
    };
    let wire = Wire::new(&target, given, request.options.reach, request.policy.clone()).map_err(policy_error)?;
    let line = Progress::new(terminal.progress && !terminal.quiet && terminal.verbose == 0);
    let (watching, verbose) = (line.clone(), terminal.verbose > 0 && !terminal.quiet);
    let terminal_copy = *terminal;
    let wire = wire.watched(Box::new(move |exchange| {
        watching.saw(exchange);
        if verbose {
            watching.suspend(|| tell(&terminal_copy, &progress::line(exchange)));
        }
    }));
    discover::walk(&wire, &request.options).await;
    line.end();
    if let Some(server) = embedded {
        server.stop().await;
    }
    Ok(wire.trail())
}

async fn start_embedded() -> Result<serve::Server, Failure> {
    let started = serve::start(serve::Config::default()).await;
    started.map_err(|error| {
        Failure::new(
            Exit::Reach,
            format!("the embedded server cannot start: {error}"),
            "is loopback networking available?",
        )
    })
}

/// The URL of a target. A host without a scheme gets one clear sentence, not a guess.
fn parse_target(text: &str) -> Result<Url, Failure> {
    let help = "give the full URL of the MCP endpoint, e.g. https://example.com/mcp, or the word `embedded`";
    let url = uri::gate(text).map_err(|problem| {
        Failure::usage(format!("`{}` is not a URL to probe: {problem}", printable(&uri::without_user(text))), help)
    })?;
    if url.fragment().is_some() {
        return Err(Failure::usage("the URL has a fragment (`#…`), which never reaches a server", help));
    }
    Ok(url)
}

fn load(path: &PathBuf) -> Result<Trail, Failure> {
    let shown = path.display();
    let help = "a trail is what `mcp-auth probe --save FILE` writes";
    let text =
        fs::read_to_string(path).map_err(|error| Failure::usage(format!("{shown} cannot be read: {error}"), help))?;
    Trail::load(&text).map_err(|error| Failure::usage(format!("{shown}: {error}"), help))
}

/// Opens every output before the run, so that a bad path fails early.
fn open_outputs(request: &Request) -> Result<Vec<(String, BufWriter<fs::File>)>, Failure> {
    let open = |(format, path): &(String, PathBuf)| {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        Ok((format.clone(), BufWriter::new(file)))
    };
    request.outputs.iter().map(open).collect()
}

fn unwritable(path: &std::path::Path, error: &io::Error) -> Failure {
    Failure::usage(
        format!("{} cannot be written: {error}", path.display()),
        "name a file in a folder that exists and is yours",
    )
}

fn write_report(format: &str, view: &View<'_>, out: &mut dyn io::Write) -> Result<(), Failure> {
    let names = || render::FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ");
    let format = render::format(format)
        .ok_or_else(|| Failure::usage(format!("there is no format `{format}`"), format!("one of {}", names())))?;
    (format.write)(view, out)?;
    out.flush()?;
    Ok(())
}

/// Why nothing answered, in one sentence, and what helps.
fn unreachable(trail: &Trail) -> Failure {
    let asked = |x: &&Exchange| !matches!(x.step, Step::PlainTwin | Step::OldTlsHello);
    let failure = trail.exchanges.iter().filter(asked).find_map(Exchange::failure);
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
        FailureKind::Unreachable | FailureKind::Budget => "is there a network, and no firewall in the way?",
    };
    let exit = match kind {
        FailureKind::Refused | FailureKind::TooLarge => Exit::Safety,
        _ => Exit::Reach,
    };
    Failure::new(exit, format!("{host} cannot be reached: {}", printable(detail)), help)
}
