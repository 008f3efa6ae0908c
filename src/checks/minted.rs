//! What the MCP server does with a token that is right but for one thing: RFC 9068 §4, RFC 7519 §4.1, MCP authorization
//! ("Token Handling"). Only for who holds the signing key, or such a token.

use super::access::fails_on_garbage;
use super::lent;
use super::tried::{Tried, tried_beside};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::{CRITICAL, EXPIRED, EXPIRED_NARROW, NO_EXPIRY, NOT_YET, OTHER_ISSUER, OTHER_TYPE, RIGHT};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-expired-rejected",
        title: "an expired token is not let in",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Silent,
        cites: &[MCP_TOKEN_HANDLING, OAUTH21_5_2],
        needs: &[Step::LabTrial, Step::ExpiredTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "The short life of a token is what limits the harm of a stolen one.",
        fix: "refuse every token whose `exp` has passed (at most a minute of leeway) with 401 and \
              `WWW-Authenticate: Bearer error=\"invalid_token\"`",
        disputed: "",
        faults: &[Fault::new("accept-expired", &[Deed::Forget(Duty::VerifyExpiry)])],
        judge: expired_rejected,
    },
    Check {
        id: "rs-expired-status",
        title: "an expired token is answered with 401",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Biting,
        cites: &[MCP_TOKEN_HANDLING, RFC6750_3_1],
        needs: &[Step::LabTrial, Step::ExpiredTrial],
        blocked_by: &["rs-garbage-rejected", "rs-expired-rejected"],
        why: "401 is what makes a client use its refresh token. At 400, 403 or an error of a tool it gives up, and the user has to log in again every hour.",
        fix: "answer a token whose `exp` has passed with 401 and `WWW-Authenticate: Bearer error=\"invalid_token\"`",
        disputed: "",
        faults: &[Fault::new("expired-403", &[Deed::Forget(Duty::AnswerExpiredWith401)])],
        judge: expired_status,
    },
    Check {
        id: "rs-expired-over-scope",
        title: "that a token has expired comes before its scope",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC6750_3_1],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected", "rs-expired-rejected", "rs-expired-status"],
        why: "A client that is told to get more scope for a token that has expired asks the user in vain, instead of refreshing.",
        fix: "check the token first (401 `invalid_token`), then its scope (403 `insufficient_scope`)",
        disputed: "",
        faults: &[Fault::new("expired-scope-403", &[Deed::Forget(Duty::LookAtExpiryFirst)])],
        judge: expired_over_scope,
    },
    Check {
        id: "rs-nbf",
        title: "a token that is not valid yet is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC7519_4_1_5],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "A token that is made for later must not be of use now.",
        fix: "refuse every token whose `nbf` lies in the future (at most a minute of leeway) with 401",
        disputed: "",
        faults: &[Fault::new("accept-nbf-future", &[Deed::Forget(Duty::VerifyNotBefore)])],
        judge: not_before,
    },
    Check {
        id: "rs-no-exp",
        title: "a token without `exp` is not let in",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC9068_2_2, RFC9068_4],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "A token that never expires can be used by whoever finds it, for ever.",
        fix: "require the claim `exp` (most libraries have an option for required claims) and answer 401 where it is missing",
        disputed: "",
        faults: &[Fault::new("accept-missing-exp", &[Deed::Forget(Duty::RequireExpiry)])],
        judge: no_expiry,
    },
    Check {
        id: "rs-issuer",
        title: "a token of another issuer is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Lab,
        mark: Mark::Silent,
        cites: &[RFC9068_4, RFC8725_3_8],
        needs: &[Step::LabTrial, Step::ForeignTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "Where several issuers share keys (tenants of one provider, say), the issuer alone tells whose users a token speaks of.",
        fix: "compare `iss` with the issuer of your authorization server, character by character, and answer 401 if it differs",
        disputed: "",
        faults: &[Fault::new("accept-wrong-issuer", &[Deed::Forget(Duty::VerifyIssuer)])],
        judge: issuer,
    },
    Check {
        id: "rs-crit",
        title: "a token with a `crit` that is not understood is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC7515_4_1_11],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "`crit` says what a verifier must understand to judge the token at all. Ignoring it is judging without understanding.",
        fix: "refuse tokens whose header has `crit` with a name that your library does not handle, with 401",
        disputed: "",
        faults: &[Fault::new("ignore-crit", &[Deed::Forget(Duty::VerifyCritical)])],
        judge: critical,
    },
    Check {
        id: "rs-typ",
        title: "a token of another type is not let in",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[RFC9068_4, RFC8725_3_11],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "The type keeps tokens that were made for other ends (ID tokens, logout tokens, proofs) from passing for access tokens.",
        fix: "accept only tokens whose header has `typ: at+jwt` (or `application/at+jwt`), since your authorization server writes it",
        disputed: "RFC 9068 wants the type checked; authorization servers that do not follow it write `JWT`, and their tokens are not tried here.",
        faults: &[Fault::new("accept-any-typ", &[Deed::Forget(Duty::VerifyType)])],
        judge: typ,
    },
];

