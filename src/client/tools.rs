//! Tools: the list, the arguments as the user writes them, the headers that the stateless wire copies from them.
//!
//! MCP 2026-07-28 server/tools and streamable HTTP, "Custom Headers from Tool Parameters".

use serde_json::{Map, Number, Value, json};

use super::error::ClientError;
use super::mcp::header_text;
use super::session::Session;
use crate::spec::text::printable;

/// Pages of a list that are asked for.
const PAGES: usize = 50;
/// How deep `properties` are searched for annotations.
const DEPTH: usize = 16;

/// A tool that can be called.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its name; foreign text.
    pub name: String,
    /// The tool as the server lists it.
    pub raw: Value,
    headers: Vec<Mirrored>,
}

/// An argument that a header repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mirrored {
    path: Vec<String>,
    header: String,
}

/// The tools of a server.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    /// Those that can be called.
    pub tools: Vec<Tool>,
    /// What is wrong with the others, each in words.
    pub refused: Vec<String>,
}

/// Lists the tools, every page of them.
///
/// # Errors
/// See [`ClientError`].
pub async fn list(session: &mut Session<'_>) -> Result<Tools, ClientError> {
    let mut found = Tools::default();
    let mut cursor: Option<String> = None;
    for _ in 0..PAGES {
        let params = cursor.as_ref().map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
        let mut result = session.request("tools/list", params, Vec::new()).await?;
        let listed = match result.get_mut("tools").map(Value::take) {
            Some(Value::Array(listed)) => listed,
            _ => Vec::new(),
        };
        for raw in listed {
            match Tool::read(raw, session.is_stateless()) {
                Ok(tool) => found.tools.push(tool),
                Err(problem) => found.refused.push(problem),
            }
        }
        let next = result.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
        if next.is_none() || next == cursor {
            return Ok(found);
        }
        cursor = next;
    }
    Ok(found)
}

impl Tool {
    fn read(raw: Value, is_stateless: bool) -> Result<Self, String> {
        let Some(name) = raw.get("name").and_then(Value::as_str) else {
            return Err("a tool without a name is left out".to_owned());
        };
        let mut headers = Vec::new();
        if is_stateless {
            let schema = raw.get("inputSchema").unwrap_or(&Value::Null);
            let read = annotations(schema, &mut Vec::new(), &mut headers);
            let read = read.and_then(|()| unique(&headers));
            read.map_err(|problem| format!("the tool `{}` is left out: {problem}", printable(name)))?;
        }
        Ok(Self { name: name.to_owned(), raw, headers })
    }

    /// The headers for these arguments: none for what is absent or null.
    #[must_use]
    pub fn headers(&self, arguments: &Map<String, Value>) -> Vec<(String, String)> {
        let value_at = |path: &[String]| {
            let (last, above) = path.split_last()?;
            let mut map = arguments;
            for name in above {
                map = map.get(name)?.as_object()?;
            }
            map.get(last)
        };
        let mut found = Vec::new();
        for Mirrored { path, header } in &self.headers {
            let text = match value_at(path) {
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
                _ => continue,
            };
            found.push((format!("mcp-param-{}", header.to_ascii_lowercase()), header_text(&text)));
        }
        found
    }

    /// An argument as its schema has it: `KEY=VALUE` where the value is text.
    ///
    /// # Errors
    /// The value is not of the type of the schema.
    pub fn typed(&self, key: &str, text: &str) -> Result<Value, ClientError> {
        let schema = self.raw.pointer("/inputSchema/properties").and_then(|properties| properties.get(key));
        let types: Vec<&str> = match schema.and_then(|schema| schema.get("type")) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        // With `anyOf` and the like the schema does not say it in one word; text is what the user wrote.
        if types.is_empty() || types.contains(&"string") {
            return Ok(text.into());
        }
        let candidates = types.iter().filter_map(|kind| match *kind {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            "number" => text
                .parse::<i64>()
                .ok()
                .map(Value::from)
                .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)),
            "boolean" => text.parse::<bool>().ok().map(Value::from),
            "null" => (text == "null").then_some(Value::Null),
            "array" => serde_json::from_str::<Value>(text).ok().filter(Value::is_array),
            "object" => serde_json::from_str::<Value>(text).ok().filter(Value::is_object),
            _ => None,
        });
        let wrong = || {
            let wanted = types.join(" or ");
            ClientError::Argument(format!("`{}` must be of type {}", printable(key), printable(&wanted)))
        };
        candidates.into_iter().next().ok_or_else(wrong)
    }
}

