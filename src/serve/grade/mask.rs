//! Credentials leave the record before they enter it: each becomes its fingerprint, so that "the same one again" and
//! "the verifier of that challenge" can still be seen (RFC 7636 §4.2: the S256 challenge is that fingerprint).

use serde_json::Value;

use super::record::Params;
use crate::serve::keys::fingerprint;
use crate::spec::credentials;

/// What stands before a fingerprint.
pub(super) const MARK: char = '~';
/// The characters of a fingerprint that people are shown.
const SHOWN: usize = 8;

/// The fingerprint that stands for a credential.
pub(super) fn print(credential: &str) -> String {
    format!("{MARK}{}", fingerprint(credential))
}

/// A form or query with its credentials replaced.
pub(super) fn params(text: &[u8]) -> Params {
    let masked = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        let is_secret = credentials::NAMES.contains(&name.as_ref()) && !value.is_empty();
        let value = if is_secret { print(&value) } else { value.into_owned() };
        (name.into_owned(), value)
    };
    Params(url::form_urlencoded::parse(text).map(masked).collect())
}

/// JSON with its credentials replaced, at every depth. Arguments of tools are somebody's own words and stay.
pub(super) fn json(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if credentials::NAMES.contains(&name.as_str()) && !text.is_empty() => {
                        *text = print(text)
                    }
                    // A tool call's arguments: `code` or `token` are words of the tool there.
                    _ if name == "arguments" => {}
                    member => json(member),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(json),
        _ => {}
    }
}

/// Parameters as text, fingerprints cut to what people need.
pub(super) fn form_text(params: &Params) -> String {
    let pairs = params.0.iter().map(|(name, value)| (name.as_str(), brief(value)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// JSON as text, fingerprints cut.
pub(super) fn json_text(value: &Value) -> String {
    let mut value = value.clone();
    cut(&mut value);
    value.to_string()
}

fn cut(value: &mut Value) {
    match value {
        Value::String(text) => *text = brief(text),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| cut(member)),
        Value::Array(list) => list.iter_mut().for_each(cut),
        _ => {}
    }
}

/// A fingerprint as people are shown it; any other text as it is.
pub(super) fn brief(text: &str) -> String {
    match text.strip_prefix(MARK) {
        Some(rest) if rest.len() == 43 => format!("{MARK}{}", rest.chars().take(SHOWN).collect::<String>()),
        _ => text.to_owned(),
    }
}
