//! What the MCP server does with a token that is right but for one thing: RFC 9068 §4, RFC 7519 §4.1, MCP authorization
//! ("Token Handling"). Only for who holds the signing key, or such a token.

use super::tried::{Tried, tried_beside};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lab::{EXPIRED, OTHER_AUDIENCE, RIGHT};
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
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "The short life of a token is what limits the harm of a stolen one.",
        fix: "refuse every token whose `exp` has passed (at most a minute of leeway) with 401 and \
              `WWW-Authenticate: Bearer error=\"invalid_token\"`",
        disputed: "",
        faults: &[Fault::new("accept-expired", &[Deed::Forget(Duty::VerifyExpiry)])],
        judge: expired_rejected,
    },
    Check {
        id: "rs-audience",
        title: "a token for another resource is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, Must, Must],
        class: Class::Lab,
        mark: Mark::Biting,
        cites: &[MCP_AUDIENCE, MCP_TOKEN_HANDLING, RFC7519_4_1_3],
        needs: &[Step::LabTrial],
        blocked_by: &["rs-garbage-rejected"],
        why: "If any token of the same authorization server is good here, every other service that gets tokens from it can use \
              this one in its users' names.",
        fix: "accept a token only if its `aud` is, or holds, the `resource` of this server",
        disputed: "",
        faults: &[Fault::new("accept-wrong-audience", &[Deed::Forget(Duty::VerifyAudience)])],
        judge: audience,
    },
];

fn expired_rejected(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, EXPIRED)
}

fn audience(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, OTHER_AUDIENCE)
}

/// Whether a token with one thing wrong is refused, where the same token with everything right is let in.
fn must_refuse(e: &Evidence<'_>, trial: Trial) -> Verdict {
    match need!(tried_beside(e, RIGHT, trial)) {
        Tried::LetIn(exchange) => at(exchange, trial).expected("401").fail(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

/// A finding about the answer to a trial.
fn at(exchange: &Exchange, trial: Trial) -> Finding {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    let message = format!("we {}, and it was let in", trial.wrong);
    finding(Pointer::exchange(exchange.number), message).actual(status)
}
