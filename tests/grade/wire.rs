//! What the small client reads: challenges (RFC 9110 §11.6.1) and event streams (HTML, "Server-sent events").

/// One challenge.
#[derive(Clone, Debug, Default)]
pub(crate) struct Challenge {
    pub(crate) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Every challenge of these lines.
pub(crate) fn challenges(lines: &[&str]) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for piece in lines.iter().flat_map(|line| pieces(line)) {
        let (head, value) = match piece.split_once('=') {
            Some((head, value)) if !value.trim_start_matches('=').is_empty() || value.is_empty() => {
                (head.trim(), Some(value.trim()))
            }
            _ => (piece.trim(), None),
        };
        let name = match head.split_once(' ') {
            Some((scheme, name)) => {
                found.push(Challenge { scheme: scheme.to_ascii_lowercase(), parameters: Vec::new() });
                name.trim()
            }
            None if value.is_none() => {
                found.push(Challenge { scheme: head.to_ascii_lowercase(), parameters: Vec::new() });
                continue;
            }
            None => head,
        };
        if let (Some(challenge), Some(value)) = (found.last_mut(), value) {
            challenge.parameters.push((name.to_ascii_lowercase(), unquoted(value)));
        }
    }
    found
}

/// Splits at commas outside quotes.
fn pieces(line: &str) -> Vec<String> {
    let (mut all, mut piece, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            ',' if !quoted => all.push(std::mem::take(&mut piece)),
            _ => {
                quoted ^= c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                piece.push(c);
            }
        }
    }
    all.push(piece);
    all.retain(|piece| !piece.trim().is_empty());
    all
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::new();
    let mut letters = inner.chars();
    while let Some(c) = letters.next() {
        text.extend(if c == '\\' { letters.next() } else { Some(c) });
    }
    text
}

/// The data of every event.
pub(crate) fn events(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let mut found = Vec::new();
    let mut data: Vec<&str> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').split('\n') {
        match line.split_once(':') {
            _ if line.is_empty() && !data.is_empty() => found.push(std::mem::take(&mut data).join("\n")),
            Some(("data", value)) => data.push(value.strip_prefix(' ').unwrap_or(value)),
            _ => {}
        }
    }
    found
}

#[test]
fn challenges_are_told_apart() {
    let found = challenges(&[
        r#"Basic realm="say \"Bearer scope=x\", please", charset="UTF-8""#,
        r#"Negotiate YWJjZGVmZw==, bEaReR realm="a, b", RESOURCE_METADATA="http://x/y", Scope="s""#,
    ]);
    let schemes: Vec<_> = found.iter().map(|one| one.scheme.as_str()).collect();
    assert_eq!(schemes, ["basic", "negotiate", "bearer"]);
    assert_eq!(found[2].get("resource_metadata"), Some("http://x/y"));
    assert_eq!(found[0].get("realm"), Some(r#"say "Bearer scope=x", please"#));
}
