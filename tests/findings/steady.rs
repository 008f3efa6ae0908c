//! Texts without what is new in every run.

/// The text without what is new in every run: long words of keys, tokens and identifiers, and long numbers.
pub(crate) fn steady(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_random = word.len() >= 16 && (digits >= 2 || word.chars().any(char::is_uppercase));
        // A port behind a colon, or behind an encoded one.
        let number = word.strip_prefix("3A").unwrap_or(word);
        let is_number = number.len() >= 4 && number.chars().all(|c| c.is_ascii_digit());
        let is_exchange = number.len() == word.len() && (out.ends_with('#') || out.ends_with("exchange "));
        let is_number = is_number || is_exchange && word.chars().all(|c| c.is_ascii_digit());
        out.push_str(if !is_part(first) {
            word
        } else if is_random {
            "RANDOM"
        } else if is_number {
            "NUMBER"
        } else {
            word
        });
        rest = behind;
    }
    out
}
