//! The full-text index in memory.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{PoisonError, RwLock};

use bm25::{Language, SearchEngine, SearchEngineBuilder};

use super::{Document, Finding, Library};

/// Documents kept at most, with those that are saved.
const LIBRARY_LIMIT: usize = 100_000;

/// A full-text index (BM25) in memory.
pub struct Embedded {
    shelves: RwLock<Shelves>,
}

struct Shelves {
    engine: SearchEngine<String>,
    documents: HashMap<String, Document>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

impl Embedded {
    /// An index over these documents.
    #[must_use]
    pub fn new(documents: &[Document]) -> Self {
        let entries: Vec<_> = documents.iter().map(entry).collect();
        let engine = SearchEngineBuilder::with_documents(Language::English, entries).build();
        let documents = documents.iter().map(|document| (document.id.clone(), document.clone())).collect();
        Self { shelves: RwLock::new(Shelves { engine, documents }) }
    }
}

/// Title and text are searched alike.
fn entry(document: &Document) -> bm25::Document<String> {
    bm25::Document::new(document.id.clone(), format!("{}\n{}", document.title, document.text))
}

impl Embedded {
    /// The documents that fit best, best first.
    #[must_use]
    pub fn search(&self, query: &str, limit: usize) -> Vec<Document> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        // Who knows the id means that document.
        let named = shelves.documents.get(query.trim());
        let found = shelves.engine.search(query, limit);
        let found = found.into_iter().filter_map(|hit| shelves.documents.get(&hit.document.id));
        let others = found.filter(|document| named.is_none_or(|named| named.id != document.id));
        named.into_iter().chain(others).take(limit).cloned().collect()
    }

    /// The documents after this id, by id.
    #[must_use]
    pub fn list(&self, after: &str, limit: usize) -> Vec<Document> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<&Document> =
            shelves.documents.values().filter(|document| document.id.as_str() > after).collect();
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all.into_iter().take(limit).cloned().collect()
    }

    /// The document of this id.
    #[must_use]
    pub fn fetch(&self, id: &str) -> Option<Document> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).documents.get(id).cloned()
    }

    /// Whether there is no room for another document.
    pub(super) fn is_full(&self) -> bool {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).documents.len() >= LIBRARY_LIMIT
    }

    /// Adds a document, or replaces the one of its id; `false` when there is no room.
    pub fn save(&self, document: Document) -> bool {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        if shelves.documents.len() >= LIBRARY_LIMIT && !shelves.documents.contains_key(&document.id) {
            return false;
        }
        shelves.engine.upsert(entry(&document));
        shelves.documents.insert(document.id.clone(), document);
        true
    }
}

impl Library for Embedded {
    fn search<'a>(&'a self, query: &'a str, limit: usize) -> Finding<'a, Vec<Document>> {
        Box::pin(ready(Ok(Self::search(self, query, limit))))
    }

    fn list<'a>(&'a self, after: &'a str, limit: usize) -> Finding<'a, Vec<Document>> {
        Box::pin(ready(Ok(Self::list(self, after, limit))))
    }

    fn fetch<'a>(&'a self, id: &'a str) -> Finding<'a, Option<Document>> {
        Box::pin(ready(Ok(Self::fetch(self, id))))
    }

    fn save(&self, document: Document) -> Finding<'_, bool> {
        Box::pin(ready(Ok(Self::save(self, document))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::*;

    #[test]
    fn documents_are_found_by_their_words_and_saved_ones_too() {
        let library = Embedded::new(&built_in());
        assert_eq!(library.search("code exchange", 3).first().unwrap().id, "pkce");
        assert_eq!(library.search("audience", 1).first().unwrap().id, "resource-indicators");
        assert!(library.search("zebra", 3).is_empty());
        let ids: Vec<_> = library.search(" resource-indicators ", 2).into_iter().map(|document| document.id).collect();
        assert_eq!(ids, ["resource-indicators", "protected-resource-metadata"], "an id leads to its document");
        let zebra = Document { id: "z".into(), title: "Zebra".into(), text: "stripes".into(), url: String::new() };
        assert!(library.save(zebra.clone()));
        assert_eq!(library.fetch("z").as_ref(), Some(&zebra));
        assert_eq!(library.search("zebra", 3), [zebra]);
        assert_eq!(library.fetch("nope"), None);
        let ids = |after: &str| library.list(after, 2).into_iter().map(|document| document.id).collect::<Vec<_>>();
        assert_eq!(ids(""), ["pkce", "protected-resource-metadata"]);
        assert_eq!(ids("protected-resource-metadata"), ["resource-indicators", "z"]);
    }
}
