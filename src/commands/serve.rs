//! `mcp-auth serve`: the reference deployment, right or wrong in named ways.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::deploy::{self, Request};
use super::{Exit, Failure, Outcome, Terminal, logs, put, tell};
use crate::checks;
use crate::serve;
use crate::serve::foreign::preset::Preset;
use crate::spec::fault::Fault;
use crate::spec::posture::Posture;
use crate::spec::reach::{Reach, Reached};
use crate::spec::text::printable;
use crate::verdict::{Check, Role};

/// Runs the deployment until it is interrupted or told to end.
///
/// # Errors
/// A fault or posture is unknown, a setting is wrong, or the deployment cannot start.
pub async fn run(request: Request, terminal: &Terminal) -> Outcome {
    logs::start(request.log, terminal);
    let faults = request.faults.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
    let preset = request.foreign.preset()?;
    let (ca_file, lab) = (request.ca_file.clone(), request.lab.clone());
    if preset.is_some() || request.foreign.issuer.is_some() {
        refuse_authority_faults(&faults)?;
    }
    let config = deploy::config(request, faults.iter().map(|(_, fault)| *fault).collect()).await?;
    let posture = config.posture;
    // Ready before the first line is out: who reads that line may end us at once.
    let mut end = deploy::end()?;
    raise_descriptors();
    let server = serve::start(config).await.map_err(|error| deploy::refused(&error))?;
    let ca_file = write_authority(&server, ca_file)?;
    if let Some(path) = &lab {
        write_key(&server, path)?;
    }
    let mut text = announcement(&server, posture, &faults, (ca_file.as_deref(), lab.as_deref()));
    if let Some(preset) = preset {
        text.push_str(&console(&server, &preset));
    }
    put(&text)?;
    end.recv().await;
    // Interrupting is how a server is ended: success.
    tell(terminal, "stopping");
    tokio::select! {
        () = server.stop() => {}
        // A second signal: at once.
        _ = end.recv() => {}
    }
    Ok(Exit::Success)
}

/// Descriptors that as many connections as are served at once need, and some for the rest.
const DESCRIPTORS: u64 = 20_000;

/// Many systems give a process 1024 descriptors at first, and more when it asks: a connection takes one. Where that is
/// not ours to say, there is room for fewer.
fn raise_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let given = getrlimit(Resource::Nofile);
        let wanted = given.maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
        if given.current.is_some_and(|current| current < wanted) {
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: given.maximum });
        }
    }
}

/// Lists faults by group, with the check each one trips, and the postures.
///
/// # Errors
/// Standard output cannot be written.
pub fn list() -> Outcome {
    let mut text = String::new();
    for group in checks::GROUPS {
        let _ = writeln!(text, "{}", group.title);
        for check in group.checks {
            for fault in check.faults {
                let _ = writeln!(text, "  {:<36} trips {}", fault.name, check.id);
            }
        }
    }
    let _ = writeln!(text, "Postures");
    for posture in Posture::ALL {
        let _ = writeln!(text, "  {:<36} {}", posture.name(), posture.about());
    }
    put(&text)?;
    Ok(Exit::Success)
}

type Planted = (&'static str, &'static Fault);

fn find(name: &str) -> Result<Planted, Failure> {
    let every = || checks::all().flat_map(|check| check.faults.iter().map(move |fault| (check.id, fault)));
    let by_name = every().find(|(_, fault)| fault.name == name);
    // The id of a check stands for its first fault.
    by_name.or_else(|| every().find(|(id, _)| *id == name)).ok_or_else(|| {
        Failure::usage(
            format!("there is no fault `{}`", printable(name)),
            "`mcp-auth serve --list` shows every fault and posture",
        )
    })
}

fn write_authority(server: &serve::Server, path: Option<PathBuf>) -> Result<Option<PathBuf>, Failure> {
    let Some(pem) = server.ca_pem() else { return Ok(None) };
    let path = path.unwrap_or_else(|| PathBuf::from("mcp-auth-ca.pem"));
    let help = "name another file with --ca-file";
    fs::write(&path, pem)
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display()), help))?;
    Ok(Some(path))
}

