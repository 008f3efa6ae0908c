//! A refresh that is killed at each step on the disk, against a token endpoint that rotates, answers a repeated refresh
//! with the same pair, and revokes everything when an older token comes back.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use super::*;
use crate::client::plan::Plan;
use crate::spec::clock::{Clock, MOMENTS};
use crate::spec::reach::Reach;
use crate::store::seam::{self, Deed};
use crate::store::{Client, ClientAuth, ClientOrigin};
use crate::wire::{Policy, Wire};

const CHILD: &str = "MCP_AUTH_REFRESH_TEST_CHILD";

/// The state of the token endpoint: the generation that is good, and what was asked.
#[derive(Default)]
struct Issuer {
    generation: u32,
    revoked: bool,
    requests: u32,
    /// Answers that get lost from now on: the connection is closed after the token was used.
    lose: u32,
}

fn issuer() -> (String, Arc<Mutex<Issuer>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let state = Arc::new(Mutex::new(Issuer::default()));
    let shared = Arc::clone(&state);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), &shared);
        }
    });
    (origin, state)
}

fn serve(stream: &mut TcpStream, state: &Mutex<Issuer>) {
    let mut text = String::new();
    let mut part = [0; 4096];
    while !text.contains("refresh-token-") {
        let length = stream.read(&mut part).unwrap();
        if length == 0 {
            return;
        }
        text.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    let sent: String = text.split("refresh-token-").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect();
    let sent: u32 = sent.parse().unwrap();
    let mut state = state.lock().unwrap();
    state.requests += 1;
    // The one that is good, or the one before it again, whose successor nobody has used yet.
    if !state.revoked && sent == state.generation {
        state.generation += 1;
    } else if state.revoked || sent + 1 != state.generation {
        state.revoked = true;
    }
    if state.lose > 0 {
        state.lose -= 1;
        return;
    }
    let (status, body) = if state.revoked {
        ("400 Bad Request", "{\"error\":\"invalid_grant\"}".to_owned())
    } else {
        let n = state.generation;
        let body = format!(
            "{{\"access_token\":\"access-token-{n}\",\"token_type\":\"Bearer\",\"expires_in\":600,\"refresh_token\":\"refresh-token-{n}\"}}"
        );
        ("200 OK", body)
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

fn stored(origin: &str) -> Login {
    Login {
        issuer: origin.to_owned(),
        token_endpoint: format!("{origin}/token"),
        resource: format!("{origin}/mcp"),
        profile: "default".to_owned(),
        server: format!("{origin}/mcp"),
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
            access: Secret::from("access-token-0"),
            scheme: Scheme::Bearer,
            obtained_at: 1,
            expires_at: Some(2),
            refresh: Some(Secret::from("refresh-token-0")),
            scope: Vec::new(),
            dpop_key: None,
        }),
        requested_scope: Vec::new(),
        refresh: RefreshState::Idle,
        revocation_endpoint: None,
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn keep(directory: &Path, origin: &str) {
    block(async {
        let mut guard = Store::in_directory(directory).lock().await.unwrap();
        guard.save(|book| book.put(stored(origin))).unwrap();
    });
}

fn refresh_in(directory: &Path) -> Result<Login, ClientError> {
    let store = Store::in_directory(directory);
    let login = store.read()?.logins.first().cloned().unwrap();
    let target = url::Url::parse(&login.server).unwrap();
    let wire = Wire::new(&target, &login.server, Reach::Login, Policy::default()).unwrap();
    let plan = Plan::default();
    let actor = Actor { wire: &wire, plan: &plan, say: &|_| {} };
    block(Box::pin(refresh(&actor, &store, &login)))
}

fn kept(directory: &Path) -> Login {
    Store::in_directory(directory).read().unwrap().logins[0].clone()
}

#[test]
fn whichever_step_a_refresh_is_killed_at_no_login_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (origin, _) = issuer();
    keep(home.path(), &origin);
    seam::plan(None);
    refresh_in(home.path()).unwrap();
    let steps = seam::taken();
    assert!(steps.len() > 25, "{steps:?}");
    for (number, name) in steps.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let (origin, state) = issuer();
        keep(home.path(), &origin);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "client::keeper::tests::child_process", "--ignored", "--test-threads", "1"])
            .env(CHILD, format!("{number} {}", home.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "the child should have died at {number} {name}");
        let fresh = refresh_in(home.path()).unwrap_or_else(|error| panic!("killed at {number} {name}: {error}"));
        let state = state.lock().unwrap();
        assert!(!state.revoked, "killed at {number} {name}");
        let refresh = fresh.tokens.unwrap().refresh.unwrap();
        assert_eq!(refresh.expose(), format!("refresh-token-{}", state.generation), "killed at {number} {name}");
        assert_eq!(kept(home.path()).refresh, RefreshState::Idle);
    }
}

