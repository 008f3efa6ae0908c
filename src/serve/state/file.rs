//! A store in one file: survives a restart, a kill and a power cut. Every write is on the disk before it is answered. After
//! the disk failed the file is opened again, as after a crash: the library gives nothing more of a file that failed once.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _, TableDefinition,
};

use super::{Doing, Life, OpenError, Store, StoreError, Table};

/// Kind and key of a record, its expiry and its value.
const RECORDS: TableDefinition<'_, (&str, &str), (u64, &[u8])> = TableDefinition::new("records");
/// Facts about the file itself.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");
/// The form of the records; a file of another form is left alone.
const FORM: u64 = 1;
/// Records kept at most: nobody fills the disk by registering clients.
const LIMIT: u64 = 1_000_000;
/// Expired records are swept out once in so many writes.
const SWEEP: u64 = 4096;
/// What is kept of the file in memory, in bytes.
const CACHE: usize = 16 << 20;

/// A store in a file.
pub struct Filed {
    place: Arc<Place>,
}

/// The file, and whether it can still be used.
struct Place {
    path: PathBuf,
    /// `None` only while it cannot be opened again.
    database: RwLock<Option<Database>>,
    /// Something failed: the file is opened again before the next use.
    is_broken: AtomicBool,
    writes: AtomicU64,
}

impl fmt::Debug for Filed {
    // Records are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filed").finish_non_exhaustive()
    }
}

impl Filed {
    /// Opens the file, or makes it; only its owner may read it, because signing keys are in it.
    ///
    /// # Errors
    /// It is no state file, another process has it, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let database = opened(path)?;
        Ok(Self {
            place: Arc::new(Place {
                path: path.to_owned(),
                database: RwLock::new(Some(database)),
                is_broken: AtomicBool::new(false),
                writes: AtomicU64::new(0),
            }),
        })
    }

    /// One transaction on a thread that may wait for the disk.
    fn write<'a, T: Send + 'static>(
        &'a self,
        now: u64,
        work: impl FnOnce(&mut Records<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Doing<'a, T> {
        let place = Arc::clone(&self.place);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || {
                place.with(|database| transact(database, &place.writes, now, work))
            });
            done.await.unwrap_or(Err(StoreError::Unreachable))
        })
    }
}

impl Place {
    /// Uses the file, opening it again if it failed before.
    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_broken.load(Ordering::Acquire) {
            self.reopen()?;
        }
        // A thread that panicked left the file as a crash would: the library sees to that.
        let held = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let done = held.as_ref().ok_or(StoreError::Unreachable).and_then(work);
        if matches!(done, Err(StoreError::Unreachable)) {
            self.is_broken.store(true, Ordering::Release);
        }
        done
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut held = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if !self.is_broken.load(Ordering::Acquire) {
            return Ok(());
        }
        // The lock on the file goes with it.
        drop(held.take());
        let database = opened(&self.path).map_err(|error| {
            tracing::error!(%error, "the state file cannot be opened again");
            StoreError::Unreachable
        })?;
        *held = Some(database);
        self.is_broken.store(false, Ordering::Release);
        tracing::warn!("the state file was opened again");
        Ok(())
    }
}

/// Opens the file, or makes it.
fn opened(path: &Path) -> Result<Database, OpenError> {
    let shown = path.display().to_string();
    let system = |source| OpenError::File { path: shown.clone(), source };
    let file = private(path).map_err(system)?;
    // A file with something else in it would otherwise be overwritten.
    let empty = file.metadata().map_err(system)?.len() == 0;
    let foreign = || OpenError::Foreign { path: shown.clone() };
    if !empty && !begins_as_database(path).map_err(system)? {
        return Err(foreign());
    }
    let backend = FileBackend::new(file);
    let opened = backend.and_then(|backend| Database::builder().set_cache_size(CACHE).create_with_backend(backend));
    let database = opened.map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Busy { path: shown.clone() },
        DatabaseError::Storage(redb::StorageError::Io(source)) => OpenError::File { path: shown.clone(), source },
        _ => foreign(),
    })?;
    match form(&database) {
        Ok(FORM) => Ok(database),
        Err(redb::Error::Io(source)) => Err(OpenError::File { path: shown, source }),
        _ => Err(foreign()),
    }
}

/// The form of the file; a new file gets ours.
fn form(database: &Database) -> Result<u64, redb::Error> {
    let write = database.begin_write()?;
    let form = {
        let mut facts = write.open_table(FACTS)?;
        write.open_table(RECORDS)?;
        let known = facts.get("form")?.map(|form| form.value());
        if known.is_none() {
            facts.insert("form", FORM)?;
        }
        known.unwrap_or(FORM)
    };
    write.commit()?;
    Ok(form)
}

fn find_live(database: &Database, table: Table, key: &str, now: u64) -> Result<Option<Vec<u8>>, redb::Error> {
    let read = database.begin_read()?;
    let records = read.open_table(RECORDS)?;
    let found = records.get((table.name(), key))?;
    Ok(found.as_ref().and_then(|found| live(found.value(), now)))
}

