//! JSON that says everything once: an object with the same member twice means one thing to one reader and another to the
//! next, so it is refused. RFC 8259 §4, RFC 7515 §4, RFC 7519 §4.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads a JSON object without repeated members, at any depth.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match value(bytes)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Reads JSON without repeated members, at any depth.
pub(crate) fn value(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Once>(bytes).ok().map(|once| once.0)
}

/// A `NumericDate` (RFC 7519 §2) in whole seconds, fractions cut; `None` for what is none, or before 1970.
pub(crate) fn date(value: &Value) -> Option<u64> {
    let seconds = value.as_f64().filter(|s| s.is_finite() && *s >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "finite and not negative; saturates")]
    let whole = seconds as u64;
    Some(value.as_u64().unwrap_or(whole))
}

struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let Once(value) = map.next_value()?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_said_once_is_read_and_what_is_said_twice_is_not() {
        let text = br#"{"a": [1, -2, 3.5, null, true, "x"], "b": {"c": {}}}"#;
        assert_eq!(value(text), Some(json!({"a": [1, -2, 3.5, null, true, "x"], "b": {"c": {}}})));
        for twice in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"\u0061":2}}"#, r#"[{"a":1,"a":2}]"#] {
            assert_eq!(value(twice.as_bytes()), None, "{twice}");
        }
        for broken in ["{", "{}x", "", "\u{feff}{}", &"[".repeat(100_000)] {
            assert_eq!(value(broken.as_bytes()), None);
        }
        assert_eq!(object(b"[]"), None);
    }
}
