//! The JSON gate (structural rule 7): RFC 8259, read strictly enough that two readers cannot disagree.
//!
//! Every JSON document of a server passes here. Refused: other encodings than UTF-8 and a byte order mark
//! (RFC 8259 §8.1), duplicate members at any depth (§4: behaviour "unpredictable"), nesting beyond [`MAX_DEPTH`],
//! bytes after the value. Problems name line, column and JSON pointer, never a value: documents hold tokens, and
//! the error texts of `serde_json` quote what they stumbled over.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::spec::text::printable;

/// The deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 64;

/// Why bytes are not a JSON document that all readers would read alike.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonProblem {
    /// There is nothing, or only white space.
    #[error("the document is empty")]
    Empty,
    /// The bytes start with a UTF-8 byte order mark (RFC 8259 §8.1 forbids to send one).
    #[error("the document starts with a byte order mark")]
    ByteOrderMark,
    /// The bytes are not UTF-8.
    #[error("the document is not UTF-8 (byte {at})")]
    NotUtf8 {
        /// Offset of the first bad byte, from 0.
        at: usize,
    },
    /// The first character is `<`.
    #[error("the document is HTML or XML, not JSON")]
    Markup,
    /// The grammar of RFC 8259 is broken.
    #[error("not JSON at line {line}, column {column}{}", within(path))]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// The document ends in the middle.
    #[error("the document ends in the middle, at line {line}, column {column}{}", within(path))]
    Truncated {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// A member occurs twice in one object.
    #[error("member `{}` occurs twice (line {line}, column {column})", printable(path))]
    Duplicate {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the member.
        path: String,
    },
    /// Arrays and objects nest deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels (line {line}, column {column})")]
    TooDeep {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// JSON pointer of the value being read.
        path: String,
    },
    /// Something follows the value.
    #[error("something follows the JSON value (line {line}, column {column})")]
    Trailing {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// An object was wanted.
    #[error("the document is {found}, not an object")]
    NotObject {
        /// What it is.
        found: Kind,
    },
}

fn within(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" (in `{}`)", printable(path)) }
}

/// The six kinds of JSON value (RFC 8259 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// a number
    Number,
    /// a string
    String,
    /// an array
    Array,
    /// an object
    Object,
}

impl Kind {
    /// The kind of a value.
    #[must_use]
    pub const fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// With its article: `null`, `a boolean`, `an array`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A member of an object as it is there: absent, of the wrong kind, or present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<T> {
    /// No such member.
    Absent,
    /// The member has a value of another kind (`null` included). For lists: the kind that is wrong, be it the
    /// value's own or that of one of its elements.
    Wrong(Kind),
    /// The member as wanted.
    Present(T),
}

impl<T> Field<T> {
    /// The value if it is there and of the right kind.
    #[must_use]
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Wrong(_) => None,
        }
    }

    /// Whether there is no such member at all.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The kind found where another was wanted.
    #[must_use]
    pub const fn wrong(&self) -> Option<Kind> {
        match self {
            Self::Wrong(kind) => Some(*kind),
            Self::Absent | Self::Present(_) => None,
        }
    }

    /// The same with the value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Present(value) => Field::Present(change(value)),
            Self::Absent => Field::Absent,
            Self::Wrong(kind) => Field::Wrong(kind),
        }
    }

    /// The same by reference.
    pub const fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Present(value) => Field::Present(value),
            Self::Absent => Field::Absent,
            Self::Wrong(kind) => Field::Wrong(*kind),
        }
    }
}

/// Any JSON value.
///
/// # Errors
/// [`JsonProblem`] for everything that is not exactly one RFC 8259 text within the limits above.
pub fn read(bytes: &[u8]) -> Result<Value, JsonProblem> {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(JsonProblem::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| JsonProblem::NotUtf8 { at: error.valid_up_to() })?;
    match text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
        None => return Err(JsonProblem::Empty),
        Some('<') => return Err(JsonProblem::Markup),
        Some(_) => {}
    }
    let trace = Trace::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Seed { trace: &trace, depth: 0 }
        .deserialize(&mut reader)
        .map_err(|error| trace.problem(error.line(), error.column(), error.classify()))?;
    reader.end().map_err(|error| JsonProblem::Trailing { line: error.line(), column: error.column() })?;
    Ok(value)
}

/// A JSON object.
///
/// # Errors
/// As [`read`], and [`JsonProblem::NotObject`].
pub fn read_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonProblem> {
    match read(bytes)? {
        Value::Object(map) => Ok(map),
        other => Err(JsonProblem::NotObject { found: Kind::of(&other) }),
    }
}

