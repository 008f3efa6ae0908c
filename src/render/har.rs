//! The exchanges as an HTTP Archive 1.2 (the format that browsers export), without credentials.

use std::io::{self, Write};

use serde_json::{Value, json};
use url::Url;

use super::View;
use super::words::{self, block, instant, line};
use crate::evidence::{Exchange, Header, HttpReply, Outcome};

/// Writes the archive.
pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (name, version) = view.trail.tool.split_once(' ').unwrap_or((&view.trail.tool, ""));
    let started = view.trail.started;
    let entries: Vec<Value> = view.trail.in_order().map(|exchange| entry(exchange, started)).collect();
    let mut archive = json!({ "log": {
        "version": "1.2",
        "creator": { "name": line(name), "version": line(version) },
        "pages": [{
            "startedDateTime": instant(started),
            "id": "probe",
            "title": format!("mcp-auth probe {}", line(&view.trail.target)),
            "pageTimings": {},
        }],
        "entries": entries,
    }});
    if !view.report.clients.is_empty()
        && let Some(log) = archive.pointer_mut("/log").and_then(Value::as_object_mut)
    {
        log.insert("_clients".to_owned(), json!(view.report.clients));
    }
    words::json(&archive, out)
}

fn entry(exchange: &Exchange, started: u64) -> Value {
    let mut entry = json!({
        "pageref": "probe",
        "startedDateTime": instant(started.saturating_add(exchange.at)),
        "time": exchange.took,
        "request": request(exchange),
        "response": response(exchange),
        "cache": {},
        "timings": { "send": 0, "wait": exchange.took, "receive": 0 },
        "comment": format!("#{} {}: {}", exchange.number, exchange.step.title(), line(&exchange.because)),
    });
    if let (Outcome::Failure(failure), Some(object)) = (&exchange.outcome, entry.as_object_mut()) {
        object.insert("_error".to_owned(), json!(line(&failure.detail)));
    }
    entry
}

fn request(exchange: &Exchange) -> Value {
    let request = &exchange.request;
    let query: Vec<Value> = Url::parse(&request.url)
        .map(|url| {
            url.query_pairs().map(|(name, value)| json!({ "name": line(&name), "value": line(&value) })).collect()
        })
        .unwrap_or_default();
    let mut sent = json!({
        "method": line(&request.method),
        "url": block(&request.url),
        "httpVersion": "unknown",
        "cookies": [],
        "headers": headers(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.as_deref().unwrap_or_default().len(),
    });
    if let (Some(body), Some(object)) = (&request.body, sent.as_object_mut()) {
        let kind = request.headers.iter().find(|header| header.name == "content-type");
        let kind = kind.map_or_else(|| "application/octet-stream".to_owned(), |header| line(&header.value));
        object.insert("postData".to_owned(), json!({ "mimeType": kind, "params": [], "text": block(body) }));
    }
    sent
}

fn response(exchange: &Exchange) -> Value {
    let (status, found, reply) = match &exchange.outcome {
        Outcome::Reply(reply) => (reply.status, reply.headers.as_slice(), Some(reply)),
        // Browsers write a status of 0 where no response came.
        Outcome::Failure(_) => (0, [].as_slice(), None),
    };
    let location = reply.and_then(|reply| reply.header("location")).unwrap_or_default();
    json!({
        "status": status,
        "statusText": http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or_default(),
        "httpVersion": "unknown",
        "cookies": [],
        "headers": headers(found),
        "content": reply.map_or_else(|| json!({ "size": 0, "mimeType": "x-unknown" }), content),
        "redirectURL": block(location),
        "headersSize": -1,
        "bodySize": -1,
    })
}

fn content(reply: &HttpReply) -> Value {
    let kind = reply.header("content-type").map_or_else(|| "x-unknown".to_owned(), line);
    let size = reply.body.bytes().len();
    match (&reply.body.text, &reply.body.base64) {
        (Some(text), _) => json!({ "size": size, "mimeType": kind, "text": block(text) }),
        (None, Some(encoded)) => json!({ "size": size, "mimeType": kind, "text": encoded, "encoding": "base64" }),
        (None, None) => json!({ "size": size, "mimeType": kind }),
    }
}

fn headers(headers: &[Header]) -> Vec<Value> {
    headers.iter().map(|header| json!({ "name": line(&header.name), "value": line(&header.value) })).collect()
}