#[test]
#[ignore = "started by another test"]
#[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
fn child_process() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (number, directory) = task.split_once(' ').unwrap();
    seam::plan(Some((number.parse().unwrap(), Deed::Die)));
    let _ = refresh_in(Path::new(directory));
}

#[test]
fn a_lost_answer_is_asked_for_once_more_and_again_by_the_next_run() {
    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    keep(home.path(), &origin);
    state.lock().unwrap().lose = 1;
    let fresh = refresh_in(home.path()).unwrap();
    assert_eq!(fresh.tokens.unwrap().refresh.unwrap().expose(), "refresh-token-1");
    assert_eq!(state.lock().unwrap().requests, 2);

    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    keep(home.path(), &origin);
    state.lock().unwrap().lose = 9;
    assert!(matches!(refresh_in(home.path()), Err(ClientError::Unreachable { .. })));
    assert!(matches!(kept(home.path()).refresh, RefreshState::Pending { attempts: 2, .. }));
    assert_eq!(state.lock().unwrap().requests, 2, "not a third time by one run");
    assert!(kept(home.path()).tokens.unwrap().refresh.is_some(), "the token is still there");
    // The server was away, and is back: nothing was lost.
    state.lock().unwrap().lose = 0;
    let fresh = refresh_in(home.path()).unwrap();
    assert_eq!(fresh.tokens.unwrap().refresh.unwrap().expose(), "refresh-token-1");
    assert_eq!(kept(home.path()).refresh, RefreshState::Idle);

    // Whether the token is used up only the server can say; a run that hears so says what happened before.
    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    keep(home.path(), &origin);
    state.lock().unwrap().lose = 2;
    assert!(matches!(refresh_in(home.path()), Err(ClientError::Unreachable { .. })));
    state.lock().unwrap().revoked = true;
    let error = refresh_in(home.path()).unwrap_err();
    assert!(matches!(&error, ClientError::LoginNeeded { why } if why.contains("the answer was lost")), "{error}");
    assert!(matches!(kept(home.path()).refresh, RefreshState::Refused { .. }));
}

#[test]
fn a_disk_that_would_not_take_the_new_token_keeps_the_old_one_unspent() {
    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    keep(home.path(), &origin);
    seam::plan(Some((3, Deed::Fail)));
    let error = refresh_in(home.path()).unwrap_err();
    seam::plan(None);
    assert!(matches!(error, ClientError::Store(_)), "{error}");
    assert_eq!(state.lock().unwrap().requests, 0);
}

/// A run at this time with a token that was got at 1000 for this long: how many refreshes it begins with, and what is kept.
fn begun_at(now: u64, lifetime: Option<u64>) -> (u32, Login) {
    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    let mut login = stored(&origin);
    let tokens = login.tokens.as_mut().unwrap();
    (tokens.obtained_at, tokens.expires_at) = (1000, lifetime.map(|lifetime| 1000_u64.saturating_add(lifetime)));
    let store = Store::in_directory(home.path());
    block(async { store.lock().await.unwrap().save(|book| book.put(login.clone())).unwrap() });
    let target = url::Url::parse(&login.server).unwrap();
    let (clock, _) = Clock::stopped(now);
    let wire = Wire::new(&target, &login.server, Reach::Login, Policy::default()).unwrap().by(clock);
    let plan = Plan::default();
    let actor = Actor { wire: &wire, plan: &plan, say: &|_| {} };
    let mut keeper = Keeper::new(actor, &store, "default", false, None);
    block(Box::pin(keeper.begin())).unwrap();
    assert_eq!(wire.trail().started, now * 1000, "the record is by the same clock");
    let requests = state.lock().unwrap().requests;
    (requests, kept(home.path()))
}

