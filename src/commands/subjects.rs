//! Which deployments a run of `probe` is about: a URL or name, a saved trail, the targets of `mcp-auth.toml`, or the
//! servers that editors declare.

use std::path::{Path, PathBuf};

use super::config::{Settings, Target};
use super::probe::{EMBEDDED, Request};
use super::{Failure, Terminal, editors, tell};
use crate::report::{Declared, FailOn};
use crate::spec::revision::Revision;
use crate::spec::text::printable;

/// One deployment, and what holds for it.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The URL, or [`EMBEDDED`].
    pub target: Option<String>,
    /// Its name in the configuration.
    pub name: Option<String>,
    /// A saved trail to judge instead.
    pub from: Option<PathBuf>,
    /// The revision to judge by.
    pub revision: Option<Revision>,
    /// From which status on the exit code is 1.
    pub fail_on: FailOn,
    /// The line that declares it.
    pub declared: Option<Declared>,
}

impl Subject {
    /// A URL, or [`EMBEDDED`], with nothing else known.
    #[must_use]
    pub fn of(target: &str) -> Self {
        Self { target: Some(target.to_owned()), ..Self::default() }
    }
}

/// What the user means. What stands on the command line goes before the target's settings, these before the file's.
///
/// # Errors
/// Nothing is named, or the files of editors cannot be read.
pub fn choose(
    request: &Request,
    settings: &Settings,
    folder: &Path,
    terminal: &Terminal,
) -> Result<Vec<Subject>, Failure> {
    let general = |subject: Subject| Subject {
        revision: request.revision.or(subject.revision).or(settings.revision),
        fail_on: request.fail_on.or(settings.fail_on).unwrap_or_default(),
        ..subject
    };
    let declared = |target: &Target| Subject {
        target: Some(target.url.clone()),
        name: Some(target.name.clone()),
        revision: request.revision.or(target.revision).or(settings.revision),
        fail_on: request.fail_on.or(target.fail_on).or(settings.fail_on).unwrap_or_default(),
        declared: Some(target.declared.clone()),
        from: None,
    };
    if let Some(path) = &request.from {
        return Ok(vec![general(Subject { from: Some(path.clone()), ..Subject::default() })]);
    }
    if let Some(named) = &request.from_config {
        let servers = from_editors(named, folder, terminal)?;
        return Ok(servers.into_iter().map(general).collect());
    }
    if let Some(named) = &request.target {
        let known = settings.targets.iter().find(|target| target.name == *named || target.url == *named);
        return Ok(vec![known.map_or_else(|| general(Subject::of(named)), declared)]);
    }
    if settings.targets.is_empty() {
        return Err(Failure::usage(
            "there is no target",
            format!("name the URL of an MCP endpoint, or `{EMBEDDED}`, or list targets in {}", super::config::FILE),
        ));
    }
    Ok(settings.targets.iter().map(declared).collect())
}

fn from_editors(named: &str, folder: &Path, terminal: &Terminal) -> Result<Vec<Subject>, Failure> {
    let home = etcetera::home_dir().ok();
    let found = editors::find(named, folder, home.as_deref())?;
    for server in found.servers.iter().filter(|server| server.trimmed) {
        let name = printable(&server.name);
        tell(
            terminal,
            &format!("{name}: probed without what its URL holds before `@` and after `?`, which may be secret"),
        );
    }
    for (name, reason) in &found.unusable {
        tell(terminal, &format!("{}: left out, because {reason}", printable(name)));
    }
    let files: Vec<String> = found.files.iter().map(|file| file.display().to_string()).collect();
    let files = files.join(", ");
    if found.servers.is_empty() {
        return Err(Failure::usage(
            format!("{files} declares no server that is reached over HTTP ({} run as a program)", found.local),
            "a program on this machine needs no OAuth",
        ));
    }
    tell(terminal, &format!("{} over HTTP, {} run as a program: {files}", found.servers.len(), found.local));
    let subject = |server: editors::Server| Subject {
        target: Some(server.url),
        name: Some(server.name),
        declared: Some(server.declared),
        ..Subject::default()
    };
    Ok(found.servers.into_iter().map(subject).collect())
}
