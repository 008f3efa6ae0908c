//! MCP behind the token check: which wire is meant, and the stateless one (`stateful` is the other). 2026-07-28: base
//! protocol (`_meta`, error codes), Streamable HTTP ("Standard Request Headers", "Server Validation"), `server/discover`,
//! caching.
//!
//! The wire is written by hand rather than with the SDK: each rule of it that a server can get wrong must be a duty that
//! can be forgotten, at its place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::stateful::stateful;
use crate::serve::answer::Answer;
use crate::serve::ask::{Ask, Credential};
use crate::serve::keys::fingerprint;
use crate::serve::site::Site;
use crate::serve::state::Table;
use crate::spec::fault::{Duty, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::{Revision, WireStyle};

use super::asking;
use super::bearer::Principal;
use super::offers::{self, Done};
use super::rpc::{
    HEADER_MISMATCH, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, MISSING_CAPABILITY, Message,
    UNSUPPORTED_VERSION, error, error_with, modern, printed, result,
};
use super::tools;

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";
/// How long lists and discovery may be kept by the client, in milliseconds.
const FRESH: u32 = 60_000;

/// Whether a message is answered without a token.
pub(crate) fn is_open(site: &Site, message: &Message) -> bool {
    const OPEN: [&str; 5] = ["server/discover", "initialize", "notifications/initialized", "ping", "tools/list"];
    match site.layout.posture {
        Posture::Public => true,
        Posture::Lazy => OPEN.contains(&message.method()),
        _ => message.method() == "tools/list" && !site.keeps(Duty::ProtectListing),
    }
}

/// Whether this deployment speaks a wire.
pub(crate) fn speaks(site: &Site, style: WireStyle) -> bool {
    match site.layout.posture {
        Posture::LegacyWire | Posture::Revision2025_03_26 | Posture::NoMetadata => style == WireStyle::Stateful,
        Posture::ModernWire => style == WireStyle::Stateless,
        _ => true,
    }
}

/// The revisions spoken, newest first.
fn revisions(site: &Site) -> Vec<&'static str> {
    let spoken = |revision: &&Revision| {
        let style = revision.wire_style();
        speaks(site, style) && (style == WireStyle::Stateful || site.keeps(Duty::SpeakStateless))
    };
    Revision::ALL.iter().rev().filter(spoken).map(|revision| revision.as_str()).collect()
}

/// Answers a message.
pub(crate) async fn handle(site: &Site, ask: &Ask, principal: &Principal, mut message: Message) -> Answer {
    if let Message::Request { id, .. } = &mut message
        && id.is_number()
        && !site.keeps(Duty::EchoId)
    {
        *id = json!(id.to_string());
    }
    if is_modern(site, ask, &message) {
        stateless(site, ask, principal, &message).await
    } else {
        stateful(site, ask, principal, message).await
    }
}

/// Which wire a message comes over. The stateless one names itself in `_meta` or in the version header; the handshake of
/// the stateful one may carry the new headers, too.
fn is_modern(site: &Site, ask: &Ask, message: &Message) -> bool {
    if !speaks(site, WireStyle::Stateless) {
        return false;
    }
    if !speaks(site, WireStyle::Stateful) || message.meta(META_VERSION).is_some() {
        return true;
    }
    match ask.header("mcp-protocol-version") {
        Some(version) => version == Revision::R2026_07_28.as_str() && message.method() != "initialize",
        None => ask.header("mcp-method").is_some_and(|method| method != "initialize"),
    }
}

