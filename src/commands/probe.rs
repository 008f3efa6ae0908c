//! `mcp-auth probe`: gather evidence (or load it), judge it, write the report.

mod conclude;

pub use self::conclude::judge;
pub(super) use self::conclude::{graver, judge_at, unreachable, unwritable, write_report};

use std::fs;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use url::Url;

use self::conclude::{conclude, open_outputs};
use super::account::Stay;
use super::known::{Idle, Known};
use super::subjects::Subject;
use super::tidy::{self, Tidy};
use super::{Exit, Failure, Outcome, Terminal, bundle, compare, complain, config, consent, fleet, put, subjects, tell};
use crate::checks;
use crate::client::browser::Say;
use crate::client::discover;
use crate::client::login::Actor;
use crate::client::proof::ClientKey;
use crate::client::trials::{self, Errand, Lab, Material, Wanted};
use crate::client::visit;
use crate::evidence::{Evidence, Mode, Trail};
use crate::formats::secret::Secret;
use crate::formats::uri;
use crate::render::progress::{self, Progress};
use crate::render::{self, Style, View};
use crate::report::{self, FailOn, Policy as ReportPolicy};
use crate::serve;
use crate::spec::extension::Extension;
use crate::spec::reach::{Reach, Reached};
use crate::spec::revision::Revision;
use crate::spec::text::printable;
use crate::wire::{Policy, Wire};

/// The word that stands for the reference deployment inside this process.
pub const EMBEDDED: &str = "embedded";

/// What the user asked for.
#[derive(Debug, Default)]
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
    /// From which status on the exit code is 1; by default what the configuration says.
    pub fail_on: Option<FailOn>,
    /// Exits 0 whatever is found.
    pub exit_zero: bool,
    /// What the deployment is expected to be.
    pub expect: Option<Mode>,
    /// What the user decided about connections.
    pub policy: Policy,
    /// The configuration file, where it is not the nearest one.
    pub config: Option<PathBuf>,
    /// Probes the servers that editors declare: a file, or [`super::editors::AUTO`].
    pub from_config: Option<String>,
    /// Known findings: only others make the exit code 1.
    pub baseline: Option<PathBuf>,
    /// Writes the findings of this run to the baseline.
    pub write_baseline: bool,
    /// Where to write an archive for a ticket.
    pub bundle: Option<PathBuf>,
    /// What to compare with: a URL, [`EMBEDDED`] or the file of a saved trail.
    pub compare: Option<String>,
    /// Says which clients can use the deployment, too.
    pub clients: bool,
    /// How to log in, and as which client to ask; where the run goes beyond the walk.
    pub stay: Option<Stay>,
    /// What the operator lends.
    pub material: Material,
    /// Extensions to try though they are not advertised.
    pub extensions: Vec<Extension>,
    /// Whether the user has said that they may do this, and need not be asked.
    pub consent: bool,
    /// The ids of the only checks to run; empty for all.
    pub only: Vec<String>,
    /// What an interruption has to wait for.
    pub tidy: Tidy,
    /// Probes the targets of a list instead.
    pub fleet: Option<fleet::Fleet>,
}

/// Runs the command.
///
/// # Errors
/// We could not do our job: see [`Failure`].
pub async fn run(request: Request, terminal: &Terminal) -> Outcome {
    tidy::interruptible(&request.tidy, probe(&request, terminal)).await
}

async fn probe(request: &Request, terminal: &Terminal) -> Outcome {
    if let Some(id) = request.only.iter().find(|id| checks::by_id(id).is_none()) {
        return Err(super::checks::unknown(id));
    }
    let folder = std::env::current_dir().unwrap_or_default();
    let settings = config::find(request.config.as_deref(), &folder)?;
    if let Some(wanted) = &request.fleet {
        return Box::pin(fleet::run(request, wanted, &settings, terminal)).await;
    }
    let subjects = subjects::choose(request, &settings, &folder, terminal)?;
    if let Some(other) = &request.compare {
        let [subject] = subjects.as_slice() else { return Err(one_target("--compare")) };
        return compare::run(request, subject, other, terminal).await;
    }
    fits(request, subjects.len())?;
    let mut known = Known::open(request.baseline.as_deref(), request.write_baseline, &settings)?;
    let policy = ReportPolicy { exceptions: settings.exceptions.clone(), baseline: known.baseline.clone() };
    let everything = request.target.is_none() || settings.targets.len() < 2;
    let mut idle = Idle::default();
    let mut outputs = open_outputs(request)?;
    let mut exit = Exit::Success;
    for (index, subject) in subjects.iter().enumerate() {
        if index > 0 && request.format == "human" {
            put("\n")?;
        }
        match one(request, subject, &policy, (&mut known, &mut idle), &mut outputs, terminal).await {
            Ok(ended) => exit = graver(exit, ended),
            Err(failure) if subjects.len() > 1 => exit = graver(exit, complain(&failure)),
            Err(failure) => return Err(failure),
        }
    }
    for id in idle.ids().filter(|_| everything) {
        tell(terminal, &format!("the exception for {id} is not needed any more"));
    }
    let learnt = known.save(terminal)?;
    // What is known from now on is no reason to fail.
    Ok(if learnt && exit == Exit::Findings { Exit::Success } else { exit })
}

