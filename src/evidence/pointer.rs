//! Where in the record a finding is.

use serde::{Deserialize, Serialize};

/// A place in the trail that a renderer can quote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pointer {
    /// The number of the exchange.
    pub exchange: u32,
    /// The name of the response header meant, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The member of the JSON body meant (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_pointer: Option<String>,
    /// The query parameter of the request URL meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_parameter: Option<String>,
}

impl Pointer {
    /// The exchange as a whole: its status, its body, its absence.
    #[must_use]
    pub fn exchange(number: u32) -> Self {
        Self { exchange: number, ..Self::default() }
    }

    /// A response header of the exchange.
    #[must_use]
    pub fn header(number: u32, name: &str) -> Self {
        Self { exchange: number, header: Some(name.to_ascii_lowercase()), ..Self::default() }
    }

    /// A member of the exchange's JSON body.
    #[must_use]
    pub fn json(number: u32, pointer: &str) -> Self {
        Self { exchange: number, json_pointer: Some(pointer.to_owned()), ..Self::default() }
    }
}
