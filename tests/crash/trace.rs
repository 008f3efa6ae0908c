//! `strace`, which makes a system call fail, or be the last one, from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Every system call by which files are looked at, made, read, written, renamed, removed, locked or made durable.
const CALLS: &str = "open,openat,openat2,creat,read,pread64,readv,write,pwrite64,writev,pwritev,fsync,fdatasync,\
sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,flock,fcntl,chmod,fchmod,fchmodat,\
chown,fchown,ftruncate,truncate,fallocate,stat,lstat,fstat,newfstatat,statx,lseek,close,getdents64";

/// One system call of a run.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its name.
    pub(crate) name: String,
    /// The how many-th of its name.
    pub(crate) number: usize,
    /// As it was written down.
    pub(crate) text: String,
}

/// Whether there is an `strace` that may trace; says so where there is none.
#[expect(clippy::print_stderr, reason = "the runner is to see what was not looked at")]
pub(crate) fn is_there() -> bool {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", "trace=close", "-e", "inject=close:error=EBADF:when=9999", "true"]);
    match command.stdin(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => true,
        Ok(_) => {
            eprintln!("skipped: strace may not trace here");
            false
        }
        Err(_) => {
            eprintln!("skipped: strace is not installed");
            false
        }
    }
}

/// `strace` over a few files: nothing else that a program does is written down, counted or made to fail.
pub(crate) struct Trace {
    paths: Vec<PathBuf>,
}

impl Trace {
    pub(crate) const fn of(paths: Vec<PathBuf>) -> Self {
        Self { paths }
    }

    /// The words before a program that write down its system calls.
    pub(crate) fn watching(&self, file: &Path) -> Vec<String> {
        self.words(&["-y", "-e", &format!("trace={CALLS}"), "-o", &file.display().to_string()])
    }

    /// The words before a program that do `deed` to a system call, e.g. `error=EIO`, at `when`, e.g. `3` or `3+`.
    pub(crate) fn doing(&self, call: &str, deed: &str, when: &str) -> Vec<String> {
        self.words(&[
            "-e",
            &format!("trace={call}"),
            "-e",
            &format!("inject={call}:{deed}:when={when}"),
            "-o",
            "/dev/null",
        ])
    }

    /// The program stays our child; who traces it is a process apart.
    fn words(&self, options: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = ["strace", "-D", "-f", "-qq"].iter().map(|word| (*word).to_owned()).collect();
        for path in &self.paths {
            words.extend(["-P".to_owned(), path.display().to_string()]);
        }
        words.extend(options.iter().map(|word| (*word).to_owned()));
        words.push("--".to_owned());
        words
    }
}

/// The calls that were written down to `file`.
pub(crate) fn calls(file: &Path) -> Vec<Call> {
    let text = fs::read_to_string(file).unwrap();
    let mut seen = std::collections::HashMap::<(String, String), usize>::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, _)) = rest.trim_start().split_once('(') else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        // Injections are counted by thread and name.
        let number = seen.entry((thread.to_owned(), name.to_owned())).or_default();
        *number += 1;
        found.push(Call { name: name.to_owned(), number: *number, text: rest.to_owned() });
    }
    found
}
