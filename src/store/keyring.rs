//! The keyring of the operating system, of which we want one thing: to keep the key of the store's file.
//!
//! Keyrings hang (a D-Bus that never answers), ask people to unlock them, and are absent on servers. So every call runs on a
//! thread of its own and is waited for no longer than the user would; there is one attempt in a process and nothing is
//! fallen back to: another store is the user's choice.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::disk::Disk;
use super::error::StoreError;
use super::seal::Key;

/// How long a keyring may take that asks nobody.
pub const PATIENCE: Duration = Duration::from_secs(3);
/// How long it may take where somebody can be asked to unlock it.
pub const UNLOCK_PATIENCE: Duration = Duration::from_secs(60);

/// A place for one secret text.
pub(super) trait Vault: Send + Sync {
    /// What is kept, if anything.
    fn read(&self) -> Result<Option<String>, String>;
    /// Keeps this from now on.
    fn write(&self, text: &str) -> Result<(), String>;
}

/// How the keyring is waited for.
pub struct Waiting<'a> {
    /// Whether somebody is there to unlock it.
    pub attended: bool,
    /// Told when it takes longer than a keyring that asks nobody.
    pub slow: &'a dyn Fn(),
}

/// The key of the file on this disk; made now if there is neither key nor file.
pub(super) fn key(vault: std::sync::Arc<dyn Vault>, disk: &Disk, waiting: &Waiting<'_>) -> Result<Key, StoreError> {
    let reader = std::sync::Arc::clone(&vault);
    let read = || {
        let vault = std::sync::Arc::clone(&reader);
        bounded(waiting, move || vault.read())
    };
    if let Some(text) = read()? {
        return parsed(&text);
    }
    // Of several first processes one makes the key; the others find it.
    let _lock = disk.lock_now()?;
    if let Some(text) = read()? {
        return parsed(&text);
    }
    if disk.exists()? {
        return Err(StoreError::KeyLost { path: disk.path().to_owned() });
    }
    let key = Key::random().map_err(|error| StoreError::Keyring { detail: error.to_string() })?;
    let text = key.text();
    bounded(waiting, move || vault.write(&text))?;
    // A keyring that takes a secret and does not keep it would lose every login.
    match read()? {
        Some(kept) if *kept == *key.text() => Ok(key),
        _ => Err(StoreError::Keyring { detail: "it did not keep what it was given".to_owned() }),
    }
}

fn parsed(text: &str) -> Result<Key, StoreError> {
    let detail = "its entry for this store is no key of ours".to_owned();
    Key::of(text).ok_or(StoreError::Keyring { detail })
}

/// Runs a call of the keyring, and waits for it as long as it may take.
fn bounded<T: Send + 'static>(
    waiting: &Waiting<'_>,
    call: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::channel();
    // If it hangs, the thread hangs with it, and ends with the process.
    std::thread::spawn(move || sender.send(call()));
    let mut answer = receiver.recv_timeout(PATIENCE);
    if answer.is_err() && waiting.attended {
        (waiting.slow)();
        answer = receiver.recv_timeout(UNLOCK_PATIENCE.saturating_sub(PATIENCE));
    }
    let waited = if waiting.attended { UNLOCK_PATIENCE } else { PATIENCE };
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(detail)) => Err(StoreError::Keyring { detail }),
        Err(_) => Err(StoreError::Keyring { detail: format!("no answer within {} s", waited.as_secs()) }),
    }
}

/// The entry of the store in this directory.
#[cfg(feature = "keyring")]
pub(super) fn of_system(directory: &Path) -> std::sync::Arc<dyn Vault> {
    std::sync::Arc::new(system::Entry { name: directory.display().to_string() })
}

#[cfg(feature = "keyring")]
mod system {
    use keyring::Error;

    /// Under this name people find the entries in their keyring.
    const SERVICE: &str = "mcp-auth";

    pub(super) struct Entry {
        pub(super) name: String,
    }

    impl super::Vault for Entry {
        fn read(&self) -> Result<Option<String>, String> {
            match open(&self.name)?.get_password() {
                Ok(text) => Ok(Some(text)),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(told(&error)),
            }
        }

