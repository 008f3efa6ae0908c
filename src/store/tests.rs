//! Every row of what loses logins: crashes at each step, failing disks, several processes, bad files, bad modes.

mod files;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use super::seam::{self, Deed};
use super::*;
use crate::formats::secret::Secret;

const CHILD: &str = "MCP_AUTH_STORE_TEST_CHILD";

fn login(issuer: &str, refresh: &str) -> Login {
    Login {
        issuer: issuer.to_owned(),
        token_endpoint: format!("{issuer}/token"),
        resource: "https://rs.test/mcp".to_owned(),
        profile: "default".to_owned(),
        server: "https://rs.test/mcp".to_owned(),
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
            access: Secret::from(format!("access-of-{refresh}")),
            scheme: Scheme::Bearer,
            obtained_at: 1,
            expires_at: Some(2),
            refresh: Some(Secret::from(refresh)),
            scope: vec!["search:read".to_owned()],
            dpop_key: None,
        }),
        requested_scope: Vec::new(),
        refresh: RefreshState::Idle,
        revocation_endpoint: None,
    }
}

fn refresh_of(book: &Book) -> Option<String> {
    let tokens = book.logins.first()?.tokens.as_ref()?;
    tokens.refresh.as_ref().map(|secret| secret.expose().to_owned())
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// Reads, changes and saves as a refresh does.
fn rotate(directory: &Path, to: &str) -> Result<(), StoreError> {
    block(async {
        let store = Store::in_directory(directory);
        let mut guard = store.lock().await?;
        guard.make_room()?;
        guard.save(|book| book.put(login("https://as.test", to)))
    })
}

#[test]
fn what_is_saved_is_read_back_and_is_ours_alone() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("state/mcp-auth");
    assert!(Store::in_directory(&directory).read().unwrap().logins.is_empty());
    rotate(&directory, "refresh-token-1").unwrap();
    rotate(&directory, "refresh-token-2").unwrap();
    let store = Store::in_directory(&directory);
    let book = store.read().unwrap();
    assert_eq!((book.generation, refresh_of(&book).as_deref()), (2, Some("refresh-token-2")));
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    let previous = fs::read_to_string(directory.join("credentials.json.previous")).unwrap();
    assert!(previous.contains("refresh-token-1") && !previous.contains("refresh-token-2"));
}

#[test]
fn a_login_is_found_by_issuer_token_origin_resource_and_profile() {
    let mut book = Book::default();
    let first = login("https://as.test", "refresh-token-1");
    book.put(first.clone());
    book.put(login("https://other.test", "refresh-token-2"));
    let moved = Login { token_endpoint: "https://evil.test/token".to_owned(), ..first.clone() };
    assert_eq!(book.find(&moved.key()), None);
    assert_eq!(book.find(&Login { profile: "work".to_owned(), ..first.clone() }.key()), None);
    assert_eq!(book.find(&Key { resource: "https://rs.test/".to_owned(), ..first.key() }), None);
    assert_eq!(book.find(&first.key()), Some(&first));
    book.put(login("https://as.test", "refresh-token-3"));
    assert_eq!((book.logins.len(), refresh_of(&book).as_deref()), (2, Some("refresh-token-3")));
    assert_eq!(book.for_server("https://rs.test/mcp", "default").count(), 2);
    assert_eq!(book.for_server("https://rs.test/mcp/", "default").count(), 0);
    assert!(book.forget(&first.key()) && !book.forget(&first.key()));
}

#[test]
fn a_swap_touches_only_the_token_it_knows() {
    let mut book = Book::default();
    book.put(login("https://as.test", "refresh-token-1"));
    let key = book.logins[0].key();
    let refuse = |login: &mut Login| login.refresh = RefreshState::Refused { since: 5 };
    assert!(!book.swap(&key, &Secret::from("refresh-token-0"), refuse));
    assert_eq!(book.logins[0].refresh, RefreshState::Idle);
    assert!(book.swap(&key, &Secret::from("refresh-token-1"), refuse));
    assert_eq!(book.logins[0].refresh, RefreshState::Refused { since: 5 });
    assert_eq!(refresh_of(&book).as_deref(), Some("refresh-token-1"), "the refused token is still there");
}

/// The steps of one rotation on an existing store.
fn steps() -> Vec<&'static str> {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    seam::plan(None);
    rotate(home.path(), "refresh-token-2").unwrap();
    seam::taken()
}