async fn stateless(site: &Site, ask: &Ask, principal: &Principal, message: &Message) -> Answer {
    let Message::Request { id, method, params } = message else {
        return match message {
            Message::Batch(_) => {
                error(StatusCode::BAD_REQUEST, &Value::Null, INVALID_REQUEST, "batches are not supported")
            }
            _ => accepted(site, ask),
        };
    };
    if !site.keeps(Duty::SpeakStateless) {
        return unsupported(site, id, message.meta(META_VERSION).and_then(Value::as_str));
    }
    if let Some(refused) = check_request(site, ask, message, id, method, params) {
        return refused;
    }
    if !site.keeps(Duty::ServeAtOnce) && !has_discovered(site, ask, method).await {
        return error(StatusCode::BAD_REQUEST, id, INVALID_REQUEST, "server/discover comes first");
    }
    if method == "tools/call" && site.springs(Duty::FinishStreams) {
        let broken = Answer::text(StatusCode::OK, ": working\n\n").header("content-type", "text/event-stream");
        return broken.no_store().open();
    }
    let cached = |mut value: Value| {
        if let Some(members) = value.as_object_mut() {
            members.insert("ttlMs".into(), json!(FRESH));
            members.insert("cacheScope".into(), json!("private"));
        }
        modern(value)
    };
    if method == "server/discover" {
        let value = json!({
            "supportedVersions": revisions(site),
            "capabilities": offers::capabilities(),
            "instructions": "Search the documents with search, read one with fetch, add one with save.",
        });
        return site.give(ask, Reply::DiscoverResult, result(id, cached(value)));
    }
    if let Some(list) = site.printed_tools(method, WireStyle::Stateless, || cached(tools::list(site, principal))) {
        return printed(id, list);
    }
    match offers::perform(site, principal, method, params).await {
        Done::Result(value) => site.give(ask, reply_of(method), result(id, modern(value))),
        Done::Keep(value) => {
            let answer = site.give(ask, reply_of(method), result(id, cached(value)));
            if method == "tools/list" && !site.keeps(Duty::AnswerOnly) {
                return answer.streamed(Some(&json!({ "jsonrpc": "2.0", "id": "server-1", "method": "ping" })));
            }
            answer
        }
        Done::Invalid(why) if method == "tools/call" => {
            site.give(ask, Reply::NoSuchTool, error(StatusCode::OK, id, INVALID_PARAMS, why))
        }
        Done::Invalid(why) => error(StatusCode::OK, id, INVALID_PARAMS, why),
        Done::NoResource(uri) => {
            error_with(StatusCode::OK, id, INVALID_PARAMS, "there is no such resource", &json!({ "uri": uri }))
        }
        Done::Forbidden(scope) => super::insufficient_scope(site, ask, scope),
        Done::Ask => ask_user(site, principal, message, id),
        Done::Forged => error(StatusCode::BAD_REQUEST, id, INVALID_PARAMS, "the requestState is not one of this call"),
        Done::NoMethod => {
            let answer = error(StatusCode::NOT_FOUND, id, METHOD_NOT_FOUND, "there is no such method");
            site.give(ask, Reply::UnknownMethod, answer)
        }
    }
}

/// The result that asks the user, or the refusal where the client did not say that it can (MCP multi round-trip requests,
/// "Server Requirements").
fn ask_user(site: &Site, principal: &Principal, message: &Message, id: &Value) -> Answer {
    let can = message.meta(META_CAPABILITIES).is_some_and(|capabilities| capabilities.get("elicitation").is_some());
    if can || !site.keeps(Duty::AskOnlyWhoCanAnswer) {
        return result(id, modern(asking::question(site, principal)));
    }
    let data = json!({ "requiredCapabilities": { "elicitation": {} } });
    let what = "an argument is missing, and the client cannot ask for it";
    error_with(StatusCode::BAD_REQUEST, id, MISSING_CAPABILITY, what, &data)
}

/// Whether a token came with `server/discover`, now or before: what a server must not make a condition.
async fn has_discovered(site: &Site, ask: &Ask, method: &str) -> bool {
    let (Credential::Bearer(token) | Credential::Dpop(token)) = ask.credential() else { return true };
    let name = format!("discovered {}", fingerprint(token));
    if method == "server/discover" {
        return site.state.note(Table::Seen, &name, site.token_lifetime).await.is_ok();
    }
    site.state.has(Table::Seen, &name).await.unwrap_or(true)
}

/// The kind of reply that a result of this method is.
pub(super) fn reply_of(method: &str) -> Reply {
    match method {
        "tools/list" => Reply::ToolsList,
        "tools/call" => Reply::ToolResult,
        _ => Reply::OtherResult,
    }
}

