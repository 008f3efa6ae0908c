//! What `--state FILE` keeps when the disk fails under it and when it is killed at any moment: nothing that was answered is
//! forgotten, nothing revoked or used comes back, and a disk that works again is used again.

mod client;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use self::client::{Client, Known};
use super::chance::Chance;
use super::support::{Deployment, Login, search, until};
use super::trace::{self, Trace};

/// Whether the long forms are wanted.
#[expect(clippy::disallowed_methods, reason = "the runner says whether it has the time")]
fn rounds(short: usize, long: usize) -> usize {
    let usual = if std::env::var("MCP_AUTH_LONG").is_ok_and(|value| value == "1") { long } else { short };
    std::env::var("MCP_AUTH_ROUNDS").ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A folder with a state file, and ports that stay the same over restarts.
struct Place {
    _folder: tempfile::TempDir,
    file: PathBuf,
    ports: [String; 2],
}

/// Ports that nobody gets for an outgoing connection while the deployment is away.
fn quiet_ports() -> [String; 2] {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let process = usize::try_from(std::process::id()).unwrap() * 40;
    let mut ports = std::iter::repeat_with(|| 12_000 + (process + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000)
        .filter(|port| TcpListener::bind(("127.0.0.1", u16::try_from(*port).unwrap())).is_ok())
        .map(|port| port.to_string());
    [ports.next().unwrap(), ports.next().unwrap()]
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state");
        Self { _folder: folder, file, ports: quiet_ports() }
    }

    fn arguments(&self) -> Vec<&str> {
        let file = self.file.to_str().unwrap();
        vec!["--port", &self.ports[0], "--authority-port", &self.ports[1], "--auto-approve", "--state", file]
    }

    fn start(&self) -> Deployment {
        Deployment::start(&self.arguments())
    }

    fn start_behind(&self, wrapper: &[String]) -> Result<Deployment, String> {
        Deployment::start_behind(wrapper, &self.arguments())
    }
}

/// A login up to its code; `None` when somebody does not answer as usual.
fn login(server: &Deployment) -> Option<Client> {
    let mut login = Login::try_register(&server.issuer, &server.mcp).ok()?.asking("search:read search:write");
    login.try_approve()?;
    Some(Client::new(login))
}

/// What a client does in a round: everything once.
fn session(server: &Deployment) -> Vec<Client> {
    let mut clients = Vec::new();
    for at in 0..3 {
        let Some(mut client) = login(server) else { continue };
        client.redeem();
        client.refresh();
        client.save(&format!("note {at}"));
        if at == 1 {
            client.revoke();
        }
        clients.push(client);
    }
    clients
}

fn check(place: &Place, clients: &mut [Client], name: &str) {
    let server = place.start();
    for (number, client) in clients.iter_mut().enumerate() {
        client.check(number).unwrap_or_else(|why| panic!("{name}, client {number}: {why}"));
    }
    assert_eq!(session(&server).len(), 3, "{name}: it goes on");
    server.kill();
}

/// The calls on the state file of a deployment: the name, and how often a thread makes it at most.
fn calls(work: impl FnOnce(&Deployment)) -> BTreeMap<String, usize> {
    let place = Place::new();
    place.start().kill();
    let file = place.file.with_extension("trace");
    let server = place.start_behind(&Trace::of(vec![place.file.clone()]).watching(&file)).unwrap();
    work(&server);
    assert_eq!(server.end(), Some(0));
    // Whoever writes it down is a process of its own.
    std::thread::sleep(Duration::from_millis(300));
    let mut most = BTreeMap::new();
    for call in trace::calls(&file) {
        assert!(call.text.contains(place.file.to_str().unwrap()), "{}", call.text);
        let number = most.entry(call.name).or_insert(0);
        *number = call.number.max(*number);
    }
    most
}

#[test]
fn whichever_call_on_the_state_file_fails_nothing_that_was_answered_is_forgotten() {
    if !trace::is_there() {
        return;
    }
    let calls = calls(|server| assert_eq!(session(server).len(), 3));
    for name in ["openat", "flock", "pwrite64"] {
        assert!(calls.contains_key(name), "no {name} in {calls:?}");
    }
    let mut deeds = Vec::new();
    for (name, most) in &calls {
        for number in 1..=*most {
            for deed in ["error=EIO", "error=ENOSPC", "signal=KILL"] {
                deeds.push((name.clone(), deed, number.to_string()));
                if deed != "signal=KILL" {
                    deeds.push((name.clone(), deed, format!("{number}+")));
                }
            }
        }
    }
    // The short form: a few, spread over all.
    let all = deeds.len();
    let wanted = rounds(8, all);
    let chosen: Vec<_> = (0..wanted).map(|at| deeds[at * all / wanted].clone()).collect();
    let (queue, did_start) = (Mutex::new(chosen), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((call, deed, when)) = { queue.lock().unwrap().pop() } {
                    let name = format!("{call} {deed} {when}");
                    let place = Place::new();
                    // A file that is there already, with something to lose.
                    let server = place.start();
                    let mut clients = session(&server);
                    assert_eq!(clients.len(), 3);
                    server.kill();
                    let wrapper = Trace::of(vec![place.file.clone()]).doing(&call, deed, &when);
                    match place.start_behind(&wrapper) {
                        Ok(server) => {
                            did_start.fetch_add(1, Ordering::Relaxed);
                            clients.extend(session(&server));
                            for client in &mut clients {
                                client.refresh();
                            }
                            server.kill();
                        }
                        Err(said) => assert!(deed == "signal=KILL" || said.contains("error: "), "{name}: {said}"),
                    }
                    check(&place, &mut clients, &name);
                }
            });
        }
    });
    eprintln!("{calls:?}: {wanted} of {all} deeds, {} after the start", did_start.load(Ordering::Relaxed));
}

