//! The store that ends with the process.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Mutex, PoisonError};

use super::{Doing, Life, Store, StoreError, Table};

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
    fn with<T>(&self, work: impl FnOnce(&mut Records) -> T) -> T {
        // No operation leaves the map half changed, so a poisoned lock is as good as a sound one.
        work(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
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
    fn get<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>> {
        let found = self.with(|records| live(records, &(table, key.to_owned()), now).cloned());
        Box::pin(ready(Ok(found)))
    }

    fn put<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, ()> {
        let done = self.with(|records| {
            make_room(records, life.now)?;
            records.insert((table, key.to_owned()), (value, life.end));
            Ok(())
        });
        Box::pin(ready(done))
    }

    fn insert<'a>(&'a self, table: Table, key: &'a str, value: Vec<u8>, life: Life) -> Doing<'a, bool> {
        let done = self.with(|records| {
            let place = (table, key.to_owned());
            if live(records, &place, life.now).is_some() {
                return Ok(false);
            }
            make_room(records, life.now)?;
            records.insert(place, (value, life.end));
            Ok(true)
        });
        Box::pin(ready(done))
    }

    fn replace<'a>(&'a self, table: Table, key: &'a str, old: &'a [u8], new: Vec<u8>, life: Life) -> Doing<'a, bool> {
        let done = self.with(|records| {
            let place = (table, key.to_owned());
            let same = live(records, &place, life.now).is_some_and(|value| value == old);
            if same {
                records.insert(place, (new, life.end));
            }
            same
        });
        Box::pin(ready(Ok(done)))
    }

    fn take<'a>(&'a self, table: Table, key: &'a str, now: u64) -> Doing<'a, Option<Vec<u8>>> {
        let taken = self.with(|records| records.remove(&(table, key.to_owned())).filter(|(_, e)| *e > now));
        Box::pin(ready(Ok(taken.map(|(value, _)| value))))
    }
}
