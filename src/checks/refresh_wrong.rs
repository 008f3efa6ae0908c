//! Refresh tokens misused: for more scope, by another client, after they were replaced. OAuth 2.1 §4.3.1.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{Asked, asked, attempt, issues};
use super::granted::{asked as parameter, client_of, is_public, tokens_of};
use super::refresh::{before, is_masked, is_rotated, refreshed, scope_of};
use super::token::at;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::refresh::{FAMILY, MORE_SCOPE, NEXT, OLD, OLD_LATER, OTHER_CLIENT};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// How long a replaced refresh token may go on working, for clients that lost the answer, in milliseconds.
const GRACE: u64 = 60_000;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "refresh-scope-escalation",
        title: "a refresh grants no more scope than the user did",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3_1],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "Nobody sees a refresh. A client that can ask for more there needs no consent.",
        fix: "answer 400 `{\"error\":\"invalid_scope\"}` when a refresh asks for scope that was not granted, or leave it out",
        disputed: "",
        faults: &[Fault::new("refresh-scope-escalates", &[Deed::Forget(Duty::RefuseScopeEscalation)])],
        judge: scope_escalation,
    },
    Check {
        id: "refresh-other-client",
        title: "a refresh token works for its own client only",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3_1],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "Otherwise a stolen refresh token can be used from anywhere, by any client that registers itself.",
        fix: "keep the `client_id` with the refresh token, and answer another client with 400 `{\"error\":\"invalid_grant\"}`",
        disputed: "",
        faults: &[Fault::new("refresh-any-client", &[Deed::Forget(Duty::BindRefreshToClient)])],
        judge: other_client,
    },
    Check {
        id: "refresh-old-invalid",
        title: "a refresh token that was replaced works no more",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3_1],
        needs: &[Step::RefreshTrial],
        blocked_by: &["refresh-rotation"],
        why: "Rotation that leaves the old token good protects nobody: the thief and the client go on side by side.",
        fix: "refuse the previous refresh token once the new one was used, at the latest a minute after it was replaced",
        disputed: "How long a client that lost the answer may repeat its request is written nowhere. Up to a minute is a note here, \
                   longer a failure.",
        faults: &[Fault::new("refresh-old-still-valid", &[Deed::Forget(Duty::InvalidateOldRefresh)])],
        judge: old_invalid,
    },
    Check {
        id: "refresh-family-revoked",
        title: "a replaced refresh token that comes back ends the family",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3_1],
        needs: &[Step::RefreshTrial],
        blocked_by: &["refresh-rotation", "refresh-old-invalid"],
        why: "If an old token comes back, either the client or a thief has the new one. Only ending both stops the thief.",
        fix: "revoke the newest refresh token of the grant when an older one is shown",
        disputed: "",
        faults: &[Fault::new("refresh-no-family-revocation", &[Deed::Forget(Duty::RevokeFamily)])],
        judge: family_revoked,
    },
];

fn scope_escalation(e: &Evidence<'_>) -> Verdict {
    need!(refreshed(e));
    let Some(exchange) = attempt(e, MORE_SCOPE) else {
        return Verdict::not_applicable("no scope is known that was not granted");
    };
    match exchange.status() {
        None | Some(429 | 503) => return Verdict::inconclusive("the server had no time"),
        _ => {}
    }
    let Some(response) = tokens_of(exchange) else { return Verdict::Pass };
    let old = before(e, exchange).as_ref().and_then(scope_of).unwrap_or_default();
    let Some(new) = scope_of(&response) else {
        return Verdict::inconclusive("a token was issued, and neither it nor the answer says with what scope");
    };
    let asked = parameter(exchange, "scope").unwrap_or_default();
    let more: Vec<&str> = new
        .iter()
        .map(String::as_str)
        .filter(|name| !old.iter().any(|o| o == name) && asked.split(' ').any(|asked| asked == *name))
        .collect();
    if more.is_empty() {
        return Verdict::Pass;
    }
    at(exchange, MORE_SCOPE, "it was granted")
        .expected("400 `invalid_scope`, or the scope of before")
        .actual(printable(&new.join(" ")).to_string())
        .fail()
}

fn other_client(e: &Evidence<'_>) -> Verdict {
    let base = need!(refreshed(e)).exchange;
    match asked(e, OTHER_CLIENT, issues) {
        Asked::Unclear(_) if attempt(e, OTHER_CLIENT).is_none() => {
            Verdict::inconclusive("no second client could be registered")
        }
        // The client of before still works, so it is not that nothing works.
        Asked::Granted(exchange) if client_of(exchange) != client_of(base) => {
            at(exchange, OTHER_CLIENT, "a token was issued").expected("400 `invalid_grant`").fail()
        }
        Asked::Granted(_) => Verdict::inconclusive("both clients have the same id"),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

/// That refresh tokens are replaced, and the replaced one was shown again.
fn replayed<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let refreshed = refreshed(e)?;
    if is_masked(&refreshed) {
        return Err(Verdict::inconclusive("a saved record does not hold the refresh tokens to compare"));
    }
    if !is_rotated(&refreshed) {
        return Err(if is_public(refreshed.exchange) {
            Verdict::blocked("refresh-rotation")
        } else {
            Verdict::not_applicable("refresh tokens of this client are not replaced")
        });
    }
    if attempt(e, NEXT).and_then(tokens_of).is_none() {
        return Err(Verdict::inconclusive("the new refresh token could not be used, so the old one proves nothing"));
    }
    let Some(exchange) = attempt(e, OLD) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None | Some(429 | 503) => Err(Verdict::inconclusive("the server had no time")),
        _ => Ok(exchange),
    }
}

fn old_invalid(e: &Evidence<'_>) -> Verdict {
    let replay = need!(replayed(e));
    if !issues(replay) {
        return Verdict::Pass;
    }
    let replaced = need!(refreshed(e)).exchange;
    let after = |x: &Exchange| x.at.saturating_sub(replaced.at);
    let expected = "400 `invalid_grant`";
    if let Some(late) = attempt(e, OLD_LATER).filter(|x| issues(x) && after(x) >= GRACE) {
        let seconds = after(late) / 1000;
        return at(late, OLD_LATER, &format!("a token was issued, {seconds} s after it was replaced"))
            .expected(expected)
            .fail();
    }
    let seconds = after(replay) / 1000;
    at(replay, OLD, &format!("a token was issued, {seconds} s after it was replaced")).expected(expected).info()
}

fn family_revoked(e: &Evidence<'_>) -> Verdict {
    let replay = need!(replayed(e));
    if issues(replay) {
        return Verdict::blocked("refresh-old-invalid");
    }
    let Some(newest) = attempt(e, FAMILY) else { return Verdict::inconclusive("it was not tried") };
    match newest.status() {
        None | Some(429 | 503) => Verdict::inconclusive("the server had no time"),
        _ if !issues(newest) => Verdict::Pass,
        _ => finding(
            Pointer::exchange(newest.number),
            "an old refresh token was shown again, and the newest of the family still works",
        )
        .expected("400 `invalid_grant`")
        .warn(),
    }
}
