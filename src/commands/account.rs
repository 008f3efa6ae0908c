//! What the commands with credentials share: the target, the gate, the store, the plan, and how errors end a run.

use std::path::PathBuf;

use url::Url;

use super::config::{self, Target};
use super::probe::{EMBEDDED, start_embedded};
use super::{Exit, Failure, Terminal, tell};
use crate::client::browser::Say;
use crate::client::error::{Class, ClientError};
use crate::client::plan::{Browser, Plan};
use crate::formats::uri;
use crate::render::progress::{self, Progress};
use crate::serve;
use crate::spec::reach::Reach;
use crate::spec::text::printable;
use crate::store::{Store, StoreError, Waiting};
use crate::wire::{Policy, Wire};

/// Where logins are kept, and which are meant.
#[derive(Clone, Debug)]
pub struct Account {
    /// The profile.
    pub profile: String,
    /// Where to remember.
    pub keep: Keep,
    /// The directory, if not that of the platform.
    pub directory: Option<PathBuf>,
    /// The configuration file that names targets, if not the nearest one.
    pub config: Option<PathBuf>,
}

/// Where logins are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In a file.
    File,
    /// In a file that is encrypted with a key in the keyring of the operating system.
    Keyring,
    /// Nowhere.
    Nowhere,
}

impl Account {
    /// The store.
    ///
    /// # Errors
    /// There is no place for it, or the keyring cannot be used.
    pub fn store(&self, terminal: &Terminal) -> Result<Store, Failure> {
        dump_no_core();
        let directory = match &self.directory {
            _ if self.keep == Keep::Nowhere => return Ok(Store::nowhere()),
            Some(directory) => directory.clone(),
            None => Store::usual_directory()?,
        };
        if self.keep == Keep::File {
            return Ok(Store::in_directory(&directory));
        }
        let slow = || tell(terminal, "waiting for the keyring; it may want to be unlocked");
        let waiting = Waiting { attended: terminal.progress, slow: &slow };
        Ok(Store::in_keyring(&directory, &waiting)?)
    }

    /// The MCP URL meant: the one given, by its name in the configuration or as it is; else the only one of the
    /// configuration; else that of the only stored login.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn target(&self, given: Option<&str>, store: &Store) -> Result<String, Failure> {
        let targets = self.targets()?;
        if let Some(given) = given {
            return named(given, &targets);
        }
        if let [only] = targets.as_slice() {
            return Ok(only.url.clone());
        }
        let book = store.read()?;
        let mut servers: Vec<&str> =
            book.logins.iter().filter(|l| l.profile == self.profile).map(|l| l.server.as_str()).collect();
        servers.sort_unstable();
        servers.dedup();
        let help =
            "name the MCP server, by its URL or its name in mcp-auth.toml: as argument, --server, or MCP_AUTH_SERVER";
        match servers.as_slice() {
            [only] => Ok((*only).to_owned()),
            [] => Err(Failure::usage(format!("which server? {}", names("There is no stored login", &targets)), help)),
            several => {
                let listed = several.iter().map(|server| printable(server).to_string()).collect::<Vec<_>>().join(", ");
                let message = format!("which server? {}", names(&format!("There are logins for {listed}"), &targets));
                Err(Failure::usage(message, help))
            }
        }
    }

    /// The URL of a name in the configuration, if it is one.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn by_name(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.targets()?.into_iter().find(|target| target.name == name).map(|target| target.url))
    }

    fn targets(&self) -> Result<Vec<Target>, Failure> {
        let folder = std::env::current_dir().unwrap_or_default();
        Ok(config::find(self.config.as_deref(), &folder)?.targets)
    }
}

/// From here on the process holds secrets: a crash shall not write them to a file. Where that is not ours to say, nothing
/// is lost by having tried.
fn dump_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
}

/// What a target on the command line stands for.
fn named(given: &str, targets: &[Target]) -> Result<String, Failure> {
    if let Some(target) = targets.iter().find(|target| target.name == given) {
        return Ok(target.url.clone());
    }
    if given == EMBEDDED || given.contains("://") {
        return Ok(given.to_owned());
    }
    let message = names(&format!("`{}` is neither a URL nor the name of a target", printable(given)), targets);
    Err(Failure::usage(message, "give the full URL of the MCP endpoint, e.g. https://example.com/mcp"))
}

/// A clause, with the names that there are.
fn names(clause: &str, targets: &[Target]) -> String {
    if targets.is_empty() {
        return clause.to_owned();
    }
    let known: Vec<String> = targets.iter().map(|target| printable(&target.name).to_string()).collect();
    format!("{clause}; {} names {}", config::FILE, known.join(", "))
}

/// What a run with credentials needs.
#[derive(Debug)]
pub struct Request {
    /// The MCP URL.
    pub target: Option<String>,
    /// The store and the profile.
    pub account: Account,
    /// How to log in.
    pub plan: Plan,
    /// What the user decided about connections.
    pub policy: Policy,
}

/// The MCP server that a run talks to: one in the network, or the reference deployment inside this process.
pub struct Counterpart {
    /// Its MCP URL.
    pub url: String,
    server: Option<serve::Server>,
}