#[test]
fn whichever_step_fails_the_file_holds_one_whole_generation() {
    let steps = steps();
    assert!(steps.len() >= 15 && steps.contains(&"rename"), "{steps:?}");
    for (number, name) in steps.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        rotate(home.path(), "refresh-token-1").unwrap();
        seam::plan(Some((number, Deed::Fail)));
        let error = rotate(home.path(), "refresh-token-2").expect_err(name);
        seam::plan(None);
        assert!(!format!("{error} {error:?}").contains("refresh-token"), "{error}");
        let found = refresh_of(&Store::in_directory(home.path()).read().unwrap());
        let expected = if *name == "sync-directory" { "refresh-token-2" } else { "refresh-token-1" };
        assert_eq!(found.as_deref(), Some(expected), "failed at {number} {name}");
        rotate(home.path(), "refresh-token-3").unwrap();
    }
}

#[test]
fn what_nothing_can_replace_is_saved_in_spite_of_one_failing_step() {
    let save = |home: &Path| {
        block(async {
            let mut guard = Store::in_directory(home).lock().await?;
            guard.make_room()?;
            seam::plan(None);
            guard.insist(|book| book.put(login("https://as.test", "refresh-token-2")))
        })
    };
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    save(home.path()).unwrap();
    let steps = seam::taken();
    assert!(steps.contains(&"rename") && steps.contains(&"sync-directory"), "{steps:?}");
    for (number, name) in steps.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        rotate(home.path(), "refresh-token-0").unwrap();
        rotate(home.path(), "refresh-token-1").unwrap();
        let done = block(async {
            let mut guard = Store::in_directory(home.path()).lock().await.unwrap();
            guard.make_room().unwrap();
            seam::plan(Some((number, Deed::Fail)));
            guard.insist(|book| book.put(login("https://as.test", "refresh-token-2")))
        });
        seam::plan(None);
        assert!(done.is_ok(), "failed at {number} {name}: {done:?}");
        let found = refresh_of(&Store::in_directory(home.path()).read().unwrap());
        assert_eq!(found.as_deref(), Some("refresh-token-2"), "failed at {number} {name}");
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[test]
fn a_disk_that_stays_broken_is_given_up_after_four_tries() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let save = |plan| {
        block(async {
            let mut guard = Store::in_directory(home.path()).lock().await.unwrap();
            guard.make_room().unwrap();
            seam::plan(plan);
            guard.insist(|book| book.put(login("https://as.test", "refresh-token-2")))
        })
    };
    let error = save(Some((0, Deed::FailOn))).unwrap_err();
    assert!(matches!(error, StoreError::Disk { .. }), "{error}");
    let tries = seam::taken();
    seam::plan(None);
    assert_eq!(tries.iter().filter(|name| **name == tries[0]).count(), 4, "{tries:?}");
    let found = refresh_of(&Store::in_directory(home.path()).read().unwrap());
    assert_eq!(found.as_deref(), Some("refresh-token-1"), "what was there is there");
    save(None).unwrap();
}

