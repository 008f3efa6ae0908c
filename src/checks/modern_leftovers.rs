//! What the stateless wire no longer knows: sessions, streams of the server, `initialize` (MCP 2026-07-28, transports).

use super::asked::attempt;
use super::modern::modern;
use super::modern_headers::{answered, at};
use super::tried::is_result;
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{DELETE, GET, INITIALIZE, STRAY_EVENT, STRAY_SESSION};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-session-ignored",
        title: "a session id on the stateless wire is ignored",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_EARLIER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients of several revisions may send one; a server that mints or refuses ids makes them keep a state that does not exist.",
        fix: "ignore `Mcp-Session-Id` on requests of 2026-07-28, and send none",
        disputed: "",
        faults: &[Fault::new(
            "v4-mints-session",
            &[Deed::At(Reply::ToolsList, &[Edit::SetHeader("mcp-session-id", "abc")])],
        )],
        judge: session_ignored,
    },
    Check {
        id: "modern-last-event-id",
        title: "`Last-Event-ID` on the stateless wire is ignored",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_EARLIER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "The stateless wire resumes nothing; a client of several revisions may send the header all the same.",
        fix: "ignore `Last-Event-ID` on requests of 2026-07-28",
        disputed: "",
        faults: &[Fault::new("v4-last-event-id-error", &[Deed::Forget(Duty::IgnoreLastEvent)])],
        judge: last_event_id,
    },
    Check {
        id: "modern-get",
        title: "GET of the endpoint is refused with 405",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_EARLIER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Older clients try to open a stream; 405 tells them that there is none.",
        fix: "answer GET of the endpoint with status 405",
        disputed: "",
        faults: &[Fault::new("v4-get-200", &[Deed::At(Reply::AuthenticatedGet, &[Edit::Status(200)])])
            .under(Posture::ModernWire)],
        judge: get,
    },
    Check {
        id: "modern-delete",
        title: "DELETE of the endpoint is refused with 405",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_EARLIER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Older clients end sessions with DELETE; 405 tells them that there are none.",
        fix: "answer DELETE of the endpoint with status 405",
        disputed: "",
        faults: &[Fault::new("v4-delete-200", &[Deed::At(Reply::AuthenticatedDelete, &[Edit::Status(200)])])
            .under(Posture::ModernWire)],
        judge: delete,
    },
    Check {
        id: "modern-initialize-hint",
        title: "`initialize` is refused with the versions that are spoken",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_VERSIONING, MCP_BACKWARD],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A client of an earlier revision can tell its user what to do only if the refusal says what the server speaks.",
        fix: "answer `initialize` with status 400 and `{\"error\": {\"code\": -32022, \"data\": {\"supported\": [\"2026-07-28\"]}}}`",
        disputed: "",
        faults: &[Fault::new(
            "initialize-error-opaque",
            &[Deed::At(Reply::InitializeRefused, &[Edit::DropJson("/error/data")])],
        )
        .under(Posture::ModernWire)],
        judge: initialize_hint,
    },
];

fn session_ignored(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, STRAY_SESSION));
    if exchange.reply().and_then(|reply| reply.header("mcp-session-id")).is_some() {
        let message = "the answer carries a session id, which this wire does not have";
        return finding(Pointer::header(exchange.number, "mcp-session-id"), message)
            .expected("no `Mcp-Session-Id`")
            .warn();
    }
    if is_result(exchange) {
        return Verdict::Pass;
    }
    at(exchange, STRAY_SESSION, "it was refused").expected("the result of the request").warn()
}

fn last_event_id(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, STRAY_EVENT));
    if is_result(exchange) {
        return Verdict::Pass;
    }
    at(exchange, STRAY_EVENT, "it was refused").expected("the result of the request").warn()
}

fn get(e: &Evidence<'_>) -> Verdict {
    must_be_wrong_method(e, GET)
}

fn delete(e: &Evidence<'_>) -> Verdict {
    must_be_wrong_method(e, DELETE)
}

fn must_be_wrong_method(e: &Evidence<'_>, trial: Trial) -> Verdict {
    need!(modern(e));
    if attempt(e, INITIALIZE).is_some_and(is_result) {
        return Verdict::not_applicable("the server also speaks the stateful wire");
    }
    let exchange = need!(answered(e, trial));
    if exchange.status() == Some(405) {
        return Verdict::Pass;
    }
    at(exchange, trial, "it was not refused as such").expected("405").warn()
}

fn initialize_hint(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, INITIALIZE));
    if is_result(exchange) {
        return Verdict::not_applicable("the server also speaks the stateful wire");
    }
    let named = exchange.reply().is_some_and(|reply| reply.body.to_text().contains("2026-07-28"));
    if named {
        return Verdict::Pass;
    }
    at(exchange, INITIALIZE, "the refusal does not say which versions are spoken")
        .expected("an error that names `2026-07-28`")
        .warn()
}
