//! The stateful wire, and finding out which wire a server speaks. MCP 2025-11-25 lifecycle and transports; MCP 2026-07-28
//! versioning and streamable HTTP, "Backward Compatibility".

use super::super::record::{Entry, Kind, Run};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::story::{is_modern, is_request, list, text};
use crate::level;
use crate::spec::cite::{MCP_COMPATIBILITY, MCP_VERSIONING, MCP3_LIFECYCLE, MCP3_SESSIONS};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-version-retry",
        title: "a refused version is followed by one that the server names",
        level: level![_, _, _, Should],
        silent: false,
        cites: &[MCP_VERSIONING],
        seen: Seen::In(&["supports-v3-only-data"]),
        blocked_by: &[],
        why: "The refusal says which versions would do; not trying them locks the client out of servers it could speak to.",
        fix: "on error -32022 take a version of `data.supported` that you know; one of 2025-11-25 or before means `initialize`",
        judge: |look| {
            let refused = look
                .run
                .posts()
                .find(|entry| entry.answer.pointer("/error/code").and_then(serde_json::Value::as_i64) == Some(-32022));
            let Some(refused) = refused else { return Ruling::Unseen("no version of the client was refused") };
            let supported = list(&refused.answer, "/error/data/supported");
            let tries = |entry: &&Entry| {
                let asked = text(&entry.message, "/params/protocolVersion");
                entry.method_called() == "initialize" && asked.is_some_and(|version| supported.contains(&version))
            };
            match look.run.after(refused).filter(|entry| entry.kind == Kind::Mcp).find(tries) {
                Some(entry) => met(entry),
                None => missing(look, refused, "the client does not try a version that the server names"),
            }
        },
    },
    Row {
        id: "client-era-fallback",
        title: "a server of the stateful wire is spoken to with `initialize`",
        level: level![_, _, _, Should],
        silent: false,
        cites: &[MCP_COMPATIBILITY],
        seen: Seen::In(&["legacy-only", "legacy-only-404", "legacy-only-method"]),
        blocked_by: &[],
        why: "Most servers still speak the stateful wire only, and each refuses the other in its own way.",
        fix: "when the first request is refused without an error code of 2026-07-28, send `initialize`",
        judge: |look| {
            let refused =
                look.run.posts().find(|entry| is_modern(entry) && entry.bearer().is_some() && is_refused(entry));
            let Some(refused) = refused else { return Ruling::Unseen("the client begins with `initialize`") };
            match initialised(look.run, refused) {
                Some(entry) => met(entry),
                None => missing(look, refused, "the client does not try `initialize`"),
            }
        },
    },
    Row {
        id: "client-era-401",
        title: "a good token that is refused is first tried with `initialize`",
        level: level![Practice, Practice, Practice, Practice],
        silent: false,
        cites: &[MCP_COMPATIBILITY],
        seen: Seen::In(&["legacy-discover-401"]),
        blocked_by: &[],
        why: "Some servers of the stateful wire answer 401 to every method they do not know; the token is good.",
        fix: "when `server/discover` with a fresh token is answered 401, send `initialize` before you log in again",
        judge: |look| {
            let refused =
                look.run.posts().find(|entry| is_modern(entry) && entry.bearer().is_some() && entry.status == 401);
            let Some(refused) = refused else { return Ruling::Unseen("the client begins with `initialize`") };
            let again = look.run.authorizations().into_iter().find(|asked| asked.entry.number > refused.number);
            match (initialised(look.run, refused), again) {
                (Some(entry), asked) if asked.is_none_or(|asked| entry.number < asked.entry.number) => met(entry),
                (_, Some(asked)) => at(asked.entry, "the client logs in again before it tries `initialize`").broken(),
                (_, None) => missing(look, refused, "the client takes the 401 for its token's fault"),
            }
        },
    },
    Row {
        id: "client-initialized",
        title: "the handshake is completed before anything else is asked",
        level: level![Must, Must, Must, _],
        silent: false,
        cites: &[MCP3_LIFECYCLE],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Servers may refuse requests until they hear `notifications/initialized`.",
        fix: "send `notifications/initialized` right after the answer to `initialize`",
        judge: handshake,
    },
    Row {
        id: "client-session-id",
        title: "the session id is sent along, and dropped when the server has forgotten it",
        level: level![Must, Must, Must, _],
        silent: false,
        cites: &[MCP3_SESSIONS],
        seen: Seen::Always,
        blocked_by: &["client-initialized"],
        why: "Without the id every request is refused; with one that is forgotten, too, for ever.",
        fix: "send `Mcp-Session-Id` as `initialize` was answered with; on 404 send `initialize` without it; DELETE the session at the end",
        judge: session,
    },
];

