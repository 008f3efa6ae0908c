//! The output gate: foreign text made safe to show (structural rule 3).
//!
//! Whatever a server sent (header values, JSON strings, claims, tool results) passes through here before
//! it reaches a terminal or a report. Control characters, bidirectional overrides and invisible characters
//! become visible escapes, so that nothing a server says can move the cursor, hide or reorder text.

use std::fmt;

/// The longest run of foreign text quoted in one line of a report, in characters.
pub const QUOTE_LIMIT: usize = 200;

/// Foreign text that displays safely: on one line, control and invisible characters escaped, bounded.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a> {
    text: &'a str,
    limit: usize,
    lines: bool,
}

/// One line of foreign text, at most [`QUOTE_LIMIT`] characters.
#[must_use]
pub const fn printable(text: &str) -> Printable<'_> {
    Printable { text, limit: QUOTE_LIMIT, lines: false }
}

/// A block of foreign text: line feeds and tabs are kept, nothing is cut.
#[must_use]
pub const fn printable_block(text: &str) -> Printable<'_> {
    Printable { text, limit: usize::MAX, lines: true }
}

impl Printable<'_> {
    /// The same text cut after `limit` characters.
    #[must_use]
    pub const fn cut(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for (count, c) in self.text.chars().enumerate() {
            if count == self.limit {
                return f.write_str("…");
            }
            if self.lines && matches!(c, '\n' | '\t') || !is_unsafe(c) {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_unicode())?;
            }
        }
        Ok(())
    }
}

/// JSON with every unsafe character in the escapes of JSON (RFC 8259 §7): it means the same and is safe to look at.
#[must_use]
pub fn json_escaped(json: String) -> String {
    let raw = |c: char| is_unsafe(c) && !matches!(c, '\n' | '\r' | '\t');
    if !json.contains(raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if raw(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character may not reach a terminal as it is.
#[must_use]
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'       // C0, DEL, C1
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' // soft hyphen, joiners, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{200b}'..='\u{200f}'                       // zero width, directional marks
        | '\u{2028}'..='\u{202e}'                       // separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206f}'                       // invisible operators, bidi isolates
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'          // variation selectors, byte order mark
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}') // tags, more variation selectors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_bidi_and_invisible_characters_become_visible() {
        let hostile = "ok\u{1b}[2J\n\u{202e}evil\u{200b}\u{9b}";
        assert_eq!(printable(hostile).to_string(), r"ok\u{1b}[2J\u{a}\u{202e}evil\u{200b}\u{9b}");
        assert_eq!(printable_block("a\n\tb\r").to_string(), "a\n\tb\\u{d}");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{7f}\u{9b}\u{202e}\u{e0041}\u{feff}é😀";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let escaped = json_escaped(json.clone());
        assert!(!escaped.contains(|c| is_unsafe(c) && c != '\n'), "{escaped}");
        assert!(escaped.contains(r"\u007f\u009b\u202e\udb40\udc41\ufeffé😀"), "{escaped}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).unwrap(), [text]);
        assert_eq!(json_escaped("[1]".to_owned()), "[1]");
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(printable(&"x".repeat(300)).to_string().chars().count(), QUOTE_LIMIT + 1);
        assert_eq!(printable("abcdef").cut(3).to_string(), "abc…");
        assert_eq!(printable("abc").cut(3).to_string(), "abc");
    }
}
