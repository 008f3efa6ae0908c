//! What an answer repeats of the request that it is for.

use crate::server::{Arrived, Reply};

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What a reply repeats of the request: its JSON-RPC id, the parameters of an authorization request, the credentials and
/// the body as they were sent.
pub(crate) fn echo(reply: &Reply, request: &Arrived) -> Option<Reply> {
    const NAMES: [&str; 5] = ["{id}", "{redirect_uri}", "{state}", "{authorization}", "{body}"];
    let (Reply::Whole(bytes) | Reply::Hold(bytes) | Reply::Drip(bytes, ..) | Reply::Flood(bytes, _)) = reply;
    let text = String::from_utf8_lossy(bytes);
    if !NAMES.iter().any(|name| text.contains(name)) {
        return None;
    }
    let sent: serde_json::Value = serde_json::from_str(&request.body).unwrap_or_default();
    let query = request.line.split_once('?').map_or("", |(_, query)| query);
    let parameter = |wanted: &str| {
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let authorization = request.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
    });
    // Inside a JSON string.
    let quoted = request.body.replace('\\', "\\\\").replace('"', "\\\"");
    let values = [
        ("{id}", sent["id"].to_string()),
        ("{redirect_uri}", parameter("redirect_uri")),
        ("{state}", encoded(&parameter("state"))),
        ("{authorization}", authorization.unwrap_or_default()),
        ("{body}", quoted),
    ];
    let mut reply = reply.clone();
    fill(&mut reply, &values);
    Some(reply)
}

/// Replaces placeholders in a reply, and tells the right length where the reply told one.
pub(super) fn fill(reply: &mut Reply, names: &[(&'static str, String)]) {
    let (Reply::Whole(bytes) | Reply::Hold(bytes) | Reply::Drip(bytes, ..) | Reply::Flood(bytes, _)) = reply;
    let mut filled = bytes.clone();
    for (name, value) in names {
        filled = replace(&filled, name.as_bytes(), value.as_bytes());
    }
    if filled == *bytes {
        return;
    }
    let gap = |bytes: &[u8]| bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0) + 4;
    let old = format!("content-length: {}\r\n", bytes.len().saturating_sub(gap(bytes)));
    let new = format!("content-length: {}\r\n", filled.len().saturating_sub(gap(&filled)));
    *bytes = replace(&filled, old.as_bytes(), new.as_bytes());
}

fn replace(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    // Every placeholder has a brace first, every length a letter: few places are looked at.
    while let Some(at) = rest.iter().position(|byte| Some(byte) == what.first()) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with(what) {
            out.extend_from_slice(with);
            rest = &rest[what.len()..];
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out.extend_from_slice(rest);
    out
}
