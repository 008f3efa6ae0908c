//! What else ought to be refused without a token: streams, sessions, notifications, broken bodies, tools. MCP
//! authorization ("Token Requirements": authorization is included in every HTTP request), MCP tools.

use super::ground::{locked, refused};
use super::refusals::{destination, disguised};
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::challenge;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-get-stream",
        title: "no event stream opens without a token",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS],
        needs: &[Step::McpGetStream],
        blocked_by: &[],
        why: "Whoever can open the stream reads what the server sends to others.",
        fix: "check the token of GET requests, too: 401 without one, or 405 if there are no streams",
        disputed: "",
        faults: &[Fault::new("unauth-get-stream", &[Deed::Forget(Duty::AuthenticateGet)])],
        judge: get_stream,
    },
    Check {
        id: "challenge-delete",
        title: "no session ends without a token",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS, MCP3_SESSIONS],
        needs: &[Step::McpDelete],
        blocked_by: &[],
        why: "Whoever learns a session id could end the sessions of others.",
        fix: "check the token of DELETE requests, too: 401 without one, or 405 if clients may not end sessions",
        disputed: "",
        faults: &[Fault::new(
            "unauth-delete",
            &[Deed::At(Reply::Delete, &[Edit::Status(204), Edit::DropHeader("www-authenticate"), Edit::Body("")])],
        )],
        judge: delete,
    },
    Check {
        id: "challenge-notification",
        title: "no notification is taken without a token",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS],
        needs: &[Step::McpNotification],
        blocked_by: &[],
        why: "Notifications cancel requests and report progress: without a token anybody does so in the name of others.",
        fix: "check the token before the kind of message is looked at, and answer 401 without one",
        disputed: "",
        faults: &[Fault::new(
            "unauth-notification",
            &[Deed::At(Reply::Notification, &[Edit::Status(202), Edit::DropHeader("www-authenticate"), Edit::Body("")])],
        )],
        judge: notification,
    },
    Check {
        id: "challenge-before-body",
        title: "the token is looked at before the body",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_5_2],
        needs: &[Step::McpMalformed],
        blocked_by: &["challenge-status-401"],
        why: "What parses before it authenticates gives everybody its parser to attack.",
        fix: "authenticate before the body is read",
        disputed: "No document says which comes first.",
        faults: &[Fault::new("parse-before-auth", &[Deed::Forget(Duty::AuthenticateBeforeParsing)])],
        judge: before_body,
    },
    Check {
        id: "challenge-mixed-auth",
        title: "all requests need a token, or it is clear which",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOOLS],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401"],
        why: "A client that is let in without a token does not log in until a call fails, and then needs to be told how.",
        fix: "send the whole challenge, with `resource_metadata`, from every request that needs a token",
        disputed: "The list of tools may vary by authorization, so that listing without a token is legal.",
        faults: &[Fault::new("tools-list-public", &[Deed::Forget(Duty::ProtectListing)])],
        judge: mixed_auth,
    },
    Check {
        id: "challenge-tool-result",
        title: "a tool that needs a login answers 401, not with a text",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP_ERRORS],
        needs: &[Step::McpCall],
        blocked_by: &[],
        why: "The model reads the text, the client never learns that it should log in, and the user is left with an excuse.",
        fix: "answer the HTTP request with 401 and `WWW-Authenticate: Bearer resource_metadata=\"URL\"` instead of a tool result",
        disputed: "",
        faults: &[Fault::new(
            "auth-error-as-tool-result",
            &[Deed::At(
                Reply::Challenge,
                &[
                    Edit::Status(200),
                    Edit::SetHeader("content-type", "application/json"),
                    Edit::DropHeader("www-authenticate"),
                    Edit::Body(
                        r#"{"jsonrpc":"2.0","id":"tools/call-1","result":{"content":[{"type":"text","text":"Please log in at {as}/login first."}],"isError":true}}"#,
                    ),
                ],
            )],
        )
        .under(Posture::Lazy)],
        judge: tool_result,
    },
];

/// A finding about the status of an answer.
fn answered(exchange: &Exchange, message: impl Into<String>) -> Finding {
    finding(Pointer::exchange(exchange.number), message)
        .actual(exchange.status().map_or_else(String::new, |status| status.to_string()))
}