#[test]
fn a_token_is_refreshed_from_half_a_minute_before_its_end() {
    for (lifetime, now, refreshes) in [
        (Some(600), 1000, 0),
        (Some(600), 1569, 0),
        (Some(600), 1570, 1),
        (Some(600), 1599, 1),
        (Some(600), 1600, 1),
        (Some(600), 1000 + 31_536_000, 1),
        // A token that lives a minute is good for three quarters of it.
        (Some(60), 1044, 0),
        (Some(60), 1045, 1),
        // The clock was set back behind the day it was got on.
        (Some(600), 0, 0),
        // What never ends, or nobody says when.
        (None, 253_402_300_799, 0),
        (Some(u64::MAX), 253_402_300_799, 0),
    ] {
        let (requests, login) = begun_at(now, lifetime);
        assert_eq!(requests, refreshes, "{lifetime:?} at {now}");
        if refreshes > 0 {
            let tokens = login.tokens.unwrap();
            assert_eq!((tokens.obtained_at, tokens.expires_at), (now, Some(now + 600)));
        }
    }
    for now in MOMENTS {
        let (requests, login) = begun_at(now, Some(600));
        assert_eq!((requests, login.tokens.unwrap().expires_at), (1, Some(now + 600)));
    }
}

#[test]
fn a_journal_is_written_by_the_clock_of_the_run() {
    let home = tempfile::tempdir().unwrap();
    let (origin, state) = issuer();
    keep(home.path(), &origin);
    state.lock().unwrap().revoked = true;
    let store = Store::in_directory(home.path());
    let login = kept(home.path());
    let target = url::Url::parse(&login.server).unwrap();
    for (now, asked) in [(253_402_300_799, 1), (1, 1)] {
        let (clock, _) = Clock::stopped(now);
        let wire = Wire::new(&target, &login.server, Reach::Login, Policy::default()).unwrap().by(clock);
        let plan = Plan::default();
        let actor = Actor { wire: &wire, plan: &plan, say: &|_| {} };
        let refused = block(Box::pin(refresh(&actor, &store, &login))).unwrap_err();
        assert!(matches!(&refused, ClientError::LoginNeeded { why } if why == "the server refused the refresh token"));
        // Once refused is refused, whatever time it is later.
        assert_eq!(kept(home.path()).refresh, RefreshState::Refused { since: 253_402_300_799 });
        assert_eq!(state.lock().unwrap().requests, asked);
    }
}

#[test]
fn an_answer_is_lost_where_the_server_may_have_acted() {
    use crate::evidence::Failure;
    use crate::spec::step::Step;
    let (step, url) = (Step::TokenRefresh, "https://as.test/token".to_owned());
    let failed = |kind| {
        let failure = Box::new(Failure { kind, detail: String::new() });
        is_lost(&ClientError::Unreachable { step, url: url.clone(), failure })
    };
    for kind in [FailureKind::Broken, FailureKind::Timeout, FailureKind::TooLarge] {
        assert!(failed(kind), "{kind:?}");
    }
    for kind in [FailureKind::ConnectionRefused, FailureKind::NameUnknown, FailureKind::Tls, FailureKind::Refused] {
        assert!(!failed(kind), "{kind:?}");
    }
    assert!(is_lost(&ClientError::Answer { step, url: url.clone(), detail: String::new() }));
    let denied = |error: &str| ClientError::Denied { step, error: error.to_owned(), description: None };
    assert!(!is_lost(&denied("invalid_grant")) && !is_lost(&denied("server_error")));
}

#[test]
fn a_client_is_known_at_its_issuer_and_token_endpoint_and_in_its_profile() {
    let home = tempfile::tempdir().unwrap();
    let origin = "http://127.0.0.1:4711";
    keep(home.path(), origin);
    let store = Store::in_directory(home.path());
    let target = url::Url::parse(&format!("{origin}/mcp")).unwrap();
    let wire = Wire::new(&target, target.as_str(), Reach::Login, Policy::default()).unwrap();
    let plan = Plan::default();
    let known = |issuer: &str, token_endpoint: &str, profile: &str, current: bool| {
        let actor = Actor { wire: &wire, plan: &plan, say: &|_| {} };
        let mut keeper = Keeper::new(actor, &store, profile, true, None);
        keeper.current = current.then(|| stored(origin));
        let metadata = serde_json::json!({ "issuer": issuer, "token_endpoint": token_endpoint });
        let metadata = metadata.as_object().unwrap().clone();
        let located = crate::client::locate::finish(&wire, issuer.to_owned(), metadata, false).unwrap();
        keeper.known_client(&located).unwrap().is_some()
    };
    let own = format!("{origin}/token");
    for current in [true, false] {
        assert!(known(origin, &own, "default", current), "{current}");
        assert!(!known(origin, &format!("{origin}/other"), "default", current), "{current}");
        assert!(!known(&format!("{origin}/tenant"), &own, "default", current), "{current}");
    }
    assert!(!known(origin, &own, "work", false));
}