#[test]
fn a_disk_that_failed_for_a_moment_is_used_again() {
    if !trace::is_there() {
        return;
    }
    let before = calls(|_| ());
    for call in ["pwrite64", "fdatasync"] {
        let place = Place::new();
        place.start().kill();
        // The first one of this number after the start, on every thread that comes so far.
        let when = (before[call] + 1).to_string();
        let wrapper = Trace::of(vec![place.file.clone()]).doing(call, "error=ENOSPC", &when);
        let server = place.start_behind(&wrapper).unwrap();
        let mut clients = Vec::new();
        let mut failed = 0;
        for _ in 0..12 {
            match login(&server).map(|mut client| (client.redeem(), client)) {
                Some((true, client)) => clients.push(client),
                _ => failed += 1,
            }
        }
        // One on each thread that writes, at most; and all is well at the end.
        assert!(
            failed > 0 && clients.len() > 2,
            "{call}: {failed} failed, {} did not: {}",
            clients.len(),
            server.said()
        );
        until("it is well again", 20, || login(&server).is_some_and(|mut client| client.redeem()));
        // A thread that has not come so far may still fail once.
        for client in &mut clients {
            until("its refresh token is good", 20, || client.refresh());
        }
        server.kill();
        check(&place, &mut clients, call);
    }
}

#[test]
fn killed_at_any_moment_it_forgets_nothing_that_was_answered() {
    let place = Place::new();
    let mut chance = Chance::new(11);
    let mut clients: Vec<Client> = Vec::new();
    let answered = AtomicUsize::new(0);
    let wanted = rounds(4, 100);
    for round in 0..wanted {
        let server = place.start();
        let (stop, done) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let before = answered.load(Ordering::Relaxed);
        std::thread::scope(|scope| {
            for at in 0..4 {
                let (server, stop, done, answered) = (&server, &stop, &done, &answered);
                scope.spawn(move || {
                    let count = |good: bool| answered.fetch_add(usize::from(good), Ordering::Relaxed);
                    while !stop.load(Ordering::Relaxed) {
                        let Some(mut client) = login(server) else { continue };
                        count(client.redeem());
                        for step in 0..3 {
                            count(client.refresh());
                            count(step == 1 && client.save("a note"));
                        }
                        if at == 0 {
                            count(client.revoke());
                        }
                        done.lock().unwrap().push(client);
                    }
                });
            }
            until("clients are answered", 20, || answered.load(Ordering::Relaxed) > before + 4);
            std::thread::sleep(chance.below(Duration::from_millis(300)));
            // Asked to end, or ended: what was answered is kept.
            server.signal(if chance.coin() { "TERM" } else { "KILL" });
            std::thread::sleep(Duration::from_millis(20));
            stop.store(true, Ordering::Relaxed);
        });
        drop(server);
        clients.extend(done.into_inner().unwrap());
        let server = place.start();
        for (number, client) in clients.iter_mut().enumerate() {
            client.check(number).unwrap_or_else(|why| panic!("round {round}, client {number}: {why}"));
        }
        // Those that lived through this go on to the next round, but not for ever.
        let keep = clients.len().saturating_sub(20);
        clients.drain(..keep);
        server.kill();
    }
    eprintln!("{wanted} ends, {} answers, none forgotten", answered.load(Ordering::Relaxed));
}

#[test]
fn fifty_clients_that_refresh_at_once_each_get_one_successor() {
    let place = Place::new();
    let server = place.start();
    let clients: Vec<Client> =
        (0..10).filter_map(|_| login(&server)).filter_map(|mut c| c.redeem().then_some(c)).collect();
    assert_eq!(clients.len(), 10);
    // Five with each token, all at the same moment.
    let start = Arc::new(Barrier::new(50));
    let shots: Vec<_> = (0..50)
        .map(|at| {
            let (mut client, start) = (clients[at % 10].clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                assert!(client.refresh(), "client {at}");
                let Known::Live { refresh, .. } = client.known.clone() else { panic!("no tokens") };
                (at % 10, refresh, client)
            })
        })
        .collect();
    let mut successors: BTreeMap<usize, Vec<(String, Client)>> = BTreeMap::new();
    for shot in shots {
        let (login, refresh, client) = shot.join().unwrap();
        successors.entry(login).or_default().push((refresh, client));
    }
    server.kill();
    let _server = place.start();
    for (login, found) in &mut successors {
        assert!(found.iter().all(|(refresh, _)| *refresh == found[0].0), "login {login}: one successor");
        assert!(found[0].1.refresh(), "login {login}: and it is good after a kill");
    }
}

#[test]
fn a_state_file_in_use_is_refused_clearly_and_left_alone() {
    let place = Place::new();
    let server = place.start();
    let mut clients = session(&server);
    let other = Place { _folder: tempfile::tempdir().unwrap(), file: place.file.clone(), ports: quiet_ports() };
    for _ in 0..3 {
        let said = other.start_behind(&[]).err().unwrap();
        assert!(
            said.contains("is in use") && said.lines().filter(|line| line.starts_with("error: ")).count() == 1,
            "{said}"
        );
    }
    assert_eq!(search(&server.mcp, "no token"), 401);
    server.kill();
    check(&place, &mut clients, "in use");
    assert!(Path::new(&place.file).exists());
}
