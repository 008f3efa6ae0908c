//! The wire of MCP: headers, `_meta`, event streams, results. MCP 2026-07-28 base protocol, streamable HTTP, tools.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::super::record::{Entry, Run};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::story::{META_CAPABILITIES, META_CLIENT, META_VERSION, is_modern, is_request, meta, text};
use super::wire_legacy::agreed;
use crate::level;
use crate::spec::cite::{MCP_HEADERS, MCP_META, MCP_PARAM_HEADERS, MCP_RESULTS, MCP_TRANSPORT, MCP3_VERSION_HEADER};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-accept",
        title: "every POST accepts JSON and event streams",
        level: level![Must, Must, Must, Must],
        silent: false,
        cites: &[MCP_TRANSPORT],
        seen: Seen::Always,
        blocked_by: &[],
        why: "The server chooses between the two; many refuse a request that does not name both.",
        fix: "send `Accept: application/json, text/event-stream`",
        judge: |look| {
            each(look.run.posts(), NOTHING, |entry| {
                let line = entry.header("accept").unwrap_or_default();
                if line.contains("application/json") && line.contains("text/event-stream") {
                    return met(entry);
                }
                at(entry, "the request does not accept both JSON and event streams")
                    .on(Part::Header("accept"))
                    .expected("application/json, text/event-stream")
                    .actual(if line.is_empty() { "no Accept" } else { line })
                    .broken()
            })
        },
    },
    Row {
        id: "client-version-header",
        title: "requests name the protocol version in their header",
        level: level![_, Must, Must, Must],
        silent: false,
        cites: &[MCP_TRANSPORT, MCP3_VERSION_HEADER],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Servers and gateways decide by the header how to read the request.",
        fix: "send `MCP-Protocol-Version` with the version of `_meta`, or with the one agreed on in `initialize`",
        judge: version,
    },
    Row {
        id: "client-std-headers",
        title: "`Mcp-Method` and `Mcp-Name` say what the body says",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_HEADERS],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Servers must refuse a request whose headers are missing or differ from its body.",
        fix: "send `Mcp-Method: METHOD`, and for `tools/call`, `prompts/get`, `resources/read` `Mcp-Name` with the name or URI, in the form `=?base64?…?=` where it is no plain ASCII",
        judge: |look| {
            each(look.run.posts().filter(|entry| is_modern(entry) && is_request(entry)), NOT_MODERN, standard)
        },
    },
    Row {
        id: "client-meta",
        title: "every request carries version and capabilities in `_meta`",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_META],
        seen: Seen::Always,
        blocked_by: &[],
        why: "There is no session that would remember them.",
        fix: "put `io.modelcontextprotocol/protocolVersion`, `…/clientCapabilities` and `…/clientInfo` into `params._meta` of every request",
        judge: |look| {
            each(look.run.posts().filter(|entry| is_modern(entry) && is_request(entry)), NOT_MODERN, |entry| {
                let wrong = |what: &str| at(entry, what).on(Part::Member("/params/_meta"));
                match () {
                    () if meta(entry, META_VERSION).is_none() => {
                        wrong("`_meta` lacks the protocol version").expected(META_VERSION).broken()
                    }
                    () if !meta(entry, META_CAPABILITIES).is_some_and(Value::is_object) => {
                        wrong("`_meta` lacks the client's capabilities").expected(META_CAPABILITIES).broken()
                    }
                    () if meta(entry, META_CLIENT).is_none() => {
                        wrong("`_meta` lacks the client's name").expected(META_CLIENT).noted()
                    }
                    () => met(entry),
                }
            })
        },
    },
    Row {
        id: "client-param-headers",
        title: "arguments with `x-mcp-header` are repeated in headers",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_PARAM_HEADERS],
        seen: Seen::In(&["tool-x-mcp-header"]),
        blocked_by: &["client-std-headers"],
        why: "Gateways route by these headers, and servers must refuse a call whose headers differ from its arguments.",
        fix: "send `Mcp-Param-NAME` for every argument whose schema has `x-mcp-header: NAME`, leave it out when the argument is absent, and drop tools with an invalid annotation",
        judge: parameters,
    },
    Row {
        id: "client-no-session-v4",
        title: "stateless requests carry no session id",
        level: level![_, _, _, Practice],
        silent: false,
        cites: &[MCP_TRANSPORT],
        seen: Seen::Always,
        blocked_by: &[],
        why: "There are no sessions in this revision; servers of both eras may take the request for one of the other.",
        fix: "send no `Mcp-Session-Id` with requests of 2026-07-28",
        judge: |look| {
            each(look.run.posts().filter(|entry| is_modern(entry)), NOT_MODERN, |entry| {
                match entry.header("mcp-session-id") {
                    Some(_) => at(entry, "a stateless request carries a session id")
                        .on(Part::Header("mcp-session-id"))
                        .broken(),
                    None => met(entry),
                }
            })
        },
    },
    Row {
        id: "client-sse",
        title: "event streams are read as well as JSON",
        level: level![Must, Must, Must, Must],
        silent: false,
        cites: &[MCP_TRANSPORT],
        seen: Seen::In(&["always-sse"]),
        blocked_by: &["client-accept"],
        why: "Servers choose the form of each answer; comments, CRLF, data over several lines and any cut between pieces are part of the format.",
        fix: "parse `text/event-stream` by the HTML standard: a byte order mark, CR, LF, CRLF, comments, several `data:` lines, pieces cut anywhere",
        judge: streams,
    },
    Row {
        id: "client-result-type",
        title: "a result of an unknown type is an error",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_RESULTS],
        seen: Seen::In(&["result-type-unknown"]),
        blocked_by: &[],
        why: "What the client does not know may be a question or a refusal; taking it for the answer loses both.",
        fix: "treat a `resultType` that you do not know as an error; its absence means `complete`",
        judge: |look| {
            let strange = |entry: &&Entry| text(&entry.answer, "/result/resultType") == Some("mystery");
            let Some(listed) = look.run.posts().filter(strange).find(|entry| entry.method_called() == "tools/list")
            else {
                return Ruling::Unseen("the client got no result of an unknown type");
            };
            let calls =
                look.run.posts().find(|entry| entry.number > listed.number && entry.method_called() == "tools/call");
            super::stops(look, Some(listed), calls, "the client goes on with a result of an unknown type")
        },
    },
    Row {
        id: "client-new-id",
        title: "a request that is sent again has a new id",
        level: level![_, _, _, Must],
        silent: false,
        cites: &[MCP_TRANSPORT],
        seen: Seen::In(&["sse-broken"]),
        blocked_by: &["client-sse"],
        why: "The broken request may still be at work: two of the same id cannot be told apart.",
        fix: "give the request another JSON-RPC `id` when you send it again after its stream broke",
        judge: |look| {
            let is_call = |entry: &&Entry| entry.method_called() == "tools/call" && is_modern(entry);
            let broke = |entry: &&Entry| entry.is_good() && entry.answer.is_null();
            let Some(broken) = look.run.posts().filter(is_call).find(broke) else {
                return Ruling::Unseen("no stream of the client broke");
            };
            let again = look.run.posts().filter(is_call).find(|entry| entry.number > broken.number);
            match again {
                Some(entry) if entry.message.get("id") == broken.message.get("id") => {
                    at(entry, format!("the request of step {} is sent again with the same id", broken.number))
                        .on(Part::Member("/id"))
                        .broken()
                }
                Some(entry) => met(entry),
                None => Ruling::Unseen("the client does not send the request again, which is its right"),
            }
        },
    },
];

