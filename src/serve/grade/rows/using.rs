//! Using the token: where it goes, and what happens when it is refused. MCP 2026-07-28 authorization, "Token Requirements",
//! "Refresh Tokens", "Access Token Privilege Restriction"; draft-ietf-oauth-v2-1 §4.3.2.

use super::super::record::{Entry, Kind, Run};
use super::super::row::{Look, Part, Row, Ruling, Seen, at, each, met, missing};
use super::super::story::text;
use crate::level;
use crate::spec::cite::{MCP_ERRORS, MCP_PRIVILEGE, MCP_REFRESH, MCP_TOKEN_REQUIREMENTS, OAUTH21_4_3_2};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "client-token-to-own-rs",
        title: "the token goes to the MCP server and to nobody else",
        level: level![_, MustNot, MustNot, MustNot],
        silent: true,
        cites: &[MCP_PRIVILEGE],
        seen: Seen::Always,
        blocked_by: &[],
        why: "Whoever sees the token can use it.",
        fix: "send the token to the MCP endpoint only; drop it when a redirect leads to another origin",
        judge: own_server,
    },
    Row {
        id: "client-bearer-header",
        title: "every request to the MCP endpoint carries the token in its header",
        level: level![Must, Must, Must, Must],
        silent: false,
        cites: &[MCP_TOKEN_REQUIREMENTS],
        seen: Seen::Always,
        blocked_by: &["client-no-query-token"],
        why: "A session is no authentication: servers check every request, notifications, GET and DELETE too.",
        fix: "send `Authorization: Bearer TOKEN` with every request to the MCP endpoint",
        judge: every_request,
    },
    Row {
        id: "client-no-query-token",
        title: "no URL holds a token",
        level: level![MustNot, MustNot, MustNot, MustNot],
        silent: true,
        cites: &[MCP_TOKEN_REQUIREMENTS],
        seen: Seen::Always,
        blocked_by: &[],
        why: "URLs end up in logs, histories and referrers.",
        fix: "send the token in the `Authorization` header",
        judge: |look| {
            let wrong = look.run.entries.iter().find(|entry| entry.query.get("access_token").is_some());
            match (wrong, look.run.first_success()) {
                (Some(entry), _) => {
                    at(entry, "the URL holds the access token").on(Part::Parameter("access_token")).broken()
                }
                (None, Some(entry)) => met(entry),
                (None, None) => Ruling::Unseen(NO_TOKEN),
            }
        },
    },
    Row {
        id: "client-refresh",
        title: "an expired token is refreshed, and the new refresh token kept",
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        silent: false,
        cites: &[MCP_REFRESH, OAUTH21_4_3_2],
        seen: Seen::In(&["token-expires"]),
        blocked_by: &[],
        why: "A refresh token that was replaced counts as stolen: the login ends for good.",
        fix: "on a 401 with `invalid_token` refresh once, keep the refresh token that comes back before you use anything, send the request again",
        judge: refresh,
    },
    Row {
        id: "client-no-refresh-assumed",
        title: "without a refresh token the user is asked again",
        level: level![_, _, _, MustNot],
        silent: false,
        cites: &[MCP_REFRESH],
        seen: Seen::In(&["refresh-never-issued"]),
        blocked_by: &[],
        why: "Authorization servers need not issue refresh tokens.",
        fix: "when there is no refresh token, start a new authorization request",
        judge: |look| {
            let Some(refused) = expired(look.run) else { return Ruling::Unseen(NO_EXPIRY) };
            if let Some(entry) = look.run.refreshes().next() {
                return at(entry, "the client refreshes though it was given no refresh token").broken();
            }
            match look.run.authorizations().into_iter().find(|asked| asked.entry.number > refused.number) {
                Some(asked) => met(asked.entry),
                None => missing(look, refused, "the client gives up when its token has expired"),
            }
        },
    },
    Row {
        id: "client-401-limit",
        title: "a server that refuses fresh tokens is given up",
        level: level![Practice, Practice, Practice, Practice],
        silent: false,
        cites: &[MCP_ERRORS],
        seen: Seen::In(&["rs-rejects-own-tokens"]),
        blocked_by: &[],
        why: "Otherwise the user is sent to the login page for ever, for a fault that no login mends.",
        fix: "when a fresh token is refused, say so and stop: at most two logins for one request",
        judge: |look| {
            let Some(refused) = expired(look.run) else { return Ruling::Unseen("no fresh token was refused") };
            match look.run.authorizations().get(LOGINS) {
                Some(asked) => at(asked.entry, "the client logs in again and again, though fresh tokens are refused")
                    .expected(format!("at most {LOGINS} authorization requests"))
                    .actual(look.run.authorizations().len().to_string())
                    .broken(),
                None if look.run.over => met(refused),
                None => Ruling::Unseen("the client may still go on"),
            }
        },
    },
];

