//! Which scope is asked for, and when more. MCP 2026-07-28 authorization, "Scope Selection Strategy", "Step-Up
//! Authorization Flow", "Refresh Tokens".

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::record::{Entry, Kind};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::story::{Asked, list, text};
use super::request::NO_REQUEST;
use crate::level;
use crate::spec::cite::{MCP_REFRESH, MCP_SCOPE_STRATEGY, MCP_STEP_UP};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-scope-challenge",
        title: "the first request asks for the scope of the challenge",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_SCOPE_STRATEGY],
        seen: Seen::Plain,
        blocked_by: &[],
        why: "The server knows what the request needs: less does not suffice, more is more than the user should give.",
        fix: "send the `scope` of the 401 challenge as it stands, with `offline_access` besides if you want refresh tokens and it is offered",
        judge: |look| {
            let Some(challenge) = look.run.challenge() else { return Ruling::Unseen("the client met no challenge") };
            compare(look, &demanded(challenge), "the first request does not ask for the scope of the challenge")
        },
    },
    Row {
        id: "client-scope-prm",
        title: "without a scope in the challenge, every scope of the resource metadata is asked for",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_SCOPE_STRATEGY],
        seen: Seen::In(&["no-challenge-scope"]),
        blocked_by: &[],
        why: "The metadata lists what the server needs for its basic functions.",
        fix: "when the challenge has no `scope`, ask for all of `scopes_supported` of the resource metadata",
        judge: |look| {
            let Some(metadata) = look.run.of(Kind::ResourceMetadata).rev().find(|entry| entry.is_good()) else {
                return Ruling::Unseen("the client fetched no resource metadata");
            };
            let wanted = list(&metadata.answer, "/scopes_supported").into_iter().collect();
            compare(look, &wanted, "the first request does not ask for the scopes of the resource metadata")
        },
    },
    Row {
        id: "client-scope-omit",
        title: "where nobody names a scope, none is asked for",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_SCOPE_STRATEGY],
        seen: Seen::In(&["prm-no-scopes"]),
        blocked_by: &[],
        why: "An invented scope is refused, or gets more than anybody wanted to give.",
        fix: "leave `scope` out when neither the challenge nor the resource metadata names one",
        judge: |look| compare(look, &BTreeSet::new(), "the client asks for a scope that nobody named"),
    },
    Row {
        id: "client-stepup",
        title: "for want of scope the client asks the user again, and tries the request again",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_STEP_UP],
        seen: Seen::Always,
        blocked_by: &[],
        why: "A refresh cannot add scope; a client that does not step up cannot use tools that need more.",
        fix: "on 403 with `insufficient_scope` start a new authorization request, then send the original request again",
        judge: step_up,
    },
    Row {
        id: "client-scope-union",
        title: "asking again keeps what was asked for before",
        level: level![_, _, _, Should],
        silent: false,
        cites: &[MCP_STEP_UP],
        seen: Seen::Always,
        blocked_by: &["client-stepup"],
        why: "Asking for the new scope alone loses the old: the next request is refused, and the client loops.",
        fix: "ask for the union of what you asked for before and the `scope` of the challenge",
        judge: union,
    },
    Row {
        id: "client-stepup-limit",
        title: "a server that is never satisfied is given up",
        level: level![_, _, Should, Should],
        silent: false,
        cites: &[MCP_STEP_UP],
        seen: Seen::In(&["insatiable-scope"]),
        blocked_by: &[],
        why: "Otherwise the user is asked for ever.",
        fix: "start at most 3 authorization requests for one operation, and remember that it failed",
        judge: |look| {
            let Some(first) = look.run.wants_scope().next() else { return Ruling::Unseen(NO_STEP_UP) };
            let asked: Vec<_> = again(look, first).collect();
            match asked.get(MOST) {
                Some(one_too_many) => {
                    at(one_too_many.entry, "the client asks the user a fourth time for the same operation")
                        .expected(format!("at most {MOST} authorization requests"))
                        .actual(format!("{}", asked.len()))
                        .broken()
                }
                None if look.run.over => met(first),
                None => Ruling::Unseen("the client may still go on"),
            }
        },
    },
    Row {
        id: "client-offline-access",
        title: "`offline_access` is asked for only where it is offered",
        level: level![_, _, _, May],
        silent: false,
        cites: &[MCP_REFRESH],
        seen: Seen::In(&["asm-no-offline-access"]),
        blocked_by: &[],
        why: "Authorization servers that do not know the scope refuse the request.",
        fix: "add `offline_access` only if `scopes_supported` of the authorization server has it",
        judge: |look| {
            each(look.run.authorizations(), NO_REQUEST, |asked| {
                if asked.scope().contains(&"offline_access") {
                    at(
                        asked.entry,
                        "the client asks for `offline_access`, which the authorization server does not offer",
                    )
                    .on(Part::Parameter("scope"))
                    .broken()
                } else {
                    met(asked.entry)
                }
            })
        },
    },
    Row {
        id: "client-grant-types",
        title: "a client that refreshes says so when it registers",
        level: level![_, _, _, Should],
        silent: false,
        cites: &[MCP_REFRESH],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Authorization servers issue refresh tokens only to clients that registered for them.",
        fix: "list `refresh_token` in `grant_types` of the registration or of the client metadata document",
        judge: grant_types,
    },
];

