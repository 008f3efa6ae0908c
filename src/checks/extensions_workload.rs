//! Workload identity federation: what the authorization server makes of the token of a platform, right and wrong. MCP
//! extension (draft 13b5523), RFC 7523 §2.1 and §3. Needs the key of a platform that the server trusts.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{Asked, asked, attempt, error, issues};
use super::ground::server;
use super::token::at;
use super::token_errors::outcome;
use crate::evidence::{Evidence, Exchange};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::extension::Extension;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::identity::{
    WORKLOAD, WORKLOAD_AND_CLIENT, WORKLOAD_AUDIENCE, WORKLOAD_EXPIRED, WORKLOAD_FOR_ISSUER, WORKLOAD_ISSUER,
    WORKLOAD_KEY, WORKLOAD_SUBJECT,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ext-wif-token",
        title: "the token of a trusted platform brings a token, without a client",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[EXT_WORKLOAD_TOKEN, RFC7523_3],
        needs: &[Step::IdentityTrial],
        blocked_by: &["ext-wif-metadata"],
        why: "A workload has the token of its platform and nothing else: no registration, no `client_id`, no secret.",
        fix: "take `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` with `assertion` and `resource`, and find out by `iss` and \
              `sub` of the assertion who asks",
        disputed: "The MCP text is a draft (13b5523 was read). It wants the URL of the token endpoint as `aud`; its test suite takes \
                   the issuer. Either will do here.",
        faults: &[Fault::new("wif-needs-client-id", &[Deed::Forget(Duty::TakeWorkloadAlone)])],
        judge: alone,
    },
    Check {
        id: "ext-wif-checks",
        title: "tokens of a platform that are wrong are refused",
        role: Role::AuthorizationServer,
        level: level![_, _, _, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites: &[EXT_WORKLOAD_VALIDATION, RFC7523_3],
        needs: &[Step::IdentityTrial],
        blocked_by: &["ext-wif-metadata", "ext-wif-token"],
        why: "Every workload of every customer of a platform has such a token. What is not checked lets all of them in.",
        fix: "check signature, `iss`, `aud` and `exp`, take only the `sub` that you allowed, and answer anything else with 400 \
              `{\"error\":\"invalid_grant\"}`",
        disputed: "The MCP text is a draft (13b5523 was read).",
        faults: &[
            Fault::new("wif-accepts-untrusted-issuer", &[Deed::Forget(Duty::CheckWorkloadIssuer)]),
            Fault::new("wif-accepts-other-audience", &[Deed::Forget(Duty::CheckWorkloadAudience)]),
            Fault::new("wif-accepts-expired", &[Deed::Forget(Duty::CheckWorkloadTimes)]),
            Fault::new("wif-accepts-any-subject", &[Deed::Forget(Duty::CheckWorkloadSubject)]),
        ],
        judge: checks,
    },
];

/// What came of the right token, for the token endpoint and, where that was refused, for the issuer.
fn came<'e>(e: &'e Evidence<'_>) -> Result<[Option<&'e Exchange>; 2], Verdict> {
    server(e)?;
    if !e.asks_for(Extension::Wif) {
        return Err(Verdict::not_applicable("workload identity federation was not asked for (--ext wif)"));
    }
    let tries = [WORKLOAD, WORKLOAD_FOR_ISSUER].map(|trial| attempt(e, trial));
    match tries.iter().flatten().next_back().and_then(|exchange| exchange.status()) {
        None => Err(Verdict::inconclusive("no answer came to the token of the platform")),
        Some(429 | 503) => Err(Verdict::inconclusive("the server had no time")),
        Some(_) => Ok(tries),
    }
}

fn alone(e: &Evidence<'_>) -> Verdict {
    let tries = need!(came(e));
    if tries.iter().flatten().any(|exchange| issues(exchange)) {
        return Verdict::Pass;
    }
    let Some(refused) = tries.into_iter().flatten().next() else { return Verdict::inconclusive("it was not tried") };
    let wrong = |what: &str| at(refused, WORKLOAD, what).expected("a token").actual(outcome(refused)).fail();
    if attempt(e, WORKLOAD_AND_CLIENT).is_some_and(issues) {
        return wrong("no token was issued, though with a `client_id` one was");
    }
    match error(refused).as_deref() {
        Some("invalid_client" | "invalid_request" | "unsupported_grant_type") => wrong("no token was issued"),
        _ => Verdict::inconclusive(
            "the platform, or the workload that --identity-subject names, is not one the server trusts",
        ),
    }
}

fn checks(e: &Evidence<'_>) -> Verdict {
    let tries = need!(came(e));
    if !tries.iter().flatten().any(|exchange| issues(exchange)) {
        return Verdict::blocked("ext-wif-token");
    }
    let mut odd = None;
    for trial in [WORKLOAD_KEY, WORKLOAD_ISSUER, WORKLOAD_AUDIENCE, WORKLOAD_EXPIRED, WORKLOAD_SUBJECT] {
        match asked(e, trial, issues) {
            Asked::Granted(exchange) => {
                return at(exchange, trial, "a token was issued").expected("400 `invalid_grant`").fail();
            }
            Asked::Unclear(why) => return Verdict::inconclusive(why),
            Asked::Refused(exchange) if error(exchange).as_deref() != Some("invalid_grant") => {
                let found = at(exchange, trial, "the error says something else");
                odd = odd.or_else(|| Some(found.expected("400 `invalid_grant`").actual(outcome(exchange)).warn()));
            }
            Asked::Refused(_) | Asked::Broke => {}
        }
    }
    odd.unwrap_or(Verdict::Pass)
}
