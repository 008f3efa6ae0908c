//! What the deployment remembers: clients, codes, refresh families and whatever else must outlive a request. One small
//! trait, so that memory, a file or a shared store can carry it; every operation that decides a race is atomic.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::clock;

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

/// The result of a store operation, later.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A key-value store with expiry. Times are seconds since 1970.
pub trait Store: Send + Sync + fmt::Debug {
    /// Reads a record that has not expired.
    fn get<'a>(&'a self, table: Table, key: &'a str) -> Doing<'a, Option<Vec<u8>>>;
    /// Writes a record.
    fn put<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, expiry: u64) -> Doing<'a, ()>;
    /// Writes a record if there is none; says whether it did. Atomic.
    fn insert<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, expiry: u64) -> Doing<'a, bool>;
    /// Writes a record if it still is `old`; says whether it did. Atomic.
    fn replace<'a>(&'a self, table: Table, key: &'a str, old: &'a [u8], new: Vec<u8>, expiry: u64) -> Doing<'a, bool>;
    /// Removes a record and returns it. Atomic: of two takers one gets it.
    fn take<'a>(&'a self, table: Table, key: &'a str) -> Doing<'a, Option<Vec<u8>>>;
}

/// Records the memory store holds at most: nobody fills the machine by registering clients.
const MEMORY_LIMIT: usize = 200_000;

type Records = HashMap<(Table, String), (Vec<u8>, u64)>;

/// A store that ends with the process.
#[derive(Default)]
pub struct Memory {
    records: Mutex<Records>,
}

impl fmt::Debug for Memory {
    // Records are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut Records, u64) -> T) -> T {
        // No operation leaves the map half changed, so a poisoned lock is as good as a sound one.
        work(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner), clock::now())
    }
}

/// A record that has not expired.
fn live<'r>(records: &'r Records, place: &(Table, String), now: u64) -> Option<&'r Vec<u8>> {
    records.get(place).filter(|(_, expiry)| *expiry > now).map(|(value, _)| value)
}

/// Makes room for one more record.
fn make_room(records: &mut Records, now: u64) -> Result<(), StoreError> {
    if records.len() >= MEMORY_LIMIT {
        records.retain(|_, (_, expiry)| *expiry > now);
    }
    if records.len() < MEMORY_LIMIT { Ok(()) } else { Err(StoreError::Full) }
}

impl Store for Memory {
    fn get<'a>(&'a self, table: Table, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        let found = self.with(|records, now| live(records, &(table, key.to_owned()), now).cloned());
        Box::pin(ready(Ok(found)))
    }

    fn put<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, expiry: u64) -> Doing<'a, ()> {
        let done = self.with(|records, now| {
            make_room(records, now)?;
            records.insert((table, key.to_owned()), (value, expiry));
            Ok(())
        });
        Box::pin(ready(done))
    }

    fn insert<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, expiry: u64) -> Doing<'a, bool> {
        let done = self.with(|records, now| {
            let place = (table, key.to_owned());
            if live(records, &place, now).is_some() {
                return Ok(false);
            }
            make_room(records, now)?;
            records.insert(place, (value, expiry));
            Ok(true)
        });
        Box::pin(ready(done))
    }

    fn replace<'a>(&'a self, table: Table, key: &'a str, old: &'a [u8], new: Vec<u8>, expiry: u64) -> Doing<'a, bool> {
        let done = self.with(|records, now| {
            let place = (table, key.to_owned());
            let same = live(records, &place, now).is_some_and(|value| value == old);
            if same {
                records.insert(place, (new, expiry));
            }
            same
        });
        Box::pin(ready(Ok(done)))
    }

    fn take<'a>(&'a self, table: Table, key: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        let taken = self.with(|records, now| records.remove(&(table, key.to_owned())).filter(|(_, e)| *e > now));
        Box::pin(ready(Ok(taken.map(|(value, _)| value))))
    }
}

/// Typed access to a store.
#[derive(Clone, Debug)]
pub(crate) struct State {
    store: Arc<dyn Store>,
}

impl State {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        self.store.get(table, key).await?.as_deref().map(read).transpose()
    }

    /// Whether there is a record.
    pub(crate) async fn has(&self, table: Table, key: &str) -> Result<bool, StoreError> {
        Ok(self.store.get(table, key).await?.is_some())
    }

    /// Writes a record that lives for `seconds`.
    pub(crate) async fn put<T: Serialize + Sync>(
        &self,
        table: Table,
        key: &str,
        value: &T,
        seconds: u64,
    ) -> Result<(), StoreError> {
        self.store.put(table, key, write(value)?, clock::now().saturating_add(seconds)).await
    }

    /// Notes that something happened, for `seconds`; `false` if it had happened before.
    pub(crate) async fn note(&self, table: Table, key: &str, seconds: u64) -> Result<bool, StoreError> {
        self.store.insert(table, key, b"1".to_vec(), clock::now().saturating_add(seconds)).await
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
        self.store.replace(table, key, &old, write(new)?, clock::now().saturating_add(seconds)).await
    }

    pub(crate) async fn take<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>, StoreError> {
        self.store.take(table, key).await?.as_deref().map(read).transpose()
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Unreadable)
}

fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_| StoreError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_two_takers_one_gets_the_record() {
        let state = State::new(Arc::new(Memory::default()));
        state.put(Table::Code, "k", &"v", 60).await.unwrap();
        assert_eq!(state.take::<String>(Table::Code, "k").await.unwrap().as_deref(), Some("v"));
        assert_eq!(state.take::<String>(Table::Code, "k").await.unwrap(), None);
    }

    #[tokio::test]
    async fn expired_records_are_gone_and_kinds_are_apart() {
        let state = State::new(Arc::new(Memory::default()));
        state.put(Table::Code, "k", &1, 0).await.unwrap();
        assert!(!state.has(Table::Code, "k").await.unwrap());
        assert!(state.note(Table::Code, "k", 60).await.unwrap());
        assert!(!state.note(Table::Code, "k", 60).await.unwrap());
        assert!(!state.has(Table::Seen, "k").await.unwrap());
    }

    #[tokio::test]
    async fn a_record_is_replaced_only_if_nobody_else_did() {
        let state = State::new(Arc::new(Memory::default()));
        state.put(Table::Family, "k", &1, 60).await.unwrap();
        assert!(state.replace(Table::Family, "k", &1, &2, 60).await.unwrap());
        assert!(!state.replace(Table::Family, "k", &1, &3, 60).await.unwrap());
        assert_eq!(state.get::<i32>(Table::Family, "k").await.unwrap(), Some(2));
    }
}
