//! The program under test as a process: started, watched, and what it left behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mcp_auth::spec::text::is_unsafe;

use super::{Case, HANG, Stored};
use crate::program::{Mode, Program};
use crate::site::Site;
use crate::terminal;

/// The binary with nothing of this machine's settings.
/// What came out of a run.
pub(crate) struct Ran {
    /// The exit code; negative: the signal.
    pub(crate) code: i32,
    /// How long it took.
    pub(crate) took: Duration,
    /// The most memory it held, in KiB.
    pub(crate) peak: u64,
    /// Standard output, standard error, every format, the trail: each with its name.
    pub(crate) texts: Vec<(String, Vec<u8>)>,
}

impl Ran {
    /// One of the texts.
    pub(crate) fn text(&self, name: &str) -> String {
        let found = self.texts.iter().find(|(known, _)| known == name);
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// The saved trail.
    pub(crate) fn trail(&self) -> serde_json::Value {
        serde_json::from_str(&self.text("trail")).unwrap_or_default()
    }
}

pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-auth"));
    command.env_clear().stdin(Stdio::null());
    command
}

pub(super) fn start(case: &Case, site: &Site, program: Program, mode: Mode) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    if let Some(mut book) = program.store(site, case.stored) {
        if case.stored == Stored::Elsewhere {
            book["logins"][0]["server"] = site.fill("{rs}/other").into();
        }
        keep(&state, &book);
    }
    if program == Program::LoginBrowser {
        browser(folder.path());
    }
    let mut arguments = program.arguments(site, folder.path(), mode);
    arguments.extend(case.arguments.iter().map(|argument| site.fill(argument)));
    let mut command = binary();
    command.args(&arguments).env("HOME", folder.path()).env("MCP_AUTH_STATE_DIR", &state).current_dir(folder.path());
    if mode.trace {
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "1");
    }
    command.envs(case.environment.iter().map(|(name, value)| (*name, site.fill(value))));
    let mut ran = if mode.terminal { terminal::watch(&command, folder.path()) } else { watch(command, folder.path()) };
    collect(folder.path(), &mut ran.texts);
    ran
}

/// A browser that writes down how it was started, and goes nowhere.
fn browser(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join("browser");
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$#\" \"$@\" >{0}/argv.new && mv {0}/argv.new {0}/argv\n",
        folder.display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The store, as the binary itself would leave it.
fn keep(state: &Path, book: &serde_json::Value) {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    std::fs::create_dir(state).unwrap();
    std::fs::set_permissions(state, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(state.join("credentials.json"));
    serde_json::to_writer(file.unwrap(), book).unwrap();
}

/// Every file that was left, but those that only we can read.
fn collect(folder: &Path, texts: &mut Vec<(String, Vec<u8>)>) {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() {
            collect(&entry.path(), texts);
        } else if metadata.permissions().mode() & 0o077 != 0 && !texts.iter().any(|(known, _)| *known == name) {
            texts.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
}

/// Runs a command to its end and watches its memory.
pub(crate) fn watch(mut command: Command, folder: &Path) -> Ran {
    // Files, not pipes: nobody needs to read while it runs.
    let streams = ["stdout", "stderr"].map(|name| folder.join(name));
    let file = |index: usize| std::fs::File::create(streams.get(index).unwrap()).unwrap();
    let child = command.stdout(file(0)).stderr(file(1)).spawn().unwrap();
    let (code, took, peak) = wait(child, |id| vec![id]);
    let texts = ["stdout", "stderr"].map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap()));
    Ran { code, took, peak, texts: texts.to_vec() }
}

/// Waits for a child: its exit code, how long it took, the most memory that any of these processes held.
pub(crate) fn wait(mut child: std::process::Child, which: impl Fn(u32) -> Vec<u32>) -> (i32, Duration, u64) {
    let begun = Instant::now();
    let mut peak = 0;
    let ended = loop {
        for id in which(child.id()) {
            peak = peak.max(high_water(id));
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        if begun.elapsed() > HANG {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(4));
    };
    let signal = std::os::unix::process::ExitStatusExt::signal(&ended).unwrap_or(0);
    (ended.code().unwrap_or(-signal), begun.elapsed(), peak)
}

/// `VmHWM`: the most resident memory so far, in KiB. 0 once the process has ended, and before it has begun: a child that is
/// about to run its program lets us go on for a moment while its memory is still ours.
fn high_water(id: u32) -> u64 {
    let program = |id: &str| std::fs::read_link(format!("/proc/{id}/exe")).ok();
    if program(&id.to_string()) == program("self") {
        return 0;
    }
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
}

/// Whether a text holds nothing that moves a cursor, hides or reorders.
pub(crate) fn clean(bytes: &[u8]) -> Result<(), String> {
    clean_but(bytes, &['\n'])
}

/// The same with these characters allowed.
pub(super) fn clean_but(bytes: &[u8], allowed: &[char]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    let Some((at, raw)) = text.char_indices().find(|&(_, c)| is_unsafe(c) && !allowed.contains(&c)) else {
        return Ok(());
    };
    let around: String = text.get(at..).unwrap_or_default().chars().take(40).collect();
    Err(format!("raw {} before `{}`", raw.escape_unicode(), around.escape_debug()))
}

/// Whether the bytes hold these.
pub(crate) fn contains(bytes: &[u8], what: &[u8]) -> bool {
    match (std::str::from_utf8(bytes), std::str::from_utf8(what)) {
        (Ok(text), Ok(what)) => text.contains(what),
        _ => bytes.windows(what.len()).any(|window| window == what),
    }
}
