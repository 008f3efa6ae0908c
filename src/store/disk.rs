//! The file on the disk: who may own it, how a new generation replaces the old one, what survives a crash.
//!
//! A save writes a new file beside the old one, syncs it, keeps the old one as `.previous`, renames, and syncs the
//! directory. Whenever the process ends in between, the file holds the old or the new generation, whole.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs4::fs_std::FileExt as _;
use zeroize::Zeroizing;

use super::record::{Book, VERSION};
use super::seal::Key;
use super::{LOCK_INTERVAL, LOCK_PATIENCE};
use crate::formats::json;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The store cannot be used. The file is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no directory to keep state in.
    #[error("the home directory is not known, so there is no place for the credential store")]
    NoHome,
    /// The disk said no.
    #[error("{} failed for {}: {detail}", doing, path.display())]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// Not a store, or damaged.
    #[error("the credential store {} cannot be read: {detail}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where it is wrong; never what it holds.
        detail: String,
    },
    /// Written by another version of the program.
    #[error("the credential store {} has format version {found}, this program reads version {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A symbolic link, a directory, a device.
    #[error("{} is {kind}, not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Somebody else's.
    #[error("{} belongs to another user", path.display())]
    ForeignOwner {
        /// The path.
        path: PathBuf,
    },
    /// Somebody else holds the lock.
    #[error("another process has held the lock {} for {seconds} s", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// The keyring of the operating system, which holds the key of the file.
    #[error("the keyring of the operating system: {detail}")]
    Keyring {
        /// What is wrong with it; never what it holds.
        detail: String,
    },
    /// The file is there and the keyring has no key for it.
    #[error("the keyring of the operating system holds no key for the credential store {}", path.display())]
    KeyLost {
        /// The file.
        path: PathBuf,
    },
    /// The file changed under the lock: a program that does not lock, or a file system that does not.
    #[error("the credential store {} was changed by somebody else in the meantime", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// What helps, in one line.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoHome => "set HOME, or name a directory with --state-dir",
            Self::Disk { .. } => "is the disk full, or the directory not writable? --state-dir names another one",
            Self::Corrupt { .. } => {
                "the file was left as it is; beside it `.previous` holds the generation before. Move one of them into place, or the file away"
            }
            Self::Version { .. } => "use the version of mcp-auth that wrote it, or move the file away",
            Self::NotAFile { .. } | Self::ForeignOwner { .. } => {
                "remove it if you know what it is, or name another directory with --state-dir"
            }
            Self::Locked { .. } => "wait for the other process, or end it; the lock goes with it",
            Self::Keyring { .. } => {
                "is it running and unlocked (on Linux a Secret Service: GNOME Keyring, KWallet, KeePassXC)? --store file does without, --store none keeps nothing"
            }
            Self::KeyLost { .. } => {
                "is it the keyring that the logins were kept with? If the key is gone for good, move the file away and log in again"
            }
            Self::Changed { .. } => "run the command again",
        }
    }
}

/// The file and its neighbours.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    directory: PathBuf,
    file: PathBuf,
    /// What the file is sealed with, if it is.
    key: Option<Key>,
}

impl Disk {
    pub(super) fn new(directory: &Path, name: &str) -> Self {
        Self { directory: directory.to_owned(), file: directory.join(name), key: None }
    }

    /// The same file, sealed.
    pub(super) fn sealed(self, key: Key) -> Self {
        Self { key: Some(key), ..self }
    }

    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    fn lock_path(&self) -> PathBuf {
        self.beside("lock")
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(".");
        name.push(end);
        name.into()
    }

    pub(super) fn failed(&self, doing: &'static str, error: &io::Error) -> StoreError {
        StoreError::Disk { doing, path: self.file.clone(), detail: error.to_string() }
    }

    /// What the file holds, and its bytes. No file is an empty book.
    pub(super) fn read(&self) -> Result<(Book, Vec<u8>), StoreError> {
        hooks::step("read").map_err(|error| self.failed("reading", &error))?;
        let Some(metadata) = self.look(&self.file)? else { return Ok((Book::default(), Vec::new())) };
        if metadata.len() > MAX_FILE {
            return Err(self.corrupt("it is larger than 16 MiB".to_owned()));
        }
        let mut bytes = Vec::new();
        let read = File::open(&self.file).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
        read.map_err(|error| self.failed("reading", &error))?;
        // The problem names a line and a column, never a value.
        let value = json::read(&bytes).map_err(|problem| self.corrupt(problem.to_string()))?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        match version {
            Some(found) if found != u64::from(VERSION) => {
                return Err(StoreError::Version { path: self.file.clone(), found });
            }
            Some(_) => {}
            None => return Err(self.corrupt("it has no format version".to_owned())),
        }
        let opened = self.key.as_ref().map(|key| key.open(&value)).transpose();
        let opened = opened.map_err(|error| self.corrupt(error.to_string()))?;
        let book = serde_json::from_slice(opened.as_ref().map_or(&bytes, |opened| &**opened)).map_err(|error| {
            self.corrupt(format!("line {}, column {} is not as it should be", error.line(), error.column()))
        })?;
        Ok((book, bytes))
    }

