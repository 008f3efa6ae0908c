//! Every system call by which one refresh touches the state directory fails in each way that disks fail, is cut short, or is
//! the last thing that the program does.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::home::{Home, check_end};
use super::issuer::{CANARY, Issuer, Reuse};
use super::trace::{self, Call, Trace};
use super::{is_long, number};

/// How many cases run at a time.
const WORKERS: usize = 3;

/// What is done to a call, and when: to it alone or to every one of its name from there on.
#[derive(Clone, Debug)]
struct Deed {
    call: Call,
    deed: &'static str,
    on: bool,
    reuse: Reuse,
}

impl Deed {
    fn kills(&self) -> bool {
        self.deed == "signal=KILL"
    }

    fn words(&self, home: &Home) -> Vec<String> {
        let end = if self.on { "+" } else { "" };
        Trace::of(home.paths()).doing(&self.call.name, self.deed, &format!("{}{end}", self.call.number))
    }
}

/// What came of one deed.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The run did its job all the same.
    Done,
    /// It said that the store failed, or was killed; the next run did the job.
    Mended,
    /// The authorization server is strict and had committed: only a login helps.
    Lost,
}

/// The calls of one refresh that touch the state directory.
fn calls() -> Vec<Call> {
    let home = Home::new(&Issuer::start(Reuse::Window));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace");
    let output = home.run(&Trace::of(home.paths()).watching(&file));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    home.check_healthy().unwrap();
    trace::calls(&file)
}

/// Whether a call changes the disk, takes the lock, or makes something durable.
fn matters(call: &Call) -> bool {
    !matches!(call.name.as_str(), "close" | "fcntl" | "lseek" | "fstat" | "newfstatat" | "statx" | "read")
}

/// The short form: each call that changes something fails once, and is the last one. The long form: every call, in every
/// way, once and from there on, against both kinds of authorization server.
fn deeds(calls: &[Call]) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let mut add = |call: &Call, deed, on, reuse| deeds.push(Deed { call: call.clone(), deed, on, reuse });
    for (at, call) in calls.iter().enumerate() {
        if !is_long() {
            let error = ["error=EIO", "error=ENOSPC", "error=EROFS"][at % 3];
            if matters(call) {
                add(call, error, at % 2 == 1, Reuse::Window);
                add(call, "signal=KILL", false, Reuse::Window);
            }
            if call.name == "write" {
                add(call, "retval=1", false, Reuse::Window);
            }
            continue;
        }
        for reuse in [Reuse::Window, Reuse::Strict] {
            for deed in ["error=EIO", "error=ENOSPC", "error=EROFS", "error=EACCES", "error=EINTR"] {
                add(call, deed, false, reuse);
                // Who is interrupted for ever may try for ever.
                if deed != "error=EINTR" {
                    add(call, deed, true, reuse);
                }
            }
            add(call, "signal=KILL", false, reuse);
            if call.name == "write" {
                add(call, "retval=0", false, reuse);
                add(call, "retval=1", false, reuse);
                add(call, "retval=1", true, reuse);
            }
        }
    }
    deeds
}

fn judge(home: &Home, deed: &Deed) -> Result<End, String> {
    home.begin();
    let output = home.run(&deed.words(home));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if deed.kills() {
        if output.status.code() == Some(0) || said.contains(CANARY) {
            return Err(format!("it was not killed, or said too much: {said}"));
        }
    } else {
        check_end(&output)?;
    }
    home.check_store()?;
    // One call that fails loses nothing, at no server.
    let may_lose = deed.reuse == Reuse::Strict && (deed.kills() || deed.on) && home.issuer.state().committed.is_some();
    if output.status.code() == Some(0) {
        // What was last written is the newest, unless nothing could be written at all after the answer.
        home.check_healthy()?;
        return Ok(End::Done);
    }
    let next = home.run(&[]);
    let lost = home.issuer.state().revoked;
    if lost && may_lose && next.status.code() == Some(4) {
        return Ok(End::Lost);
    }
    if next.status.code() != Some(0) || lost {
        return Err(format!("the login is lost, the first run said: {said} the next: {next:?}"));
    }
    home.check_healthy()?;
    Ok(End::Mended)
}

#[test]
fn whichever_system_call_fails_or_is_the_last_no_login_is_lost() {
    if !trace::is_there() {
        return;
    }
    let calls = calls();
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    for name in ["openat", "write", "fsync", "rename", "unlink", "flock", "mkdir"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    let deeds = deeds(&calls);
    let (count, queue) = (deeds.len(), Mutex::new(VecDeque::from(deeds)));
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..number("MCP_AUTH_WORKERS", WORKERS) {
            scope.spawn(|| {
                let homes = [Reuse::Window, Reuse::Strict].map(|reuse| (reuse, Home::new(&Issuer::start(reuse))));
                loop {
                    let Some(deed) = queue.lock().unwrap().pop_front() else { break };
                    let (_, home) = homes.iter().find(|(reuse, _)| *reuse == deed.reuse).unwrap();
                    let end = judge(home, &deed);
                    results.lock().unwrap().push((deed, end));
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let of = |end: &End| results.iter().filter(|(_, found)| found.as_ref() == Ok(end)).count();
    let bad: Vec<String> = results
        .iter()
        .filter_map(|(deed, end)| Some((deed, end.as_ref().err()?)))
        .map(|(deed, why)| {
            format!(
                "{} {}{} {:?}: {why}\n  {}",
                deed.call.name,
                deed.deed,
                if deed.on { "+" } else { "" },
                deed.reuse,
                deed.call.text
            )
        })
        .collect();
    assert!(bad.is_empty(), "{} of {count}:\n{}", bad.len(), bad.join("\n"));
    eprintln!(
        "{} system calls, {count} deeds: {} did their job, {} were mended by the next run, {} lost at a strict server",
        calls.len(),
        of(&End::Done),
        of(&End::Mended),
        of(&End::Lost)
    );
}
