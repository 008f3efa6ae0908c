//! What a resource server objects to in a token: RFC 7519 §4.1, RFC 9068 §2 and §4, RFC 7515 §4.1.11, RFC 8725 §3.

use thiserror::Error;

use super::Jwt;
use crate::formats::json::{Field, Kind};
use crate::formats::uri::{self, Likeness};
use crate::spec::text::printable;

/// What the resource server expects.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The issuer identifier; `None` to leave `iss` alone but for its kind.
    pub issuer: Option<&'a str>,
    /// The audience, an MCP server's `resource`; `None` likewise.
    pub audience: Option<&'a str>,
    /// The time, in seconds since 1970.
    pub now: i64,
    /// How far clocks may differ, in seconds.
    pub leeway: i64,
}

/// One objection.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClaimProblem {
    /// `alg` is `none`, in any case (RFC 8725 §2.1).
    #[error("the token is not signed: `alg` is `{}`", printable(alg))]
    Unsigned {
        /// As written.
        alg: String,
    },
    /// `crit` is there; no extension of it is understood (RFC 7515 §4.1.11).
    #[error("`crit` demands extensions that are not understood: {}", printable(&names.join(", ")))]
    Critical {
        /// The names it lists; none if it is malformed.
        names: Vec<String>,
    },
    /// `typ` is not `at+jwt` (RFC 9068 §2.1).
    #[error("`typ` is {}, not `at+jwt`", found.as_deref().map_or("absent".to_owned(), |typ| format!("`{}`", printable(typ))))]
    Type {
        /// What it is.
        found: Option<String>,
    },
    /// A claim that RFC 9068 §2.2 requires is absent.
    #[error("`{claim}` is absent")]
    Missing {
        /// The claim.
        claim: &'static str,
    },
    /// A claim or header parameter has the wrong JSON kind.
    #[error("`{claim}` is {found}")]
    WrongKind {
        /// The claim.
        claim: &'static str,
        /// What it is.
        found: Kind,
    },
    /// `exp` is past.
    #[error("the token expired {by} s ago")]
    Expired {
        /// Seconds since it expired.
        by: u64,
    },
    /// `nbf` is to come.
    #[error("the token is not valid for another {by} s")]
    NotYetValid {
        /// Seconds until it is.
        by: u64,
    },
    /// `iat` is to come.
    #[error("the token was issued {by} s in the future")]
    IssuedInFuture {
        /// Seconds from now.
        by: u64,
    },
    /// `iss` is another.
    #[error("`iss` is `{}`, not `{}`: {likeness}", printable(found), printable(expected))]
    Issuer {
        /// The claim.
        found: String,
        /// What was expected.
        expected: String,
        /// How they differ.
        likeness: Likeness,
    },
    /// `aud` does not hold the expected audience.
    #[error("`aud` is `{}`, not `{}`: {likeness}", printable(&found.join(" ")), printable(expected))]
    Audience {
        /// All audiences of the token.
        found: Vec<String>,
        /// What was expected.
        expected: String,
        /// How the nearest of them differs.
        likeness: Likeness,
    },
}

impl ClaimProblem {
    /// Whether a resource server must refuse the token for it. The others are breaches of RFC 9068 §2 that leave a
    /// token usable where that profile is not demanded.
    #[must_use]
    pub const fn refuses(&self) -> bool {
        match self {
            Self::Type { .. } | Self::IssuedInFuture { .. } => false,
            Self::Missing { claim } => matches!(claim.as_bytes(), b"exp" | b"iss" | b"aud" | b"alg"),
            _ => true,
        }
    }
}

/// Everything a resource server would object to, the signature apart, in the order of the header and of RFC 9068 §2.2.
#[must_use]
pub fn check(jwt: &Jwt, expected: &Expected<'_>) -> Vec<ClaimProblem> {
    let mut problems = header(jwt);
    problems.extend(issuer(jwt, expected));
    problems.extend(times(jwt, expected));
    problems.extend(audience(jwt, expected));
    for claim in ["sub", "client_id", "jti"] {
        problems.extend(absent_or_wrong(claim, &jwt.claim_str(claim)));
    }
    if let Field::Wrong(found) = jwt.scopes() {
        problems.push(ClaimProblem::WrongKind { claim: "scope", found });
    }
    problems
}

