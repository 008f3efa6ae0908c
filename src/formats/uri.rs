//! The URL gate (structural rule 1) and the arithmetic of identifiers.
//!
//! Reads RFC 3986 (syntax), RFC 6890 (special-purpose addresses), RFC 9728 §3.1, RFC 8414 §3.1 and OpenID Connect
//! Discovery §4 (well-known locations). The WHATWG parser of the `url` crate repairs what servers write
//! (backslashes, tabs, `http:host`, hexadecimal addresses) and other clients repair it differently or not at all;
//! so the gate refuses what would need repair before that parser sees it. Identifiers are compared and built as
//! strings, since serialising a parsed URL adds a slash that is not in the identifier.

mod addresses;

pub use self::addresses::{AddressClass, class_of};

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

use crate::spec::text::{Printable, printable};

mod likeness;
mod locations;

pub use likeness::{Likeness, compare};
pub use locations::{IssuerMetadataUrls, ResourceMetadataUrls, issuer_metadata_urls, resource_metadata_urls};

/// The longest URL that passes the gate, in bytes.
pub const MAX_URL: usize = 8 * 1024;

/// Why a text is no URL that we would fetch.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UrlProblem {
    /// Nothing there.
    #[error("the URL is empty")]
    Empty,
    /// Longer than [`MAX_URL`].
    #[error("the URL has {length} bytes, more than {MAX_URL}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character that RFC 3986 has in no URI.
    #[error("`{}` holds `{}`, which may not stand in a URL", shown(text), printable(&found.to_string()))]
    Character {
        /// The text.
        text: String,
        /// The character.
        found: char,
    },
    /// `%` without two hexadecimal digits.
    #[error("`{}` holds a % without two hexadecimal digits behind it", shown(text))]
    Percent {
        /// The text.
        text: String,
    },
    /// No scheme: a relative reference.
    #[error("`{}` is not absolute: it has no scheme", shown(text))]
    Relative {
        /// The text.
        text: String,
    },
    /// A scheme other than `http` and `https`.
    #[error("the scheme of `{}` is `{}`, not https", shown(text), printable(scheme))]
    Scheme {
        /// The scheme, in lower case.
        scheme: String,
        /// The text.
        text: String,
    },
    /// No host, or no `//` before it.
    #[error("`{}` names no host", shown(text))]
    NoHost {
        /// The text.
        text: String,
    },
    /// User name or password before the host. The text is left out: it may hold a password.
    #[error("the URL for host `{}` carries user information", printable(host))]
    UserInformation {
        /// What stands behind the `@`.
        host: String,
    },
    /// A host in a spelling that readers disagree about: percent-encoded, or an IPv4 address that is not four
    /// decimal numbers.
    #[error("`{}` spells its host in a way that readers disagree about", shown(text))]
    OddHost {
        /// The text.
        text: String,
    },
    /// A fragment where an identifier may have none.
    #[error("`{}` has a fragment", shown(text))]
    Fragment {
        /// The text.
        text: String,
    },
    /// The parser refuses it for another reason.
    #[error("`{}` is not a URL: {reason}", shown(text))]
    Unreadable {
        /// The text.
        text: String,
        /// What the parser says.
        reason: url::ParseError,
    },
}

fn shown(text: &str) -> Printable<'_> {
    printable(text).cut(120)
}

/// A URL that may be fetched: absolute, `http` or `https`, a host, no user information, nothing to repair.
///
/// # Errors
/// [`UrlProblem`]; its texts are safe to print.
pub fn gate(text: &str) -> Result<Url, UrlProblem> {
    if text.is_empty() {
        return Err(UrlProblem::Empty);
    }
    if text.len() > MAX_URL {
        return Err(UrlProblem::TooLong { length: text.len() });
    }
    let owned = || without_user(text);
    let parts = Parts::of(text).ok_or_else(|| UrlProblem::Relative { text: owned() })?;
    let scheme = parts.scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(UrlProblem::Scheme { scheme, text: owned() });
    }
    let authority = parts.authority.ok_or_else(|| UrlProblem::NoHost { text: owned() })?;
    if let Some((_, host)) = authority.rsplit_once('@') {
        return Err(UrlProblem::UserInformation { host: host.to_owned() });
    }
    if let Some(found) = forbidden(&parts, text) {
        return Err(UrlProblem::Character { text: owned(), found });
    }
    if !percents_are_whole(text) {
        return Err(UrlProblem::Percent { text: owned() });
    }
    let (host, _) = split_port(authority);
    if host.is_empty() {
        return Err(UrlProblem::NoHost { text: owned() });
    }
    let url = Url::parse(text).map_err(|reason| UrlProblem::Unreadable { text: owned(), reason })?;
    let same = match url.host() {
        Some(Host::Ipv4(address)) => host == address.to_string(),
        Some(Host::Domain(domain)) => domain.eq_ignore_ascii_case(host),
        Some(Host::Ipv6(_)) => true,
        None => false,
    };
    if same { Ok(url) } else { Err(UrlProblem::OddHost { text: owned() }) }
}

/// A URL or a relative reference (RFC 3986 §4.1) that a server gave, relative to where it was given.
///
/// # Errors
/// As [`gate`]: a reference must need no more repair than a whole URL.
pub fn resolve(base: &Url, text: &str) -> Result<Url, UrlProblem> {
    if Parts::of(text).is_some() {
        return gate(text);
    }
    if text.starts_with("//") {
        return gate(&format!("{}:{text}", base.scheme()));
    }
    let whole = format!("http:{text}");
    let found = Parts::of(&whole).and_then(|parts| forbidden(&parts, text));
    if let Some(found) = found {
        return Err(UrlProblem::Character { text: without_user(text), found });
    }
    let joined = base.join(text).map_err(|reason| UrlProblem::Unreadable { text: without_user(text), reason })?;
    gate(joined.as_str())
}

