//! Runs a command on a terminal (util-linux `script`) and tells what is ours there from what is a server's.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{Ran, clean, wait};

/// Runs it on a terminal of its own, with its memory watched; what came out is the text `terminal`.
pub(crate) fn watch(command: &Command, folder: &Path) -> Ran {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("exec {}", line.join(" ")), "/dev/null"]);
    script.env_clear().env("TERM", "xterm-256color").env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(folder);
    let seen = folder.join("seen");
    script.stdin(Stdio::null()).stdout(std::fs::File::create(&seen).unwrap());
    let child = script.stderr(std::fs::File::create(folder.join("script")).unwrap()).spawn().unwrap();
    let (code, took, peak) = wait(child, children);
    let text = std::fs::read(&seen).unwrap();
    std::fs::remove_file(&seen).unwrap();
    Ran { code, took, peak, texts: vec![("terminal".to_owned(), text)] }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn children(id: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// The colours of ours (SGR), and what moves the progress line: the only sequences there may be.
const COLOURS: [&str; 8] = ["0", "1", "2", "4", "31", "32", "33", "36"];
const MOVES: [&str; 3] = ["2K", "1A", "1B"];

/// Whether anything is there that is not ours: any other sequence or character, or one of ours before the word that every
/// hostile text ends with.
pub(crate) fn foreign(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    let text = text.replace("\r\n", "\n");
    let (mut rest, mut seen) = (text.as_str(), String::new());
    while let Some((before, sequence)) = rest.split_once("\u{1b}[") {
        seen.push_str(before);
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').map_or(sequence.len(), |end| end + 1);
        let (own, after) = sequence.split_at_checked(end).unwrap_or((sequence, ""));
        let colours = own.strip_suffix('m').is_some_and(|all| all.split(';').all(|one| COLOURS.contains(&one)));
        if !colours && !MOVES.contains(&own) {
            return Err(format!("the sequence {} is none of ours", own.escape_debug()));
        }
        if after.starts_with("MARK") {
            return Err(format!("the sequence {} of a server came through", own.escape_debug()));
        }
        rest = after;
    }
    seen.push_str(rest);
    if seen.contains("\rPASSMARK") {
        return Err("a carriage return of a server came through".to_owned());
    }
    clean(seen.replace('\r', "").replace('\t', " ").as_bytes())
}
