//! What the protected tools work on: documents that can be searched, fetched and saved. One small trait, so that an embedded
//! index or somebody's web search can stand behind it.

mod embedded;
mod folder;
mod kept;
mod web;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

pub use embedded::Embedded;
pub use folder::{FolderError, Read, read};
pub(crate) use kept::Kept;
pub use web::{Tavily, WebError};

/// How the URIs of documents begin that are found nowhere else.
pub const DOCUMENT_URI: &str = "mcp-auth://documents/";

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The documents could not be had; the text is for whoever called the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SearchError(pub &'static str);

/// The result of a search, later.
pub type Finding<'a, T> = Pin<Box<dyn Future<Output = Result<T, SearchError>> + Send + 'a>>;

/// Documents that can be searched.
pub trait Library: Send + Sync + fmt::Debug {
    /// The documents that fit best, best first.
    fn search<'a>(&'a self, query: &'a str, limit: usize) -> Finding<'a, Vec<Document>>;
    /// The documents after this id, by id, where they can be listed.
    fn list<'a>(&'a self, after: &'a str, limit: usize) -> Finding<'a, Vec<Document>>;
    /// The document of this id.
    fn fetch<'a>(&'a self, id: &'a str) -> Finding<'a, Option<Document>>;
    /// Adds a document, or replaces the one of its id; `false` when there is no room.
    fn save(&self, document: Document) -> Finding<'_, bool>;
    /// Whether this is the web: then documents cannot be saved, and ids are URLs.
    fn is_web(&self) -> bool {
        false
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