/// The text as it may be quoted: what could be user name and password is left out.
#[must_use]
pub fn without_user(text: &str) -> String {
    let start = text.find("//").map_or_else(|| text.find(':').map_or(0, |colon| colon + 1), |slashes| slashes + 2);
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|authority| authority.rfind('@')) {
        None => text.to_owned(),
        Some(at) => format!("{before}…{}", rest.get(at..).unwrap_or_default()),
    }
}

/// The canonical form of an MCP server's identifier: scheme and host in lower case, no default port, no slash
/// that only the origin has; the path as it is. MCP authorization, "Canonical Server URI"; RFC 8707 §2.
///
/// # Errors
/// As [`gate`], and [`UrlProblem::Fragment`].
pub fn canonical(text: &str) -> Result<String, UrlProblem> {
    gate(text)?;
    let Some(Parts { scheme, authority: Some(authority), path, query, fragment }) = Parts::of(text) else {
        return Err(UrlProblem::Relative { text: text.to_owned() });
    };
    if fragment.is_some() {
        return Err(UrlProblem::Fragment { text: text.to_owned() });
    }
    let scheme = scheme.to_ascii_lowercase();
    let (host, port) = split_port(authority);
    let mut canonical = format!("{scheme}://{}", host.to_ascii_lowercase());
    if let Some(port) = port.filter(|port| !port.is_empty() && port.parse().ok() != default_port(&scheme)) {
        canonical.push(':');
        canonical.push_str(port);
    }
    if path != "/" || query.is_some() {
        canonical.push_str(path);
    }
    if let Some(query) = query {
        canonical.push('?');
        canonical.push_str(query);
    }
    Ok(canonical)
}

/// Scheme, host and effective port (RFC 6454 §4). Displays as `https://host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// In lower case.
    pub scheme: String,
    /// In lower case; an IPv6 address in brackets.
    pub host: String,
    /// The port, given or default.
    pub port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if default_port(&self.scheme) == Some(self.port) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// The origin of a URL that passed the gate.
#[must_use]
pub fn origin_of(url: &Url) -> Origin {
    Origin {
        scheme: url.scheme().to_owned(),
        host: url.host_str().unwrap_or_default().to_owned(),
        port: url.port_or_known_default().unwrap_or_default(),
    }
}

/// Whether the host is this machine by its name or number: 127.0.0.0/8, `::1`, `localhost`, `*.localhost` (RFC 6761 §6.3).
#[must_use]
pub fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => class_of(IpAddr::V4(address)) == AddressClass::Loopback,
        Some(Host::Ipv6(address)) => class_of(IpAddr::V6(address)) == AddressClass::Loopback,
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether a name means something in a local network only: a single label, or a name below `.local` (RFC 6762),
/// `.internal`, `.home.arpa` (RFC 8375), `.lan` or `.localdomain`. Addresses and `localhost` are not meant.
#[must_use]
pub fn is_local_name(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return false };
    let name = name.strip_suffix('.').unwrap_or(name);
    !is_loopback_host(url)
        && (!name.contains('.')
            || [".local", ".internal", ".home.arpa", ".lan", ".localdomain"].iter().any(|end| name.ends_with(end)))
}

/// The registrable domain of a host, by approximation: its last two labels, an IP address whole.
///
/// Wrong below public suffixes of two labels (`example.co.uk` gives `co.uk`): good enough to group hosts for a
/// reader, never to decide about trust.
#[must_use]
pub fn registrable_domain(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    if bare.parse::<IpAddr>().is_ok() {
        return host.to_owned();
    }
    let mut labels = host.rsplit('.');
    match (labels.next(), labels.next()) {
        (Some(last), Some(second)) => format!("{second}.{last}").to_ascii_lowercase(),
        _ => host.to_ascii_lowercase(),
    }
}

/// A URI cut into its components (RFC 3986 §3), nothing changed.
#[derive(Clone, Copy, Debug)]
struct Parts<'a> {
    scheme: &'a str,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// `None` without a scheme.
    fn of(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let mut letters = scheme.chars();
        if !letters.next().is_some_and(|c| c.is_ascii_alphabetic())
            || !letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        {
            return None;
        }
        let (rest, fragment) = cut(rest, '#');
        let (rest, query) = cut(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
                (Some(authority), path)
            }
        };
        Some(Self { scheme, authority, path, query, fragment })
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Host and port of an authority without user information.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// The first character that may not stand where it does.
fn forbidden(parts: &Parts<'_>, text: &str) -> Option<char> {
    let anywhere = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '.' | '_' | '~' | '%' | ':' | '/' | '?' | '#' | '[' | ']' | '@')
            || matches!(c, '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=')
    };
    let second_hash = || parts.fragment.and_then(|fragment| fragment.chars().find(|&c| c == '#'));
    let bracket = || {
        let outside = [Some(parts.path), parts.query, parts.fragment];
        outside.into_iter().flatten().flat_map(str::chars).find(|c| matches!(c, '[' | ']'))
    };
    text.chars().find(|&c| !anywhere(c)).or_else(second_hash).or_else(bracket)
}

fn percents_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|after| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

#[cfg(test)]
mod tests;
