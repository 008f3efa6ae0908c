//! Sessions of the stateful wire, to 2025-11-25, with a good token: lifecycle ("Initialization"), transports ("Session
//! Management", "Protocol Version Header", "Listening for Messages").

use serde_json::Value;

use super::asked::{attempt, attempts};
use super::legacy::legacy;
use super::modern::told;
use super::tried::{is_result, is_success};
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{
    DEAD_SESSION, INITIALIZE, MORE_SESSIONS, NO_SESSION, RANDOM_SESSION, READY, SESSION, SESSION_DELETE, SESSION_GET,
    SESSION_LIST, SESSION_NO_VERSION, SESSION_VERSION,
};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// Ids shorter than this hold less than 64 bits, whatever they are made of.
const SHORT: usize = 11;
/// How far the numbers in ids of a row may lie apart to be called counted.
const APART: u64 = 1_000;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "legacy-initialize",
        title: "`initialize` says version, capabilities and who answers",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_INITIALIZATION],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients refuse a handshake that lacks one of them.",
        fix: "answer `{\"protocolVersion\": \"2025-11-25\", \"capabilities\": {…}, \"serverInfo\": {\"name\": \"…\", \"version\": \"…\"}}`",
        disputed: "",
        faults: &[Fault::new(
            "initialize-no-server-info",
            &[Deed::At(Reply::InitializeResult, &[Edit::DropJson("/result/serverInfo")])],
        )],
        judge: initialize,
    },
    Check {
        id: "legacy-session-ascii",
        title: "the session id is made of visible ASCII characters",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SESSIONS],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Other characters do not survive headers; the next request has another id.",
        fix: "make `Mcp-Session-Id` of characters 0x21 to 0x7E",
        disputed: "",
        faults: &[Fault::new(
            "session-id-space",
            &[Deed::At(Reply::InitializeResult, &[Edit::SetHeader("mcp-session-id", "my session")])],
        )],
        judge: session_ascii,
    },
    Check {
        id: "legacy-session-entropy",
        title: "the session id cannot be guessed",
        role: Role::ResourceServer,
        level: level![Should, Should, Should, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SESSIONS, SBP_SESSIONS],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "Who guesses an id is in somebody else's session wherever the server takes it for the user.",
        fix: "make `Mcp-Session-Id` of at least 128 random bits",
        disputed: "",
        faults: &[Fault::new("session-id-sequential", &[Deed::Forget(Duty::UnguessableSession)])],
        judge: session_entropy,
    },
    Check {
        id: "legacy-initialized-202",
        title: "a notification is answered with 202 and nothing else",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SENDING],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "Clients that wait for a body after another status hang or fail.",
        fix: "answer a notification with status 202 and no body",
        disputed: "",
        faults: &[Fault::new("initialized-200", &[Deed::At(Reply::Accepted, &[Edit::Status(200), Edit::Body("{}")])])],
        judge: initialized,
    },
    Check {
        id: "legacy-version-header",
        title: "a version that does not exist is refused in a session",
        role: Role::ResourceServer,
        level: level![_, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_VERSION_HEADER],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "A server that ignores the header speaks another revision than the client believes.",
        fix: "answer 400 to an `MCP-Protocol-Version` that is not spoken",
        disputed: "",
        faults: &[Fault::new("version-header-ignored", &[Deed::Forget(Duty::CheckLegacyVersion)])],
        judge: version_header,
    },
    Check {
        id: "legacy-version-header-absent",
        title: "a session works without `MCP-Protocol-Version`",
        role: Role::ResourceServer,
        level: level![_, Should, Should, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_VERSION_HEADER],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "Clients of 2025-03-26 do not send it.",
        fix: "take a missing `MCP-Protocol-Version` for the version agreed on, or for 2025-03-26",
        disputed: "",
        faults: &[Fault::new("version-header-mandatory", &[Deed::Forget(Duty::AssumeVersion)])],
        judge: version_header_absent,
    },
    Check {
        id: "legacy-session-missing",
        title: "a request without the session id is refused with 400",
        role: Role::ResourceServer,
        level: level![Should, Should, Should, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SESSIONS],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "Clients tell by the status what is wrong: 400 the id is missing, 404 it is gone.",
        fix: "answer 400 when `Mcp-Session-Id` is missing",
        disputed: "",
        faults: &[Fault::new("session-missing-500", &[Deed::Forget(Duty::SurviveNoSession)])],
        judge: session_missing,
    },
    Check {
        id: "legacy-session-unknown",
        title: "a session that is not known is refused with 404",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SESSIONS],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "404 is what makes a client begin a new session; with another status it fails for good after every restart of the server.",
        fix: "answer 404 to an `Mcp-Session-Id` that you do not know",
        disputed: "",
        faults: &[Fault::new("stale-session-500", &[Deed::Forget(Duty::SurviveUnknownSession)])],
        judge: session_unknown,
    },
    Check {
        id: "legacy-get",
        title: "GET of the endpoint opens a stream or is refused with 405",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_LISTENING],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "Clients open the stream after the handshake and take anything but 405 for a broken server.",
        fix: "answer GET of the endpoint with an event stream, or with 405",
        disputed: "",
        faults: &[Fault::new("legacy-get-404", &[Deed::At(Reply::AuthenticatedGet, &[Edit::Status(404)])])],
        judge: get,
    },
    Check {
        id: "legacy-delete",
        title: "DELETE ends the session, or is refused with 405",
        role: Role::ResourceServer,
        level: level![May, May, May, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_SESSIONS],
        needs: &[Step::WireTrial],
        blocked_by: &["legacy-session-ascii"],
        why: "A session that cannot be ended stays open for whoever has its id.",
        fix: "end the session at DELETE and answer 404 from then on; or answer 405",
        disputed: "",
        faults: &[Fault::new("delete-noop", &[Deed::Forget(Duty::EndSession)])],
        judge: delete,
    },
];

