//! The JSON gate (structural rule 7): RFC 8259, read strictly enough that two readers cannot disagree.
//!
//! Every JSON document of a server passes here. Refused: other encodings than UTF-8 and a byte order mark
//! (RFC 8259 §8.1), duplicate members at any depth (§4: behaviour "unpredictable"), nesting beyond [`MAX_DEPTH`],
//! bytes after the value. Problems name line, column and JSON pointer, never a value: documents hold tokens, and
//! the error texts of `serde_json` quote what they stumbled over.

mod problem;

pub use self::problem::JsonProblem;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// The deepest nesting of arrays and objects that is read.
pub const MAX_DEPTH: usize = 64;

/// The most values (members and elements at every depth) that are read of one document. A value takes a hundred times
/// the memory of its shortest text; without this, a mebibyte of zeros would take a hundred.
pub const MAX_VALUES: usize = 20_000;

/// The same for what is no metadata document: a message with the result of a tool may be long.
pub const MAX_MESSAGE_VALUES: usize = 100_000;

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
    let mut left = MAX_MESSAGE_VALUES;
    read_within(bytes, &mut left)
}

/// Any JSON value, with at most `left` values; what it takes is subtracted.
fn read_within(bytes: &[u8], left: &mut usize) -> Result<Value, JsonProblem> {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(JsonProblem::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| JsonProblem::NotUtf8 { at: error.valid_up_to() })?;
    match text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next() {
        None => return Err(JsonProblem::Empty),
        Some('<') => return Err(JsonProblem::Markup),
        Some(_) => {}
    }
    let trace = Trace { left: Cell::new(*left), ..Trace::default() };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed { trace: &trace, depth: 0 }.deserialize(&mut reader);
    *left = trace.left.get();
    let value = read.map_err(|error| trace.problem(error.line(), error.column(), error.classify()))?;
    reader.end().map_err(|error| JsonProblem::Trailing { line: error.line(), column: error.column() })?;
    Ok(value)
}

/// A JSON object.
///
/// # Errors
/// As [`read`], and [`JsonProblem::NotObject`].
pub fn read_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonProblem> {
    let mut left = MAX_VALUES;
    read_object_within(bytes, &mut left)
}

/// A JSON object with at most [`MAX_VALUES`] values, and at most `left`; what it takes is subtracted from `left`, so
/// that many documents together are bounded.
///
/// # Errors
/// As [`read_object`].
pub fn read_object_within(bytes: &[u8], left: &mut usize) -> Result<Map<String, Value>, JsonProblem> {
    let allowed = MAX_VALUES.min(*left);
    let mut own = allowed;
    let read = read_within(bytes, &mut own);
    *left = left.saturating_sub(allowed.saturating_sub(own));
    match read? {
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
    /// How many values may still be read.
    left: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Refused {
    Duplicate,
    TooDeep,
    TooMany,
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
            (Some(Refused::TooMany), _) => JsonProblem::TooMany { line, column },
            (None, Category::Eof) => JsonProblem::Truncated { line, column, path },
            (None, _) => JsonProblem::Syntax { line, column, path },
        }
    }

    /// One value more.
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.refuse(Refused::TooMany)),
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.trace.path.borrow_mut().push(list.len().to_string());
            let item = items.next_element_seed(self.deeper()?)?;
            self.trace.path.borrow_mut().pop();
            match item {
                Some(value) => {
                    self.trace.count()?;
                    list.push(value);
                }
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let inner_depth = self.deeper()?.depth;
        while let Some(name) = members.next_key::<String>()? {
            self.trace.count()?;
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
mod tests;
