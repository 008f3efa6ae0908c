//! A state directory with one login in it, the program that is run on it, and what must hold whatever happened to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mcp_auth::formats::secret::Secret;
use mcp_auth::spec::clock::Clock;
use mcp_auth::store::{Client, ClientAuth, ClientOrigin, Login, RefreshState, Scheme, Store, Tokens};

use super::issuer::{CANARY, Issuer};

/// The files that a save leaves behind.
const KEPT: [&str; 3] = ["credentials.json", "credentials.json.lock", "credentials.json.previous"];
/// The files that a save makes on its way.
const PASSING: [&str; 3] = ["credentials.json.new", "credentials.json.old", "credentials.json.room"];
/// A run that lasts longer hangs: it may wait ten seconds for a lock, and for nothing else.
const HANG: Duration = Duration::from_secs(20);

/// The directory and the servers of its login.
pub(crate) struct Home {
    /// Removed at the end; `None` if it is somebody else's.
    _folder: tempfile::TempDir,
    pub(crate) directory: PathBuf,
    pub(crate) issuer: Issuer,
}

impl Home {
    /// A directory with a login whose access token is used up.
    pub(crate) fn new(issuer: &Issuer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("state");
        let home = Self { _folder: folder, directory, issuer: issuer.clone() };
        home.begin();
        home
    }

    /// Puts a new login in the place of whatever is there.
    pub(crate) fn begin(&self) {
        let _ = fs::remove_dir_all(&self.directory);
        self.issuer.begin();
        // Twice, so that there is a previous generation.
        self.put(self.login());
        self.put(self.login());
    }

    /// The login as it was after the last refresh; its access token is used up.
    fn login(&self) -> Login {
        let (origin, state) = (&self.issuer.origin, self.issuer.state());
        Login {
            issuer: origin.clone(),
            token_endpoint: format!("{origin}/token"),
            resource: self.server(),
            profile: "default".to_owned(),
            server: self.server(),
            sends_resource: true,
            client: Client {
                id: "client".to_owned(),
                secret: None,
                auth: ClientAuth::None,
                origin: ClientOrigin::Registered,
                redirect_uri: None,
                registration_uri: None,
                registration_token: None,
                secret_expires_at: 0,
            },
            tokens: Some(Tokens {
                access: Secret::from(state.access_token(state.generation)),
                scheme: Scheme::Bearer,
                obtained_at: 1,
                expires_at: Some(2),
                refresh: Some(Secret::from(state.refresh_token(state.generation))),
                scope: Vec::new(),
                dpop_key: None,
            }),
            requested_scope: Vec::new(),
            refresh: RefreshState::Idle,
            revocation_endpoint: None,
        }
    }

    fn put(&self, login: Login) {
        let store = self.store();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut guard = runtime.block_on(store.lock()).unwrap();
        guard.save(|book| book.put(login)).unwrap();
    }

    /// Makes the stored access token look used up.
    pub(crate) fn expire(&self) {
        let mut login = self.stored().unwrap();
        let tokens = login.tokens.as_mut().unwrap();
        (tokens.obtained_at, tokens.expires_at) = (1, Some(2));
        self.put(login);
    }

    pub(crate) fn store(&self) -> Store {
        Store::in_directory(&self.directory)
    }

    /// The one login that is stored.
    pub(crate) fn stored(&self) -> Result<Login, String> {
        let book = self.store().read().map_err(|error| error.to_string())?;
        match book.logins.as_slice() {
            [login] => Ok(login.clone()),
            other => Err(format!("{} logins are stored", other.len())),
        }
    }

    fn server(&self) -> String {
        format!("{}/mcp", self.issuer.origin)
    }

    /// The program and its arguments: it asks for the tools, which takes a token that is not used up.
    pub(crate) fn program(&self) -> Vec<String> {
        let words = [env!("CARGO_BIN_EXE_mcp-auth"), "tools", &self.server(), "--state-dir"];
        words.iter().map(|word| (*word).to_owned()).chain([self.directory.display().to_string()]).collect()
    }

