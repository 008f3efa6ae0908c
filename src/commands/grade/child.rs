//! Runs the client that is graded: no standard input, both output streams read, stopped when it does nothing any more.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::{End, Stopped};
use crate::commands::{Failure, Terminal, tell};
use crate::serve::grade::{Ending, Recorder};
use crate::spec::text::printable_block;

/// The most that is kept of what a client writes, in bytes.
const KEPT: usize = 1 << 20;
/// The variable that holds the MCP URL for the client.
const URL_VARIABLE: &str = "MCP_SERVER_URL";
/// The variable that names the trap.
const TRAP_VARIABLE: &str = "MCP_AUTH_TRAP";

/// What a client is run with.
pub(super) struct With<'a> {
    /// The MCP URL.
    pub(super) url: &'a str,
    /// The name of the trap.
    pub(super) trap: &'a str,
    /// How long it may do nothing.
    pub(super) patience: Duration,
    /// What it does is seen here.
    pub(super) recorder: &'a Recorder,
}

/// Runs the command until it ends, does nothing for so long, or the user interrupts.
pub(super) async fn run(
    words: &[String],
    with: &With<'_>,
    end: &mut End,
    terminal: &Terminal,
) -> Result<(Stopped, Option<Ending>), Failure> {
    let With { url, trap, patience, recorder } = *with;
    let words: Vec<String> = words.iter().map(|word| word.replace("{url}", url)).collect();
    let Some((program, rest)) = words.split_first() else { return Ok((Stopped::Itself, None)) };
    let mut command = Command::new(program);
    command.args(rest).env(URL_VARIABLE, url).env(TRAP_VARIABLE, trap).kill_on_drop(true);
    if let Some(browser) = browser() {
        let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        command.env("BROWSER", browser).env("MCP_AUTH_BROWSE_REPORT", origin);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        let help = "name the client's program behind `--`, with its arguments; {url} in them is the MCP URL";
        Failure::usage(format!("the client cannot be started: {error}"), help)
    })?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reading = tokio::spawn(async move { tokio::join!(read(out), read(err)) });
    let mut changes = recorder.changes();
    let idle = async { while tokio::time::timeout(patience, changes.changed()).await.is_ok() {} };
    let (stopped, code, late) = tokio::select! {
        status = child.wait() => (Stopped::Itself, status.ok().and_then(|status| status.code()), false),
        () = idle => (Stopped::Itself, None, true),
        _ = end.recv() => (Stopped::ByUser, None, true),
    };
    if late {
        // It may have ended in the meantime.
        let _ = child.kill().await;
    }
    // A grandchild may hold the streams open.
    let (out, err) = match tokio::time::timeout(Duration::from_secs(1), reading).await {
        Ok(Ok(read)) => read,
        _ => (String::new(), String::new()),
    };
    let wrote = format!("{out}{err}");
    if terminal.verbose > 0 && !wrote.trim().is_empty() {
        tell(terminal, &printable_block(wrote.trim_end()).to_string());
    }
    Ok((stopped, Some(Ending::new(code, late, wrote))))
}

/// The command by which a client opens a URL, as the convention of `BROWSER` has it; `None` where our own path does not fit
/// into that: its words are cut at white space, and lists at colons.
fn browser() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let program = program.to_str().filter(|path| !path.contains([' ', '\t', ':', '%', '\'', '"', '\\']))?;
    Some(format!("{program} browse %s"))
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let (mut kept, mut piece) = (Vec::new(), vec![0; 8192]);
    // What is more is read, so that the client does not stand still, and dropped.
    while let Ok(count) = stream.read(&mut piece).await {
        if count == 0 {
            break;
        }
        let room = KEPT.saturating_sub(kept.len());
        kept.extend(piece.iter().take(count.min(room)));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
