//! The tools: `search` and `fetch` for `search:read`, `save` for `search:write`. MCP tools; MCP authorization, "Scope
//! Challenge Handling", "Step-Up Authorization Flow" (hierarchies are honoured).

use serde_json::{Map, Value, json};

use crate::serve::search::{DOCUMENT_URI, Document};
use crate::serve::site::Site;
use crate::spec::fault::Duty;

use super::asking::{self, Said};
use super::bearer::Principal;

/// Results of a search at most.
const HITS: usize = 20;
/// Hits looked at when only a collection is wanted.
const WIDE: usize = 1000;
/// The longest text that may be saved, in bytes.
const TEXT_LIMIT: usize = 64 << 10;

/// What became of a call.
pub(crate) enum Outcome {
    /// The result.
    Done(Value),
    /// There is no such tool.
    Unknown,
    /// The token lacks these scopes.
    Forbidden(&'static str),
    /// The user is to be asked, where the wire has a way to.
    Ask,
    /// The answer of the user comes with a state that is not ours.
    Forged,
}

/// The tools, in the same order for everybody: what they may call shows when they call it.
pub(crate) fn list(site: &Site, principal: &Principal) -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let object = |properties: Value, required: &[&str]| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let web = site.library().is_web();
    let mut tools = vec![
        json!({
            "name": "search",
            "title": "Search",
            "description": if web { "Searches the web." } else { "Finds the documents that fit a query best." },
            "inputSchema": object(
                json!({
                    "query": text("The words to look for. Where they are missing, the user is asked."),
                    "collection": {
                        "type": "string",
                        "description": "Only documents whose id begins with this word and a dash.",
                        "x-mcp-header": "Collection",
                    },
                    "limit": { "type": "integer", "minimum": 1, "maximum": HITS, "description": "How many documents." },
                }),
                &[],
            ),
            "annotations": { "readOnlyHint": true, "openWorldHint": web },
        }),
        json!({
            "name": "fetch",
            "title": "Fetch",
            "description": "Gives the whole text of a document that a search found.",
            "inputSchema": object(json!({ "id": text("The id of the document.") }), &["id"]),
            "annotations": { "readOnlyHint": true, "openWorldHint": web },
        }),
        json!({
            "name": "save",
            "title": "Save",
            "description": "Adds a document, so that later searches find it. Needs the scope search:write.",
            "inputSchema": object(
                json!({ "title": text("Its title."), "text": text("Its text.") }),
                &["title", "text"],
            ),
            "annotations": { "readOnlyHint": false, "destructiveHint": false, "openWorldHint": false },
        }),
    ];
    if !site.keeps(Duty::ListForEverybody) {
        let name = |tool: &Value| tool.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        tools.retain(|tool| missing(site, principal, &name(tool)).is_none());
    }
    if !site.keeps(Duty::SteadyOrder) {
        let turn = site.next_challenge() % tools.len();
        tools.rotate_left(turn);
    }
    json!({ "tools": tools })
}

/// Calls a tool.
pub(crate) async fn call(site: &Site, principal: &Principal, params: &Map<String, Value>) -> Outcome {
    let empty = Map::new();
    let arguments = params.get("arguments").and_then(Value::as_object).unwrap_or(&empty);
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    if let Some(missing) = missing(site, principal, name) {
        return Outcome::Forbidden(missing);
    }
    let query = match (name, text("query")) {
        ("search", None) => match asking::said(site, principal, params) {
            Said::Nothing => return Outcome::Ask,
            Said::Forged => return Outcome::Forged,
            Said::No => return Outcome::Done(bad("Nothing was looked for.")),
            Said::Query(query) => Some(query),
        },
        (_, query) => query.map(str::to_owned),
    };
    let limit = arguments.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    Outcome::Done(match (name, query.as_deref(), text("id"), text("title").zip(text("text"))) {
        ("search", Some(query), ..) => {
            let limit = limit.unwrap_or(5).clamp(1, HITS);
            let hits = match text("collection") {
                None => site.library().search(query, limit).await,
                Some(word) => site.library().search(query, WIDE).await.map(|hits| within(hits, word, limit)),
            };
            match hits {
                Ok(hits) => good(&json!({ "results": hits.iter().map(summary).collect::<Vec<_>>() })),
                Err(error) => bad(error.0),
            }
        }
        ("fetch", _, Some(id), _) => match site.library().fetch(id).await {
            Ok(Some(document)) => good(&json!(document)),
            Ok(None) => bad("There is no document with this id."),
            Err(error) => bad(error.0),
        },
        ("save", _, _, Some((title, body))) if title.len() + body.len() <= TEXT_LIMIT => save(site, title, body).await,
        ("save", _, _, Some(_)) => bad("The document is too long: title and text may have 64 KiB together."),
        ("search" | "fetch" | "save", ..) => bad("An argument is missing or is not a text."),
        _ => return Outcome::Unknown,
    })
}

/// The arguments of a tool that a stateless client repeats in headers (MCP Streamable HTTP, "Custom Headers from Tool
/// Parameters"): what the schema of [`list`] says, name of the argument and of the header.
pub(crate) const fn mirrored(tool: &str) -> &'static [(&'static str, &'static str)] {
    match tool.as_bytes() {
        b"search" => &[("collection", "mcp-param-collection")],
        _ => &[],
    }
}

fn within(hits: Vec<Document>, word: &str, limit: usize) -> Vec<Document> {
    let belongs = |hit: &Document| hit.id.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'));
    hits.into_iter().filter(belongs).take(limit).collect()
}

async fn save(site: &Site, title: &str, text: &str) -> Value {
    let id = format!("saved-{}", crate::serve::keys::random(9));
    let url = format!("{DOCUMENT_URI}{id}");
    let document = Document { id: id.clone(), title: title.to_owned(), text: text.to_owned(), url };
    match site.library().save(document).await {
        Ok(true) => good(&json!({ "id": id })),
        Ok(false) => bad("There is no room for it: this server keeps no more documents."),
        Err(error) => bad(error.0),
    }
}

/// The scopes a call needs and the token lacks, all of them in one challenge.
pub(crate) fn missing(site: &Site, principal: &Principal, tool: &str) -> Option<&'static str> {
    let has = |scope: &str| {
        let implied = site.keeps(Duty::HonourScopeHierarchy) && principal.scopes.iter().any(|s| s == "search:admin");
        implied || principal.scopes.iter().any(|granted| granted == scope)
    };
    let needed = match tool {
        "search" | "fetch" | "save" if !site.keeps(Duty::BeSatisfied) => return Some("search:admin"),
        "search" | "fetch" if !site.keeps(Duty::LetReadersCall) => "search:write",
        "search" | "fetch" => "search:read",
        "save" => "search:write",
        _ => return None,
    };
    if !site.keeps(Duty::EnforceScope) {
        return None;
    }
    if !has(needed) {
        return Some(needed);
    }
    (tool == "save" && !site.keeps(Duty::NameAllScopes) && !has("search:admin")).then_some("search:admin")
}

fn summary(document: &Document) -> Value {
    let text: String = document.text.chars().take(200).collect();
    json!({ "id": document.id, "title": document.title, "url": document.url, "text": text })
}

fn good(value: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value, "isError": false })
}

/// The result of a tool that failed.
pub(crate) fn bad(why: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": why }], "isError": true })
}
