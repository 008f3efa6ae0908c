//! The one store of remembered logins (structural rule 5): a JSON file, mode 0600 in a directory of mode 0700.
//!
//! Logins are keyed by issuer, origin of the token endpoint, resource and profile, never by a nickname, so that what one
//! authorization server issued is never shown to another (MCP 2026-07-28, "Authorization Server Binding").
//! Who changes the file holds a lock of the kernel from reading to saving; readers need none, because a new generation
//! replaces the old one in one step. Nothing in here deletes a login because a server refused it.

mod disk;
mod error;
mod keyring;
mod record;
mod seal;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[cfg(test)]
pub(crate) use self::disk::hooks::seam;
pub use self::error::StoreError;
pub use self::keyring::{PATIENCE as KEYRING_PATIENCE, UNLOCK_PATIENCE, Waiting};
pub use self::record::{Book, Client, ClientAuth, ClientOrigin, Key, Login, RefreshState, Scheme, Tokens};

use self::disk::{Disk, Reserve};

/// How long a run waits for another one that holds the lock.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether the lock is free.
const LOCK_INTERVAL: Duration = Duration::from_millis(10);
/// The name of the file in the state directory.
const FILE: &str = "credentials.json";
/// The name of the file whose key is in the keyring.
const SEALED_FILE: &str = "credentials.sealed.json";

/// Where logins are remembered.
#[derive(Clone, Debug)]
pub struct Store {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    File(Disk),
    /// Nowhere: for `--store none`.
    Nowhere,
}

impl Store {
    /// The store in this directory.
    #[must_use]
    pub fn in_directory(directory: &Path) -> Self {
        Self { place: Place::File(Disk::new(directory, FILE)) }
    }

    /// The store in this directory whose file is sealed with a key in the keyring of the operating system. Asks the
    /// keyring now, so that what is missing is known before anybody logs in.
    ///
    /// # Errors
    /// There is no keyring, it does not answer in time, or it has no key for the file that is there.
    pub fn in_keyring(directory: &Path, waiting: &Waiting<'_>) -> Result<Self, StoreError> {
        let disk = Disk::new(directory, SEALED_FILE);
        let key = keyring::key(keyring::of_system(directory), &disk, waiting)?;
        Ok(Self { place: Place::File(disk.sealed(key)) })
    }

    /// A store that forgets everything.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self { place: Place::Nowhere }
    }

    /// The directory that the platform has for the state of programs, e.g. `$XDG_STATE_HOME/mcp-auth`.
    ///
    /// # Errors
    /// The home directory is not known.
    pub fn usual_directory() -> Result<PathBuf, StoreError> {
        use etcetera::BaseStrategy as _;
        let base = etcetera::choose_base_strategy().map_err(|_| StoreError::NoHome)?;
        Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("mcp-auth"))
    }

    /// Whether anything is remembered at all.
    #[must_use]
    pub const fn remembers(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// The file; `None` for a store that forgets.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(disk) => Some(disk.path()),
            Place::Nowhere => None,
        }
    }

    /// What is remembered now. Takes no lock.
    ///
    /// # Errors
    /// The file cannot be read, is not ours, or is no store; it is left as it is.
    pub fn read(&self) -> Result<Book, StoreError> {
        match &self.place {
            Place::File(disk) => disk.read().map(|(book, _)| book),
            Place::Nowhere => Ok(Book::default()),
        }
    }

    /// Waits for the lock, at most [`LOCK_PATIENCE`], and reads what is remembered.
    ///
    /// # Errors
    /// Somebody else holds the lock for too long; or as [`Store::read`].
    pub async fn lock(&self) -> Result<Guard, StoreError> {
        self.lock_for(LOCK_PATIENCE).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// As [`Store::lock`].
    pub async fn lock_for(&self, patience: Duration) -> Result<Guard, StoreError> {
        let Place::File(disk) = &self.place else {
            return Ok(Guard::default());
        };
        let begun = Instant::now();
        let (file, mut notices) = disk.open_lock()?;
        while !disk.try_lock(&file)? {
            if begun.elapsed() >= patience {
                return Err(disk.locked(patience));
            }
            tokio::time::sleep(LOCK_INTERVAL).await;
        }
        let (book, bytes) = disk.read()?;
        notices.extend(disk.repair()?);
        Ok(Guard { disk: Some(disk.clone()), room: None, lock: Some(file), book, bytes, notices })
    }
}

/// The lock, and what was remembered when it was taken. Released when dropped, or when the process ends.
#[derive(Debug, Default)]
pub struct Guard {
    disk: Option<Disk>,
    /// Room for one save.
    room: Option<Reserve>,
    /// Held for its lock alone.
    lock: Option<std::fs::File>,
    book: Book,
    /// The bytes that `book` was read from.
    bytes: Vec<u8>,
    notices: Vec<String>,
}

impl Guard {
    /// What is remembered.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// What the user should know: modes that were repaired.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Sees that a save would succeed, and holds the room for it until [`Guard::insist`]. To be called before something is
    /// spent that only a save can replace.
    ///
    /// # Errors
    /// A save would fail: full disk, read-only directory.
    pub fn make_room(&mut self) -> Result<(), StoreError> {
        self.room = None;
        self.room = self.disk.as_ref().map(|disk| disk.reserve(self.bytes.len())).transpose()?;
        Ok(())
    }

    /// Changes what is remembered and saves it, whole and durable, before it returns.
    ///
    /// # Errors
    /// The file was changed by somebody without the lock, or cannot be written. The old generation stands then.
    pub fn save(&mut self, change: impl FnOnce(&mut Book)) -> Result<(), StoreError> {
        let next = self.next(change);
        if let Some(disk) = &self.disk {
            self.bytes = disk.replace(&self.bytes, &next)?;
        }
        self.book = next;
        Ok(())
    }

    /// The same for what nothing can replace, such as tokens that were just issued: in the room that was made, and again
    /// for a moment where the disk fails.
    ///
    /// # Errors
    /// As [`Guard::save`].
    pub fn insist(&mut self, change: impl FnOnce(&mut Book)) -> Result<(), StoreError> {
        let next = self.next(change);
        if let Some(disk) = &self.disk {
            self.bytes = disk.insist(&self.bytes, &next, self.room.take())?;
        }
        self.book = next;
        Ok(())
    }

    fn next(&self, change: impl FnOnce(&mut Book)) -> Book {
        let mut next = self.book.clone();
        change(&mut next);
        if self.disk.is_some() {
            next.generation = self.book.generation.saturating_add(1);
        }
        next
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Under the lock: it may be somebody else's room the next moment.
        self.room = None;
        if let Some(lock) = &self.lock {
            // Closing the file releases the lock anyway.
            let _ = fs4::fs_std::FileExt::unlock(lock);
        }
    }
}

#[cfg(test)]
mod tests;