/// Collects `x-mcp-header` annotations, through `properties` only.
fn annotations(schema: &Value, path: &mut Vec<String>, found: &mut Vec<Mirrored>) -> Result<(), String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| path.len() < DEPTH) else {
        return Ok(());
    };
    for (name, property) in properties {
        path.push(name.clone());
        if let Some(annotation) = property.get("x-mcp-header") {
            let header = annotation.as_str().unwrap_or_default();
            let is_token = !header.is_empty() && header.bytes().all(is_token_byte);
            if !is_token {
                return Err(format!("`x-mcp-header` of `{}` is no header name", printable(name)));
            }
            let kind = property.get("type").and_then(Value::as_str);
            if !matches!(kind, Some("string" | "integer" | "boolean")) {
                return Err(format!("`{}` has `x-mcp-header` but is no string, integer or boolean", printable(name)));
            }
            found.push(Mirrored { path: path.clone(), header: header.to_owned() });
        }
        annotations(property, path, found)?;
        path.pop();
    }
    Ok(())
}

/// RFC 9110 §5.6.2.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

fn unique(found: &[Mirrored]) -> Result<(), String> {
    let mut names: Vec<String> = found.iter().map(|mirrored| mirrored.header.to_ascii_lowercase()).collect();
    names.sort();
    let twice = names.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
    if twice { Err("two parameters have the same `x-mcp-header`".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(properties: &Value) -> Result<Tool, String> {
        Tool::read(json!({ "name": "t", "inputSchema": { "type": "object", "properties": properties } }), true)
    }

    #[test]
    fn headers_are_looked_for_sixteen_levels_deep() {
        let nested = |levels: usize| {
            let leaf = json!({ "type": "string", "x-mcp-header": "Deep" });
            let around = |inner, _| json!({ "type": "object", "properties": { "a": inner } });
            json!({ "a": (1..levels).fold(leaf, around) })
        };
        assert_eq!(tool(&nested(16)).unwrap().headers.len(), 1);
        assert_eq!(tool(&nested(17)).unwrap().headers.len(), 0);
    }

    #[test]
    fn values_take_the_type_of_the_schema() {
        let tool = tool(&json!({ "n": {"type":"integer"}, "f": {"type":"number"}, "b": {"type":"boolean"},
            "s": {"type":"string"}, "l": {"type":"array"}, "o": {"type":"object"}, "m": {"type":["null","integer"]},
            "any": {} }))
        .unwrap();
        for (key, text, value) in [
            ("n", "5", json!(5)),
            ("f", "2.5", json!(2.5)),
            ("f", "3", json!(3)),
            ("b", "true", json!(true)),
            ("s", "5", json!("5")),
            ("l", "[1]", json!([1])),
            ("o", "{\"a\":1}", json!({ "a": 1 })),
            ("m", "null", Value::Null),
            ("m", "7", json!(7)),
            ("any", "5", json!("5")),
            ("unknown", "x", json!("x")),
        ] {
            assert_eq!(tool.typed(key, text).unwrap(), value, "{key}={text}");
        }
        for (key, text) in [("n", "five"), ("b", "yes"), ("l", "{}"), ("o", "[]"), ("f", "NaN")] {
            assert!(tool.typed(key, text).is_err(), "{key}={text}");
        }
    }

    #[test]
    fn annotated_arguments_become_headers() {
        let tool = tool(
            &json!({ "region": {"type":"string","x-mcp-header":"Region"}, "n": {"type":"integer","x-mcp-header":"N"},
            "deep": {"type":"object","properties":{"in":{"type":"boolean","x-mcp-header":"In"}}} }),
        )
        .unwrap();
        let arguments = json!({ "region": " ü", "n": 5, "deep": { "in": true } });
        let expected = [("mcp-param-region", "=?base64?IMO8?="), ("mcp-param-n", "5"), ("mcp-param-in", "true")];
        let found = tool.headers(arguments.as_object().unwrap());
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(tool.headers(json!({ "region": null }).as_object().unwrap()).is_empty());
    }

    #[test]
    fn tools_with_bad_annotations_are_left_out() {
        for bad in [
            json!({ "a": {"type":"string","x-mcp-header":""} }),
            json!({ "a": {"type":"string","x-mcp-header":"with space"} }),
            json!({ "a": {"type":"number","x-mcp-header":"A"} }),
            json!({ "a": {"type":"object","x-mcp-header":"A"} }),
            json!({ "a": {"type":"string","x-mcp-header":"A"}, "b": {"type":"string","x-mcp-header":"a"} }),
        ] {
            assert!(tool(&bad).is_err(), "{bad}");
        }
    }
}
