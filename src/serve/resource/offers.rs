//! What the server offers beside its tools, the same on both wires: documents as resources, one prompt. MCP resources,
//! prompts, logging.

use serde_json::{Map, Value, json};

use crate::serve::keys::{base64url, from_base64url};
use crate::serve::search::{DOCUMENT_URI, Document};
use crate::serve::site::Site;

use super::bearer::Principal;
use super::tools::{self, Outcome};

/// Resources on one page of the list.
const LISTED: usize = 100;

/// What became of a request.
pub(crate) enum Done {
    /// A result.
    Result(Value),
    /// A result that the client may keep for a while.
    Keep(Value),
    /// The parameters are wrong.
    Invalid(&'static str),
    /// There is no resource of this URI.
    NoResource(String),
    /// The token lacks these scopes.
    Forbidden(&'static str),
    /// The user is to be asked, where the wire has a way to.
    Ask,
    /// The answer of the user comes with a state that is not ours.
    Forged,
    /// There is no such method.
    NoMethod,
}

/// The capabilities, without those of one wire only.
pub(crate) fn capabilities() -> Value {
    json!({ "tools": {}, "resources": {}, "prompts": {} })
}

/// Does what a request asks for.
pub(crate) async fn perform(site: &Site, principal: &Principal, method: &str, params: &Map<String, Value>) -> Done {
    match method {
        "tools/list" => Done::Keep(tools::list(site, principal)),
        "tools/call" => match tools::call(site, principal, params).await {
            Outcome::Done(value) => Done::Result(value),
            Outcome::Unknown => Done::Invalid("there is no such tool"),
            Outcome::Forbidden(scope) => Done::Forbidden(scope),
            Outcome::Ask => Done::Ask,
            Outcome::Forged => Done::Forged,
        },
        "resources/list" => resources(site, params).await,
        "resources/templates/list" => Done::Keep(templates()),
        "resources/read" => read(site, principal, params).await,
        "prompts/list" => Done::Keep(prompts()),
        "prompts/get" => prompt(params),
        _ => Done::NoMethod,
    }
}

/// A page of the documents; the cursor is the last id of the page before.
async fn resources(site: &Site, params: &Map<String, Value>) -> Done {
    let describe = |document: Document| {
        json!({
            "uri": format!("{DOCUMENT_URI}{}", document.id),
            "name": document.id,
            "title": document.title,
            "mimeType": "text/plain",
        })
    };
    let cursor = params.get("cursor").and_then(Value::as_str).map(from_base64url);
    let after = match cursor {
        None => String::new(),
        Some(bytes) => match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(after) => after,
            None => return Done::Invalid("the cursor is not one of this server"),
        },
    };
    let Ok(page) = site.library().list(&after, LISTED).await else { return Done::Keep(json!({ "resources": [] })) };
    let next = page.last().filter(|_| page.len() == LISTED).map(|last| base64url(&last.id));
    let mut result = json!({ "resources": page.into_iter().map(describe).collect::<Vec<_>>() });
    if let (Some(members), Some(next)) = (result.as_object_mut(), next) {
        members.insert("nextCursor".into(), json!(next));
    }
    Done::Keep(result)
}

fn templates() -> Value {
    json!({ "resourceTemplates": [{
        "uriTemplate": format!("{DOCUMENT_URI}{{id}}"),
        "name": "document",
        "title": "A document",
        "description": "The document of this id, as a search finds it.",
        "mimeType": "text/plain",
    }] })
}

async fn read(site: &Site, principal: &Principal, params: &Map<String, Value>) -> Done {
    if let Some(scope) = tools::missing(site, principal, "fetch") {
        return Done::Forbidden(scope);
    }
    let Some(uri) = params.get("uri").and_then(Value::as_str) else { return Done::Invalid("there is no uri") };
    let found = match uri.strip_prefix(DOCUMENT_URI) {
        Some(id) => site.library().fetch(id).await.unwrap_or_default(),
        None => None,
    };
    match found {
        Some(document) => {
            Done::Keep(json!({ "contents": [{ "uri": uri, "mimeType": "text/plain", "text": document.text }] }))
        }
        None => Done::NoResource(uri.to_owned()),
    }
}

fn prompts() -> Value {
    json!({ "prompts": [{
        "name": "explain",
        "title": "Explain a topic",
        "description": "Explains a topic from what the documents say about it.",
        "arguments": [{ "name": "topic", "description": "What to explain.", "required": true }],
    }] })
}

fn prompt(params: &Map<String, Value>) -> Done {
    if params.get("name").and_then(Value::as_str) != Some("explain") {
        return Done::Invalid("there is no such prompt");
    }
    let topic = params.get("arguments").and_then(|arguments| arguments.get("topic")).and_then(Value::as_str);
    let Some(topic) = topic.filter(|topic| !topic.is_empty()) else { return Done::Invalid("there is no topic") };
    let text = format!("Search the documents for \"{topic}\", fetch those that fit, and explain the topic from them.");
    Done::Result(json!({
        "description": "Explains a topic from the documents.",
        "messages": [{ "role": "user", "content": { "type": "text", "text": text } }],
    }))
}
