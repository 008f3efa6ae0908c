//! What the deployment remembers: clients, codes, refresh families and whatever else must outlive a request. One small
//! trait, so that memory, a file or a shared store can carry it; every operation that decides a race is atomic.

mod file;
mod memory;
#[cfg(feature = "store-redis")]
mod shared;

use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::spec::clock::Clock;

pub use file::Filed;
pub use memory::Memory;
#[cfg(feature = "store-redis")]
pub use shared::Shared;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Registered clients, by id.
    Client,
    /// Authorization requests that wait for the user, by id.
    Pending,
    /// Authorization codes, by fingerprint.
    Code,
    /// Redeemed codes, by fingerprint: the grant they led to.
    Redeemed,
    /// Refresh token families, by id.
    Family,
    /// Device codes, by fingerprint.
    Device,
    /// User codes of the device flow.
    UserCode,
    /// Pushed authorization requests, by fingerprint.
    Pushed,
    /// Identifiers of assertions and proofs that were seen, so that none is used twice.
    Seen,
    /// Revoked tokens and grants, by id.
    Revoked,
    /// Opaque access tokens, by fingerprint.
    Access,
    /// Client ID metadata documents, by URL.
    Document,
    /// Sessions of the stateful wire, by fingerprint.
    Session,
    /// The signing keys.
    Key,
    /// Documents that were saved, by number.
    Saved,
}

impl Table {
    /// The name in lasting stores: never changed.
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Pending => "pending",
            Self::Code => "code",
            Self::Redeemed => "redeemed",
            Self::Family => "family",
            Self::Device => "device",
            Self::UserCode => "user-code",
            Self::Pushed => "pushed",
            Self::Seen => "seen",
            Self::Revoked => "revoked",
            Self::Access => "access",
            Self::Document => "document",
            Self::Session => "session",
            Self::Key => "key",
            Self::Saved => "saved",
        }
    }
}

/// The store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room for another record.
    #[error("the store is full")]
    Full,
    /// A record is not what it should be.
    #[error("a stored record cannot be read")]
    Unreadable,
    /// The store cannot be reached.
    #[error("the store cannot be reached")]
    Unreachable,
}

/// A lasting store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refuses.
    #[error("the state file {path} cannot be opened: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} is not a state file of this version; it was left alone")]
    Foreign {
        /// The file.
        path: String,
    },
    /// Another process uses the file.
    #[error("the state file {path} is in use; replicas share a redis://… store")]
    Busy {
        /// The file.
        path: String,
    },
    /// The address of the shared store is not one.
    #[error("the state address is not redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]")]
    Address,
    /// The shared store cannot be used.
    #[error("the shared state cannot be reached: {why}")]
    Unreachable {
        /// What went wrong, without the address.
        why: String,
    },
    /// This build has no shared store.
    #[error("this build has no shared state; build it with `--features store-redis`")]
    Missing,
}

/// Opens a lasting store: `redis://…` (or `valkey://…`), or a file.
///
/// # Errors
/// See [`OpenError`].
pub async fn open(place: &str) -> Result<Arc<dyn Store>, OpenError> {
    match place.split_once("://") {
        Some(("redis" | "valkey", _)) => shared_at(place).await,
        Some(_) => Err(OpenError::Address),
        None => Ok(Arc::new(Filed::open(Path::new(place))?)),
    }
}

#[cfg(feature = "store-redis")]
async fn shared_at(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(Shared::open(url).await?))
}

#[cfg(not(feature = "store-redis"))]
async fn shared_at(_: &str) -> Result<Arc<dyn Store>, OpenError> {
    Err(OpenError::Missing)
}

/// The result of a store operation, later.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// From when to when a record lives, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// It is written now.
    pub now: u64,
    /// From then on it is gone.
    pub end: u64,
}

impl Life {
    /// A life of so many seconds that begins now.
    #[must_use]
    pub const fn of(now: u64, seconds: u64) -> Self {
        Self { now, end: now.saturating_add(seconds) }
    }
}

/// A key-value store with expiry. It has no clock: who asks says what time it is, in seconds since 1970.
pub trait Store: Send + Sync + fmt::Debug {
    /// Reads a record that has not expired.
    fn get<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>>;
    /// Writes a record.
    fn put<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, ()>;
    /// Writes a record if there is none; says whether it did. Atomic.
    fn insert<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, bool>;
    /// Writes a record if it still is `old`; says whether it did. Atomic.
    fn replace<'a>(&'a self, table: Table, key: &'a str, old: &'a [u8], new: Vec<u8>, life: Life) -> Doing<'a, bool>;
    /// Removes a record and returns it. Atomic: of two takers one gets it.
    fn take<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>>;
    /// Whether the records outlive the process.
    fn lasts(&self) -> bool {
        false
    }
    /// Whether other processes may use the same records at the same time.
    fn is_shared(&self) -> bool {
        false
    }
}

/// Typed access to a store, by a clock.
#[derive(Clone, Debug)]
pub(crate) struct State {
    store: Arc<dyn Store>,
    clock: Clock,
}

impl State {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// What time it is, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// A life that begins now.
    fn life(&self, seconds: u64) -> Life {
        Life::of(self.now(), seconds)
    }

    /// Whether the records outlive the process.
    pub(crate) fn lasts(&self) -> bool {
        self.store.lasts()
    }

