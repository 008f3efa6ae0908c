//! `mcp-auth serve --grade-client`: the reference deployment judges the client that connects, with traps or without.

pub mod browse;
pub mod catalogue;
mod child;
mod report;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::probe::{unwritable, write_report};
use super::{Exit, Failure, Outcome, Terminal, deploy, logs, put, tell};
use crate::checks;
use crate::render::{Style, View};
use crate::report::{FailOn, Report};
use crate::serve;
use crate::serve::grade::{Grading, Recorder, Story, Trap, trap};
use crate::spec::fault::Fault;
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::text::printable;

pub use report::graded;

/// How long a client that we run may do nothing before it is stopped, where the user says nothing else.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The deployment; a trap may want another posture.
    pub deployment: deploy::Request,
    /// Traps that are set together.
    pub traps: Vec<String>,
    /// Traps that are set one after the other; `all` for every one.
    pub series: Vec<String>,
    /// A run ends when nothing came for this long.
    pub until_idle: Option<Duration>,
    /// The client, as a command with its arguments; `{url}` in them is the MCP URL.
    pub command: Vec<String>,
    /// The revision to judge by; by default the one that the client speaks.
    pub revision: Option<Revision>,
    /// The format on standard output.
    pub format: String,
    /// Further formats and their files.
    pub outputs: Vec<(String, PathBuf)>,
    /// Where to save the trail.
    pub save: Option<PathBuf>,
    /// From which finding on the exit code is 1.
    pub fail_on: FailOn,
}

/// Tells that the user interrupts.
type End = mpsc::Receiver<()>;

/// The traps of one run.
type Set = Vec<&'static Trap>;

/// Grades a client until it is interrupted, idle, or its command has ended.
///
/// # Errors
/// A trap is unknown, the deployment or the command cannot start, no client came.
pub async fn run(request: Request, terminal: &Terminal) -> Outcome {
    logs::start(request.deployment.log, terminal);
    let mut end = deploy::end()?;
    let runs = plan(&request)?;
    let mut outputs = Vec::new();
    for (format, path) in &request.outputs {
        let file = fs::File::create(path).map_err(|error| unwritable(path, &error))?;
        outputs.push((format, BufWriter::new(file)));
    }
    let recorder = Arc::new(Recorder::default());
    for (number, traps) in runs.iter().enumerate() {
        if Box::pin(one(&request, traps, (number + 1, runs.len()), &recorder, &mut end, terminal)).await?
            == Stopped::ByUser
        {
            break;
        }
    }
    let story = recorder.story();
    if story.runs.iter().all(|run| run.entries.is_empty()) {
        let help = "give your client the MCP URL that was printed";
        return Err(Failure::new(Exit::Reach, "no client connected", help));
    }
    write(&request, &story, outputs, terminal)
}

fn write(
    request: &Request,
    story: &Story,
    outputs: Vec<(&String, BufWriter<fs::File>)>,
    terminal: &Terminal,
) -> Outcome {
    let (report, trail) = graded(story, request.revision);
    if let Some(path) = &request.save {
        fs::write(path, trail.save()).map_err(|error| unwritable(path, &error))?;
    }
    let safe = trail.redacted();
    let style = Style { colour: terminal.colour, width: terminal.width, verbose: terminal.verbose > 0 };
    let mut stdout = BufWriter::new(io::stdout().lock());
    write_report(&request.format, &View { report: &report, trail: &safe, style: &style }, &mut stdout)?;
    drop(stdout);
    let style = Style { colour: false, ..style };
    for (format, mut file) in outputs {
        write_report(format, &View { report: &report, trail: &safe, style: &style }, &mut file)?;
    }
    Ok(conclude(&report, request.fail_on))
}

fn conclude(report: &Report, fail_on: FailOn) -> Exit {
    if report.fails(fail_on) { Exit::Findings } else { Exit::Success }
}

/// The runs: without a trap first, then trap by trap; or one run with the traps that are named together.
fn plan(request: &Request) -> Result<Vec<Set>, Failure> {
    if !request.traps.is_empty() {
        return Ok(vec![request.traps.iter().map(|name| find(name)).collect::<Result<_, _>>()?]);
    }
    let mut runs = vec![Vec::new()];
    for name in &request.series {
        if name == "all" {
            runs.extend(trap::TRAPS.iter().map(|trap| vec![trap]));
        } else {
            runs.push(vec![find(name)?]);
        }
    }
    if runs.len() > 1 && request.command.is_empty() && request.until_idle.is_none() {
        let help = "run your client as `serve --grade-client --traps all -- COMMAND …`, or end each run with --until-idle SECONDS";
        return Err(Failure::usage("a series must know when a run is over", help));
    }
    Ok(runs)
}