pub(super) const NOTHING: &str = "the client sent nothing to the MCP endpoint";
const NOT_MODERN: &str = "the client does not speak the stateless wire";

fn version(look: &Look<'_>) -> Ruling {
    each(look.run.posts(), NOTHING, |entry| {
        let header = entry.header("mcp-protocol-version");
        let named = match is_modern(entry) {
            true => meta(entry, META_VERSION).and_then(Value::as_str),
            // Later requests of a session, from 2025-06-18 on.
            false if entry.method_called() == "initialize" => return Ruling::Unseen("the handshake needs no header"),
            false => agreed(look.run, entry).filter(|version| *version >= "2025-06-18"),
        };
        match (named, header) {
            (None, _) => Ruling::Unseen("no version was agreed on"),
            (Some(named), Some(header)) if named == header => met(entry),
            (Some(named), header) => at(entry, "the header does not name the protocol version")
                .on(Part::Header("mcp-protocol-version"))
                .expected(named)
                .actual(header.unwrap_or("no header"))
                .broken(),
        }
    })
}

/// A header value, perhaps in the sentinel form `=?base64?…?=`.
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

fn standard(entry: &Entry) -> Ruling {
    let method = entry.method_called();
    if entry.header("mcp-method") != Some(method) {
        return at(entry, "`Mcp-Method` is not the method of the body")
            .on(Part::Header("mcp-method"))
            .expected(method)
            .actual(entry.header("mcp-method").unwrap_or("no header"))
            .broken();
    }
    let pointer = match method {
        "tools/call" | "prompts/get" => "/params/name",
        "resources/read" => "/params/uri",
        _ => return met(entry),
    };
    let (wanted, header) = (text(&entry.message, pointer), entry.header("mcp-name"));
    if header.and_then(decoded).as_deref() == wanted {
        return met(entry);
    }
    at(entry, "`Mcp-Name` does not name what the body names")
        .on(Part::Header("mcp-name"))
        .expected(wanted.unwrap_or_default())
        .actual(header.unwrap_or("no header"))
        .broken()
}