fn absent_or_wrong<T>(claim: &'static str, field: &Field<T>) -> Option<ClaimProblem> {
    match field {
        Field::Absent => Some(ClaimProblem::Missing { claim }),
        Field::Wrong(found) => Some(ClaimProblem::WrongKind { claim, found: *found }),
        Field::Present(_) => None,
    }
}

fn header(jwt: &Jwt) -> Vec<ClaimProblem> {
    let mut problems = Vec::new();
    match jwt.header_str("alg") {
        Field::Present(alg) if alg.eq_ignore_ascii_case("none") => {
            problems.push(ClaimProblem::Unsigned { alg: alg.to_owned() });
        }
        other => problems.extend(absent_or_wrong("alg", &other)),
    }
    if let Some(crit) = jwt.header.get("crit") {
        let names = crit.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        problems.push(ClaimProblem::Critical { names });
    }
    match jwt.header_str("typ") {
        // RFC 7515 §4.1.9: media type names have no case, and `application/` may be left out.
        Field::Present(typ) if is_access_token_type(typ) => {}
        Field::Present(typ) => problems.push(ClaimProblem::Type { found: Some(typ.to_owned()) }),
        Field::Absent => problems.push(ClaimProblem::Type { found: None }),
        Field::Wrong(found) => problems.push(ClaimProblem::WrongKind { claim: "typ", found }),
    }
    problems
}

fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

fn issuer(jwt: &Jwt, expected: &Expected<'_>) -> Option<ClaimProblem> {
    match (jwt.claim_str("iss"), expected.issuer) {
        (Field::Present(found), Some(expected)) if found != expected => Some(ClaimProblem::Issuer {
            found: found.to_owned(),
            expected: expected.to_owned(),
            likeness: uri::compare(expected, found),
        }),
        (field, _) => absent_or_wrong("iss", &field),
    }
}

fn times(jwt: &Jwt, expected: &Expected<'_>) -> Vec<ClaimProblem> {
    let (earliest, latest) =
        (expected.now.saturating_sub(expected.leeway), expected.now.saturating_add(expected.leeway));
    let mut problems = Vec::new();
    match jwt.claim_time("exp") {
        // RFC 7519 §4.1.4: not accepted on or after.
        Field::Present(exp) if exp <= earliest => {
            problems.push(ClaimProblem::Expired { by: expected.now.abs_diff(exp) });
        }
        field => problems.extend(absent_or_wrong("exp", &field)),
    }
    match jwt.claim_time("nbf") {
        Field::Present(nbf) if nbf > latest => {
            problems.push(ClaimProblem::NotYetValid { by: nbf.abs_diff(expected.now) });
        }
        Field::Wrong(found) => problems.push(ClaimProblem::WrongKind { claim: "nbf", found }),
        Field::Absent | Field::Present(_) => {}
    }
    match jwt.claim_time("iat") {
        Field::Present(iat) if iat > latest => {
            problems.push(ClaimProblem::IssuedInFuture { by: iat.abs_diff(expected.now) });
        }
        field => problems.extend(absent_or_wrong("iat", &field)),
    }
    problems
}

fn audience(jwt: &Jwt, expected: &Expected<'_>) -> Option<ClaimProblem> {
    match (jwt.audiences(), expected.audience) {
        (Field::Present(found), Some(expected)) if !found.contains(&expected) => Some(ClaimProblem::Audience {
            likeness: nearest(expected, &found),
            expected: expected.to_owned(),
            found: found.into_iter().map(str::to_owned).collect(),
        }),
        (field, _) => absent_or_wrong("aud", &field),
    }
}

/// The likeness of the audience that is most like the expected one.
fn nearest(expected: &str, found: &[&str]) -> Likeness {
    let rank = |likeness: &Likeness| match likeness {
        Likeness::Exact => 0,
        Likeness::Case | Likeness::DefaultPort | Likeness::RootSlash | Likeness::PathSlash => 1,
        Likeness::ParentPath | Likeness::ChildPath => 2,
        Likeness::Scheme | Likeness::Port | Likeness::Path | Likeness::Query => 3,
        Likeness::Host => 4,
        Likeness::Other => 5,
    };
    found.iter().map(|audience| uri::compare(expected, audience)).min_by_key(rank).unwrap_or(Likeness::Other)
}
