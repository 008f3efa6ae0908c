//! What the protected tools work on: documents that can be searched, fetched and saved. One small trait, so that an embedded
//! index or somebody's web search can stand behind it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use bm25::{Language, SearchEngine, SearchEngineBuilder};
use serde::Serialize;

/// Documents kept at most, with those that are saved.
const LIBRARY_LIMIT: usize = 100_000;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Names it.
    pub id: String,
    /// Its title, one line.
    pub title: String,
    /// The whole text.
    pub text: String,
    /// Where people find it.
    pub url: String,
}

/// Documents that can be searched.
pub trait Library: Send + Sync + fmt::Debug {
    /// The documents that fit best, best first; for an empty query the first ones by id.
    fn search(&self, query: &str, limit: usize) -> Vec<Document>;
    /// The document of this id.
    fn fetch(&self, id: &str) -> Option<Document>;
    /// Adds a document, or replaces the one of its id; `false` when there is no room.
    fn save(&self, document: Document) -> bool;
}

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

impl Library for Embedded {
    fn search(&self, query: &str, limit: usize) -> Vec<Document> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        if query.is_empty() {
            let mut all: Vec<&Document> = shelves.documents.values().collect();
            all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
            return all.into_iter().take(limit).cloned().collect();
        }
        let found = shelves.engine.search(query, limit);
        found.into_iter().filter_map(|hit| shelves.documents.get(&hit.document.id).cloned()).collect()
    }

    fn fetch(&self, id: &str) -> Option<Document> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).documents.get(id).cloned()
    }

    fn save(&self, document: Document) -> bool {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        if shelves.documents.len() >= LIBRARY_LIMIT && !shelves.documents.contains_key(&document.id) {
            return false;
        }
        shelves.engine.upsert(entry(&document));
        shelves.documents.insert(document.id.clone(), document);
        true
    }
}

/// What the index holds when nothing else is given: three pages about itself.
#[must_use]
pub fn built_in() -> Vec<Document> {
    let page = |id: &str, title: &str, text: &str, url: &str| Document {
        id: id.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        url: url.to_owned(),
    };
    vec![
        page(
            "pkce",
            "Proof Key for Code Exchange",
            "PKCE binds an authorization code to the client that asked for it: the request carries the hash of a secret, \
             the token request the secret itself.",
            "https://www.rfc-editor.org/rfc/rfc7636",
        ),
        page(
            "protected-resource-metadata",
            "OAuth 2.0 Protected Resource Metadata",
            "A protected resource says in a well-known document which authorization servers issue tokens for it.",
            "https://www.rfc-editor.org/rfc/rfc9728",
        ),
        page(
            "resource-indicators",
            "Resource Indicators for OAuth 2.0",
            "The resource parameter names the server a token is for; the server refuses tokens made for another audience.",
            "https://www.rfc-editor.org/rfc/rfc8707",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_their_words_and_saved_ones_too() {
        let library = Embedded::new(&built_in());
        assert_eq!(library.search("code exchange", 3).first().unwrap().id, "pkce");
        assert_eq!(library.search("audience", 1).first().unwrap().id, "resource-indicators");
        assert!(library.search("zebra", 3).is_empty());
        let zebra = Document { id: "z".into(), title: "Zebra".into(), text: "stripes".into(), url: String::new() };
        assert!(library.save(zebra.clone()));
        assert_eq!(library.fetch("z").as_ref(), Some(&zebra));
        assert_eq!(library.search("zebra", 3), [zebra]);
        assert_eq!(library.fetch("nope"), None);
    }
}
