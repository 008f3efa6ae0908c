//! What both wires of MCP have in common, with a good token: `Origin`, `Host`, `Accept`, media types, ids, batches.
//! MCP transports, base protocol.

use super::asked::attempt;
use super::ground::no_login;
use super::legacy_session::is_visible;
use super::modern::{told, wants_origin};
use super::streams::of_2024;
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer, answer};
use crate::formats::rpc::Id;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{
    INITIALIZE, LARGE_ID, LIST, OLD_BATCH, OLD_SESSION, ONLY_JSON, STRANGE_HOST, STRANGE_ORIGIN, ZERO_ID,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "transport-origin",
        title: "a request from a page of somebody else is refused",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT_SECURITY],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A web page can reach a server on the user's machine by DNS rebinding; `Origin` is how the server notices.",
        fix: "answer 403 to a request whose `Origin` is not one that you list",
        disputed: "",
        faults: &[Fault::new("no-origin-check", &[Deed::Forget(Duty::CheckOrigin)])],
        judge: origin,
    },
    Check {
        id: "transport-origin-absent",
        title: "a request without `Origin` is served",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT_SECURITY],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients that are no browsers send no `Origin`; a server that insists shuts them out.",
        fix: "refuse a wrong `Origin` only, not a missing one",
        disputed: "",
        faults: &[Fault::new("origin-required", &[Deed::Forget(Duty::AllowNoOrigin)]).also(&["rs-valid-accepted"])],
        judge: origin_absent,
    },
    Check {
        id: "transport-host",
        title: "a server on this machine answers only for its own host",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT_SECURITY],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "With DNS rebinding a web page reaches a local server under a name of its own.",
        fix: "refuse requests whose `Host` is not `localhost` or a loopback address, with the port of the server",
        disputed: "",
        faults: &[Fault::new("no-host-check", &[Deed::Forget(Duty::CheckHost)])],
        judge: host,
    },
    Check {
        id: "transport-content-type",
        title: "results are JSON or an event stream",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients choose the reader by the media type, and can read nothing else.",
        fix: "send `Content-Type: application/json`, or `text/event-stream` for a stream",
        disputed: "",
        faults: &[Fault::new(
            "response-text-html",
            &[Deed::At(Reply::ToolsList, &[Edit::SetHeader("content-type", "text/html")])],
        )],
        judge: content_type,
    },
    Check {
        id: "transport-id-echo",
        title: "an answer has the `id` of its request",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_BASE],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients find the request to an answer by its `id`: a changed one is an answer to nothing.",
        fix: "send back the `id` as it came, number or text",
        disputed: "",
        faults: &[Fault::new("response-id-as-string", &[Deed::Forget(Duty::EchoId)])],
        judge: id_echo,
    },
    Check {
        id: "transport-batch",
        title: "batches are taken",
        role: Role::ResourceServer,
        level: level![Must, _, _, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP1_BATCHING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients of 2025-03-26 may send several requests at once; no later revision has that.",
        fix: "answer a batch in a session of 2025-03-26 with a batch of results",
        disputed: "",
        faults: &[Fault::new("v1-batch-rejected", &[Deed::Forget(Duty::TakeBatches)])],
        judge: batch,
    },
    Check {
        id: "transport-accept",
        title: "a client that accepts JSON only is served",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients must name both types and some do not; a server that answers in JSON anyway loses nothing by serving them.",
        fix: "answer in JSON where `Accept` allows it, whatever else it lacks",
        disputed: "Clients must name both types, so a server may refuse; the official test suite of 2026-07-28 does not ask for it.",
        faults: &[Fault::new("accept-strict-406", &[Deed::Forget(Duty::AcceptAnyAccept)])],
        judge: accept,
    },
    Check {
        id: "transport-bind-loopback",
        title: "a server on this machine listens only on this machine",
        role: Role::ResourceServer,
        level: level![Should, Should, Should, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT_SECURITY],
        needs: &[Step::McpElsewhere],
        blocked_by: &[],
        why: "Whoever is in the same network (a café, an office) reaches it, too.",
        fix: "listen at 127.0.0.1 (and ::1) instead of 0.0.0.0; of a container publish the port as `-p 127.0.0.1:PORT:PORT`",
        disputed: "",
        faults: &[Fault::new("bind-all-interfaces", &[Deed::Forget(Duty::ListenWhereTold)])],
        judge: bind_loopback,
    },
];

/// A request that the server answers with a result.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn served<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let usual: Vec<&Exchange> = [LIST, INITIALIZE].into_iter().filter_map(|trial| attempt(e, trial)).collect();
    if usual.is_empty() {
        return Err(no_login(e));
    }
    if let Some(served) = usual.iter().find(|x| is_result(x)) {
        return Ok(served);
    }
    Err(if wants_origin(e) {
        Verdict::blocked("transport-origin-absent")
    } else if of_2024(e).is_some() {
        Verdict::blocked("legacy-http-sse")
    } else {
        Verdict::inconclusive("no request with the token brought a result")
    })
}

/// The answer to a trial, where the same request without what is wrong brings a result.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn answered<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<&'e Exchange, Verdict> {
    served(e)?;
    let Some(exchange) = attempt(e, trial) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None | Some(401 | 429 | 503) => Err(Verdict::inconclusive("no answer came that says something about it")),
        Some(_) => Ok(exchange),
    }
}

fn origin(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, STRANGE_ORIGIN));
    let found = finding(Pointer::exchange(exchange.number), format!("we {}, and it was served", STRANGE_ORIGIN.wrong))
        .expected("403")
        .actual(told(exchange));
    match exchange.status() {
        Some(403) => Verdict::Pass,
        Some(200..=299) if e.on_loopback() => found.fail(),
        Some(200..=299) => found.warn(),
        _ if e.revision < Revision::R2025_11_25 => Verdict::Pass,
        _ => {
            let message = format!("we {}, and it was refused with another status than 403", STRANGE_ORIGIN.wrong);
            finding(Pointer::exchange(exchange.number), message).expected("403").actual(told(exchange)).warn()
        }
    }
}

