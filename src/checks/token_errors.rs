//! How the token endpoint refuses: OAuth 2.1 §3.2 and §3.2.4. Nothing is created; where no client of ours is known, only
//! what a stranger sees is judged.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{attempt, error, issues};
use super::ground::server;
use super::token::at;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::server::{BAD_CODE, BOGUS_CODE, QUERY, UNKNOWN_GRANT, WRONG_BASIC};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The errors that a token endpoint may name: OAuth 2.1 §3.2.4, and the registered ones of RFC 8707, 8628, 9449, 9396, 9126.
const REGISTERED: [&str; 16] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "invalid_authorization_details",
    "server_error",
    "temporarily_unavailable",
];

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-post-only",
        title: "the token endpoint takes no GET",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2],
        needs: &[Step::ServerTrial],
        blocked_by: &[],
        why: "With GET, codes and secrets stand in the URL: in the logs of every machine on the way.",
        fix: "answer every method but POST (and OPTIONS for CORS) with 405 and `Allow: POST`",
        disputed: "",
        faults: &[Fault::new("token-accepts-get", &[Deed::Forget(Duty::PostTokens)])],
        judge: post_only,
    },
    Check {
        id: "token-error-status",
        title: "a refusal has status 400, or 401 for `invalid_client`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-json"],
        why: "Clients look at the status first. An error with 200 is taken for tokens, one with 500 for a server that is down.",
        fix: "answer 400 with `{\"error\": \"invalid_grant\"}`, and 401 where the client could not be authenticated",
        disputed: "GitHub answers errors with 200.",
        faults: &[
            Fault::new("token-error-200", &[Deed::At(Reply::TokenError, &[Edit::Status(200)])]),
            Fault::new("token-error-500", &[Deed::At(Reply::TokenError, &[Edit::Status(500)])]),
            Fault::new("token-error-422", &[Deed::At(Reply::TokenError, &[Edit::Status(422)])]),
        ],
        judge: error_status,
    },
    Check {
        id: "token-error-code",
        title: "`error` is one of the registered codes",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-status"],
        why: "A client that does not know the code cannot tell whether to log in again, to register again or to give up.",
        fix: "use the codes of OAuth 2.1 §3.2.4: `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client`, \
              `unsupported_grant_type`, `invalid_scope`",
        disputed: "",
        faults: &[Fault::new(
            "token-error-custom-code",
            &[Deed::At(Reply::TokenError, &[Edit::SetJson("/error", "\"AUTH-4711\"")])],
        )],
        judge: error_code,
    },
    Check {
        id: "token-invalid-client",
        title: "an unknown `client_id` is answered with `invalid_client`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-code"],
        why: "Servers forget registered clients. `invalid_client` is what makes a client register again; with anything else it \
              tries the dead id for ever.",
        fix: "answer 401 with `{\"error\": \"invalid_client\"}` when the `client_id` is not known",
        disputed: "",
        faults: &[Fault::new("token-unknown-client-invalid-request", &[Deed::Forget(Duty::NameUnknownClient)])],
        judge: invalid_client,
    },
    Check {
        id: "token-invalid-client-basic",
        title: "wrong Basic credentials are answered with 401 and `WWW-Authenticate`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &["token-error-status"],
        why: "HTTP libraries handle credentials by 401; with 400 they take the secret for right and the request for wrong.",
        fix: "answer 401 with `WWW-Authenticate: Basic realm=\"token\"` and `{\"error\": \"invalid_client\"}`",
        disputed: "",
        faults: &[
            Fault::new("token-basic-failure-400", &[Deed::Forget(Duty::ChallengeBasic)]),
            Fault::new(
                "token-basic-no-challenge",
                &[Deed::At(Reply::TokenError, &[Edit::DropHeader("www-authenticate")])],
            ),
        ],
        judge: invalid_client_basic,
    },
];

/// The answer to a bad request; the skip where none came that says anything.
pub(super) fn refusal<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<&'e Exchange, Verdict> {
    server(e)?;
    let Some(exchange) = attempt(e, trial) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None => Err(Verdict::inconclusive("no answer came")),
        Some(429 | 503) => Err(Verdict::inconclusive("the server had no time")),
        Some(_) => Ok(exchange),
    }
}

