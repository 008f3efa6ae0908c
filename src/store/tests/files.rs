//! Files that are nearly too large, nearly not ours, or in the way.

use std::io;

use super::*;
use crate::store::disk::{again, remove};

/// A store with an empty book, filled up with spaces to `length` bytes.
fn padded(length: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let mut text = r#"{"version":1,"generation":7,"logins":[]}"#.to_owned();
    text.extend(std::iter::repeat_n(' ', length - text.len()));
    fs::write(home.path().join("credentials.json"), text).unwrap();
    home
}

#[test]
fn a_file_is_read_to_its_limit_and_not_beyond() {
    const LIMIT: usize = 16 * 1024 * 1024;
    let home = padded(LIMIT);
    assert_eq!(Store::in_directory(home.path()).read().unwrap().generation, 7);
    for length in [LIMIT + 1, 2 * LIMIT] {
        let home = padded(length);
        let error = Store::in_directory(home.path()).read().unwrap_err();
        assert!(error.to_string().contains("larger than 16 MiB"), "{error}");
    }
}

#[test]
fn only_what_is_not_there_counts_as_nothing() {
    let home = tempfile::tempdir().unwrap();
    let in_the_way = home.path().join("a-file");
    fs::write(&in_the_way, "").unwrap();
    let store = Store::in_directory(&in_the_way);
    let error = store.read().unwrap_err();
    assert!(matches!(error, StoreError::Disk { doing: "looking", .. }), "{error}");
    assert_eq!(store.path(), Some(in_the_way.join("credentials.json").as_path()));
    assert_eq!(Store::nowhere().path(), None);
    assert!(remove(&home.path().join("nothing")).is_ok());
    assert!(remove(home.path()).is_err(), "a directory is no file");
}

#[test]
fn a_mended_mode_is_told_once() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let path = home.path().join("credentials.json");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let store = Store::in_directory(home.path());
    let told = format!("{} was open to other users (mode 0640); it is 0600 now", path.display());
    assert_eq!(block(store.lock()).unwrap().notices(), [told]);
    assert_eq!(block(store.lock()).unwrap().notices(), [] as [String; 0]);
}

#[test]
fn a_file_of_somebody_else_is_not_read() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let path = home.path().join("credentials.json");
    if let Err(error) = std::os::unix::fs::chown(&path, Some(12345), None) {
        println!("skipped: files cannot be given away here: {error}");
        return;
    }
    let error = Store::in_directory(home.path()).read().unwrap_err();
    assert!(matches!(&error, StoreError::ForeignOwner { path: named } if *named == path), "{error}");
}

#[test]
fn room_is_made_before_it_is_needed_and_given_back() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let room = home.path().join("credentials.json.room");
    let length = fs::metadata(home.path().join("credentials.json")).unwrap().len();
    let mut guard = block(Store::in_directory(home.path()).lock()).unwrap();
    guard.make_room().unwrap();
    assert!(fs::metadata(&room).unwrap().len() > length);
    drop(guard);
    assert!(!room.exists());
}

/// What somebody else wrote is not taken for our own save that had come so far.
#[test]
fn what_cannot_be_replaced_does_not_replace_a_change_of_somebody_else() {
    let home = tempfile::tempdir().unwrap();
    rotate(home.path(), "refresh-token-1").unwrap();
    let path = home.path().join("credentials.json");
    let mut guard = block(Store::in_directory(home.path()).lock()).unwrap();
    guard.make_room().unwrap();
    let other = fs::read_to_string(&path).unwrap().replace("refresh-token-1", "refresh-token-9");
    fs::write(&path, &other).unwrap();
    let error = guard.insist(|book| book.put(login("https://as.test", "refresh-token-2"))).unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), other);
}

#[test]
fn what_a_signal_interrupted_is_done_again() {
    let mut answers = vec![Ok(7), Err(io::ErrorKind::Interrupted), Err(io::ErrorKind::Interrupted)];
    assert_eq!(again(|| answers.pop().unwrap().map_err(io::Error::from)).unwrap(), 7);
    assert_eq!(
        again(|| Err::<(), _>(io::Error::from(io::ErrorKind::NotFound))).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
}
