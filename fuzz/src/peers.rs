//! Second readings of two grammars, written from the RFCs alone, to hold the program's own against: RFC 3986 Appendix B and
//! RFC 9110 §11.6.1 with §5.6. Strict where the program forgives: `None` is no verdict on it.

/// A URI with an authority, taken apart.
#[derive(Debug)]
pub(crate) struct Uri<'t> {
    pub(crate) scheme: &'t str,
    pub(crate) host: &'t str,
    port: &'t str,
    pub(crate) path: &'t str,
    pub(crate) query: Option<&'t str>,
    pub(crate) fragment: Option<&'t str>,
}

impl<'t> Uri<'t> {
    /// `^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?`
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let rest = rest.strip_prefix("//")?;
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, tail)| (rest, Some(tail)));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, tail)| (rest, Some(tail)));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let bracket = authority.find(']').unwrap_or(0);
        let (host, port) = match authority[bracket..].find(':') {
            Some(at) => (&authority[..bracket + at], &authority[bracket + at + 1..]),
            None => (authority, ""),
        };
        Some(Self { scheme, host, port, path, query, fragment })
    }

    /// `port = *DIGIT`; nothing behind the colon is none.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.parse().ok()
    }
}

/// A challenge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    pub(crate) token68: Option<String>,
    pub(crate) params: Vec<(String, String)>,
}

/// `#challenge` of one field line. The line is cut at the commas outside quotes; an element is a parameter, or a scheme
/// with what follows it.
pub(crate) fn challenges(line: &str) -> Option<Vec<Challenge>> {
    let mut list: Vec<Challenge> = Vec::new();
    for element in elements(line)? {
        if let Some(param) = param(element) {
            list.last_mut().filter(|last| last.token68.is_none())?.params.push(param);
            continue;
        }
        let end = element.find(|c| !is_tchar(c)).unwrap_or(element.len());
        let (scheme, rest) = element.split_at(end);
        let inner = rest.trim_start_matches([' ', '\t']);
        if scheme.is_empty() || !rest.is_empty() && inner.len() == rest.len() {
            return None;
        }
        let mut challenge = Challenge { scheme: scheme.to_owned(), token68: None, params: Vec::new() };
        let has_params = ["bearer", "dpop"].contains(&scheme.to_ascii_lowercase().as_str());
        if is_token68(inner) && !(has_params && inner.ends_with('=') && !inner.ends_with("==")) {
            challenge.token68 = Some(inner.to_owned());
        } else if !inner.is_empty() {
            challenge.params.push(param(inner)?);
        }
        list.push(challenge);
    }
    Some(list)
}

/// The list elements, white space and empty ones left out (§5.6.1.2).
fn elements(line: &str) -> Option<Vec<&str>> {
    let (mut found, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&line[start..]);
    let trimmed = found.into_iter().map(|part| part.trim_matches([' ', '\t'])).filter(|part| !part.is_empty());
    (!quoted).then(|| trimmed.collect())
}

/// `auth-param = token BWS "=" BWS ( token / quoted-string )`.
fn param(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    let is_token = |text: &str| !text.is_empty() && text.chars().all(is_tchar);
    if !is_token(name) {
        return None;
    }
    if is_token(value) {
        return Some((name.to_owned(), value.to_owned()));
    }
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let (mut plain, mut chars) = (String::new(), inner.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next()?),
            '"' => return None,
            c => plain.push(c),
        }
    }
    Some((name.to_owned(), plain))
}

fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn is_token68(text: &str) -> bool {
    let letters = text.trim_end_matches('=');
    !letters.is_empty() && letters.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
}