#[test]
fn whichever_step_a_process_dies_at_the_file_holds_one_whole_generation() {
    for (number, name) in steps().iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        rotate(home.path(), "refresh-token-1").unwrap();
        let status = child(&format!("die {number} {}", home.path().display())).wait().unwrap();
        assert!(!status.success(), "the child should have died at {number} {name}");
        let book = Store::in_directory(home.path()).read().unwrap();
        let expected = if *name == "sync-directory" { "refresh-token-2" } else { "refresh-token-1" };
        assert_eq!(refresh_of(&book).as_deref(), Some(expected), "died at {number} {name}");
        // No stale lock, no leftover in the way.
        rotate(home.path(), "refresh-token-3").unwrap();
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[test]
fn processes_and_threads_that_save_at_once_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut children: Vec<_> = (0..6).map(|n| child(&format!("add {n} {}", home.path().display()))).collect();
    let threads: Vec<_> = (6..12)
        .map(|n| {
            let directory = home.path().to_owned();
            std::thread::spawn(move || add(&directory, n))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    let book = Store::in_directory(home.path()).read().unwrap();
    assert_eq!((book.logins.len(), book.generation), (12, 12));
}

fn add(directory: &Path, number: usize) {
    block(async {
        let mut guard = Store::in_directory(directory).lock().await.unwrap();
        guard.save(|book| book.put(login(&format!("https://as{number}.test"), "refresh-token"))).unwrap();
    });
}

fn child(task: &str) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::child_process", "--ignored", "--nocapture", "--test-threads", "1"])
        .env(CHILD, task)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the children do.
#[test]
#[ignore = "started by other tests"]
#[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
fn child_process() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let mut words = task.splitn(3, ' ');
    let (deed, number, directory) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let number: usize = number.parse().unwrap();
    if deed == "die" {
        seam::plan(Some((number, Deed::Die)));
        rotate(Path::new(directory), "refresh-token-2").unwrap();
    } else {
        add(Path::new(directory), number);
    }
}

#[test]
fn a_lock_is_waited_for_but_not_for_ever() {
    let home = tempfile::tempdir().unwrap();
    block(async {
        let store = Store::in_directory(home.path());
        let held = store.lock().await.unwrap();
        let error = store.lock_for(Duration::from_millis(30)).await.unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{error}");
        drop(held);
        store.lock_for(Duration::ZERO).await.unwrap();
    });
}

#[test]
fn a_file_that_is_no_store_is_left_alone() {
    for (text, secret) in [
        ("", ""),
        ("{\"version\":1,\"generation\":1,\"logins\":\"SECRET-VALUE\"}", "SECRET-VALUE"),
        ("{\"version\":1,\"generation\":1,\"logins\":[{\"issuer\":", ""),
        ("{\"version\":9,\"generation\":1,\"logins\":[]}", ""),
        ("[]", ""),
    ] {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("credentials.json");
        fs::write(&path, text).unwrap();
        let error = Store::in_directory(home.path()).read().unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Version { .. }), "{error}");
        assert!(secret.is_empty() || !format!("{error} {error:?}").contains(secret), "{error}");
        assert!(rotate(home.path(), "refresh-token-1").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_sealed_file_shows_nothing_and_opens_with_its_key_alone() {
    let home = tempfile::tempdir().unwrap();
    let with =
        |key: &seal::Key| Store { place: Place::File(Disk::new(home.path(), "sealed.json").sealed(key.clone())) };
    let (key, other) = (seal::Key::random().unwrap(), seal::Key::random().unwrap());
    for generation in 1..4 {
        let mut guard = block(with(&key).lock()).unwrap();
        guard.make_room().unwrap();
        guard.save(|book| book.put(login("https://as.test", &format!("refresh-token-{generation}")))).unwrap();
    }
    assert_eq!(refresh_of(&with(&key).read().unwrap()).as_deref(), Some("refresh-token-3"));
    for entry in fs::read_dir(home.path()).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("refresh-token") && !text.contains("as.test"), "{text}");
    }
    let before = fs::read(home.path().join("sealed.json")).unwrap();
    assert!(matches!(with(&other).read(), Err(StoreError::Corrupt { .. })));
    assert!(block(with(&other).lock()).is_err());
    assert_eq!(fs::read(home.path().join("sealed.json")).unwrap(), before);
}

#[test]
fn links_are_refused_and_loose_modes_are_mended_aloud() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("state");
    rotate(&directory, "refresh-token-1").unwrap();
    let path = directory.join("credentials.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    let guard = block(Store::in_directory(&directory).lock()).unwrap();
    assert_eq!(guard.notices().len(), 2, "{:?}", guard.notices());
    drop(guard);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let elsewhere = home.path().join("elsewhere.json");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(Store::in_directory(&directory).read(), Err(StoreError::NotAFile { .. })));
    assert!(rotate(&directory, "refresh-token-2").is_err());
    assert!(fs::read_to_string(&elsewhere).unwrap().contains("refresh-token-1"));
}

#[test]
fn a_change_without_the_lock_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let mut guard = block(Store::in_directory(home.path()).lock()).unwrap();
    let path = home.path().join("credentials.json");
    let other = fs::read_to_string(&path).unwrap().replace("refresh-token-1", "refresh-token-9");
    fs::write(&path, &other).unwrap();
    let error = guard.save(|book| book.logins.clear()).unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), other);
}

#[test]
fn a_store_that_forgets_takes_everything_and_keeps_nothing() {
    let store = Store::nowhere();
    let mut guard = block(store.lock()).unwrap();
    guard.make_room().unwrap();
    guard.save(|book| book.put(login("https://as.test", "refresh-token"))).unwrap();
    assert_eq!(guard.book().logins.len(), 1);
    assert!(store.read().unwrap().logins.is_empty());
}