    fn corrupt(&self, detail: String) -> StoreError {
        StoreError::Corrupt { path: self.file.clone(), detail }
    }

    /// The metadata of a regular file of ours; `None` if there is nothing.
    fn look(&self, path: &Path) -> Result<Option<fs::Metadata>, StoreError> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("looking", &error)),
        };
        let kind = metadata.file_type();
        if !kind.is_file() {
            let kind = if kind.is_symlink() {
                "a symbolic link"
            } else if kind.is_dir() {
                "a directory"
            } else {
                "a special file"
            };
            return Err(StoreError::NotAFile { path: path.to_owned(), kind });
        }
        self.check_owner(path, &metadata)?;
        Ok(Some(metadata))
    }

    #[cfg(unix)]
    fn check_owner(&self, path: &Path, metadata: &fs::Metadata) -> Result<(), StoreError> {
        use std::os::unix::fs::MetadataExt as _;
        // Whoever we are, a file that we make now is ours.
        let own = tempfile::tempfile().and_then(|file| file.metadata());
        let own = own.map_err(|error| self.failed("making a temporary file", &error))?.uid();
        if metadata.uid() == own { Ok(()) } else { Err(StoreError::ForeignOwner { path: path.to_owned() }) }
    }

    #[cfg(not(unix))]
    fn check_owner(&self, _path: &Path, _metadata: &fs::Metadata) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether there is a file of ours.
    pub(super) fn exists(&self) -> Result<bool, StoreError> {
        self.look(&self.file).map(|found| found.is_some())
    }

    /// Takes the lock before any async code runs. It goes when the file is dropped.
    pub(super) fn lock_now(&self) -> Result<File, StoreError> {
        let begun = Instant::now();
        let (file, _) = self.open_lock()?;
        while !self.try_lock(&file)? {
            if begun.elapsed() >= LOCK_PATIENCE {
                return Err(self.locked(LOCK_PATIENCE));
            }
            std::thread::sleep(LOCK_INTERVAL);
        }
        Ok(file)
    }

    /// Whether the lock could be taken. It is the kernel's and goes with its holder, however that one ends.
    pub(super) fn try_lock(&self, file: &File) -> Result<bool, StoreError> {
        file.try_lock_exclusive().map_err(|error| self.failed("locking", &error))
    }

    pub(super) fn locked(&self, patience: Duration) -> StoreError {
        StoreError::Locked { path: self.lock_path(), seconds: patience.as_secs() }
    }

    /// Opens the lock file, making it and the directory where they are missing. Says what it repaired.
    pub(super) fn open_lock(&self) -> Result<(File, Vec<String>), StoreError> {
        let mut notices = Vec::new();
        self.make_directory()?;
        let metadata = fs::metadata(&self.directory).map_err(|error| self.failed("looking", &error))?;
        if !metadata.is_dir() {
            return Err(StoreError::NotAFile { path: self.directory.clone(), kind: "no directory" });
        }
        self.check_owner(&self.directory, &metadata)?;
        notices.extend(self.tighten(&self.directory, &metadata, 0o700)?);
        let path = self.lock_path();
        self.look(&path)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        restrict(&mut options);
        let file = options.open(&path).map_err(|error| self.failed("opening the lock", &error))?;
        Ok((file, notices))
    }

    fn make_directory(&self) -> Result<(), StoreError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.directory).map_err(|error| StoreError::Disk {
            doing: "making the directory",
            path: self.directory.clone(),
            detail: error.to_string(),
        })
    }

    /// Takes rights away that others have on the file and on its previous generation. Says so.
    pub(super) fn repair(&self) -> Result<Vec<String>, StoreError> {
        let mut notices = Vec::new();
        for path in [self.file.clone(), self.beside("previous")] {
            if let Some(metadata) = self.look(&path)? {
                notices.extend(self.tighten(&path, &metadata, 0o600)?);
            }
        }
        Ok(notices)
    }

    #[cfg(unix)]
    fn tighten(&self, path: &Path, metadata: &fs::Metadata, wanted: u32) -> Result<Option<String>, StoreError> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            return Ok(None);
        }
        fs::set_permissions(path, fs::Permissions::from_mode(wanted))
            .map_err(|error| self.failed("restricting the mode", &error))?;
        Ok(Some(format!("{} was open to other users (mode {mode:04o}); it is {wanted:04o} now", path.display())))
    }

    #[cfg(not(unix))]
    fn tighten(&self, _path: &Path, _metadata: &fs::Metadata, _wanted: u32) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Writes as much as a save of `length` bytes would, and removes it.
    pub(super) fn rehearse(&self, length: usize) -> Result<(), StoreError> {
        // A login more than there is now, generously.
        let bytes = vec![b' '; length.saturating_add(16 * 1024)];
        let path = self.beside("new");
        self.write_new(&path, &bytes)?;
        fs::remove_file(&path).map_err(|error| self.failed("removing", &error))
    }

    /// Replaces the file, if it still holds `expected`. Returns the new bytes.
    pub(super) fn replace(&self, expected: &[u8], book: &Book) -> Result<Vec<u8>, StoreError> {
        let (_, found) = self.read()?;
        if found != expected {
            return Err(StoreError::Changed { path: self.file.clone() });
        }
        let mut text = Zeroizing::new(serde_json::to_string_pretty(book).unwrap_or_default());
        text.push('\n');
        let bytes = match &self.key {
            Some(key) => {
                key.seal(text.as_bytes()).map_err(|error| StoreError::Keyring { detail: error.to_string() })?
            }
            None => text.as_bytes().to_vec(),
        };
        let new = self.beside("new");
        self.write_new(&new, &bytes)?;
        if !expected.is_empty() {
            let (old, previous) = (self.beside("old"), self.beside("previous"));
            self.look(&previous)?;
            self.write_new(&old, expected)?;
            self.rename(&old, &previous, "rename-previous")?;
        }
        self.rename(&new, &self.file, "rename")?;
        self.sync_directory()?;
        Ok(bytes)
    }

    /// Makes a file of mode 0600 that did not exist, writes and syncs it. What a killed process left under the name goes
    /// first: we hold the lock, so nobody else is writing it.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let result = self.try_write_new(path, bytes);
        result.map_err(|error| {
            // What was written so far holds secrets.
            let _ = fs::remove_file(path);
            StoreError::Disk { doing: "writing", path: path.to_owned(), detail: error.to_string() }
        })
    }

    fn try_write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        hooks::step("remove-stale")?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        hooks::step("create")?;
        let mut options = File::options();
        options.write(true).create_new(true);
        restrict(&mut options);
        let mut file = options.open(path)?;
        let (first, second) = bytes.split_at_checked(bytes.len() / 2).unwrap_or((bytes, &[]));
        hooks::step("write")?;
        file.write_all(first)?;
        hooks::step("write-rest")?;
        file.write_all(second)?;
        hooks::step("sync")?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path, step: &'static str) -> Result<(), StoreError> {
        let renamed = hooks::step(step).and_then(|()| fs::rename(from, to));
        renamed.map_err(|error| {
            let _ = fs::remove_file(from);
            StoreError::Disk { doing: "renaming", path: to.to_owned(), detail: error.to_string() }
        })
    }

    fn sync_directory(&self) -> Result<(), StoreError> {
        hooks::step("sync-directory").map_err(|error| self.failed("syncing the directory", &error))?;
        #[cfg(unix)]
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| self.failed("syncing the directory", &error))?;
        Ok(())
    }
}