/// Whether the formats and files asked for can take this many reports.
fn fits(request: &Request, subjects: usize) -> Result<(), Failure> {
    if subjects == 1 {
        return Ok(());
    }
    if request.save.is_some() || request.bundle.is_some() {
        return Err(one_target("--save and --bundle"));
    }
    let mut names = request.outputs.iter().map(|(name, _)| name).chain([&request.format]);
    let alone = names.find(|name| render::format(name).is_some_and(|format| !format.joins));
    alone.map_or(Ok(()), |name| {
        let joining: Vec<_> = render::FORMATS.iter().filter(|format| format.joins).map(|format| format.name).collect();
        let help = format!("name one target, or use one of {}", joining.join(", "));
        Err(Failure::usage(format!("the format {name} holds one report, and there are {subjects} targets"), help))
    })
}

fn one_target(options: &str) -> Failure {
    Failure::usage(format!("{options}: there are several targets"), "name one target")
}

/// Probes and judges one deployment and writes its report.
async fn one(
    request: &Request,
    subject: &Subject,
    policy: &ReportPolicy,
    (known, idle): (&mut Known, &mut Idle),
    outputs: &mut [(String, BufWriter<fs::File>)],
    terminal: &Terminal,
) -> Outcome {
    let trail = record(request, subject, terminal).await?;
    if let Some(path) = &request.save {
        fs::write(path, trail.save()).map_err(|error| unwritable(path, &error))?;
    }
    let mut report = judge(&trail, subject.revision, request.strict, &request.only);
    report.declared.clone_from(&subject.declared);
    if request.clients {
        let mut evidence = Evidence::new(&trail, report.revision);
        evidence.strict = request.strict;
        report::ask_clients(&mut report, &evidence);
    }
    if report.mode == Mode::Unreachable && request.format == "human" {
        return Err(unreachable(&trail));
    }
    idle.also(policy.apply(&mut report, subject.name.as_deref(), &trail));
    known.learn(&report);
    let style = Style { colour: terminal.colour, width: terminal.width, verbose: terminal.verbose > 0 };
    let safe = trail.redacted();
    let mut stdout = BufWriter::new(io::stdout().lock());
    write_report(&request.format, &View { report: &report, trail: &safe, style: &style }, &mut stdout)?;
    drop(stdout);
    let style = Style { colour: false, ..style };
    let view = View { report: &report, trail: &safe, style: &style };
    for (format, file) in outputs {
        write_report(format, &view, file)?;
    }
    if let Some(path) = &request.bundle {
        fs::write(path, bundle::pack(&view)?).map_err(|error| unwritable(path, &error))?;
    }
    conclude(&report, &trail, request, subject.fail_on, terminal)
}

/// The record of a deployment: loaded, or made.
pub(super) async fn record(request: &Request, subject: &Subject, terminal: &Terminal) -> Result<Trail, Failure> {
    match &subject.from {
        Some(path) => load(path),
        None => gather(request, subject.target.as_deref().unwrap_or(EMBEDDED), terminal).await,
    }
}

