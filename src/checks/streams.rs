//! Answers that come as event streams: MCP 2026-07-28 streamable HTTP ("Receiving Messages from the Server"), 2025-11-25
//! transports ("Sending Messages to the Server"). A server that never answers so is not judged.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::attempt;
use super::ground::no_login;
use super::legacy::legacy;
use super::modern::{modern, wants_origin};
use super::tried::{is_result, is_success};
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer, answer};
use crate::formats::rpc::{Body, Message};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::wires::{DISCOVER, INITIALIZE, OLD_STREAM, SESSION_LIST, SESSION_NO_VERSION};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// Longer answers may have been cut for their length.
const SHORT: usize = 48 * 1024;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "legacy-http-sse",
        title: "the server speaks a transport of 2025-03-26 or later",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_BACKWARD],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "HTTP with SSE of 2024-11-05 is deprecated since 2025-03-26. Newer clients have dropped it, and nothing of this catalogue \
              can be said of it.",
        fix: "serve streamable HTTP: answer POST of JSON-RPC messages at one endpoint",
        disputed: "Clients that still know the old transport fall back to it when POST is answered 400, 404 or 405.",
        faults: &[Fault::new("http-sse-only", &[Deed::Forget(Duty::SpeakStreamable)])],
        judge: http_sse,
    },
    Check {
        id: "modern-no-server-request",
        title: "a stream holds no requests of the server",
        role: Role::ResourceServer,
        level: level![_, _, _, MustNot],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_RECEIVING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "On the stateless wire nobody can answer: the client has no way to send a reply, and the server waits for ever.",
        fix: "send no request in the stream; ask with a result of `\"resultType\": \"input_required\"` instead",
        disputed: "",
        faults: &[Fault::new("sse-server-request", &[Deed::Forget(Duty::AnswerOnly)])],
        judge: no_server_request,
    },
    Check {
        id: "transport-sse-buffering",
        title: "a stream tells proxies not to hold it back",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_RECEIVING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A proxy that collects the answer before it passes it on makes progress come all at once, or the request time out.",
        fix: "add `X-Accel-Buffering: no` to every answer with `Content-Type: text/event-stream`",
        disputed: "nginx obeys the header and takes it out; behind nginx it cannot be seen, and nothing is said.",
        faults: &[Fault::new(
            "sse-no-accel-header",
            &[Deed::At(Reply::ToolsList, &[Edit::EventStream, Edit::DropHeader("x-accel-buffering")])],
        )],
        judge: buffering,
    },
    Check {
        id: "legacy-sse-close",
        title: "the stream of an answer ends after it",
        role: Role::ResourceServer,
        level: level![Should, Should, Should, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SENDING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Each open stream is a connection that client and server keep; clients that read to the end wait for ever.",
        fix: "end the event stream when the answer to the request is sent",
        disputed: "",
        faults: &[Fault::new("sse-never-closes", &[Deed::Forget(Duty::CloseStreams)])],
        judge: closes,
    },
];

/// The stream of a server that speaks only the transport of 2024-11-05: with a token, POST is refused and GET opens a stream
/// that begins by saying where to POST.
pub(super) fn of_2024<'e>(e: &'e Evidence<'_>) -> Option<&'e Exchange> {
    let refused = |trial| matches!(attempt(e, trial).and_then(Exchange::status), Some(400 | 404 | 405));
    let stream = attempt(e, OLD_STREAM).filter(|x| is_success(x) && is_stream(x))?;
    let text = stream.reply()?.body.to_text().into_owned();
    let says = text.lines().filter_map(|line| line.strip_prefix("event:")).any(|name| name.trim() == "endpoint");
    (says && refused(DISCOVER) && refused(INITIALIZE)).then_some(stream)
}

