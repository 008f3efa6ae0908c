//! Text with insertions at places of the original, which keep their nesting.

use crate::Position;

/// What goes in at one place.
struct Insertion {
    at: usize,
    /// Closing ones come before opening ones of the same place.
    opens: bool,
    /// How much it embraces: of several that open at one place the widest comes first, of several that close the narrowest.
    width: usize,
    number: usize,
    text: String,
}

/// A source and what is to be inserted.
pub(crate) struct Weave<'a> {
    source: &'a str,
    lines: Vec<usize>,
    insertions: Vec<Insertion>,
}

impl<'a> Weave<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let starts = source.match_indices('\n').map(|(at, _)| at + 1);
        Self { source, lines: std::iter::once(0).chain(starts).collect(), insertions: Vec::new() }
    }

    /// The byte that a position means.
    pub(crate) fn byte(&self, position: Position) -> usize {
        let start = self.lines[position.line - 1];
        let column = self.source[start..].char_indices().nth(position.column - 1);
        column.map_or(self.source.len(), |(at, _)| start + at)
    }

    pub(crate) fn text(&self, from: usize, to: usize) -> &'a str {
        &self.source[from..to]
    }

    pub(crate) fn open(&mut self, number: usize, at: usize, width: usize, text: &str) {
        self.insertions.push(Insertion { at, opens: true, width, number, text: text.to_owned() });
    }

    pub(crate) fn wrap(&mut self, number: usize, from: usize, to: usize, before: &str, after: &str) {
        let width = to - from;
        self.open(number, from, width, before);
        self.insertions.push(Insertion { at: to, opens: false, width, number, text: after.to_owned() });
    }

    /// The new text, and for each insertion its number and its first and last line (from 1).
    pub(crate) fn finish(mut self) -> (String, Vec<(usize, usize, usize)>) {
        // Stable: of equal ones, the first to open must be the last to close.
        self.insertions.sort_by_key(|one| {
            let tie = if one.opens { usize::MAX - one.number } else { one.number };
            let width = if one.opens { usize::MAX - one.width } else { one.width };
            (one.at, one.opens, width, tie)
        });
        let (mut text, mut ranges, mut done) = (String::new(), Vec::new(), 0);
        for one in &self.insertions {
            text.push_str(&self.source[done..one.at]);
            done = one.at;
            let from = text.len();
            text.push_str(&one.text);
            ranges.push((one.number, from, text.len()));
        }
        text.push_str(&self.source[done..]);
        (text, ranges)
    }
}
