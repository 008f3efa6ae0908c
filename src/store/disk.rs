//! The file on the disk: who may own it, how a new generation replaces the old one, what survives a crash.
//!
//! A save writes a new file beside the old one, syncs it, keeps the old one as `.previous`, renames, and syncs the
//! directory. Whenever the process ends in between, the file holds the old or the new generation, whole. What must not
//! fail for want of room is written into room that was taken before.

mod room;

pub(super) use self::room::Reserve;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs4::fs_std::FileExt as _;
use zeroize::Zeroizing;

use self::room::fill;
use super::error::StoreError;
use super::record::{Book, VERSION};
use super::seal::Key;
use super::{LOCK_INTERVAL, LOCK_PATIENCE};
use crate::formats::json;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// How often a save is tried that nothing can replace, and how long the disk is given in between.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);
/// What is held ready beyond the present length of the file, in bytes: a login more, generously.
const MARGIN: usize = 16 * 1024;

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
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default().saturating_add(1));
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
        let metadata = match again(|| fs::symlink_metadata(path)) {
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
        check_owner(path, &metadata)?;
        Ok(Some(metadata))
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
        again(|| file.try_lock_exclusive()).map_err(|error| self.failed("locking", &error))
    }

    pub(super) fn locked(&self, patience: Duration) -> StoreError {
        StoreError::Locked { path: self.lock_path(), seconds: patience.as_secs() }
    }

    /// Opens the lock file, making it and the directory where they are missing. Says what it repaired.
    pub(super) fn open_lock(&self) -> Result<(File, Vec<String>), StoreError> {
        let mut notices = Vec::new();
        self.make_directory()?;
        let metadata = again(|| fs::metadata(&self.directory)).map_err(|error| self.failed("looking", &error))?;
        if !metadata.is_dir() {
            return Err(StoreError::NotAFile { path: self.directory.clone(), kind: "no directory" });
        }
        check_owner(&self.directory, &metadata)?;
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
        again(|| builder.create(&self.directory)).map_err(|error| StoreError::Disk {
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

    /// Takes room for a save of a file that is `length` bytes long now.
    pub(super) fn reserve(&self, length: usize) -> Result<Reserve, StoreError> {
        let path = self.beside("room");
        let file = self.write_new(&path, &vec![b' '; length.saturating_add(MARGIN)])?;
        Ok(Reserve { path, file })
    }

    /// Replaces the file, if it still holds `expected`. Returns the new bytes.
    pub(super) fn replace(&self, expected: &[u8], book: &Book) -> Result<Vec<u8>, StoreError> {
        let bytes = self.written(book)?;
        self.put(expected, &bytes)?;
        Ok(bytes)
    }

    /// The same for what nothing can replace: in room that was taken before, and again where the disk fails.
    pub(super) fn insist(
        &self,
        expected: &[u8],
        book: &Book,
        mut room: Option<Reserve>,
    ) -> Result<Vec<u8>, StoreError> {
        let bytes = self.written(book)?;
        let mut tries = 1;
        loop {
            match self.put_at_once(expected, &bytes, room.take()) {
                Ok(()) => return Ok(bytes),
                Err(StoreError::Disk { .. }) if tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            // Not a wait that could be interrupted.
            std::thread::sleep(PAUSE);
        }
    }

    /// The bytes of a book, sealed if the file is.
    fn written(&self, book: &Book) -> Result<Vec<u8>, StoreError> {
        let mut text = Zeroizing::new(serde_json::to_string_pretty(book).unwrap_or_default());
        text.push('\n');
        match &self.key {
            Some(key) => key.seal(text.as_bytes()).map_err(|error| StoreError::Keyring { detail: error.to_string() }),
            None => Ok(text.as_bytes().to_vec()),
        }
    }

    fn put(&self, expected: &[u8], bytes: &[u8]) -> Result<(), StoreError> {
        self.expect(expected)?;
        let new = self.beside("new");
        self.write_new(&new, bytes)?;
        if let Err(error) = self.keep_previous(expected) {
            let _ = remove(&new);
            return Err(error);
        }
        self.rename(&new, &self.file, "rename")?;
        self.sync_directory()
    }

    /// Nothing that can wait stands before the rename here.
    fn put_at_once(&self, expected: &[u8], bytes: &[u8], room: Option<Reserve>) -> Result<(), StoreError> {
        match self.expect(expected) {
            // An earlier try got as far as that.
            Err(StoreError::Changed { .. }) if self.read()?.1 == bytes => return self.sync_directory(),
            other => other?,
        }
        match room {
            Some(mut room) => {
                room.fill(bytes)?;
                self.rename(&room.path, &self.file, "rename")?;
            }
            None => {
                let new = self.beside("new");
                self.write_new(&new, bytes)?;
                self.rename(&new, &self.file, "rename")?;
            }
        }
        self.sync_directory()?;
        // Where that fails an older generation stays; the new one is not given up for it.
        let _ = self.keep_previous(expected);
        Ok(())
    }

    /// Sees that the file still holds what it held.
    fn expect(&self, expected: &[u8]) -> Result<(), StoreError> {
        let (_, found) = self.read()?;
        if found == expected { Ok(()) } else { Err(StoreError::Changed { path: self.file.clone() }) }
    }

    /// Keeps the generation before.
    fn keep_previous(&self, expected: &[u8]) -> Result<(), StoreError> {
        if expected.is_empty() {
            return Ok(());
        }
        let (old, previous) = (self.beside("old"), self.beside("previous"));
        self.look(&previous)?;
        self.write_new(&old, expected)?;
        self.rename(&old, &previous, "rename-previous")
    }

    /// Makes a file of mode 0600 that did not exist, writes and syncs it. What a killed process left under the name goes
    /// first: we hold the lock, so nobody else is writing it.
    fn write_new(&self, path: &Path, bytes: &[u8]) -> Result<File, StoreError> {
        try_write_new(path, bytes).map_err(|error| {
            // What was written so far holds secrets.
            let _ = remove(path);
            StoreError::Disk { doing: "writing", path: path.to_owned(), detail: error.to_string() }
        })
    }

    fn rename(&self, from: &Path, to: &Path, step: &'static str) -> Result<(), StoreError> {
        let renamed = hooks::step(step).and_then(|()| again(|| fs::rename(from, to)));
        renamed.map_err(|error| {
            let _ = remove(from);
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

fn try_write_new(path: &Path, bytes: &[u8]) -> io::Result<File> {
    hooks::step("remove-stale")?;
    remove(path)?;
    hooks::step("create")?;
    let mut options = File::options();
    options.write(true).create_new(true);
    restrict(&mut options);
    let mut file = options.open(path)?;
    fill(&mut file, bytes)?;
    Ok(file)
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &fs::Metadata) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() == own { Ok(()) } else { Err(StoreError::ForeignOwner { path: path.to_owned() }) }
}

#[cfg(not(unix))]
const fn check_owner(_path: &Path, _metadata: &fs::Metadata) -> Result<(), StoreError> {
    Ok(())
}

/// Does something again that a signal interrupted.
pub(super) fn again<T>(mut deed: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match deed() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match again(|| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Mode 0600 from the first moment on.
fn restrict(options: &mut fs::OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

pub(crate) mod hooks;
