//! What is wrong with the text of a challenge.

use thiserror::Error;

use crate::spec::text::printable;

/// A breach of the syntax that the reader got over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The value holds characters that only a quoted-string may hold (RFC 9110 §5.6.2).
    #[error("the value of `{}` needs quotes", printable(param))]
    UnquotedValue {
        /// The parameter.
        param: String,
    },
    /// A quoted-string is not closed.
    #[error("the quote that opens the value of `{}` is never closed", printable(param))]
    UnbalancedQuote {
        /// The parameter.
        param: String,
    },
    /// Characters other than a comma follow a quoted-string: a quote inside the value that is not escaped.
    #[error("text follows the closing quote of `{}`: a quote inside a value is written \\\"", printable(param))]
    TextAfterQuote {
        /// The parameter.
        param: String,
    },
    /// The value stands in single or typographic quotes, which are no quotes here.
    #[error("the value of `{}` stands in quotes other than \"", printable(param))]
    ForeignQuotes {
        /// The parameter.
        param: String,
    },
    /// No comma before a parameter or a scheme.
    #[error("a comma is missing before `{}`", printable(before))]
    MissingComma {
        /// The word that comes too early.
        before: String,
    },
    /// A semicolon where a comma belongs.
    #[error("a semicolon instead of a comma follows `{}`", printable(after))]
    Semicolon {
        /// The parameter or scheme before it.
        after: String,
    },
    /// A name and an equals sign with nothing behind.
    #[error("`{}` has no value", printable(param))]
    EmptyParam {
        /// The parameter.
        param: String,
    },
    /// A parameter before any scheme.
    #[error("no scheme stands before `{}`", printable(param))]
    NoScheme {
        /// The parameter.
        param: String,
    },
    /// A colon or comma directly behind the scheme.
    #[error("`{}` stands between the scheme `{}` and its parameters", mark, printable(scheme))]
    AfterScheme {
        /// The scheme.
        scheme: String,
        /// What follows it.
        mark: char,
    },
    /// A challenge has a token68 or parameters, never both (RFC 9110 §11.2).
    #[error("`{}` follows a token68: a challenge has one or the other", printable(param))]
    AfterToken {
        /// The parameter.
        param: String,
    },
    /// White space around `=`, which senders must not generate (RFC 9110 §5.6.3) and recipients must accept.
    #[error("white space around the = of `{}`", printable(param))]
    SpaceAroundEquals {
        /// The parameter.
        param: String,
    },
    /// A control character inside a value.
    #[error("the value of `{}` holds a control character", printable(param))]
    ControlCharacter {
        /// The parameter.
        param: String,
    },
    /// Characters that fit nowhere; skipped up to the next comma or space.
    #[error("junk at column {column} of line {line}")]
    JunkAt {
        /// Header line, from 1.
        line: usize,
        /// Byte column, from 1.
        column: usize,
    },
}

impl Problem {
    /// Whether every recipient must read the header rightly all the same (RFC 9110 §5.6.3).
    #[must_use]
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::SpaceAroundEquals { .. })
    }
}