/// Faults of an authorization server cannot be planted in somebody else's.
fn refuse_authority_faults(faults: &[Planted]) -> Result<(), Failure> {
    let of_authority = |id: &str| checks::all().any(|check| check.id == id && check.role == Role::AuthorizationServer);
    match faults.iter().find(|(id, _)| of_authority(id)) {
        Some((_, fault)) => Err(deploy::refused(&serve::ServeError::ForeignFault(fault.name))),
        None => Ok(()),
    }
}

/// What is left to do in the console of a provider.
fn console(server: &serve::Server, preset: &Preset) -> String {
    let Some((_, _, settings)) = server.foreign() else { return String::new() };
    let mut text = format!("\nat {}:\n", preset.title());
    for (number, step) in preset.checklist(server.mcp_url(), settings).iter().enumerate() {
        let _ = writeln!(text, "  {}. {}", number + 1, printable(step).cut(usize::MAX));
    }
    text
}

/// Hands the private key of access tokens out, in a file for its owner alone.
fn write_key(server: &serve::Server, path: &Path) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(server.signing_key().as_bytes())
    });
    let help = "name another file with --lab";
    written.map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display()), help))
}

/// The options of a probe that goes as far as this check needs; `None` if it needs none.
fn further(check: &Check, lab: Option<&Path>) -> Option<String> {
    let key = lab.map_or_else(|| "FILE".to_owned(), |path| path.display().to_string());
    Some(match check.reach() {
        _ if check.is_within(Reached::default()) => return None,
        Reach::Login => " --login".to_owned(),
        Reach::Active => " --login --active".to_owned(),
        Reach::Lab => format!(" --login --signing-key {key}"),
        Reach::ChallengeTool => " --challenge-tool search".to_owned(),
        Reach::StepUpTool => " --login --intrusive --step-up-tool save".to_owned(),
        Reach::Intrusive => " --login --intrusive".to_owned(),
        Reach::Slow => " --login --intrusive --slow".to_owned(),
        Reach::Tool => " --login --tool 'search={}'".to_owned(),
        Reach::Implies => " --login --intrusive --tool 'search={}' --implies 'search:admin>search:read'".to_owned(),
        reach => format!(" --login {} FILE", reach.flag()),
    })
}

fn announcement(
    server: &serve::Server,
    posture: Posture,
    faults: &[Planted],
    (ca_file, lab): (Option<&Path>, Option<&Path>),
) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "MCP server            {}", server.mcp_url());
    if !server.issuer().is_empty() {
        let _ = writeln!(text, "authorization server  {}", server.issuer());
    }
    if let Some((metadata, ways, settings)) = server.foreign() {
        let _ = writeln!(text, "its metadata          {}", printable(metadata));
        let _ = writeln!(text, "tokens are checked    {ways}");
        if !settings.audiences.is_empty() {
            let _ = writeln!(text, "audiences             {}", printable(&settings.audiences.join(", ")));
        }
    }
    let _ = writeln!(text, "posture               {}: {}", posture.name(), posture.about());
    for (check, fault) in faults {
        let _ = writeln!(text, "deliberately wrong    {} (trips {check}): {}", fault.name, super::checks::deeds(fault));
    }
    let mut options = String::new();
    if let Some(path) = ca_file {
        let _ = write!(options, " --cacert {}", path.display());
    }
    for (host, address) in server.resolve() {
        let _ = write!(options, " --resolve {host}:{}", address.ip());
    }
    if let Some(path) = lab {
        let _ = writeln!(text, "signing key           {} (a secret of this deployment)", path.display());
    }
    let further = faults.iter().find_map(|(id, _)| further(checks::by_id(id)?, lab)).unwrap_or_default();
    let url = server.mcp_url();
    let _ = writeln!(text, "\nin another terminal:\n  mcp-auth probe {url}{options}{further}");
    if posture != Posture::Public {
        let _ = writeln!(text, "  mcp-auth login {url}{options}");
    }
    let _ = writeln!(text, "  mcp-auth call search query=pkce --server {url}{options}");
    for (check, _) in faults {
        let _ = writeln!(text, "  mcp-auth checks explain {check}");
    }
    text
}