fn id_of(exchange: &Exchange) -> Option<&str> {
    exchange.reply()?.header("mcp-session-id")
}

/// Whether an id is made of the characters that a header keeps.
pub(super) fn is_visible(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
}

/// The session of the trials: its `initialize`, and a request in it that brought a result.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn session<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    legacy(e)?;
    let begun = attempt(e, SESSION).filter(|x| is_result(x));
    let Some(begun) = begun else { return Err(Verdict::inconclusive("no session came about")) };
    if id_of(begun).is_some_and(|id| !is_visible(id)) {
        return Err(Verdict::blocked("legacy-session-ascii"));
    }
    if !attempt(e, SESSION_LIST).is_some_and(is_result) {
        return Err(Verdict::inconclusive("`tools/list` in a session brought no result"));
    }
    Ok(begun)
}

/// The same, where the session has an id.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn named(e: &Evidence<'_>) -> Result<(), Verdict> {
    match id_of(session(e)?) {
        Some(_) => Ok(()),
        None => Err(Verdict::not_applicable("the server keeps no sessions")),
    }
}

/// The answer to a trial in a session.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn answered<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<(&'e Exchange, u16), Verdict> {
    let Some(exchange) = attempt(e, trial) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None | Some(401 | 403 | 429 | 503) => Err(Verdict::inconclusive("no answer came that says something about it")),
        Some(status) => Ok((exchange, status)),
    }
}

fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(told(exchange))
}

fn initialize(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(legacy(e));
    let messages = answer::messages(exchange);
    let result = messages.iter().find_map(|message| message.result()).cloned().unwrap_or_default();
    let is_right = |name: &&str| match *name {
        "protocolVersion" => result.get(name).is_some_and(Value::is_string),
        _ => result.get(name).is_some_and(Value::is_object),
    };
    match ["protocolVersion", "capabilities", "serverInfo"].into_iter().find(|name| !is_right(name)) {
        None => Verdict::Pass,
        Some(name) => {
            let pointer = Pointer::json(exchange.number, &format!("/result/{name}"));
            finding(pointer, format!("the answer to `initialize` has no `{name}`"))
                .expected(name)
                .actual("absent")
                .fail()
        }
    }
}

fn session_ascii(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(legacy(e));
    match id_of(exchange) {
        None => Verdict::not_applicable("the server keeps no sessions"),
        Some(id) if is_visible(id) => Verdict::Pass,
        Some(_) => finding(Pointer::header(exchange.number, "mcp-session-id"), "the session id holds other characters")
            .expected("characters 0x21 to 0x7E")
            .fail(),
    }
}

fn session_entropy(e: &Evidence<'_>) -> Verdict {
    need!(legacy(e));
    let begun = attempts(e, INITIALIZE).chain(attempts(e, MORE_SESSIONS)).chain(attempts(e, SESSION));
    let ids: Vec<(&Exchange, &str)> = begun.filter_map(|x| Some((x, id_of(x)?))).collect();
    let Some((exchange, first)) = ids.last().copied() else {
        return Verdict::not_applicable("the server keeps no sessions");
    };
    let found = |what: String| {
        finding(Pointer::header(exchange.number, "mcp-session-id"), what).expected("at least 128 random bits").fail()
    };
    if first.len() < SHORT {
        return found(format!("the session id has {} characters", first.len()));
    }
    let texts: Vec<&str> = ids.iter().map(|(_, id)| *id).collect();
    if are_counted(&texts) {
        return found(format!("{} session ids in a row differ by a count", texts.len()));
    }
    Verdict::Pass
}