const NO_STEP_UP: &str = "nothing was refused for want of scope";
/// Authorization requests for one operation.
const MOST: usize = 3;

/// The scope that a challenge of ours demands.
fn demanded(entry: &Entry) -> BTreeSet<&str> {
    let line = entry.answered("www-authenticate").unwrap_or_default();
    let quoted = line.split_once("scope=\"").and_then(|(_, rest)| rest.split_once('"'));
    quoted.map_or("", |(scope, _)| scope).split_ascii_whitespace().collect()
}

fn compare(look: &Look<'_>, wanted: &BTreeSet<&str>, message: &str) -> Ruling {
    let Some(asked) = look.run.authorizations().first().copied() else { return Ruling::Unseen(NO_REQUEST) };
    let offered = |name: &str| name == "offline_access" && !wanted.contains(name);
    let scope: BTreeSet<&str> = asked.scope().into_iter().filter(|name| !offered(name)).collect();
    if scope == *wanted {
        return met(asked.entry);
    }
    let words = |set: &BTreeSet<&str>| {
        let text = set.iter().copied().collect::<Vec<_>>().join(" ");
        if text.is_empty() { "no scope".to_owned() } else { text }
    };
    at(asked.entry, message).on(Part::Parameter("scope")).expected(words(wanted)).actual(words(&scope)).broken()
}

/// The authorization requests after an entry.
fn again<'a>(look: &Look<'a>, after: &Entry) -> impl Iterator<Item = Asked<'a>> + use<'a> {
    let number = after.number;
    look.run.authorizations().into_iter().filter(move |asked| asked.entry.number > number)
}

fn step_up(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let Some(refused) = run.wants_scope().next() else { return Ruling::Unseen(NO_STEP_UP) };
    if run.has("insatiable-scope") || run.tokens("client_credentials").next().is_some() {
        return Ruling::Unseen("the client may give up here");
    }
    let refreshed = run.refreshes().find(|entry| entry.number > refused.number);
    let Some(asked) = again(look, refused).next() else {
        return match refreshed {
            Some(entry) => at(entry, "the client refreshes its token, which cannot add scope").broken(),
            None => missing(look, refused, "the client gives up for want of scope"),
        };
    };
    let same = |entry: &&Entry| {
        let name = |entry: &Entry| text(&entry.message, "/params/name").map(str::to_owned);
        entry.method_called() == refused.method_called() && name(entry) == name(refused)
    };
    match run.after(asked.entry).filter(|entry| entry.kind == Kind::Mcp).find(same) {
        Some(_) => met(asked.entry),
        None => missing(look, asked.entry, "the client does not send the refused request again"),
    }
}

fn union(look: &Look<'_>) -> Ruling {
    each(look.run.wants_scope(), NO_STEP_UP, |refused| {
        let Some(asked) = again(look, refused).next() else { return Ruling::Unseen("the client did not ask again") };
        let before = look.run.authorizations().into_iter().rfind(|earlier| earlier.entry.number < refused.number);
        let mut wanted = demanded(refused);
        wanted.extend(before.iter().flat_map(Asked::scope));
        wanted.remove("offline_access");
        let scope: BTreeSet<&str> = asked.scope().into_iter().collect();
        if wanted.is_subset(&scope) {
            return met(asked.entry);
        }
        at(asked.entry, "the client does not ask for what it had asked for before")
            .on(Part::Parameter("scope"))
            .expected(wanted.into_iter().collect::<Vec<_>>().join(" "))
            .actual(asked.scope().join(" "))
            .broken()
    })
}

fn grant_types(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let wants = run.refreshes().next().is_some()
        || run.authorizations().iter().any(|asked| asked.scope().contains(&"offline_access"));
    let registrations = run.registrations().map(|entry| (entry, &entry.message));
    let documents = run.of(Kind::Document).map(|entry| (entry, &entry.answer));
    let described: Vec<(&Entry, &Value)> = registrations.chain(documents).collect();
    each(described, "the client did not describe itself", |(entry, metadata)| {
        match (list(metadata, "/grant_types").contains(&"refresh_token"), wants) {
            (true, _) => met(entry),
            (false, false) => Ruling::Unseen("the client does not refresh"),
            (false, true) => at(entry, "the client wants refresh tokens and does not register for them")
                .on(Part::Member("/grant_types"))
                .expected("[\"authorization_code\", \"refresh_token\"]")
                .broken(),
        }
    })
}