fn find(name: &str) -> Result<&'static Trap, Failure> {
    trap::find(name).ok_or_else(|| {
        let help = "`mcp-auth checks list --client` shows every trap";
        Failure::usage(format!("there is no trap `{}`", printable(name)), help)
    })
}

/// The faults that a trap plants.
#[must_use]
pub fn faults(trap: &'static Trap) -> Vec<&'static Fault> {
    let known = || checks::all().flat_map(|check| check.faults.iter());
    let mut faults: Vec<_> = trap.faults.iter().filter_map(|name| known().find(|fault| fault.name == *name)).collect();
    if !trap.own.deeds.is_empty() {
        faults.push(&trap.own);
    }
    faults
}

/// The posture that traps need; `None` where any will do.
///
/// # Errors
/// Two traps want different shapes of deployment.
pub fn posture(traps: &[&'static Trap]) -> Result<Option<Posture>, Failure> {
    let mut postures = traps.iter().map(|trap| trap.posture).filter(|posture| *posture != Posture::Reference);
    let first = postures.next();
    if let Some((one, other)) = first.zip(postures.find(|other| Some(*other) != first)) {
        let message = format!("these traps need different deployments: {} and {}", one.name(), other.name());
        return Err(Failure::usage(message, "set them one after the other with --traps"));
    }
    Ok(first)
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    /// The user interrupted it.
    ByUser,
    /// It was over.
    Itself,
}

async fn one(
    request: &Request,
    traps: &[&'static Trap],
    (number, of): (usize, usize),
    recorder: &Arc<Recorder>,
    end: &mut End,
    terminal: &Terminal,
) -> Result<Stopped, Failure> {
    let mut deployment = request.deployment.clone();
    deployment.posture = posture(traps)?.or(deployment.posture);
    deployment.auto_approve |= !request.command.is_empty();
    let mut config = deploy::config(deployment, traps.iter().flat_map(|trap| faults(trap)).collect()).await?;
    config.grading = Some(Grading { recorder: recorder.clone(), traps: traps.iter().map(|trap| trap.name).collect() });
    let server = serve::start(config).await.map_err(|error| deploy::refused(&error))?;
    let name = traps.iter().map(|trap| trap.name).collect::<Vec<_>>().join(", ");
    tell(terminal, &opening(&server, traps, number, of));
    let (stopped, ending) = if request.command.is_empty() {
        (wait(request, recorder, end).await, None)
    } else {
        let patience = request.until_idle.unwrap_or(PATIENCE);
        let with = child::With { url: server.mcp_url(), trap: &name, patience, recorder };
        child::run(&request.command, &with, end, terminal).await?
    };
    recorder.end(ending);
    server.stop().await;
    Ok(stopped)
}

/// What is told when a run begins.
fn opening(server: &serve::Server, traps: &[&'static Trap], number: usize, of: usize) -> String {
    let mut text = String::new();
    let named: Vec<_> = traps.iter().map(|trap| trap.name).collect();
    let what = if named.is_empty() { "no trap".to_owned() } else { format!("trap {}", named.join(", ")) };
    if of > 1 {
        let _ = write!(text, "run {number} of {of}, {what}: {}", server.mcp_url());
        return text;
    }
    let _ = writeln!(text, "connect your client to  {}", server.mcp_url());
    if let Some(url) = server.page_url() {
        let _ = writeln!(text, "watch what it does at   {url}");
    }
    for trap in traps {
        let _ = writeln!(text, "trap                    {}: the server {}", trap.name, trap.about);
    }
    let _ = write!(text, "Ctrl-C ends the run and prints the grade");
    text
}

/// Waits until the user interrupts, or until the client has come and been idle.
async fn wait(request: &Request, recorder: &Recorder, end: &mut End) -> Stopped {
    let mut changes = recorder.changes();
    changes.mark_unchanged();
    let idle = async {
        let Some(patience) = request.until_idle else { return std::future::pending().await };
        while recorder.story().runs.last().is_none_or(|run| run.entries.is_empty()) {
            let _ = changes.changed().await;
        }
        while tokio::time::timeout(patience, changes.changed()).await.is_ok() {}
    };
    tokio::select! {
        () = idle => Stopped::Itself,
        _ = end.recv() => Stopped::ByUser,
    }
}

/// Lists the traps.
///
/// # Errors
/// Standard output cannot be written.
pub fn list() -> Outcome {
    let mut text = String::new();
    for trap in trap::TRAPS {
        let _ = writeln!(text, "{:<30} the server {}", trap.name, trap.about);
    }
    put(&text)?;
    Ok(Exit::Success)
}
