//! Many programs meet one expired token: one of them refreshes it, the others take what it got, and one that stands still
//! with the lock in its hand stops nobody for ever.

use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use super::home::Home;
use super::issuer::{Issuer, Reuse};
use super::{is_long, number};

/// Waits for many at once; their output is short.
fn all(children: Vec<Child>) -> Vec<Output> {
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

#[test]
fn of_many_with_one_expired_token_one_refreshes_it() {
    let processes = number("MCP_AUTH_PROCESSES", if is_long() { 50 } else { 8 });
    let rounds = number("MCP_AUTH_ROUNDS", if is_long() { 1000 } else { 10 });
    // Strict: a second refresh with one token, and the login is gone.
    let home = Home::new(&Issuer::start(Reuse::Strict));
    home.issuer.pause(|| std::thread::sleep(Duration::from_millis(3)));
    let begun = Instant::now();
    for round in 0..rounds {
        let generation = home.issuer.state().generation;
        // By our clock in one round, by the server's word in the next.
        if round % 2 == 0 {
            home.expire();
        } else {
            home.issuer.expire();
        }
        let children: Vec<Child> = (0..processes).map(|_| home.command(&[]).spawn().unwrap()).collect();
        for output in all(children) {
            assert_eq!(output.status.code(), Some(0), "round {round}: {output:?}");
        }
        home.check_healthy().unwrap_or_else(|why| panic!("round {round}: {why}"));
        let state = home.issuer.state();
        assert_eq!((state.generation, state.refused), (generation + 1, 0), "round {round}");
        assert_eq!(usize::try_from(state.asked).unwrap(), round + 1, "round {round}");
    }
    let state = home.issuer.state();
    eprintln!(
        "{processes} processes, {rounds} rounds: {} refreshes, {} refused, in {:?}",
        state.asked,
        state.refused,
        begun.elapsed()
    );
}

/// Sends a signal.
fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn one_that_stands_still_inside_the_lock_stops_nobody_for_ever() {
    let home = Home::new(&Issuer::start(Reuse::Strict));
    let (asked, answer) = (home.directory.with_extension("asked"), home.directory.with_extension("answer"));
    let marks = (asked.clone(), answer.clone());
    home.issuer.pause(move || {
        std::fs::write(&marks.0, "").unwrap();
        while !marks.1.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let still = home.command(&[]).spawn().unwrap();
    while !asked.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("STOP", &still);
    std::fs::write(&answer, "").unwrap();
    let begun = Instant::now();
    let others: Vec<Child> = (0..4).map(|_| home.command(&[]).spawn().unwrap()).collect();
    for output in all(others) {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("another process has held the lock"), "{said}");
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(9) && took < Duration::from_secs(15), "{took:?}");
    home.check_store().unwrap();
    signal("CONT", &still);
    let output = still.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    home.check_healthy().unwrap();
    assert_eq!(home.run(&[]).status.code(), Some(0));
    let state = home.issuer.state();
    assert_eq!((state.asked, state.refused, state.generation), (1, 0, 1));
}
