//! How two identifiers differ. Identifiers are compared byte by byte (RFC 9728 §3.3, RFC 8414 §3.3, RFC 9207 §2.4);
//! when they are not equal, a person wants to know how nearly they are.

use std::fmt;

use super::{Parts, default_port, split_port};

/// How the second identifier differs from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Likeness {
    /// Byte by byte the same.
    Exact,
    /// Upper and lower case in scheme or host.
    Case,
    /// The default port, written out in one of them.
    DefaultPort,
    /// The slash after the host, in one of them.
    RootSlash,
    /// A slash at the end of the path, in one of them.
    PathSlash,
    /// The second is a parent of the first: same origin, a leading part of its path.
    ParentPath,
    /// The second is below the first.
    ChildPath,
    /// The scheme.
    Scheme,
    /// The host.
    Host,
    /// The port.
    Port,
    /// The path, neither being above the other.
    Path,
    /// The query.
    Query,
    /// One is no absolute URL, or they differ in what has no class of its own.
    Other,
}

impl Likeness {
    /// A word for machines: `exact`, `root-slash`, `parent-path`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Case => "case",
            Self::DefaultPort => "default-port",
            Self::RootSlash => "root-slash",
            Self::PathSlash => "path-slash",
            Self::ParentPath => "parent-path",
            Self::ChildPath => "child-path",
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::Path => "path",
            Self::Query => "query",
            Self::Other => "other",
        }
    }
}

/// A clause about the second identifier: `it differs only by the slash after the host`.
impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "it is the same",
            Self::Case => "it differs only by upper and lower case",
            Self::DefaultPort => "it differs only by the default port",
            Self::RootSlash => "it differs only by the slash after the host",
            Self::PathSlash => "it differs only by the slash at the end of the path",
            Self::ParentPath => "it is a parent path on the same origin",
            Self::ChildPath => "it is a path below on the same origin",
            Self::Scheme => "it has another scheme",
            Self::Host => "it has another host",
            Self::Port => "it has another port",
            Self::Path => "it has another path",
            Self::Query => "it has another query",
            Self::Other => "it is another identifier",
        })
    }
}

/// How `b` differs from `a`. Never panics; what is no URL is [`Likeness::Other`] unless equal.
#[must_use]
pub fn compare(a: &str, b: &str) -> Likeness {
    if a == b {
        return Likeness::Exact;
    }
    let (Some(a), Some(b)) = (Parts::of(a), Parts::of(b)) else { return Likeness::Other };
    let (Some(a_authority), Some(b_authority)) = (a.authority, b.authority) else { return Likeness::Other };
    let ((a_host, a_port), (b_host, b_port)) = (split_port(a_authority), split_port(b_authority));
    if !a_host.eq_ignore_ascii_case(b_host) {
        return Likeness::Host;
    }
    if !a.scheme.eq_ignore_ascii_case(b.scheme) {
        return Likeness::Scheme;
    }
    if effective(a.scheme, a_port) != effective(b.scheme, b_port) {
        return Likeness::Port;
    }
    if a.fragment != b.fragment {
        return Likeness::Other;
    }
    if a.path == b.path {
        return match (a.query == b.query, a_port == b_port) {
            (false, _) => Likeness::Query,
            (true, false) => Likeness::DefaultPort,
            (true, true) => Likeness::Case,
        };
    }
    of_paths(&a, &b)
}

fn of_paths(a: &Parts<'_>, b: &Parts<'_>) -> Likeness {
    let trim = |path| str::strip_suffix(path, '/').unwrap_or(path);
    let (a_path, b_path) = (trim(a.path), trim(b.path));
    let below = |upper: &str, lower: &str| lower.strip_prefix(upper).is_some_and(|rest| rest.starts_with('/'));
    if a_path == b_path {
        return match (a.query == b.query, a_path.is_empty()) {
            (false, _) => Likeness::Query,
            (true, true) => Likeness::RootSlash,
            (true, false) => Likeness::PathSlash,
        };
    }
    if below(b_path, a_path) && b.query.is_none() {
        Likeness::ParentPath
    } else if below(a_path, b_path) && a.query.is_none() {
        Likeness::ChildPath
    } else {
        Likeness::Path
    }
}

/// The port in effect: as a number if it is one.
fn effective(scheme: &str, port: Option<&str>) -> Option<Result<u16, String>> {
    match port {
        None | Some("") => default_port(&scheme.to_ascii_lowercase()).map(Ok),
        Some(text) => Some(text.parse().map_err(|_| text.to_owned())),
    }
}
