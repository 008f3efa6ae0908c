//! Why a redirect back is not the answer to the authorization request.

use crate::spec::text::printable;

/// What is wrong with a redirect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    /// A parameter stands there twice.
    #[error("`{0}` stands there twice")]
    Twice(&'static str),
    /// It has no `state`, or another one.
    #[error("`state` is not the one that was sent")]
    State,
    /// `iss` is absent though the metadata promises it.
    #[error("`iss` is absent, though the metadata promises it; expected `{}`", printable(expected))]
    IssuerAbsent {
        /// The issuer.
        expected: String,
    },
    /// `iss` is another.
    #[error("`iss` is `{}`, expected `{}`", printable(found), printable(expected))]
    Issuer {
        /// What it is.
        found: String,
        /// The issuer.
        expected: String,
    },
    /// Neither `code` nor `error`.
    #[error("it has neither `code` nor `error`")]
    Neither,
    /// Not our redirect URI.
    #[error("it does not go to our redirect URI")]
    Elsewhere,
}