fn http_sse(e: &Evidence<'_>) -> Verdict {
    let Some(discovered) = attempt(e, DISCOVER) else { return no_login(e) };
    if let Some(stream) = of_2024(e) {
        let message = "the server speaks only HTTP with SSE, the transport of 2024-11-05";
        return finding(Pointer::exchange(stream.number), message)
            .expected("an answer to POST")
            .actual("a stream with `event: endpoint` to GET")
            .info();
    }
    if [Some(discovered), attempt(e, INITIALIZE)].into_iter().flatten().any(is_result) {
        return Verdict::Pass;
    }
    if wants_origin(e) {
        return Verdict::blocked("transport-origin-absent");
    }
    Verdict::inconclusive("neither wire was answered with a result")
}

fn is_stream(exchange: &Exchange) -> bool {
    exchange.reply().and_then(HttpReply::media_type).as_deref() == Some("text/event-stream")
}

/// The streams that answered requests of the stateless wire.
fn streams<'e>(e: &'e Evidence<'_>) -> Result<Vec<&'e Exchange>, Verdict> {
    modern(e)?;
    let stateless = |x: &&Exchange| x.request.headers.iter().any(|header| header.name == "mcp-method");
    let steps = [Step::WireTrial, Step::SessionDiscover, Step::SessionList, Step::SessionCall];
    let sent = steps.into_iter().flat_map(|step| e.all(step)).filter(stateless);
    let streams: Vec<&Exchange> = sent.filter(|x| is_success(x) && is_stream(x)).collect();
    if streams.is_empty() {
        return Err(Verdict::not_applicable("no request was answered with an event stream"));
    }
    Ok(streams)
}

fn no_server_request(e: &Evidence<'_>) -> Verdict {
    for exchange in need!(streams(e)) {
        let asked = |message: &Message| match &message.body {
            Body::Request { method } => Some(method.clone()),
            _ => None,
        };
        if let Some(method) = answer::messages(exchange).iter().find_map(asked) {
            let message = format!("the stream holds a request of the server: `{}`", printable(&method));
            return finding(Pointer::exchange(exchange.number), message)
                .expected("notifications and the answer")
                .actual(printable(&method).to_string())
                .fail();
        }
    }
    Verdict::Pass
}

fn buffering(e: &Evidence<'_>) -> Verdict {
    let streams = need!(streams(e));
    let header =
        |x: &Exchange, name: &str| x.reply().and_then(|reply| reply.header(name)).unwrap_or_default().to_owned();
    let Some(exchange) = streams.into_iter().find(|x| !header(x, "x-accel-buffering").eq_ignore_ascii_case("no"))
    else {
        return Verdict::Pass;
    };
    let front = header(exchange, "server").to_ascii_lowercase();
    if ["nginx", "openresty", "tengine"].iter().any(|name| front.contains(name)) {
        return Verdict::inconclusive("nginx stands in front, which takes the header out");
    }
    let there = header(exchange, "x-accel-buffering");
    let there = if there.is_empty() { "absent".to_owned() } else { printable(&there).to_string() };
    finding(
        Pointer::header(exchange.number, "x-accel-buffering"),
        "the event stream does not say that it must not be held back",
    )
    .expected("X-Accel-Buffering: no")
    .actual(there)
    .warn()
}

fn closes(e: &Evidence<'_>) -> Verdict {
    need!(legacy(e));
    let lists: Vec<&Exchange> =
        [SESSION_LIST, SESSION_NO_VERSION].into_iter().filter_map(|trial| attempt(e, trial)).collect();
    let streams: Vec<&Exchange> = lists.into_iter().filter(|x| is_success(x) && is_stream(x)).collect();
    let Some(first) = streams.first().copied() else {
        return Verdict::not_applicable("`tools/list` in a session is not answered with an event stream");
    };
    let answers = |x: &&Exchange| is_result(x) && answer::in_turn(x).any(|message| message.is_response());
    let stays = |x: &&Exchange| x.reply().is_some_and(|reply| reply.body.cut && reply.body.bytes().len() < SHORT);
    if !streams.iter().all(|x| answers(x) && stays(x)) {
        return Verdict::Pass;
    }
    if streams.len() < 2 {
        return Verdict::inconclusive("only one request was answered with an event stream");
    }
    finding(Pointer::exchange(first.number), "the stream stays open after the answer")
        .expected("the end of the stream")
        .actual("open, half a second after the answer")
        .warn()
}