/// The version that the handshake before an entry agreed on.
pub(super) fn agreed<'a>(run: &'a Run, entry: &Entry) -> Option<&'a str> {
    handshakes(run)
        .rfind(|other| other.number < entry.number)
        .and_then(|other| text(&other.answer, "/result/protocolVersion"))
}

fn handshakes(run: &Run) -> impl DoubleEndedIterator<Item = &Entry> {
    run.posts().filter(|entry| entry.method_called() == "initialize" && entry.is_good())
}

fn initialised<'a>(run: &'a Run, after: &Entry) -> Option<&'a Entry> {
    run.after(after).find(|entry| entry.kind == Kind::Mcp && entry.method_called() == "initialize")
}

fn is_refused(entry: &Entry) -> bool {
    matches!(entry.status, 400 | 404 | 405) || entry.answer.pointer("/error/code").is_some()
}

const NO_HANDSHAKE: &str = "the client does not speak the stateful wire";

fn handshake(look: &Look<'_>) -> Ruling {
    each(handshakes(look.run), NO_HANDSHAKE, |begun| {
        let next =
            look.run.after(begun).filter(|entry| entry.kind == Kind::Mcp && entry.method == "POST").find(|entry| {
                entry.method_called() == "notifications/initialized"
                    || is_request(entry) && entry.method_called() != "ping"
            });
        match next {
            Some(entry) if matches!(entry.method_called(), "notifications/initialized" | "initialize") => met(entry),
            Some(entry) => at(entry, "the client asks for something before it completes the handshake")
                .expected("notifications/initialized")
                .broken(),
            None => missing(look, begun, "the client does not complete the handshake"),
        }
    })
}

fn session(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let begun: Vec<&Entry> = handshakes(run).collect();
    each(begun, NO_HANDSHAKE, |begun| {
        let Some(id) = begun.answered("mcp-session-id") else { return Ruling::Unseen("the server gave no session id") };
        let end = run.posts().find(|entry| entry.number > begun.number && entry.method_called() == "initialize");
        let within = |entry: &&Entry| {
            entry.kind == Kind::Mcp && entry.method != "OPTIONS" && end.is_none_or(|end| entry.number < end.number)
        };
        let of_session = || run.after(begun).filter(within).filter(|entry| !is_modern(entry));
        let wrong = |entry: &Entry, what: &str| at(entry, what).on(Part::Header("mcp-session-id")).broken();
        if let Some(entry) = of_session().find(|entry| entry.header("mcp-session-id") != Some(id)) {
            return wrong(entry, "a request of the session does not carry its id");
        }
        if let Some(end) = end.filter(|end| end.header("mcp-session-id").is_some()) {
            return wrong(end, "the new handshake carries the id of a session that has ended");
        }
        let forgotten = of_session().find(|entry| entry.status == 404 && entry.method == "POST");
        match (forgotten, end) {
            (Some(entry), None) => missing(look, entry, "the client does not begin anew when its session has ended"),
            (None, None) if run.over && !of_session().any(|entry| entry.method == "DELETE") => {
                at(begun, "the client leaves its session behind").expected("DELETE with `Mcp-Session-Id`").noted()
            }
            _ => met(begun),
        }
    })
}
