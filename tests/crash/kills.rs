//! Killed at any moment of a run that refreshes: the store is always whole, the next run never hangs, and no login is lost
//! that could have been kept.

use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::home::Home;
use super::issuer::{Issuer, Reuse};
use super::{is_long, number};

/// How many processes are killed at each kind of authorization server, in the short form.
const SHORT: usize = 50;
/// And in the long one.
const LONG: usize = 5000;
/// How long after its delivery an answer is saved, whatever happens, if the program is let run.
const SAVED: Duration = Duration::from_millis(50);
/// The same in the short form, which shares the machine and its disk with all other tests.
const SAVED_AMONG_OTHERS: Duration = Duration::from_millis(500);
/// How many are killed at a time.
const WORKERS: usize = 2;

/// What was counted.
#[derive(Debug, Default)]
struct Count {
    killed: AtomicUsize,
    /// Killed between the request and the save.
    pending: AtomicUsize,
    /// Ended before its time.
    ended: AtomicUsize,
    lost: AtomicUsize,
}

/// How long a run takes that nothing happens to.
fn usual(home: &Home) -> Duration {
    let begun = Instant::now();
    for _ in 0..3 {
        home.begin();
        assert_eq!(home.run(&[]).status.code(), Some(0));
    }
    begun.elapsed() / 3
}

/// Waits for the moment: any of the run, or one soon after the request was there.
fn wait(home: &Home, chance: &mut Chance, usual: Duration, child: &mut Child) {
    if chance.coin() {
        std::thread::sleep(chance.below(usual * 5 / 4));
        return;
    }
    let after = chance.below(Duration::from_millis(12));
    while child.try_wait().unwrap().is_none() {
        let committed = home.issuer.state().committed;
        if committed.is_some_and(|committed| committed.elapsed() >= after) {
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// How long a process was ready to run and was not let, so far.
fn waited(child: &Child) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{}/schedstat", child.id())).unwrap_or_default();
    let nanos = text.split_ascii_whitespace().nth(1).and_then(|word| word.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// One kill, or an attempt: whether the process was there to be killed. What must never be is an error.
fn kill_once(home: &Home, reuse: Reuse, chance: &mut Chance, usual: Duration, count: &Count) -> Result<bool, String> {
    home.expire();
    home.issuer.state().committed = None;
    let mut child = home.command(&[]).spawn().unwrap();
    wait(home, chance, usual, &mut child);
    let moment = Instant::now();
    let delivered = {
        let state = home.issuer.state();
        state.delivered.filter(|_| state.committed.is_some())
    };
    let waited = waited(&child);
    child.kill().unwrap();
    let killed = child.wait().unwrap().code().is_none();
    (if killed { &count.killed } else { &count.ended }).fetch_add(1, Ordering::Relaxed);
    // What it had sent is answered before anybody else asks: a request that arrives after two others is no refresh again.
    home.issuer.settle();
    let stored = home.check_store()?;
    if stored.refresh != mcp_auth::store::RefreshState::Idle {
        count.pending.fetch_add(1, Ordering::Relaxed);
    }
    let next = home.run(&[]);
    if next.status.code() == Some(0) {
        return home.check_healthy().map(|()| killed);
    }
    let lost = home.issuer.state().revoked;
    let saved = waited + if is_long() { SAVED } else { SAVED_AMONG_OTHERS };
    let early = delivered.is_none_or(|delivered| moment.saturating_duration_since(delivered) < saved);
    if !(lost && reuse == Reuse::Strict && early && next.status.code() == Some(4)) {
        let after = delivered.map(|at| moment - at);
        let by = home.issuer.state().revoked_by;
        return Err(format!(
            "killed {after:?} after the answer, {waited:?} of them not let run; revoked by {by:?}: {next:?}"
        ));
    }
    count.lost.fetch_add(1, Ordering::Relaxed);
    home.begin();
    Ok(killed)
}

/// So many kills; says what was counted.
fn kill_often(reuse: Reuse) -> Count {
    let kills = number("MCP_AUTH_KILLS", if is_long() { LONG } else { SHORT });
    let count = Count::default();
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let count = &count;
            scope.spawn(move || {
                let home = Home::new(&Issuer::start(reuse));
                let mut usual = usual(&home);
                let mut chance = Chance::new(7 + u64::try_from(worker).unwrap());
                let mut killed = 0;
                for at in 0.. {
                    let done = kill_once(&home, reuse, &mut chance, usual, count);
                    let was_there = done.unwrap_or_else(|why| panic!("kill {at} of worker {worker}, {reuse:?}: {why}"));
                    killed += usize::from(was_there);
                    if killed == kills / WORKERS {
                        return;
                    }
                    assert!(at < 10 * kills, "few were killed: {count:?}");
                    // A machine is now busy and now not: too late is as often as too early.
                    usual = if was_there { usual * 21 / 20 } else { usual * 19 / 20 };
                }
            });
        }
    });
    count
}

#[test]
fn killed_at_any_moment_no_login_is_lost_where_an_answer_can_be_had_again() {
    let count = kill_often(Reuse::Window);
    assert_eq!(count.lost.load(Ordering::Relaxed), 0, "{count:?}");
    eprintln!("window: {count:?}");
}

#[test]
fn killed_at_any_moment_no_login_is_lost_whose_answer_could_be_saved() {
    let count = kill_often(Reuse::Strict);
    eprintln!("strict: {count:?}");
}

#[test]
fn killed_again_and_again_before_the_answer_is_saved_no_login_is_lost() {
    let home = Home::new(&Issuer::start(Reuse::Window));
    home.issuer.pause(|| std::thread::sleep(Duration::from_millis(300)));
    for _ in 0..4 {
        let asked = home.issuer.state().asked;
        let mut child = home.command(&[]).spawn().unwrap();
        while home.issuer.state().asked == asked {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        home.check_store().unwrap();
    }
    home.issuer.pause(|| ());
    let next = home.run(&[]);
    assert_eq!(next.status.code(), Some(0), "{next:?}");
    home.check_healthy().unwrap();
}
