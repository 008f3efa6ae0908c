//! A JSON value for people: names and values, one a line, indented; lists with a dash. For machines there is `--json`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::spec::text::{printable, printable_block};

/// Writes a value, at most about so many characters.
pub(super) fn write(text: &mut String, value: &Value, most: usize) {
    let end = text.len().saturating_add(most);
    below(text, value, 0, end);
    if text.len() > end {
        text.push_str("… (--json shows everything)\n");
    }
}

fn below(text: &mut String, value: &Value, depth: usize, end: usize) {
    match value {
        Value::Object(members) => {
            let widest = members.keys().map(|name| name.chars().count()).max().unwrap_or_default().min(20);
            for (name, member) in members {
                line(text, &format!("{:<widest$}", printable(name).to_string()), member, depth, end);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| line(text, "-", item, depth, end)),
        other => line(text, "", other, depth, end),
    }
}

/// One name or dash, with its value behind or below it.
fn line(text: &mut String, name: &str, value: &Value, depth: usize, end: usize) {
    if text.len() > end {
        return;
    }
    let indent = "  ".repeat(depth);
    let shown = match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Object(_) | Value::Array(_) => {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{indent}{}", name.trim_end());
            return below(text, value, depth + 1, end);
        }
        Value::String(string) => {
            let block = printable_block(string).cut(end.saturating_sub(text.len())).to_string();
            // Further lines stand under the first one.
            let margin =
                format!("\n{indent}{:width$}", "", width = name.chars().count() + usize::from(!name.is_empty()));
            block.replace('\n', &margin)
        }
        other => other.to_string(),
    };
    let gap = if name.is_empty() { "" } else { " " };
    let _ = writeln!(text, "{}", format!("{indent}{name}{gap}{shown}").trim_end());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outline(value: &Value, most: usize) -> String {
        let mut text = String::new();
        write(&mut text, value, most);
        text
    }

    #[test]
    fn names_lists_and_lines_stand_in_their_place() {
        let value = json!({
            "results": [{ "id": "a", "title": "First\nsecond line" }, { "id": "b", "tags": ["x", 1], "none": [] }],
            "total": 2, "more": null
        });
        let expected = "results\n  -\n    id    a\n    title First\n          second line\n  -\n    id   b\n    tags\n      - x\n      - 1\n    none []\ntotal   2\nmore    null\n";
        assert_eq!(outline(&value, 1000), expected);
        assert_eq!(outline(&json!("text"), 1000), "text\n");
    }

    #[test]
    fn foreign_text_cannot_draw_and_floods_end() {
        let text = outline(&json!({ "a\u{1b}[2J": "b\u{202e}\u{7}" }), 1000);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\u{7}'), "{text}");
        for flood in [json!(vec!["x".repeat(100); 1000]), json!({ "text": "x".repeat(100_000) })] {
            let flood = outline(&flood, 500);
            assert!(flood.len() < 1000 && flood.ends_with("(--json shows everything)\n"), "{flood}");
        }
    }
}
