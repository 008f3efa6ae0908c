//! Text broken into lines of a width.

/// Breaks at spaces, so that no line is wider than `width` columns unless a word is.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
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

/// The text with every line after the first indented, broken to the width.
#[must_use]
pub fn hang(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    wrap(text, room).join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width_unless_a_word_does_not() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a https://example.com/very/long b", 10), ["a", "https://example.com/very/long", "b"]);
        assert_eq!(hang("one two three", 2, 22), "one two three");
    }
}