/// The rules of the headers and `_meta`; the answer if one is broken.
fn check_request(
    site: &Site,
    ask: &Ask,
    message: &Message,
    id: &Value,
    method: &str,
    params: &Map<String, Value>,
) -> Option<Answer> {
    let mismatch = |what: &str| Some(error(StatusCode::BAD_REQUEST, id, HEADER_MISMATCH, what));
    let invalid = |what: &str| Some(error(StatusCode::BAD_REQUEST, id, INVALID_PARAMS, what));
    let seen = |name: &str| ask.header(name).filter(|_| site.keeps(Duty::SeeHeaders));
    let header = seen("mcp-protocol-version");
    let named = message.meta(META_VERSION).and_then(Value::as_str);
    if method == "initialize" && named.is_none() {
        let answer = unsupported(site, id, params.get("protocolVersion").and_then(Value::as_str));
        return Some(site.give(ask, Reply::InitializeRefused, answer));
    }
    if ask.header("last-event-id").is_some() && !site.keeps(Duty::IgnoreLastEvent) {
        return invalid("nothing can be resumed");
    }
    if header.is_none() && site.keeps(Duty::RequireVersionHeader) {
        return mismatch("the header MCP-Protocol-Version is missing");
    }
    if header.is_some() && named.is_some() && header != named && site.keeps(Duty::CompareVersionHeader) {
        return mismatch("the header MCP-Protocol-Version is not what _meta says");
    }
    let version = named.or(header);
    if version != Some(Revision::R2026_07_28.as_str()) && site.keeps(Duty::RefuseUnknownVersion) {
        return Some(site.give(ask, Reply::UnsupportedVersion, unsupported(site, id, version)));
    }
    if seen("mcp-method") != Some(method) && site.keeps(Duty::CheckMethodHeader) {
        return mismatch("the header Mcp-Method is missing or is not the method");
    }
    if let Some(wanted) = subject(method, params)
        && site.keeps(Duty::CheckNameHeader)
        && seen("mcp-name").and_then(|name| decode(site, name)).as_deref() != Some(wanted)
    {
        return mismatch("the header Mcp-Name is missing or does not name what the body names");
    }
    if method == "tools/call" && site.keeps(Duty::CheckParamHeader) && !repeats_parameters(site, ask, params) {
        return mismatch("a header Mcp-Param-… is missing or is not what the argument is");
    }
    if site.keeps(Duty::RequireMeta) {
        if named.is_none() {
            return invalid("_meta lacks io.modelcontextprotocol/protocolVersion");
        }
        if !message.meta(META_CAPABILITIES).is_some_and(Value::is_object) {
            return invalid("_meta lacks io.modelcontextprotocol/clientCapabilities");
        }
    }
    if message.meta(META_CLIENT).is_none() && !site.keeps(Duty::AllowNoClientInfo) {
        return invalid("_meta lacks io.modelcontextprotocol/clientInfo");
    }
    None
}

/// The refusal of a request whose headers are wrong, for a server that looks at them before it knows who asks.
pub(crate) fn misfit(site: &Site, ask: &Ask, message: &Message) -> Option<Answer> {
    match message {
        Message::Request { id, method, params } if is_modern(site, ask, message) => {
            check_request(site, ask, message, id, method, params)
        }
        _ => None,
    }
}

/// What `Mcp-Name` must repeat.
fn subject<'p>(method: &str, params: &'p Map<String, Value>) -> Option<&'p str> {
    let member = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return None,
    };
    Some(params.get(member).and_then(Value::as_str).unwrap_or_default())
}

/// Whether the arguments that a tool wants to see in headers are there, each once and as in the body.
fn repeats_parameters(site: &Site, ask: &Ask, params: &Map<String, Value>) -> bool {
    let tool = params.get("name").and_then(Value::as_str).unwrap_or_default();
    tools::mirrored(tool).iter().all(|(argument, header)| {
        let mut lines = ask.parts.headers.get_all(*header).iter();
        let (line, more) = (lines.next(), lines.next());
        let shown = line.map(|line| line.to_str().ok().and_then(|text| decode(site, text)));
        let value = params.get("arguments").and_then(|arguments| arguments.get(argument)).and_then(Value::as_str);
        more.is_none() && shown.as_ref().map(Option::as_deref) == value.map(Some)
    })
}

/// A header value, perhaps in the sentinel form `=?base64?…?=`.
fn decode(site: &Site, value: &str) -> Option<String> {
    let encoded = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    match encoded.filter(|_| site.keeps(Duty::DecodeNameHeader)) {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

fn unsupported(site: &Site, id: &Value, asked: Option<&str>) -> Answer {
    let data = json!({ "supported": revisions(site), "requested": asked.unwrap_or_default() });
    let what = "this protocol version is not supported";
    error_with(StatusCode::BAD_REQUEST, id, UNSUPPORTED_VERSION, what, &data)
}

/// 202 to what wants no answer.
pub(super) fn accepted(site: &Site, ask: &Ask) -> Answer {
    site.give(ask, Reply::Accepted, Answer::empty(StatusCode::ACCEPTED).open())
}

pub(super) fn said(status: StatusCode, what: &str) -> Answer {
    error(status, &Value::Null, INVALID_REQUEST, what)
}

pub(super) fn broken() -> Answer {
    Answer::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error\n").open()
}