    /// Whether other processes may use the same records at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        self.store.get(table, key, self.now()).await?.as_deref().map(read).transpose()
    }

    /// Whether there is a record.
    pub(crate) async fn has(&self, table: Table, key: &str) -> Result<bool, StoreError> {
        Ok(self.store.get(table, key, self.now()).await?.is_some())
    }

    /// Writes a record that lives for `seconds`.
    pub(crate) async fn put<T: Serialize + Sync>(
        &self,
        table: Table,
        key: &str,
        value: &T,
        seconds: u64,
    ) -> Result<(), StoreError> {
        self.store.put(table, key, write(value)?, self.life(seconds)).await
    }

    /// Notes that something happened, for `seconds`; `false` if it had happened before.
    pub(crate) async fn note(&self, table: Table, key: &str, seconds: u64) -> Result<bool, StoreError> {
        self.store.insert(table, key, b"1".to_vec(), self.life(seconds)).await
    }

    /// Writes a record that lives for `seconds` if there is none; says whether it did.
    pub(crate) async fn begin<T: Serialize + Sync>(
        &self,
        table: Table,
        key: &str,
        value: &T,
        seconds: u64,
    ) -> Result<bool, StoreError> {
        self.store.insert(table, key, write(value)?, self.life(seconds)).await
    }

    /// Replaces a record if it still is what was read.
    pub(crate) async fn replace<T: Serialize + Sync>(
        &self,
        table: Table,
        key: &str,
        old: &T,
        new: &T,
        seconds: u64,
    ) -> Result<bool, StoreError> {
        let old = write(old)?;
        self.store.replace(table, key, &old, write(new)?, self.life(seconds)).await
    }

    pub(crate) async fn take<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        self.store.take(table, key, self.now()).await?.as_deref().map(read).transpose()
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Unreadable)
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_| StoreError::Unreadable)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What every store must keep.
    pub(crate) async fn contract(store: &dyn Store) {
        let (now, soon) = (1_800_000_000, Life::of(1_800_000_000, 60));
        let (key, value) = ("contract", b"one".to_vec());
        assert_eq!(store.get(Table::Code, key, now).await.unwrap(), None);
        assert!(store.insert(Table::Code, key, value.clone(), soon).await.unwrap());
        assert!(!store.insert(Table::Code, key, b"two".to_vec(), soon).await.unwrap(), "it was there");
        assert_eq!(store.get(Table::Code, key, now).await.unwrap(), Some(value.clone()));
        assert_eq!(store.get(Table::Family, key, now).await.unwrap(), None, "kinds are apart");
        assert!(!store.replace(Table::Code, key, b"other", b"x".to_vec(), soon).await.unwrap());
        assert!(store.replace(Table::Code, key, &value, b"\0\xff".to_vec(), soon).await.unwrap());
        let takers = (0..8).map(|_| store.take(Table::Code, key, now));
        let taken = futures_util::future::join_all(takers).await;
        let got: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(got, [b"\0\xff".to_vec()], "of eight takers one gets it");
        assert!(!store.replace(Table::Code, key, &value, value.clone(), soon).await.unwrap(), "nothing to replace");
        let writers = (0..8).map(|n| store.insert(Table::Seen, key, vec![n], soon));
        let wrote = futures_util::future::join_all(writers).await;
        assert_eq!(
            wrote.into_iter().filter(|done| *done.as_ref().unwrap()).count(),
            1,
            "of eight writers one is first"
        );
        store.put(Table::Pending, key, value, Life::of(now, 0)).await.unwrap();
        assert_eq!(store.get(Table::Pending, key, now).await.unwrap(), None, "it has expired");
        assert_eq!(store.take(Table::Pending, key, now).await.unwrap(), None, "it has expired");
        assert!(store.insert(Table::Pending, key, b"new".to_vec(), soon).await.unwrap());
        for table in [Table::Seen, Table::Pending] {
            assert!(store.take(table, key, now).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        contract(&Memory::default()).await;
    }

    #[tokio::test]
    async fn a_build_says_which_stores_it_has() {
        assert!(matches!(open("postgres://x").await, Err(OpenError::Address)));
        #[cfg(not(feature = "store-redis"))]
        assert!(matches!(open("redis://127.0.0.1").await, Err(OpenError::Missing)));
    }

    #[tokio::test]
    async fn of_two_takers_one_gets_the_record() {
        let state = State::new(Arc::new(Memory::default()), Clock::SYSTEM);
        state.put(Table::Code, "k", &"v", 60).await.unwrap();
        assert_eq!(state.take::<String>(Table::Code, "k").await.unwrap().as_deref(), Some("v"));
        assert_eq!(state.take::<String>(Table::Code, "k").await.unwrap(), None);
    }

    #[tokio::test]
    async fn expired_records_are_gone_and_kinds_are_apart() {
        let state = State::new(Arc::new(Memory::default()), Clock::SYSTEM);
        state.put(Table::Code, "k", &1, 0).await.unwrap();
        assert!(!state.has(Table::Code, "k").await.unwrap());
        assert!(state.note(Table::Code, "k", 60).await.unwrap());
        assert!(!state.note(Table::Code, "k", 60).await.unwrap());
        assert!(!state.has(Table::Seen, "k").await.unwrap());
    }

    #[tokio::test]
    async fn a_record_is_replaced_only_if_nobody_else_did() {
        let state = State::new(Arc::new(Memory::default()), Clock::SYSTEM);
        state.put(Table::Family, "k", &1, 60).await.unwrap();
        assert!(state.replace(Table::Family, "k", &1, &2, 60).await.unwrap());
        assert!(!state.replace(Table::Family, "k", &1, &3, 60).await.unwrap());
        assert_eq!(state.get::<i32>(Table::Family, "k").await.unwrap(), Some(2));
    }
}
