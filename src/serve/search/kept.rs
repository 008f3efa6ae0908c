//! Documents that outlive the process that saved them: numbered records in the state (memory, file or shared), read into
//! the index when somebody looks. Replicas that share the state share them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Document, Embedded, Finding, Library, SearchError};
use crate::serve::state::{State, StoreError, Table};

/// Documents that may be saved; each is as long as the tool takes them.
const SAVED_LIMIT: usize = 1000;
/// How long they are kept, in seconds: for good. A shared store wants a number.
const SAVED_AGE: u64 = 100 * 366 * 24 * 3600;

/// An index whose saved documents are kept in the state.
#[derive(Debug)]
pub(crate) struct Kept {
    index: Embedded,
    state: State,
    limit: usize,
    /// So many of the saved documents are in the index.
    known: AtomicUsize,
}

impl Kept {
    /// The index, and where saved documents are kept.
    pub(crate) fn new(index: Embedded, state: State) -> Self {
        Self { index, state, limit: SAVED_LIMIT, known: AtomicUsize::new(0) }
    }

    /// Takes what was saved meanwhile, here or by another replica, into the index; gives the next free number.
    async fn catch_up(&self) -> Result<usize, SearchError> {
        loop {
            let next = self.known.load(Ordering::Acquire) + 1;
            match self.state.get::<Document>(Table::Saved, &next.to_string()).await {
                Ok(Some(document)) => self.shelve(next, document),
                Ok(None) => return Ok(next),
                Err(error) => return Err(said(&error)),
            }
        }
    }

    /// Twice the same number is the same document.
    fn shelve(&self, number: usize, document: Document) {
        self.index.save(document);
        self.known.fetch_max(number, Ordering::AcqRel);
    }

    async fn keep(&self, document: Document) -> Result<bool, SearchError> {
        loop {
            let next = self.catch_up().await?;
            if next > self.limit || self.index.is_full() {
                return Ok(false);
            }
            // Of two that want the number one gets it.
            let begun = self.state.begin(Table::Saved, &next.to_string(), &document, SAVED_AGE).await;
            if begun.map_err(|error| said(&error))? {
                self.shelve(next, document);
                return Ok(true);
            }
        }
    }
}

fn said(error: &StoreError) -> SearchError {
    SearchError(match error {
        StoreError::Full => "There is no room for it: the state of this server is full.",
        StoreError::Unreadable => "A saved document cannot be read.",
        StoreError::Unreachable => "The saved documents cannot be reached now.",
    })
}

impl Library for Kept {
    fn search<'a>(&'a self, query: &'a str, limit: usize) -> Finding<'a, Vec<Document>> {
        Box::pin(async move { self.catch_up().await.map(|_| self.index.search(query, limit)) })
    }

    fn list<'a>(&'a self, after: &'a str, limit: usize) -> Finding<'a, Vec<Document>> {
        Box::pin(async move { self.catch_up().await.map(|_| self.index.list(after, limit)) })
    }

    fn fetch<'a>(&'a self, id: &'a str) -> Finding<'a, Option<Document>> {
        Box::pin(async move { self.catch_up().await.map(|_| self.index.fetch(id)) })
    }

    fn save(&self, document: Document) -> Finding<'_, bool> {
        Box::pin(self.keep(document))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::serve::state::{Memory, Store};
    use crate::spec::clock::Clock;

    fn document(name: &str) -> Document {
        Document { id: format!("saved-{name}"), title: name.into(), text: "stripes".into(), url: String::new() }
    }

    fn on(store: &Arc<dyn Store>, limit: usize) -> Kept {
        Kept { limit, ..Kept::new(Embedded::new(&[]), State::new(store.clone(), Clock::SYSTEM)) }
    }

    #[tokio::test]
    async fn what_one_saves_others_on_the_same_state_find() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let (here, there) = (on(&store, 100), on(&store, 100));
        // Both at once: every number is given once.
        for round in 0..10 {
            let (one, two) = (document(&format!("{round}-here")), document(&format!("{round}-there")));
            let saved = tokio::join!(here.save(one), there.save(two));
            assert_eq!(saved, (Ok(true), Ok(true)));
        }
        let after = on(&store, 100);
        for library in [&here, &there, &after] {
            assert_eq!(library.list("", 100).await.unwrap().len(), 20);
            assert_eq!(library.search("stripes", 100).await.unwrap().len(), 20);
            assert_eq!(library.fetch("saved-3-there").await.unwrap(), Some(document("3-there")));
        }
    }

    #[tokio::test]
    async fn there_is_an_end_to_saving() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let (here, there) = (on(&store, 3), on(&store, 3));
        for number in 0..3 {
            assert_eq!(here.save(document(&number.to_string())).await, Ok(true));
        }
        assert_eq!(here.save(document("more")).await, Ok(false));
        assert_eq!(there.save(document("more")).await, Ok(false), "the bound is that of the state");
        assert_eq!(there.search("stripes", 9).await.unwrap().len(), 3);
    }
}