const NO_TOKEN: &str = "the client used no token";
const NO_EXPIRY: &str = "no token of the client expired";
/// Logins for one request.
const LOGINS: usize = 2;

/// The first refusal of a token.
fn expired(run: &Run) -> Option<&Entry> {
    run.of(Kind::Mcp).find(|entry| entry.status == 401 && entry.bearer().is_some())
}

fn own_server(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let issued: Vec<&str> = run.of(Kind::Token).filter_map(|entry| text(&entry.answer, "/access_token")).collect();
    let used: Vec<&str> = run.of(Kind::Mcp).filter_map(Entry::bearer).collect();
    let leaks = |entry: &&Entry| {
        let token = entry.bearer().unwrap_or_default();
        entry.kind != Kind::Mcp && (issued.contains(&token) || used.contains(&token))
    };
    match (run.entries.iter().find(leaks), run.of(Kind::Mcp).find(|entry| entry.bearer().is_some())) {
        (Some(entry), _) => at(entry, "the client sends its access token to another place than the MCP endpoint")
            .on(Part::Header("authorization"))
            .broken(),
        (None, Some(entry)) => met(entry),
        (None, None) => Ruling::Unseen(NO_TOKEN),
    }
}

fn every_request(look: &Look<'_>) -> Ruling {
    let Some(first) = look.run.first_success() else { return Ruling::Unseen(NO_TOKEN) };
    let bare = look
        .run
        .after(first)
        .find(|entry| entry.kind == Kind::Mcp && entry.method != "OPTIONS" && entry.credential.is_none());
    match bare {
        Some(entry) => at(entry, "a request to the MCP endpoint carries no token, though the client has one")
            .on(Part::Header("authorization"))
            .broken(),
        None => met(first),
    }
}

fn refresh(look: &Look<'_>) -> Ruling {
    let run = look.run;
    let Some(refused) = expired(run) else { return Ruling::Unseen(NO_EXPIRY) };
    let given = |before: &Entry| {
        let tokens = run.of(Kind::Token).filter(|entry| entry.number < before.number);
        tokens.filter_map(|entry| text(&entry.answer, "/refresh_token")).next_back()
    };
    if given(refused).is_none() {
        return Ruling::Unseen("the client has no refresh token");
    }
    let refreshed = each(run.refreshes(), "the client did not refresh", |entry| {
        let token = entry.form.get("refresh_token");
        if token == given(entry) {
            return met(entry);
        }
        at(entry, "the client shows a refresh token that was replaced, or none that it was given")
            .on(Part::Parameter("refresh_token"))
            .broken()
    });
    match refreshed {
        Ruling::Met(_) if !run.after(refused).any(|entry| entry.kind == Kind::Mcp && entry.is_good()) => {
            missing(look, refused, "the client does not send the refused request again")
        }
        Ruling::Unseen(_) => match run.authorizations().into_iter().find(|asked| asked.entry.number > refused.number) {
            Some(asked) => at(asked.entry, "the client asks the user again though it has a refresh token").doubtful(),
            None => missing(look, refused, "the client neither refreshes nor logs in when its token has expired"),
        },
        other => other,
    }
}