async fn gather(request: &Request, named: &str, terminal: &Terminal) -> Result<Trail, Failure> {
    let config =
        serve::Config { auto_approve: request.stay.is_some(), private_documents: true, ..serve::Config::default() };
    let embedded = if named == EMBEDDED { Some(start_embedded(config).await?) } else { None };
    let given = embedded.as_ref().map_or(named, serve::Server::mcp_url);
    let target = parse_target(given)?;
    let policy_error = |error: crate::wire::PolicyError| {
        Failure::usage(error.to_string(), "mcp-auth probe --help tells what each option takes")
    };
    // The deployment inside this process lends its key to who tries it in earnest.
    let lends = embedded.as_ref().filter(|_| request.options.reach.has(Reach::Intrusive));
    let lent = lends.map(|server| Secret::from(server.signing_key().as_str()));
    let signing_key = lent.map(|pem| ClientKey::read(&pem, None, None)).transpose()?;
    let reached = if signing_key.is_some() { request.options.reach.with(Reach::Lab) } else { request.options.reach };
    let mut material = request.material.clone();
    material.signing_key = material.signing_key.or(signing_key);
    if let Some(stay) = request.stay.as_ref().filter(|_| embedded.is_none()) {
        consent::ask(reached, &stay.plan, given, LOGINS, request.consent, terminal)?;
    }
    let wire = Wire::new(&target, given, reached, request.policy.clone()).map_err(policy_error)?;
    let wire = wire.by(terminal.clock.clone()).asking_for(&request.extensions);
    let wire = match (trials::are_part_of(reached), reached.has(Reach::Login)) {
        (true, _) => wire.for_trials(),
        (false, true) => wire.for_session(),
        (false, false) => wire,
    };
    let line = Progress::new(terminal.progress && !terminal.quiet && terminal.verbose == 0);
    let (watching, verbose) = (line.clone(), terminal.verbose > 0 && !terminal.quiet);
    let (copy, telling_copy) = (terminal.clone(), terminal.clone());
    let wire = wire.watched(Box::new(move |exchange| {
        watching.saw(exchange);
        if verbose {
            watching.suspend(|| tell(&copy, &progress::line(exchange)));
        }
    }));
    let wanted = wanted(&request.only);
    discover::walk(&wire, &discover::Options { reach: reached, wanted: wanted.clone(), ..request.options.clone() })
        .await;
    if let Some(stay) = &request.stay {
        let telling = line.clone();
        let say = move |text: &str| telling.suspend(|| tell(&telling_copy, text));
        let done = (&request.tidy, embedded.is_some());
        Box::pin(touch(&wire, (reached, &wanted, &material), stay, done, (terminal, &say))).await?;
    }
    line.end();
    let mut trail = wire.trail();
    if let Some(server) = embedded {
        trail.named = Some(EMBEDDED.to_owned());
        server.stop().await;
    }
    Ok(trail)
}

/// What goes beyond the walk: the login, and the trials. What could not be done is told; what could be seen is judged all
/// the same.
async fn touch(
    wire: &Wire,
    (reached, wanted, material): (Reached, &Wanted, &Material),
    stay: &Stay,
    (tidy, is_embedded): (&Tidy, bool),
    (terminal, say): (&Terminal, &Say),
) -> Result<(), Failure> {
    let (store, plan) = stay.settled(wire, is_embedded, terminal)?;
    let mut login = None;
    if reached.has(Reach::Login) {
        let visit = visit::visit(Actor { wire, plan: &plan, say }, &store, &stay.account.profile).await;
        if let Some(problem) = visit.problem {
            let failure = Failure::from(problem);
            say(&format!("login: {}\n  help: {}", failure.message, failure.help));
        }
        login = visit.login;
    }
    if trials::are_part_of(reached) {
        let errand = Errand { reached, wanted, plan: &plan, material, logins: LOGINS, say };
        let lab = Lab::new(wire, errand, login.as_ref());
        let told = || say("interrupted: removing what was created; once more ends at once");
        if let Some(exit) = tidy.guard(Box::pin(trials::run(&lab)), told, Box::pin(lab.clean())).await {
            for left in report::left_behind(&wire.trail()) {
                say(&format!("left behind: {left}"));
            }
            return Err(Failure::new(exit, "interrupted", ""));
        }
        if let Some(why) = wire.halted() {
            say(&why);
        }
    }
    Ok(())
}

/// The steps that the only checks to run read, and those that their ground reads.
fn wanted(only: &[String]) -> Wanted {
    if only.is_empty() {
        return Wanted::All;
    }
    Wanted::Steps(checks::and_ground(only).flat_map(|check| check.needs).copied().collect())
}

/// How often a person is asked to log in for a trial, at most.
const LOGINS: u32 = 24;

/// Starts the reference deployment inside this process.
pub(super) async fn start_embedded(config: serve::Config) -> Result<serve::Server, Failure> {
    let started = serve::start(config).await;
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