fn succeeded(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

fn get_stream(e: &Evidence<'_>) -> Verdict {
    need!(locked(e));
    let exchange = need!(e.answer(Step::McpGetStream), absent "the stream was not asked for");
    if !succeeded(exchange) {
        return Verdict::Pass;
    }
    let media = exchange.reply().and_then(|reply| reply.media_type()).unwrap_or_default();
    if media == "text/event-stream" {
        answered(exchange, "GET without a token opens an event stream").expected("401 or 405").fail()
    } else {
        answered(exchange, "GET of the endpoint without a token is answered, though not with a stream").info()
    }
}

fn delete(e: &Evidence<'_>) -> Verdict {
    need!(locked(e));
    let exchange = need!(e.answer(Step::McpDelete), absent "no session was asked to end");
    if !succeeded(exchange) {
        return Verdict::Pass;
    }
    answered(exchange, "DELETE without a token is obeyed").expected("401 or 405").fail()
}

fn notification(e: &Evidence<'_>) -> Verdict {
    need!(locked(e));
    let exchange = need!(e.answer(Step::McpNotification), absent "no notification was sent");
    // A refusal in a text is a refusal, if a wrong one; the first row says so.
    if !succeeded(exchange) || disguised(exchange).is_some() {
        return Verdict::Pass;
    }
    answered(exchange, "a notification without a token is taken").expected("401").fail()
}

fn before_body(e: &Evidence<'_>) -> Verdict {
    need!(locked(e));
    let exchange = need!(e.answer(Step::McpMalformed), absent "no malformed body was sent");
    match exchange.status() {
        Some(401) | None => Verdict::Pass,
        Some(_) => answered(exchange, "a malformed body without a token is looked at before the token is missed")
            .expected("401")
            .info(),
    }
}

fn mixed_auth(e: &Evidence<'_>) -> Verdict {
    let steps = [Step::McpDiscover, Step::McpInitialize, Step::McpList, Step::McpSessionList, Step::McpCall];
    let names = |wanted: &dyn Fn(Step) -> bool| {
        let mut names = Vec::new();
        for step in steps.into_iter().filter(|step| wanted(*step)) {
            let name = method(step);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let opened = names(&|step| e.opened(step));
    let closed = names(&|step| e.answer(step).and_then(Exchange::status) == Some(401));
    let refused = need!(refused(e));
    if opened.is_empty() {
        return Verdict::Pass;
    }
    let message = format!("{} needs no token, {} does", opened.join(", "), closed.join(", "));
    let call = e.answer(Step::McpCall).filter(|x| x.status() == Some(401) && opened.contains(&"tools/list"));
    let unnamed = |x: &&Exchange| {
        let lines = x.reply().into_iter().flat_map(|reply| reply.header_values("www-authenticate"));
        challenge::read(lines).answered().is_none_or(|answered| answered.param("resource_metadata").is_none())
    };
    match call.filter(unnamed) {
        Some(call) if e.resource().is_none() => {
            let at = Pointer::header(call.number, "www-authenticate");
            finding(at, format!("{message}, and the tool does not say where its metadata is")).warn()
        }
        _ => finding(Pointer::exchange(refused.exchange.number), message).info(),
    }
}

/// The MCP method of a step.
const fn method(step: Step) -> &'static str {
    match step {
        Step::McpDiscover => "server/discover",
        Step::McpInitialize => "initialize",
        Step::McpCall => "tools/call",
        _ => "tools/list",
    }
}

fn tool_result(e: &Evidence<'_>) -> Verdict {
    let call = need!(e.answer(Step::McpCall), absent "no tool was named (--challenge-tool NAME)");
    if let Some(text) = disguised(call) {
        let message = format!("the tool call is refused in a text, not with 401: \"{text}\"");
        return answered(call, message).expected("401").fail();
    }
    match call.status() {
        Some(401) => Verdict::Pass,
        Some(403) => answered(call, "the tool call is refused with 403 instead of 401").expected("401").fail(),
        Some(_) if destination(call).is_some() => {
            answered(call, "the tool call is redirected instead of being refused with 401").expected("401").fail()
        }
        Some(200..=299) if answer::in_turn(call).any(|message| message.result().is_some()) => {
            answered(call, "the tool answers without a token").info()
        }
        _ => Verdict::not_applicable("the call was refused for another reason than the missing token"),
    }
}