fn origin_absent(e: &Evidence<'_>) -> Verdict {
    let usual: Vec<&Exchange> = [LIST, INITIALIZE].into_iter().filter_map(|trial| attempt(e, trial)).collect();
    let Some(first) = usual.first() else { return no_login(e) };
    if usual.iter().any(|x| is_result(x)) {
        return Verdict::Pass;
    }
    if of_2024(e).is_some() {
        return Verdict::blocked("legacy-http-sse");
    }
    if !wants_origin(e) || usual.iter().any(|x| x.status().is_none() || x.is_untold()) {
        return Verdict::inconclusive("no request with the token brought a result");
    }
    finding(Pointer::exchange(first.number), "requests are served only with an `Origin`")
        .expected("the result of the request")
        .actual(told(first))
        .fail()
}

fn host(e: &Evidence<'_>) -> Verdict {
    need!(served(e));
    if !e.on_loopback() {
        return Verdict::not_applicable("the server is not on this machine");
    }
    let exchange = need!(answered(e, STRANGE_HOST));
    if !is_result(exchange) {
        return Verdict::Pass;
    }
    finding(Pointer::exchange(exchange.number), format!("we {}, and it was served", STRANGE_HOST.wrong))
        .expected("a refusal: 403 or 421")
        .actual(told(exchange))
        .warn()
}

fn content_type(e: &Evidence<'_>) -> Verdict {
    need!(served(e));
    let odd = |x: &&Exchange| {
        let media_type = x.reply().and_then(HttpReply::media_type);
        is_result(x) && !matches!(media_type.as_deref(), Some("application/json" | "text/event-stream"))
    };
    let Some(exchange) = e.all(Step::WireTrial).find(odd) else { return Verdict::Pass };
    let there = exchange.reply().and_then(HttpReply::media_type).unwrap_or_else(|| "absent".to_owned());
    finding(Pointer::header(exchange.number, "content-type"), "a result has a media type that clients do not read")
        .expected("`application/json` or `text/event-stream`")
        .actual(printable(&there).to_string())
        .fail()
}

fn id_echo(e: &Evidence<'_>) -> Verdict {
    need!(served(e));
    let wanted = [(ZERO_ID, Id::Number(0)), (LARGE_ID, Id::Number(9_007_199_254_740_991))];
    let mut seen = false;
    for (trial, id) in wanted {
        let Some(exchange) = attempt(e, trial).filter(|x| is_result(x)) else { continue };
        seen = true;
        let messages = answer::messages(exchange);
        if !messages.iter().any(|message| message.is_response() && message.id == Some(id.clone())) {
            let there = messages.iter().find(|message| message.is_response()).and_then(|message| message.raw.get("id"));
            let there = there.map_or_else(|| "absent".to_owned(), |id| printable(&id.to_string()).to_string());
            return finding(
                Pointer::json(exchange.number, "/id"),
                format!("we {}, and the answer has another", trial.wrong),
            )
            .expected("the same number")
            .actual(there)
            .fail();
        }
    }
    if seen { Verdict::Pass } else { Verdict::inconclusive("no request with a number as `id` brought a result") }
}

fn batch(e: &Evidence<'_>) -> Verdict {
    need!(served(e));
    let begun = attempt(e, OLD_SESSION).and_then(|x| x.reply()?.header("mcp-session-id"));
    if begun.is_some_and(|id| !is_visible(id)) {
        return Verdict::blocked("legacy-session-ascii");
    }
    let Some(exchange) = attempt(e, OLD_BATCH) else {
        return Verdict::not_applicable("the server does not speak 2025-03-26");
    };
    match exchange.status() {
        None | Some(401 | 429 | 503) => Verdict::inconclusive("no answer came"),
        _ if is_result(exchange) => Verdict::Pass,
        _ => finding(Pointer::exchange(exchange.number), format!("we {}, and it was refused", OLD_BATCH.wrong))
            .expected("200, a batch of results")
            .actual(told(exchange))
            .fail(),
    }
}

fn accept(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, ONLY_JSON));
    if exchange.status() != Some(406) {
        return Verdict::Pass;
    }
    finding(Pointer::exchange(exchange.number), format!("we {}, and it was refused", ONLY_JSON.wrong))
        .expected("the result of the request")
        .actual(told(exchange))
        .info()
}

fn bind_loopback(e: &Evidence<'_>) -> Verdict {
    if !e.on_loopback() {
        return Verdict::not_applicable("the server is not on this machine");
    }
    let Some(elsewhere) = e.first(Step::McpElsewhere) else {
        return Verdict::not_applicable("the machine has no other address to look at, or the server goes by one");
    };
    let usual = e.first_requests().find(|x| x.status().is_some());
    let challenge = |x: &Exchange| x.reply().and_then(|reply| reply.header("www-authenticate")).map(str::to_owned);
    match (elsewhere.status(), usual) {
        (None, _) => Verdict::Pass,
        // Another server may have that port at the other address.
        (status, Some(usual)) if status == usual.status() && challenge(elsewhere) == challenge(usual) => {
            let host = url::Url::parse(&elsewhere.request.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            finding(Pointer::exchange(elsewhere.number), "the server listens at other addresses of this machine, too")
                .expected("127.0.0.1 only")
                .actual(format!("it answers at {}", printable(&host.unwrap_or_default())))
                .warn()
        }
        _ => Verdict::inconclusive("something else answers at the other address"),
    }
}