        fn write(&self, text: &str) -> Result<(), String> {
            open(&self.name)?.set_password(text).map_err(|error| told(&error))
        }
    }

    fn open(name: &str) -> Result<keyring::Entry, String> {
        match keyring::Entry::store_status() {
            Ok(()) => keyring::Entry::new(SERVICE, name).map_err(|error| told(&error)),
            Err(error) => Err(told(error)),
        }
    }

    /// What went wrong, without what was read: some errors carry the secret.
    fn told(error: &Error) -> String {
        match error {
            Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => {
                crate::spec::text::printable(&cause.to_string()).to_string()
            }
            Error::NoDefaultStore => "there is none for this session".to_owned(),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "its entry for this store is no key of ours".to_owned(),
            Error::Ambiguous(_) => "it has several entries for this store".to_owned(),
            _ => "it cannot be used".to_owned(),
        }
    }
}

/// What stands in for the keyring of a build without it.
#[cfg(not(feature = "keyring"))]
pub(super) fn of_system(_directory: &Path) -> std::sync::Arc<dyn Vault> {
    struct Absent;
    impl Vault for Absent {
        fn read(&self) -> Result<Option<String>, String> {
            Err("this program was built without it (cargo feature `keyring`)".to_owned())
        }
        fn write(&self, _text: &str) -> Result<(), String> {
            self.read().map(|_| ())
        }
    }
    std::sync::Arc::new(Absent)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A keyring in memory that may be told to misbehave.
    #[derive(Default)]
    struct Fake {
        kept: Mutex<Option<String>>,
        forgets: bool,
        /// Keeps this instead of what it is given.
        mixes_up: Option<String>,
        hangs: bool,
    }

    impl Vault for Fake {
        fn read(&self) -> Result<Option<String>, String> {
            if self.hangs {
                std::thread::park();
            }
            Ok(self.kept.lock().unwrap().clone())
        }

        fn write(&self, text: &str) -> Result<(), String> {
            if !self.forgets {
                *self.kept.lock().unwrap() = self.mixes_up.clone().or(Some(text.to_owned()));
            }
            Ok(())
        }
    }

    const ALONE: Waiting<'static> = Waiting { attended: false, slow: &|| {} };

    fn disk(home: &tempfile::TempDir) -> Disk {
        Disk::new(home.path(), "sealed.json")
    }

    #[test]
    fn the_first_process_makes_the_key_and_the_others_find_it() {
        let home = tempfile::tempdir().unwrap();
        let vault = Arc::new(Fake::default());
        let keys: Vec<_> = (0..8)
            .map(|_| {
                let (vault, disk) = (Arc::clone(&vault), disk(&home));
                std::thread::spawn(move || key(vault, &disk, &ALONE).unwrap().text().to_string())
            })
            .collect();
        let keys: Vec<String> = keys.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(keys.iter().all(|text| *text == keys[0]) && keys[0].len() == 43);
    }

    #[test]
    fn a_file_whose_key_is_gone_is_not_given_a_new_one() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("sealed.json"), "{}").unwrap();
        let vault = Arc::new(Fake::default());
        assert!(matches!(key(vault.clone(), &disk(&home), &ALONE), Err(StoreError::KeyLost { .. })));
        assert!(vault.kept.lock().unwrap().is_none());
    }

    #[test]
    fn a_keyring_that_hangs_forgets_or_holds_something_else_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let told = |vault: Fake| key(Arc::new(vault), &disk(&home), &ALONE).unwrap_err().to_string();
        let begun = std::time::Instant::now();
        assert!(told(Fake { hangs: true, ..Fake::default() }).contains("no answer within 3 s"));
        assert!(begun.elapsed() < PATIENCE * 2);
        assert!(told(Fake { forgets: true, ..Fake::default() }).contains("did not keep"));
        let other = Key::random().unwrap().text().to_string();
        assert!(told(Fake { mixes_up: Some(other), ..Fake::default() }).contains("did not keep"));
        let strange = Fake { kept: Mutex::new(Some("SOMEBODY-ELSES-SECRET".to_owned())), ..Fake::default() };
        let error = told(strange);
        assert!(error.contains("no key of ours") && !error.contains("SOMEBODY"), "{error}");
    }
}
