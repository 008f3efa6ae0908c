//! A JSON object that a server served, with the place of each member.

use serde_json::{Map, Value};

use super::pointer::Pointer;
use super::trail::{Exchange, HttpReply};
use crate::formats::json::{self, JsonProblem};

/// A JSON object and the exchange that brought it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Where it came from.
    pub exchange: &'a Exchange,
    /// The object.
    pub object: &'a Map<String, Value>,
}

/// A member of a document: its place, and its value if it is there.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The place.
    pub at: Pointer,
    /// The value, as it was served.
    pub value: Option<&'a Value>,
}

impl HttpReply {
    /// The JSON object of the body. What is cut off, or in a coding that nobody asked for, is none: readers would read
    /// different things.
    ///
    /// # Errors
    /// As [`json::read_object`], [`JsonProblem::Encoded`] and [`JsonProblem::TooLarge`].
    pub fn object(&self) -> Result<Map<String, Value>, JsonProblem> {
        self.object_within(&mut { json::MAX_VALUES })
    }

    /// The same, of a document that takes what it holds from `left`, as [`json::read_object_within`].
    ///
    /// # Errors
    /// As [`Self::object`].
    pub(super) fn object_within(&self, left: &mut usize) -> Result<Map<String, Value>, JsonProblem> {
        if let Some(coding) = self.coding() {
            return Err(JsonProblem::Encoded { coding: coding.to_owned() });
        }
        let bytes = self.body.bytes();
        if self.body.cut {
            return Err(JsonProblem::TooLarge { limit: bytes.len() });
        }
        json::read_object_within(&bytes, left)
    }
}

impl<'a> Document<'a> {
    /// The member of this name.
    #[must_use]
    pub fn spot(&self, name: &str) -> Spot<'a> {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Spot { at: Pointer::json(self.exchange.number, &format!("/{escaped}")), value: self.object.get(name) }
    }

    /// The string member of this name; `None` if absent or of another type.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.object.get(name)?.as_str()
    }

    /// The strings of the array member of this name; `None` if absent or no array. Other members are passed over.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        Some(self.object.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// The place of the document as a whole.
    #[must_use]
    pub fn at(&self) -> Pointer {
        Pointer::exchange(self.exchange.number)
    }
}

impl<'a> Spot<'a> {
    /// The value as a string, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        self.value?.as_str()
    }

    /// The place of the n-th element of this array.
    #[must_use]
    pub fn element(&self, index: usize) -> Pointer {
        let mut at = self.at.clone();
        at.json_pointer = at.json_pointer.map(|pointer| format!("{pointer}/{index}"));
        at
    }

    /// The value as compact JSON; `absent` if there is none.
    #[must_use]
    pub fn shown(&self) -> String {
        self.value.map_or_else(|| "absent".to_owned(), Value::to_string)
    }
}