/// Whether tokens were signed with the key given.
pub(super) fn has_minted(e: &Evidence<'_>) -> bool {
    e.about(Step::LabTrial, RIGHT.name).is_some()
}

/// What came of a token that has expired: one that we signed, else the one given.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn expired<'e>(e: &'e Evidence<'_>) -> Result<Tried<'e>, Verdict> {
    if has_minted(e) { tried_beside(e, RIGHT, EXPIRED) } else { lent::expired(e) }
}

fn expired_rejected(e: &Evidence<'_>) -> Verdict {
    match need!(expired(e)) {
        Tried::LetIn(exchange) => at(exchange, EXPIRED).expected("401").fail(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

fn expired_status(e: &Evidence<'_>) -> Verdict {
    match need!(expired(e)) {
        Tried::LetIn(_) => Verdict::blocked("rs-expired-rejected"),
        Tried::Refused(_) => Verdict::Pass,
        Tried::Broke(_) if fails_on_garbage(e) => Verdict::blocked("rs-garbage-status"),
        Tried::Broke(exchange) | Tried::Other(exchange) => {
            let status = exchange.status().map_or_else(String::new, |status| status.to_string());
            finding(Pointer::exchange(exchange.number), "an expired token is not answered with 401")
                .expected("401")
                .actual(status)
                .fail()
        }
        Tried::Unclear(why) => Verdict::inconclusive(why),
    }
}

fn expired_over_scope(e: &Evidence<'_>) -> Verdict {
    match need!(tried_beside(e, RIGHT, EXPIRED_NARROW)) {
        Tried::Other(exchange) if exchange.status() == Some(403) => {
            finding(Pointer::exchange(exchange.number), "a token that has expired is refused for its scope")
                .expected("401")
                .actual("403")
                .fail()
        }
        Tried::Unclear(why) => Verdict::inconclusive(why),
        _ => Verdict::Pass,
    }
}

fn not_before(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NOT_YET)
}

fn no_expiry(e: &Evidence<'_>) -> Verdict {
    milder(must_refuse(e, NO_EXPIRY))
}

fn issuer(e: &Evidence<'_>) -> Verdict {
    if !has_minted(e) {
        return lent::foreign_issuer(e);
    }
    must_refuse(e, OTHER_ISSUER)
}

fn critical(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, CRITICAL)
}

fn typ(e: &Evidence<'_>) -> Verdict {
    if has_minted(e) && e.about(Step::LabTrial, OTHER_TYPE.name).is_none() {
        return Verdict::not_applicable("the authorization server does not write `at+jwt`");
    }
    milder(must_refuse(e, OTHER_TYPE))
}

/// A finding as a warning.
fn milder(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Fail(found) => found.warn(),
        other => other,
    }
}

/// Whether a token with one thing wrong is refused, where the same token with everything right is let in.
pub(super) fn must_refuse(e: &Evidence<'_>, trial: Trial) -> Verdict {
    match need!(tried_beside(e, RIGHT, trial)) {
        Tried::LetIn(exchange) => at(exchange, trial).expected("401").fail(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

/// A finding about the answer to a trial that was let in.
pub(super) fn at(exchange: &Exchange, trial: Trial) -> Finding {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    let message = format!("we {}, and it was let in", trial.wrong);
    finding(Pointer::exchange(exchange.number), message).actual(status)
}