    /// Starts it, behind `wrapper` if there is one.
    pub(crate) fn command(&self, wrapper: &[String]) -> Command {
        let words: Vec<String> = wrapper.iter().cloned().chain(self.program()).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The paths of the store.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let files = KEPT.iter().chain(&PASSING).map(|name| self.directory.join(name));
        std::iter::once(self.directory.clone()).chain(files).collect()
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, wrapper: &[String]) -> Output {
        let begun = Instant::now();
        let output = self.command(wrapper).output().unwrap();
        assert!(begun.elapsed() < HANG, "it took {:?}", begun.elapsed());
        output
    }

    /// What must hold at any moment: one whole generation, of the newest or the last refresh token, readable by its owner
    /// alone, and nothing beside it that a save does not make.
    pub(crate) fn check_store(&self) -> Result<Login, String> {
        check_files(&self.directory)?;
        let login = self.stored()?;
        let tokens = login.tokens.as_ref().ok_or("the tokens are gone")?;
        let state = self.issuer.state();
        let number = |secret: &Secret| state.number_of(secret.expose());
        let refresh = tokens.refresh.as_ref().and_then(number).ok_or("the refresh token is not ours")?;
        if number(&tokens.access) != Some(refresh) {
            return Err(format!("tokens of two generations: {login:?}"));
        }
        if refresh != state.generation && refresh + 1 != state.generation {
            return Err(format!("generation {refresh} is stored, {} is the newest", state.generation));
        }
        Ok(login)
    }

    /// What must hold after a run that nothing happened to: the newest tokens are stored, and what a killed run left over
    /// goes with the next save.
    pub(crate) fn check_healthy(&self) -> Result<(), String> {
        let login = self.check_store()?;
        let state = self.issuer.state();
        let tokens = login.tokens.as_ref().ok_or("the tokens are gone")?;
        let newest = Secret::from(state.refresh_token(state.generation));
        if tokens.refresh.as_ref() != Some(&newest) || login.refresh != RefreshState::Idle {
            return Err(format!("not the newest: {:?}", login.refresh));
        }
        if !tokens.is_fresh(Clock::SYSTEM.now(), 30) {
            return Err("the access token is still the old one".to_owned());
        }
        if self.is_tidy() {
            return Ok(());
        }
        drop(state);
        self.put(login);
        if self.is_tidy() { Ok(()) } else { Err(format!("left over: {:?}", names(&self.directory))) }
    }

    fn is_tidy(&self) -> bool {
        let mut names = names(&self.directory);
        names.sort();
        names == KEPT
    }
}

/// Every file is one that a save makes, and its owner's alone.
pub(crate) fn check_files(directory: &Path) -> Result<(), String> {
    let mode = |path: &Path| fs::metadata(path).map(|found| found.permissions().mode() & 0o777);
    if mode(directory).map_err(|error| error.to_string())? != 0o700 {
        return Err("the directory is open".to_owned());
    }
    for name in names(directory) {
        if !KEPT.contains(&name.as_str()) && !PASSING.contains(&name.as_str()) {
            return Err(format!("what is {name}?"));
        }
        if mode(&directory.join(&name)).map_err(|error| error.to_string())? != 0o600 {
            return Err(format!("{name} is open"));
        }
    }
    Ok(())
}

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// How a run ended that met a failing disk: 0, or 6 with one sentence; never a secret.
pub(crate) fn check_end(output: &Output) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains(CANARY) || String::from_utf8_lossy(&output.stdout).contains(CANARY) {
        return Err("a secret came out".to_owned());
    }
    let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
    match (output.status.code(), errors) {
        (Some(0), 0) | (Some(6), 1) => Ok(()),
        (code, _) => Err(format!("exit {code:?}: {said}")),
    }
}
