//! Challenges: RFC 9110 §11.6.1 (`WWW-Authenticate`), §5.6 (lists, tokens, quoted strings), RFC 6750 §3 (`Bearer`).
//!
//! Several challenges may stand on one line, each with a token68 or with parameters, and commas separate both.
//! The reader takes what clients in the wild take and notes what it had to forgive as [`Problem`]s.

mod problem;

pub use self::problem::Problem;

use std::fmt;

/// No more problems than this are noted; a header that has them is hostile or noise.
const MAX_PROBLEMS: usize = 32;

/// All challenges of one response, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenges {
    /// The challenges, over all header lines.
    pub list: Vec<Challenge>,
    /// What is wrong with the syntax.
    pub problems: Vec<Problem>,
}

/// One challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The auth-scheme as written; empty if parameters came without any (see [`Problem::NoScheme`]).
    pub scheme: String,
    /// The parameters, in order, duplicates kept.
    pub params: Vec<Param>,
    /// The token68 that some schemes have instead of parameters (`Negotiate`).
    pub token68: Option<String>,
    /// Which of the header lines it stands on, from 0.
    pub line: usize,
}

/// One auth-param.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name as written.
    pub name: String,
    /// The value, quotes and backslashes removed.
    pub value: String,
    /// Whether it was a quoted-string.
    pub quoted: bool,
}

impl Challenges {
    /// The first `Bearer` challenge, the one clients use.
    #[must_use]
    pub fn bearer(&self) -> Option<&Challenge> {
        self.list.iter().find(|challenge| challenge.is_bearer())
    }

    /// The challenge a client answers: the first `Bearer`, else the first `DPoP`.
    #[must_use]
    pub fn answered(&self) -> Option<&Challenge> {
        self.bearer().or_else(|| self.dpop())
    }

    /// The first `DPoP` challenge (RFC 9449 §7.1).
    #[must_use]
    pub fn dpop(&self) -> Option<&Challenge> {
        self.list.iter().find(|challenge| challenge.is_dpop())
    }
}

impl Challenge {
    /// The value of the first parameter of this name, whatever its case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|param| param.name.eq_ignore_ascii_case(name)).map(|param| param.value.as_str())
    }

    /// How often a parameter occurs, whatever its case.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.params.iter().filter(|param| param.name.eq_ignore_ascii_case(name)).count()
    }

    /// Whether the scheme is `Bearer`, in any case.
    #[must_use]
    pub fn is_bearer(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Bearer")
    }

    /// Whether the scheme is `DPoP`, in any case.
    #[must_use]
    pub fn is_dpop(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("DPoP")
    }
}