/// A member that should be a string.
#[must_use]
pub fn str_field<'a>(map: &'a Map<String, Value>, name: &str) -> Field<&'a str> {
    match map.get(name) {
        None => Field::Absent,
        Some(Value::String(text)) => Field::Present(text),
        Some(other) => Field::Wrong(Kind::of(other)),
    }
}

/// A member that should be `true` or `false`.
#[must_use]
pub fn bool_field(map: &Map<String, Value>, name: &str) -> Field<bool> {
    match map.get(name) {
        None => Field::Absent,
        Some(Value::Bool(flag)) => Field::Present(*flag),
        Some(other) => Field::Wrong(Kind::of(other)),
    }
}

/// A member that should be a number.
#[must_use]
pub fn number_field<'a>(map: &'a Map<String, Value>, name: &str) -> Field<&'a Number> {
    match map.get(name) {
        None => Field::Absent,
        Some(Value::Number(number)) => Field::Present(number),
        Some(other) => Field::Wrong(Kind::of(other)),
    }
}

/// A member that should be an array of strings.
#[must_use]
pub fn strings_field<'a>(map: &'a Map<String, Value>, name: &str) -> Field<Vec<&'a str>> {
    let list = match map.get(name) {
        None => return Field::Absent,
        Some(Value::Array(list)) => list,
        Some(other) => return Field::Wrong(Kind::of(other)),
    };
    let mut texts = Vec::with_capacity(list.len());
    for value in list {
        match value {
            Value::String(text) => texts.push(text.as_str()),
            other => return Field::Wrong(Kind::of(other)),
        }
    }
    Field::Present(texts)
}

/// A member that should be an object.
#[must_use]
pub fn object_field<'a>(map: &'a Map<String, Value>, name: &str) -> Field<&'a Map<String, Value>> {
    match map.get(name) {
        None => Field::Absent,
        Some(Value::Object(inner)) => Field::Present(inner),
        Some(other) => Field::Wrong(Kind::of(other)),
    }
}

/// A member that should be an array.
#[must_use]
pub fn array_field<'a>(map: &'a Map<String, Value>, name: &str) -> Field<&'a [Value]> {
    match map.get(name) {
        None => Field::Absent,
        Some(Value::Array(list)) => Field::Present(list),
        Some(other) => Field::Wrong(Kind::of(other)),
    }
}

/// Where the reader is, and what it refused: serde's error type can carry neither.
#[derive(Default)]
struct Trace {
    path: RefCell<Vec<String>>,
    refused: RefCell<Option<Refused>>,
}

#[derive(Clone, Copy)]
enum Refused {
    Duplicate,
    TooDeep,
}

impl Trace {
    fn problem(&self, line: usize, column: usize, category: Category) -> JsonProblem {
        let mut path = String::new();
        for step in self.path.borrow().iter() {
            path.push('/');
            path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        match (*self.refused.borrow(), category) {
            (Some(Refused::Duplicate), _) => JsonProblem::Duplicate { line, column, path },
            (Some(Refused::TooDeep), _) => JsonProblem::TooDeep { line, column, path },
            (None, Category::Eof) => JsonProblem::Truncated { line, column, path },
            (None, _) => JsonProblem::Syntax { line, column, path },
        }
    }

    fn refuse<E: serde::de::Error>(&self, why: Refused) -> E {
        *self.refused.borrow_mut() = Some(why);
        E::custom("refused")
    }
}

/// Reads one value at a depth. The path is popped only on success, so that after a failure it names the place.
struct Seed<'t> {
    trace: &'t Trace,
    depth: usize,
}

