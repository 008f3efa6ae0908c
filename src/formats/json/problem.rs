//! Why a text is not the JSON that was wanted: line, column and JSON pointer, never a value.

use thiserror::Error;

use super::{Kind, MAX_DEPTH};
use crate::spec::text::printable;

/// Why bytes are not a JSON document that all readers would read alike.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonProblem {
    /// There is nothing, or only white space.
    #[error("the document is empty")]
    Empty,
    /// The bytes start with a UTF-8 byte order mark (RFC 8259 §8.1 forbids to send one).
    #[error("the document starts with a byte order mark")]
    ByteOrderMark,
    /// The bytes are not UTF-8.
    #[error("the document is not UTF-8 (byte {at})")]
    NotUtf8 {
        /// Offset of the first bad byte, from 0.
        at: usize,
    },
    /// The first character is `<`.
    #[error("the document is HTML or XML, not JSON")]
    Markup,
    /// The grammar of RFC 8259 is broken.
    #[error("not JSON at line {line}, column {column}{}", within(path))]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// The document ends in the middle.
    #[error("the document ends in the middle, at line {line}, column {column}{}", within(path))]
    Truncated {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// A member occurs twice in one object.
    #[error("member `{}` occurs twice (line {line}, column {column})", printable(path))]
    Duplicate {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the member.
        path: String,
    },
    /// Arrays and objects nest deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels (line {line}, column {column})")]
    TooDeep {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// More than [`super::MAX_VALUES`] values, or more than was left for all documents of a run.
    #[error("the document holds too many values (line {line}, column {column})")]
    TooMany {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// More came than is read of a document.
    #[error("the document has more than {limit} bytes")]
    TooLarge {
        /// How many bytes were read.
        limit: usize,
    },
    /// The document is compressed or otherwise encoded, though nobody asked for it.
    #[error("the document has the content coding `{}`, but `identity` was asked for", printable(coding))]
    Encoded {
        /// The value of `Content-Encoding`.
        coding: String,
    },
    /// Something follows the value.
    #[error("something follows the JSON value (line {line}, column {column})")]
    Trailing {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// An object was wanted.
    #[error("the document is {found}, not an object")]
    NotObject {
        /// What it is.
        found: Kind,
    },
}

fn within(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" (in `{}`)", printable(path)) }
}
