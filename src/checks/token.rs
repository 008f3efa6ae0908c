//! The token endpoint: draft-ietf-oauth-v2-1 §3.2, §4.1.3, RFC 7636 §4.6.

use super::asked::{Asked, asked, attempt, issues, redeemed};
use super::ground::server;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::server::BOGUS_CODE;
use crate::spec::trial::token::{OTHER_CLIENT, WRONG_VERIFIER};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-error-json",
        title: "a refusal of the token endpoint is a JSON object with `error`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_4],
        needs: &[Step::ServerTrial],
        blocked_by: &[],
        why: "A client decides by `error` whether to log in again, to register again or to give up. A page for people tells it \
              nothing.",
        fix: "answer with `Content-Type: application/json` and `{\"error\":\"invalid_grant\"}`",
        disputed: "",
        faults: &[Fault::new(
            "token-error-html",
            &[Deed::At(
                Reply::TokenError,
                &[Edit::SetHeader("content-type", "text/html"), Edit::Body("<h1>Bad Request</h1>")],
            )],
        )],
        judge: error_json,
    },
    Check {
        id: "token-pkce-wrong-verifier",
        title: "a code is not redeemed with a wrong `code_verifier`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Silent,
        cites: &[OAUTH21_4_1_3, RFC7636_4_6],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "PKCE protects a code only if the verifier is compared. A server that takes any lets a stolen code be redeemed.",
        fix: "compare `BASE64URL(SHA256(code_verifier))` with the `code_challenge` of the code, and answer 400 \
              `{\"error\":\"invalid_grant\"}` when they differ",
        disputed: "",
        faults: &[Fault::new("token-pkce-not-verified", &[Deed::Forget(Duty::VerifyPkce)])],
        judge: wrong_verifier,
    },
    Check {
        id: "token-code-other-client",
        title: "a code is not redeemed by another client",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_3],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "A code is the user's consent to one client. Whoever else gets hold of it must not be able to use it.",
        fix: "keep the `client_id` with the code, and answer another client with 400 `{\"error\":\"invalid_grant\"}`",
        disputed: "",
        faults: &[Fault::new("token-code-any-client", &[Deed::Forget(Duty::BindCodeToClient)])],
        judge: code_other_client,
    },
];

fn error_json(e: &Evidence<'_>) -> Verdict {
    need!(server(e));
    let Some(refusal) = attempt(e, BOGUS_CODE) else { return Verdict::inconclusive("it was not tried") };
    let Some(reply) = refusal.reply() else { return Verdict::inconclusive("no answer came") };
    if matches!(reply.status, 429 | 503) {
        return Verdict::inconclusive("the server had no time");
    }
    let at = |what: &str| {
        let message = format!("we {}, and {what}", BOGUS_CODE.wrong);
        finding(Pointer::exchange(refusal.number), message).expected("a JSON object with `error`")
    };
    if issues(refusal) {
        return at("a token was issued").actual(reply.status.to_string()).fail();
    }
    match reply.object() {
        Ok(object) if object.get("error").is_some_and(serde_json::Value::is_string) => Verdict::Pass,
        Ok(_) => at("the JSON object of the refusal has no `error`").fail(),
        Err(problem) => at("the refusal cannot be read by a client").actual(problem.to_string()).fail(),
    }
}

fn wrong_verifier(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, WRONG_VERIFIER)
}

fn code_other_client(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, OTHER_CLIENT)
}

/// Whether a code redeemed in a wrong way is refused, where the right way brings a token.
pub(super) fn must_refuse(e: &Evidence<'_>, trial: Trial) -> Verdict {
    need!(redeemed(e));
    match asked(e, trial, issues) {
        Asked::Granted(exchange) => at(exchange, trial, "a token was issued").expected("400 `invalid_grant`").fail(),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

/// A finding about the answer to a trial.
pub(super) fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(status)
}
