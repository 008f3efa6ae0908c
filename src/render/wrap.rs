//! Text broken into lines of a width.

use crate::spec::text::printable_block;

/// Breaks at spaces, so that no line is wider than `width` columns unless a word is.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    broken(text, width, |paragraph| paragraph.split(' ').collect())
}

/// The same, but never between backquotes: what is to be pasted stays in one piece.
fn wrap_code(text: &str, width: usize) -> Vec<String> {
    broken(text, width, |paragraph| {
        let mut is_code = false;
        let ends = |c: char| {
            is_code ^= c == '`';
            c == ' ' && !is_code
        };
        paragraph.split(ends).collect()
    })
}

fn broken<'t>(text: &'t str, width: usize, words: impl Fn(&'t str) -> Vec<&'t str>) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in words(paragraph) {
            let wide = console::measure_text_width(&line) + 1 + console::measure_text_width(word);
            if !line.is_empty() && wide > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The text with every line after the first indented, broken to the width, and nothing raw in it: every writer for people
/// comes through here, so a text that reached a report unread cannot reach a terminal.
#[must_use]
pub fn hang(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    wrap(&printable_block(text).to_string(), room).join(&format!("\n{}", " ".repeat(indent)))
}

/// The same, with every piece of code in one piece.
#[must_use]
pub fn hang_code(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    wrap_code(&printable_block(text).to_string(), room).join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width_unless_a_word_does_not() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a https://example.com/very/long b", 10), ["a", "https://example.com/very/long", "b"]);
        assert_eq!(hang("one two three", 2, 22), "one two three");
        assert_eq!(hang("a\u{1b}[2J\nb", 2, 22), "a\\u{1b}[2J\n  b");
        assert_eq!(hang_code("`a\u{1b}[2J b`", 2, 5), "`a\\u{1b}[2J b`");
    }

    #[test]
    fn code_is_never_broken() {
        assert_eq!(wrap_code("add `a: b c, d` to it", 9), ["add", "`a: b c, d`", "to it"]);
        assert_eq!(wrap_code("an odd ` stays with what follows", 9), ["an odd", "` stays with what follows"]);
    }
}