impl Counterpart {
    /// Starts the reference deployment if the target is the word for it. Its logins are over when the process is, so
    /// they are kept nowhere; it approves by itself, so no browser is needed.
    ///
    /// # Errors
    /// It cannot start.
    pub async fn meet(target: String, store: &mut Store, plan: &mut Plan) -> Result<Self, Failure> {
        if target != EMBEDDED {
            return Ok(Self { url: target, server: None });
        }
        let config =
            serve::Config { auto_approve: true, documents: super::deploy::corpus(), ..serve::Config::default() };
        let server = start_embedded(config).await?;
        *store = Store::nowhere();
        if plan.browser == Browser::System {
            (plan.browser, plan.paste) = (Browser::Follow, false);
        }
        Ok(Self { url: server.mcp_url().to_owned(), server: Some(server) })
    }

    /// Whether it runs inside this process.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// Ends it.
    pub async fn leave(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }
}

/// The gate of a run, and the line that shows what it does.
pub struct Line {
    /// The gate.
    pub wire: Wire,
    progress: Progress,
    terminal: Terminal,
}

impl Line {
    /// Opens the gate for a target.
    ///
    /// # Errors
    /// The target is no URL to talk to, or the policy cannot be carried out.
    pub fn open(given: &str, policy: &Policy, terminal: &Terminal) -> Result<Self, Failure> {
        let help = "give the full URL of the MCP endpoint, e.g. https://example.com/mcp";
        let target: Url = uri::gate(given)
            .map_err(|problem| Failure::usage(format!("`{}` is not a URL: {problem}", printable(given)), help))?;
        if target.fragment().is_some() {
            return Err(Failure::usage("the URL has a fragment (`#…`), which never reaches a server", help));
        }
        let wire = Wire::new(&target, given, Reach::Login, policy.clone())
            .map_err(|error| Failure::usage(error.to_string(), "--help tells what each option takes"))?;
        let progress = Progress::new(terminal.progress && !terminal.quiet && terminal.verbose == 0);
        let (watching, verbose, copy) = (progress.clone(), terminal.verbose > 0 && !terminal.quiet, terminal.clone());
        let wire = wire.by(terminal.clock.clone()).for_session().watched(Box::new(move |exchange| {
            watching.saw(exchange);
            if verbose {
                watching.suspend(|| tell(&copy, &progress::line(exchange)));
            }
        }));
        Ok(Self { wire, progress, terminal: terminal.clone() })
    }

    /// How the run tells the user what is going on.
    pub fn say(&self) -> Box<Say> {
        let (progress, terminal) = (self.progress.clone(), self.terminal.clone());
        Box::new(move |text| progress.rest(|| tell(&terminal, text)))
    }

    /// Removes the progress line.
    pub fn end(&self) {
        self.progress.end();
    }
}

/// How `probe --login` logs in.
#[derive(Clone, Debug)]
pub struct Stay {
    /// The store and the profile.
    pub account: Account,
    /// How to log in.
    pub plan: Plan,
}

impl Stay {
    /// The store and the plan for this counterpart. The embedded one is gone when the process is, and approves by itself.
    ///
    /// # Errors
    /// There is no place for the store.
    pub fn settled(&self, wire: &Wire, is_embedded: bool, terminal: &Terminal) -> Result<(Store, Plan), Failure> {
        let forgets = is_embedded || wire.is_insecure();
        let store = if forgets { Store::nowhere() } else { self.account.store(terminal)? };
        let mut plan = self.plan.clone();
        if is_embedded && plan.browser == Browser::System {
            (plan.browser, plan.paste) = (Browser::Follow, false);
        }
        Ok((store, plan))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match error.class() {
            Class::Usage => Exit::Usage,
            Class::Reach => Exit::Reach,
            Class::Refused => Exit::Refused,
            Class::Safety => Exit::Safety,
            Class::Store => Exit::Store,
            Class::Server => Exit::Findings,
        };
        Self::new(exit, error.to_string(), error.help())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Store, error.to_string(), error.help())
    }
}

/// Runs to the end, or until a signal ends it: then its futures are dropped, which closes the listener, lets the store go
/// and ends the browser command. What is ready to end is not interrupted.
///
/// # Errors
/// Those of the run; the signal.
pub async fn interruptible<T>(run: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        biased;
        done = run => done,
        exit = signal() => Err(Failure::new(exit, "interrupted", "")),
    }
}

/// Waits for SIGINT, SIGTERM or SIGHUP; elsewhere than on Unix for Ctrl-C. Says which exit code belongs to it.
pub async fn signal() -> Exit {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let hear = async |kind: SignalKind, exit: Exit| {
            if let Ok(mut heard) = signal(kind) {
                heard.recv().await;
                return exit;
            }
            // What cannot be heard ends the process as it always does.
            std::future::pending().await
        };
        tokio::select! {
            exit = hear(SignalKind::interrupt(), Exit::Interrupted) => exit,
            exit = hear(SignalKind::terminate(), Exit::Terminated) => exit,
            exit = hear(SignalKind::hangup(), Exit::HungUp) => exit,
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => Exit::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