/// Mode 0600 from the first moment on.
fn restrict(options: &mut fs::OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Every step on the disk passes here, so that tests can make each of them fail, or the last one of a process.
pub(crate) mod hooks {

    #[cfg(not(test))]
    #[expect(clippy::unnecessary_wraps, reason = "in tests a step can fail")]
    pub(super) const fn step(_name: &'static str) -> std::io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    pub(super) use seam::step;

    #[cfg(test)]
    pub(crate) mod seam {
        use std::cell::RefCell;
        use std::io;

        /// What happens at the n-th step.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Deed {
            Fail,
            Die,
        }

        /// The next number, what happens when, and the steps so far.
        type Plan = (usize, Option<(usize, Deed)>, Vec<&'static str>);

        thread_local! {
            static PLAN: RefCell<Plan> = const { RefCell::new((0, None, Vec::new())) };
        }

        /// Counts from now on; at step `at` (from 0) the deed is done.
        pub(crate) fn plan(deed: Option<(usize, Deed)>) {
            PLAN.with(|plan| *plan.borrow_mut() = (0, deed, Vec::new()));
        }

        /// The steps since [`plan`].
        pub(crate) fn taken() -> Vec<&'static str> {
            PLAN.with(|plan| plan.borrow().2.clone())
        }

        pub(in super::super) fn step(name: &'static str) -> io::Result<()> {
            PLAN.with(|plan| {
                let mut plan = plan.borrow_mut();
                plan.2.push(name);
                let number = plan.0;
                plan.0 += 1;
                match plan.1 {
                    Some((at, Deed::Fail)) if at == number => Err(io::Error::other(format!("planned at {name}"))),
                    Some((at, Deed::Die)) if at == number => std::process::abort(),
                    _ => Ok(()),
                }
            })
        }
    }
}