/// Whether texts differ only in a number that goes up or down a little.
fn are_counted(texts: &[&str]) -> bool {
    let Some(first) = texts.first() else { return false };
    let shared = texts.iter().map(|text| first.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count()).min();
    // The shared part may end within the number.
    let digits = |byte: &u8| byte.is_ascii_digit();
    let begin = shared.unwrap_or(0);
    let begin = begin - first.as_bytes().iter().take(begin).rev().take_while(|byte| digits(byte)).count();
    let numbers: Option<Vec<u64>> = texts.iter().map(|text| text.get(begin..)?.parse().ok()).collect();
    let Some(mut numbers) = numbers.filter(|numbers| numbers.len() > 2) else { return false };
    numbers.sort_unstable();
    numbers.dedup();
    let span = numbers.last().zip(numbers.first()).map(|(last, first)| last - first);
    numbers.len() == texts.len() && span.is_some_and(|span| span <= APART)
}

fn initialized(e: &Evidence<'_>) -> Verdict {
    need!(session(e));
    let (exchange, status) = need!(answered(e, READY));
    let is_empty = exchange.reply().is_none_or(|reply| reply.body.is_empty());
    let found = at(exchange, READY, "the answer is another").expected("202 without a body");
    match status {
        202 if is_empty => Verdict::Pass,
        200 | 202 | 204 if is_empty => found.warn(),
        _ => found.fail(),
    }
}

fn version_header(e: &Evidence<'_>) -> Verdict {
    need!(session(e));
    let (exchange, status) = need!(answered(e, SESSION_VERSION));
    if status == 400 {
        return Verdict::Pass;
    }
    let what = if is_result(exchange) { "it was served" } else { "it was not refused as such" };
    at(exchange, SESSION_VERSION, what).expected("400").fail()
}

fn version_header_absent(e: &Evidence<'_>) -> Verdict {
    need!(session(e));
    let (exchange, status) = need!(answered(e, SESSION_NO_VERSION));
    if status != 400 {
        return Verdict::Pass;
    }
    at(exchange, SESSION_NO_VERSION, "it was refused").expected("the result of the request").warn()
}

fn session_missing(e: &Evidence<'_>) -> Verdict {
    need!(named(e));
    let (exchange, status) = need!(answered(e, NO_SESSION));
    if status == 400 {
        return Verdict::Pass;
    }
    let what = if is_result(exchange) { "it was served" } else { "it was not refused as such" };
    at(exchange, NO_SESSION, what).expected("400").warn()
}

fn session_unknown(e: &Evidence<'_>) -> Verdict {
    need!(named(e));
    let (exchange, status) = need!(answered(e, RANDOM_SESSION));
    let dead = attempt(e, DEAD_SESSION).filter(|x| matches!(x.status(), Some(500..=599)) && x.status() != Some(503));
    if let Some(dead) = dead {
        return at(dead, DEAD_SESSION, "the server failed").expected("404").fail();
    }
    match status {
        404 => Verdict::Pass,
        500..=599 => at(exchange, RANDOM_SESSION, "the server failed").expected("404").fail(),
        _ => at(exchange, RANDOM_SESSION, "it was not refused as such").expected("404").warn(),
    }
}

fn get(e: &Evidence<'_>) -> Verdict {
    need!(session(e));
    let (exchange, status) = need!(answered(e, SESSION_GET));
    let is_stream = exchange.reply().and_then(HttpReply::media_type).as_deref() == Some("text/event-stream");
    if status == 405 || is_success(exchange) && is_stream {
        return Verdict::Pass;
    }
    at(exchange, SESSION_GET, "it was neither opened nor refused as such").expected("an event stream, or 405").fail()
}

fn delete(e: &Evidence<'_>) -> Verdict {
    need!(named(e));
    let (exchange, status) = need!(answered(e, SESSION_DELETE));
    match status {
        405 => Verdict::Pass,
        200..=299 => {
            let (after, status) = need!(answered(e, DEAD_SESSION));
            match status {
                404 => Verdict::Pass,
                500..=599 => Verdict::blocked("legacy-session-unknown"),
                _ if is_result(after) => at(after, DEAD_SESSION, "it was served").expected("404").warn(),
                _ => at(after, DEAD_SESSION, "it was not refused as such").expected("404").warn(),
            }
        }
        _ => at(exchange, SESSION_DELETE, "the answer says neither").expected("200, 204 or 405").warn(),
    }
}

#[cfg(test)]
mod tests;