/// As a sender would write it: every value quoted and escaped, foreign characters kept.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(token) = &self.token68 {
            write!(f, " {token}")?;
        }
        for (index, Param { name, value, .. }) in self.params.iter().enumerate() {
            let value = value.replace('\\', r"\\").replace('"', "\\\"");
            write!(f, "{} {name}=\"{value}\"", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Reads all field lines of one `WWW-Authenticate` header. Bytes that are no UTF-8 come as lossy text.
#[must_use]
pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Challenges {
    let mut all = Challenges::default();
    for (number, text) in lines.into_iter().enumerate() {
        Line { text, at: 0, number, first: all.list.len(), separated: true, all: &mut all }.read();
    }
    all
}

/// One field line being read. A challenge never continues on the next line, though the list of challenges does.
struct Line<'t, 'c> {
    text: &'t str,
    at: usize,
    number: usize,
    /// Index in the list of the first challenge of this line.
    first: usize,
    /// Whether a comma, or the start of the line, precedes.
    separated: bool,
    all: &'c mut Challenges,
}

impl<'t> Line<'t, '_> {
    fn read(mut self) {
        loop {
            self.skip_separators();
            if self.rest().is_empty() {
                return;
            }
            let start = self.at;
            let word = self.take_while(is_tchar);
            if word.is_empty() {
                self.junk(start);
            } else if self.at_equals() {
                self.param(word, start);
            } else {
                self.scheme(word);
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn note(&mut self, problem: Problem) {
        if self.all.problems.len() < MAX_PROBLEMS && !self.all.problems.contains(&problem) {
            self.all.problems.push(problem);
        }
    }

    fn current(&mut self) -> Option<&mut Challenge> {
        let first = self.first;
        self.all.list.get_mut(first..).and_then(<[Challenge]>::last_mut)
    }

    /// OWS and commas: empty list elements are legal (RFC 9110 §5.6.1.2).
    fn skip_separators(&mut self) {
        self.take_while(is_space);
        while self.peek() == Some(',') {
            self.separated = true;
            self.take_while(|c| c == ',' || is_space(c));
        }
    }

    /// Whether `=` comes next, perhaps after white space; then the position is behind neither.
    fn at_equals(&self) -> bool {
        self.rest().trim_start_matches(is_space).starts_with('=')
    }

    fn junk(&mut self, start: usize) {
        self.note(Problem::JunkAt { line: self.number + 1, column: start + 1 });
        self.take_while(|c| c != ',' && !is_space(c));
    }

    fn scheme(&mut self, word: &str) {
        if !self.separated {
            self.note(Problem::MissingComma { before: word.to_owned() });
        }
        self.separated = false;
        let mut challenge = Challenge { scheme: word.to_owned(), line: self.number, ..Challenge::default() };
        if let Some(mark @ (':' | ';')) = self.peek() {
            self.at += 1;
            self.note(Problem::AfterScheme { scheme: word.to_owned(), mark });
        }
        let spaces = self.take_while(is_space);
        if !spaces.is_empty() {
            challenge.token68 = self.token68(challenge.is_bearer() || challenge.is_dpop());
        }
        // `Bearer, realm="x"`: another challenge may follow a comma, but not a parameter; see `param`.
        self.all.list.push(challenge);
        if challenge_ends_here(self.rest()) {
            return;
        }
        // Nothing separates a scheme from its first parameter but the space.
        self.separated = !spaces.is_empty() && self.at_param();
    }

    fn at_param(&self) -> bool {
        let rest = self.rest();
        let length = rest.find(|c| !is_tchar(c)).unwrap_or(rest.len());
        length > 0 && rest.get(length..).unwrap_or_default().trim_start_matches(is_space).starts_with('=')
    }

    /// A token68 up to a comma or the end. `name=` is one by the grammar, but never meant as one where the scheme
    /// is known to have parameters.
    fn token68(&mut self, has_params: bool) -> Option<String> {
        let rest = self.rest();
        let letters = rest.find(|c| !is_token68(c)).unwrap_or(rest.len());
        let after = rest.get(letters..).unwrap_or_default();
        let padding = after.len() - after.trim_start_matches('=').len();
        let tail = after.get(padding..).unwrap_or_default();
        if letters == 0 || (has_params && padding == 1) || !challenge_ends_here(tail) {
            return None;
        }
        self.at += letters + padding;
        rest.get(..letters + padding).map(str::to_owned)
    }

    fn param(&mut self, name: &str, start: usize) {
        let before = self.take_while(is_space);
        self.at += '='.len_utf8();
        let after = self.take_while(is_space);
        let param = || name.to_owned();
        let bare = self.current().map(|challenge| is_bare(challenge).then(|| challenge.scheme.clone()));
        match bare {
            None => {
                let line = self.number;
                self.note(Problem::NoScheme { param: param() });
                self.all.list.push(Challenge { line, ..Challenge::default() });
            }
            Some(_) if self.current().is_some_and(|challenge| challenge.token68.is_some()) => {
                self.note(Problem::AfterToken { param: param() });
            }
            Some(Some(scheme)) if self.comma_before(start) => self.note(Problem::AfterScheme { scheme, mark: ',' }),
            Some(_) if !self.separated => self.note(Problem::MissingComma { before: param() }),
            Some(_) => {}
        }
        self.separated = false;
        if !(before.is_empty() && after.is_empty()) {
            self.note(Problem::SpaceAroundEquals { param: param() });
        }
        let (value, quoted) = self.value(name);
        if value.chars().any(|c| c.is_control() && c != '\t') {
            self.note(Problem::ControlCharacter { param: param() });
        }
        if let Some(challenge) = self.current() {
            challenge.params.push(Param { name: param(), value, quoted });
        }
    }

    fn comma_before(&self, start: usize) -> bool {
        self.text.get(..start).unwrap_or_default().trim_end_matches(is_space).ends_with(',')
    }

    fn value(&mut self, name: &str) -> (String, bool) {
        match self.peek() {
            Some('"') => (self.quoted(name), true),
            Some(open @ ('\'' | '“' | '”' | '‘' | '’')) => (self.foreign_quoted(name, open), false),
            _ => (self.unquoted(name), false),
        }
    }

    fn quoted(&mut self, name: &str) -> String {
        self.at += 1;
        let mut value = String::new();
        let mut escaped = false;
        let mut chars = self.rest().char_indices();
        let end = loop {
            match chars.next() {
                None => break None,
                Some((_, c)) if escaped => {
                    value.push(c);
                    escaped = false;
                }
                Some((_, '\\')) => escaped = true,
                Some((index, '"')) => break Some(index),
                Some((_, c)) => value.push(c),
            }
        };
        match end {
            None => {
                self.at = self.text.len();
                self.note(Problem::UnbalancedQuote { param: name.to_owned() });
            }
            Some(length) => {
                self.at += length + 1;
                self.after_quote(name);
            }
        }
        value
    }

    fn after_quote(&mut self, name: &str) {
        match self.peek() {
            None => {}
            Some(c) if c == ',' || is_space(c) => {}
            Some(';') => {
                self.at += 1;
                self.separated = true;
                self.note(Problem::Semicolon { after: name.to_owned() });
            }
            // `realm="x"scope="y"`: nothing but the comma is missing.
            Some(_) if self.at_param() => {}
            Some(_) => {
                self.note(Problem::TextAfterQuote { param: name.to_owned() });
                self.take_while(|c| c != ',');
            }
        }
    }

    fn foreign_quoted(&mut self, name: &str, open: char) -> String {
        let close = match open {
            '\'' => '\'',
            '‘' | '’' => '’',
            _ => '”',
        };
        let inner = self.rest().get(open.len_utf8()..).unwrap_or_default();
        // An apostrophe is also a token character: only a pair is a quotation.
        let Some(length) = inner.find(close) else { return self.unquoted(name) };
        self.at += open.len_utf8() + length + close.len_utf8();
        self.note(Problem::ForeignQuotes { param: name.to_owned() });
        self.after_quote(name);
        inner.get(..length).unwrap_or_default().to_owned()
    }

    fn unquoted(&mut self, name: &str) -> String {
        let mut value = self.take_while(|c| c != ',' && !is_space(c));
        if let Some(shorter) = value.strip_suffix(';') {
            value = shorter;
            self.separated = true;
            self.note(Problem::Semicolon { after: name.to_owned() });
        }
        if value.is_empty() {
            self.note(Problem::EmptyParam { param: name.to_owned() });
        } else if !value.chars().all(is_tchar) {
            self.note(Problem::UnquotedValue { param: name.to_owned() });
        }
        value.to_owned()
    }
}

/// A scheme with nothing behind it yet.
fn is_bare(challenge: &Challenge) -> bool {
    challenge.params.is_empty() && challenge.token68.is_none() && !challenge.scheme.is_empty()
}

fn challenge_ends_here(rest: &str) -> bool {
    let rest = rest.trim_start_matches(is_space);
    rest.is_empty() || rest.starts_with(',')
}

/// OWS of RFC 9110 §5.6.3.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// tchar of RFC 9110 §5.6.2.
const fn is_tchar(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '.' | '^' | '_' | '`' | '|' | '~')
}

/// The characters of a token68 but for its padding (RFC 9110 §11.2).
const fn is_token68(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/')
}

#[cfg(test)]
mod tests;