fn parameters(look: &Look<'_>) -> Ruling {
    let listed = look.run.posts().find(|entry| entry.method_called() == "tools/list" && entry.is_good());
    let Some(listed) = listed else { return Ruling::Unseen("the client did not list the tools") };
    let calls = look.run.posts().filter(|entry| entry.number > listed.number && is_modern(entry));
    each(calls.filter(|entry| entry.method_called() == "tools/call"), "the client called no tool", |entry| {
        if text(&entry.message, "/params/name") == Some("misannotated") {
            return at(entry, "the client calls a tool whose annotation is invalid")
                .on(Part::Member("/params/name"))
                .broken();
        }
        if text(&entry.message, "/params/name") != Some("search") {
            return Ruling::Unseen("the client did not call the tool whose arguments are wanted in headers");
        }
        for (argument, name) in
            [("/params/arguments/query", "mcp-param-query"), ("/params/arguments/collection", "mcp-param-collection")]
        {
            let (wanted, header) = (text(&entry.message, argument), entry.header(name));
            if header.and_then(decoded).as_deref() != wanted {
                return at(entry, "a header `Mcp-Param-…` is not what the argument is")
                    .on(Part::Header(name))
                    .expected(wanted.unwrap_or("no header"))
                    .actual(header.unwrap_or("no header"))
                    .broken();
            }
        }
        met(entry)
    })
}

/// The methods that were answered well.
fn answered(run: &Run) -> BTreeSet<&str> {
    run.posts().filter(|entry| entry.is_good() && is_request(entry)).map(Entry::method_called).collect()
}

fn streams(look: &Look<'_>) -> Ruling {
    let is_stream =
        |entry: &&Entry| entry.answered("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    let Some(last) = look.run.posts().rfind(is_stream) else {
        return Ruling::Unseen("the client got no event stream");
    };
    let Some(plain) = look.story.runs.iter().find(|run| run.traps.is_empty()) else {
        return Ruling::Unseen("only beside a run without a trap is it seen what the client leaves out");
    };
    let (with, without) = (answered(look.run), answered(plain));
    let lost: Vec<_> = without.difference(&with).copied().collect();
    if lost.is_empty() {
        return met(last);
    }
    match missing(look, last, "the client does not get on when answers come as event streams") {
        Ruling::Broken(finding) => finding.expected(format!("then {}, as without the trap", lost.join(", "))).broken(),
        other => other,
    }
}
