//! The stateful wire of the endpoint: sessions, batches, `initialize` (MCP 2025-11-25 and before, transports).

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::bearer::Principal;
use super::mcp::{accepted, broken, reply_of, said};
use super::offers::{self, Done};
use super::rpc::{
    INVALID_PARAMS, METHOD_NOT_FOUND, Message, RESOURCE_NOT_FOUND, error, error_with, printed, result, server_info,
};
use super::session::{self, Session};
use super::tools;
use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::site::Site;
use crate::spec::fault::{Duty, Reply};
use crate::spec::revision::{Revision, WireStyle};

pub(super) async fn stateful(site: &Site, ask: &Ask, principal: &Principal, message: Message) -> Answer {
    if let Message::Request { id, method, params } = &message
        && method == "initialize"
    {
        return initialize(site, ask, principal, id, params).await;
    }
    if matches!(&message, Message::Request { method, .. } if method == "server/discover")
        && matches!(session::named(site, ask).await, Ok(Some(None)))
    {
        let answer = said(StatusCode::BAD_REQUEST, "the header Mcp-Session-Id is missing");
        return site.give(ask, Reply::LegacyDiscover, answer);
    }
    let session = match session::named(site, ask).await {
        Ok(Some(Some(session))) if session.is_of(site, principal) => session,
        Ok(Some(None)) if !site.keeps(Duty::SurviveNoSession) => return broken(),
        Ok(Some(None)) => return said(StatusCode::BAD_REQUEST, "the header Mcp-Session-Id is missing"),
        // Somebody else's session is as unknown as one that has ended.
        Ok(_) if site.keeps(Duty::SurviveUnknownSession) => {
            return said(StatusCode::NOT_FOUND, "the session is not known");
        }
        Ok(_) | Err(_) => return broken(),
    };
    if matches!(message, Message::Request { .. }) && site.springs(Duty::KeepSessions) {
        let _ = session::end(site, ask).await;
        return said(StatusCode::NOT_FOUND, "the session is not known");
    }
    let header = ask.header("mcp-protocol-version");
    let spoken =
        header.is_none_or(|version| version.parse::<Revision>().is_ok_and(|r| r.wire_style() == WireStyle::Stateful));
    if !spoken && site.keeps(Duty::CheckLegacyVersion) {
        return said(StatusCode::BAD_REQUEST, "this MCP-Protocol-Version is not supported");
    }
    if header.is_none() && !site.keeps(Duty::AssumeVersion) {
        return said(StatusCode::BAD_REQUEST, "the header MCP-Protocol-Version is missing");
    }
    answer(site, ask, principal, &session, message).await
}

pub(super) async fn answer(
    site: &Site,
    ask: &Ask,
    principal: &Principal,
    session: &Session,
    message: Message,
) -> Answer {
    match message {
        Message::Request { id, method, params } => {
            match site.printed_tools(&method, WireStyle::Stateful, || tools::list(site, principal)) {
                Some(list) => printed(&id, list),
                None => one(site, ask, principal, &id, &method, &params).await,
            }
        }
        Message::Notification { .. } | Message::Response => accepted(site, ask),
        // Batches were taken out again after 2025-03-26.
        Message::Batch(list) if session.revision == Revision::R2025_03_26.as_str() && site.keeps(Duty::TakeBatches) => {
            batch(site, ask, principal, list).await
        }
        Message::Batch(_) => said(StatusCode::BAD_REQUEST, "batches are not supported in this revision"),
    }
}

async fn batch(site: &Site, ask: &Ask, principal: &Principal, list: Vec<Message>) -> Answer {
    let mut answers = Vec::new();
    for message in list {
        if let Message::Request { id, method, params } = message {
            let answer = one(site, ask, principal, &id, &method, &params).await;
            if answer.status == StatusCode::FORBIDDEN {
                return answer;
            }
            if let crate::serve::answer::Body::Json(value) = answer.body {
                answers.push(value);
            }
        }
    }
    if answers.is_empty() {
        return accepted(site, ask);
    }
    Answer::json(StatusCode::OK, Value::Array(answers)).no_store().open()
}

pub(super) async fn one(
    site: &Site,
    ask: &Ask,
    principal: &Principal,
    id: &Value,
    method: &str,
    params: &Map<String, Value>,
) -> Answer {
    if matches!(method, "ping" | "logging/setLevel") {
        return site.give(ask, Reply::OtherResult, result(id, json!({})));
    }
    match offers::perform(site, principal, method, params).await {
        Done::Result(value) | Done::Keep(value) => {
            let answer = site.give(ask, reply_of(method), result(id, value));
            if site.keeps(Duty::CloseStreams) { answer } else { answer.streamed(None).unended() }
        }
        Done::Invalid(why) => error(StatusCode::OK, id, INVALID_PARAMS, why),
        Done::NoResource(uri) => {
            error_with(StatusCode::OK, id, RESOURCE_NOT_FOUND, "there is no such resource", &json!({ "uri": uri }))
        }
        Done::Forbidden(scope) => super::insufficient_scope(site, ask, scope),
        // Nobody is asked on this wire: that would take a stream, which is not offered.
        Done::Ask | Done::Forged => result(id, tools::bad("An argument is missing or is not a text.")),
        Done::NoMethod => error(StatusCode::OK, id, METHOD_NOT_FOUND, "there is no such method"),
    }
}

pub(super) async fn initialize(
    site: &Site,
    ask: &Ask,
    principal: &Principal,
    id: &Value,
    params: &Map<String, Value>,
) -> Answer {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let spoken = asked.parse::<Revision>().ok().filter(|revision| revision.wire_style() == WireStyle::Stateful);
    let agreed = match spoken {
        Some(revision) => revision.as_str(),
        None if site.keeps(Duty::NegotiateVersion) => Revision::LATEST_STATEFUL.as_str(),
        None => asked,
    };
    let Ok(session) = session::begin(site, principal, agreed).await else { return broken() };
    let mut capabilities = offers::capabilities();
    if let Some(members) = capabilities.as_object_mut() {
        members.insert("logging".into(), json!({}));
    }
    let value = json!({ "protocolVersion": agreed, "capabilities": capabilities, "serverInfo": server_info() });
    let answer = result(id, value).header("mcp-session-id", &session);
    site.give(ask, Reply::InitializeResult, answer)
}