/// The answer to a bad request in the name of a client of ours.
pub(super) fn refusal_to_client<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<&'e Exchange, Verdict> {
    server(e)?;
    if attempt(e, trial).is_none() {
        // Without a client nothing but `invalid_client` could come.
        return Err(if e.went(Reach::Login) || e.went(Reach::Intrusive) {
            Verdict::inconclusive("there is no client of ours at this authorization server")
        } else {
            Verdict::needs(Reach::Login)
        });
    }
    refusal(e, trial)
}

/// The status in words.
pub(super) fn status(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

/// Status and error in words.
pub(super) fn outcome(exchange: &Exchange) -> String {
    match error(exchange) {
        Some(code) => format!("{} `{}`", status(exchange), printable(&code)),
        None => status(exchange),
    }
}

/// The refusals that came, of requests that any token endpoint must refuse.
fn refusals<'e>(e: &'e Evidence<'_>) -> Vec<(Trial, &'e Exchange)> {
    let trials = [BOGUS_CODE, BAD_CODE, UNKNOWN_GRANT, WRONG_BASIC];
    trials.into_iter().filter_map(|trial| Some((trial, refusal(e, trial).ok()?))).collect()
}

fn post_only(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(refusal(e, QUERY));
    let found = |what: &str| at(exchange, QUERY, what).expected("405").actual(status(exchange));
    match exchange.status() {
        Some(200..=299) => found("it was answered as a success").fail(),
        Some(500..=599) => found("the server failed").warn(),
        _ => Verdict::Pass,
    }
}

fn error_status(e: &Evidence<'_>) -> Verdict {
    need!(refusal(e, BOGUS_CODE));
    let mut odd = None;
    for (trial, exchange) in refusals(e) {
        let status = exchange.status().unwrap_or_default();
        let found = |what: &str| {
            let at = Pointer::exchange(exchange.number);
            finding(at, format!("we {}, and {what}", trial.wrong)).expected("400 or 401").actual(outcome(exchange))
        };
        match status {
            400 | 401 => {}
            200..=299 if issues(exchange) => return found("a token was issued").fail(),
            200..=299 => return found("the refusal has a status of success").fail(),
            500..=599 => return found("the server failed").fail(),
            _ => odd = odd.or_else(|| Some(found("the refusal has an unusual status").warn())),
        }
    }
    odd.unwrap_or(Verdict::Pass)
}

fn error_code(e: &Evidence<'_>) -> Verdict {
    need!(refusal(e, BOGUS_CODE));
    for (trial, exchange) in refusals(e) {
        let Some(code) = error(exchange) else { continue };
        if REGISTERED.contains(&code.as_str()) {
            continue;
        }
        let at = Pointer::json(exchange.number, "/error");
        return finding(at, format!("we {}, and the error is none that clients know", trial.wrong))
            .expected("a code of OAuth 2.1 §3.2.4")
            .actual(printable(&code).to_string())
            .warn();
    }
    Verdict::Pass
}

/// That refusals have the usual status and code: what is wrong with all of them is one finding.
pub(super) fn told(e: &Evidence<'_>) -> Result<(), Verdict> {
    for (judge, id) in
        [(error_status as fn(&Evidence<'_>) -> Verdict, "token-error-status"), (error_code, "token-error-code")]
    {
        if matches!(judge(e), Verdict::Fail(_) | Verdict::Warn(_)) {
            return Err(Verdict::blocked(id));
        }
    }
    Ok(())
}

fn invalid_client(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal(e, BOGUS_CODE));
    let at = Pointer::exchange(exchange.number);
    let found = |message: &str| finding(at.clone(), message).expected("401 `invalid_client`").actual(outcome(exchange));
    match error(exchange).as_deref() {
        Some("invalid_client") => Verdict::Pass,
        None => Verdict::blocked("token-error-json"),
        Some(_) => found("a client that the server does not know is not told so, and cannot mend it").warn(),
    }
}

fn invalid_client_basic(e: &Evidence<'_>) -> Verdict {
    need!(told(e));
    let exchange = need!(refusal(e, WRONG_BASIC));
    let challenge = exchange.reply().and_then(|reply| reply.header("www-authenticate"));
    let found = |what: &str| {
        at(exchange, WRONG_BASIC, what).expected("401 with `WWW-Authenticate: Basic`").actual(outcome(exchange))
    };
    match (exchange.status(), challenge) {
        (Some(401), Some(_)) => Verdict::Pass,
        (Some(401), None) => found("the 401 has no `WWW-Authenticate`").warn(),
        _ => found("the refusal is no 401").warn(),
    }
}