type Records<'t> = redb::Table<'t, (&'static str, &'static str), (u64, &'static [u8])>;

fn transact<T>(
    database: &Database,
    writes: &AtomicU64,
    now: u64,
    work: impl FnOnce(&mut Records<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let write = database.begin_write().map_err(failed)?;
    let done = {
        let mut records = write.open_table(RECORDS).map_err(failed)?;
        if writes.fetch_add(1, Ordering::Relaxed).is_multiple_of(SWEEP) {
            records.retain(|_, (expiry, _)| expiry > now).map_err(failed)?;
        }
        work(&mut records)?
    };
    write.commit().map_err(failed)?;
    Ok(done)
}

fn failed(error: impl Into<redb::Error>) -> StoreError {
    let error: redb::Error = error.into();
    tracing::error!(%error, "the state file cannot be used");
    StoreError::Unreachable
}

fn live((expiry, value): (u64, &[u8]), now: u64) -> Option<Vec<u8>> {
    (expiry > now).then(|| value.to_vec())
}

fn find(records: &Records<'_>, place: (&str, &str), now: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let found = records.get(place).map_err(failed)?;
    Ok(found.as_ref().and_then(|found| live(found.value(), now)))
}

fn set(records: &mut Records<'_>, place: (&str, &str), value: &[u8], life: Life) -> Result<(), StoreError> {
    if records.len().map_err(failed)? >= LIMIT {
        records.retain(|_, (expiry, _)| expiry > life.now).map_err(failed)?;
        if records.len().map_err(failed)? >= LIMIT {
            return Err(StoreError::Full);
        }
    }
    records.insert(place, (life.end, value)).map_err(failed)?;
    Ok(())
}

/// The file, for its owner alone.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Whether the file begins as every file of the database library does.
fn begins_as_database(path: &Path) -> std::io::Result<bool> {
    let mut head = [0; 4];
    let read = std::io::Read::read(&mut File::open(path)?, &mut head)?;
    Ok(read == head.len() && &head == b"redb")
}

impl Store for Filed {
    fn get<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>> {
        // From the cache or the page cache, most of the time: not worth a thread.
        Box::pin(ready(self.place.with(|database| find_live(database, table, key, now).map_err(failed))))
    }

    fn put<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, ()> {
        let key = key.to_owned();
        self.write(life.now, move |records| set(records, (table.name(), &key), &value, life))
    }

    fn insert<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, bool> {
        let key = key.to_owned();
        self.write(life.now, move |records| {
            if find(records, (table.name(), &key), life.now)?.is_some() {
                return Ok(false);
            }
            set(records, (table.name(), &key), &value, life)?;
            Ok(true)
        })
    }

    fn replace<'a>(&'a self, table: Table, key: &'a str, old: &'a [u8], new: Vec<u8>, life: Life) -> Doing<'a, bool> {
        let (key, old) = (key.to_owned(), old.to_vec());
        self.write(life.now, move |records| {
            let same = find(records, (table.name(), &key), life.now)?.is_some_and(|value| value == old);
            if same {
                set(records, (table.name(), &key), &new, life)?;
            }
            Ok(same)
        })
    }

    fn take<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>> {
        let key = key.to_owned();
        self.write(now, move |records| {
            let removed = records.remove((table.name(), key.as_str())).map_err(failed)?;
            Ok(removed.as_ref().and_then(|removed| live(removed.value(), now)))
        })
    }

    fn lasts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::contract;
    use super::*;

    #[tokio::test]
    async fn a_file_keeps_the_contract_and_what_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.redb");
        {
            let store = Filed::open(&path).unwrap();
            contract(&store).await;
            store.put(Table::Client, "kept", b"v".to_vec(), Life::of(1000, 60)).await.unwrap();
            assert!(matches!(Filed::open(&path), Err(OpenError::Busy { .. })));
        }
        let store = Filed::open(&path).unwrap();
        assert_eq!(store.get(Table::Client, "kept", 1059).await.unwrap(), Some(b"v".to_vec()));
    }

    #[tokio::test]
    async fn expired_records_leave_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = Filed::open(&folder.path().join("state.redb")).unwrap();
        for number in 0..40 {
            store.put(Table::Code, &format!("{number}"), vec![0; 64], Life::of(1000, 60)).await.unwrap();
        }
        store.place.writes.store(SWEEP, Ordering::Relaxed);
        store.put(Table::Code, "last", vec![0], Life::of(1060, 60)).await.unwrap();
        let held = store.place.database.read().unwrap();
        let read = held.as_ref().unwrap().begin_read().unwrap();
        assert_eq!(read.open_table(RECORDS).unwrap().len().unwrap(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file_and_other_files_are_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.redb");
        drop(Filed::open(&path).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let other = folder.path().join("letter.txt");
        std::fs::write(&other, "Dear reader").unwrap();
        assert!(matches!(Filed::open(&other), Err(OpenError::Foreign { .. })));
        assert_eq!(std::fs::read(&other).unwrap(), b"Dear reader");
        assert!(matches!(Filed::open(folder.path()), Err(OpenError::File { .. })));
    }
}