impl Seed<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.trace.refuse(Refused::TooDeep));
        }
        Ok(Self { trace: self.trace, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.trace.path.borrow_mut().push(list.len().to_string());
            let item = items.next_element_seed(self.deeper()?)?;
            self.trace.path.borrow_mut().pop();
            match item {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let inner_depth = self.deeper()?.depth;
        while let Some(name) = members.next_key::<String>()? {
            self.trace.path.borrow_mut().push(name.clone());
            if map.contains_key(&name) {
                return Err(self.trace.refuse(Refused::Duplicate));
            }
            let value = members.next_value_seed(Seed { trace: self.trace, depth: inner_depth })?;
            self.trace.path.borrow_mut().pop();
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn problem(text: &str) -> JsonProblem {
        read(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn ordinary_documents_are_read_as_they_are() {
        let text = r#" {"b":[1,-2,2.5,"x",null,true,{"é":"\u00e9"}],"a":{},"n":18446744073709551615} "#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read(b"3").unwrap(), json!(3));
        let names: Vec<String> = read_object(br#"{"z":1,"a":2}"#).unwrap().keys().cloned().collect();
        assert_eq!(names, ["z", "a"]);
    }

    #[test]
    fn duplicates_are_refused_at_any_depth_and_named() {
        assert_eq!(
            problem(r#"{"a":[{"b/c":1,"b/c":2}]}"#),
            JsonProblem::Duplicate { line: 1, column: 20, path: "/a/0/b~1c".to_owned() }
        );
        // The same name, spelled with an escape.
        assert!(matches!(problem(r#"{"aud":1,"\u0061ud":2}"#), JsonProblem::Duplicate { path, .. } if path == "/aud"));
        // Another case is another name.
        assert!(read(br#"{"aud":1,"Aud":2}"#).is_ok());
    }

    #[test]
    fn depth_is_bounded_and_the_stack_is_safe() {
        let nest = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nest(MAX_DEPTH).as_bytes()).is_ok());
        assert!(matches!(problem(&nest(MAX_DEPTH + 1)), JsonProblem::TooDeep { .. }));
        assert!(matches!(problem(&"[".repeat(500_000)), JsonProblem::TooDeep { .. }));
        let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        assert!(read(objects(MAX_DEPTH).as_bytes()).is_ok());
        assert!(matches!(problem(&objects(MAX_DEPTH + 1)), JsonProblem::TooDeep { .. }));
    }

    #[test]
    fn every_other_refusal_has_its_name() {
        assert_eq!(problem(""), JsonProblem::Empty);
        assert_eq!(problem(" \r\n\t"), JsonProblem::Empty);
        assert_eq!(problem("\u{feff}{}"), JsonProblem::ByteOrderMark);
        assert_eq!(problem("\n<!doctype html>"), JsonProblem::Markup);
        assert_eq!(read(b"{\"a\":\"\xff\"}").unwrap_err(), JsonProblem::NotUtf8 { at: 6 });
        assert!(matches!(read(b"\xff\xfe{\0}\0").unwrap_err(), JsonProblem::NotUtf8 { at: 0 }));
        assert_eq!(problem("{} {}"), JsonProblem::Trailing { line: 1, column: 4 });
        assert!(matches!(problem(r#"{"a":[1,"#), JsonProblem::Truncated { path, .. } if path == "/a/1"));
        for text in ["{'a':1}", r#"{"a":1,}"#, "NaN", "1e400", r#""\ud800""#, "{\"a\":\"\u{1}\"}", "01", "{a:1}"] {
            assert!(matches!(problem(text), JsonProblem::Syntax { .. }), "{text}");
        }
        assert_eq!(read_object(b"[]").unwrap_err(), JsonProblem::NotObject { found: Kind::Array });
        assert_eq!(read_object(b"null").unwrap_err().to_string(), "the document is null, not an object");
    }

    #[test]
    fn no_problem_quotes_a_value() {
        for text in [
            r#"{"access_token":"SECRET" "x"}"#,
            r#"{"access_token":"SECRET","access_token":"SECRET"}"#,
            r#"{"access_token":SECRET}"#,
            r#"{"access_token":"SECRET"#,
            r#"{"access_token":"SECRET"} SECRET"#,
            r#""SECRET"#,
        ] {
            let found = problem(text);
            assert!(!format!("{found} {found:?}").contains("SECRET"), "{found}");
        }
    }

    #[test]
    fn hostile_member_names_are_escaped() {
        let text = problem("{\"\\u001b[2J\":1,\"\\u001b[2J\":2}").to_string();
        assert!(text.contains(r"\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn absent_wrong_and_present_are_told_apart() {
        let map = read_object(br#"{"s":"x","n":1,"b":true,"l":["a","b"],"m":["a",1],"z":null}"#).unwrap();
        assert_eq!(str_field(&map, "s"), Field::Present("x"));
        assert_eq!(str_field(&map, "n"), Field::Wrong(Kind::Number));
        assert_eq!(str_field(&map, "z"), Field::Wrong(Kind::Null));
        assert_eq!(str_field(&map, "q"), Field::Absent);
        assert_eq!(bool_field(&map, "b"), Field::Present(true));
        assert_eq!(number_field(&map, "n").map(Number::as_i64), Field::Present(Some(1)));
        assert_eq!(strings_field(&map, "l"), Field::Present(vec!["a", "b"]));
        assert_eq!(strings_field(&map, "m"), Field::Wrong(Kind::Number));
        assert_eq!(strings_field(&map, "s"), Field::Wrong(Kind::String));
        assert_eq!(Field::<()>::Wrong(Kind::Array).wrong().unwrap().to_string(), "an array");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn agrees_with_serde_json_on_texts_like_json(text in r#"[\[\]{}:,"a0-9 .eE+\-tfn\\u]{0,40}"#) {
            match (read(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
                (Err(JsonProblem::Duplicate { .. }), Ok(_)) | (Err(_), Err(_)) => {}
                (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours, theirs.is_ok()),
            }
        }
    }
}
