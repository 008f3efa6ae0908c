//! The authorization endpoint: draft-ietf-oauth-v2-1 §4.1.1–4.1.2, MCP authorization ("Open Redirection", "Authorization
//! Code Protection").

use super::asked::{Kind, Passage, attempt, authorizes, kind, looks_early, passage, sent_back};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{BAD_SCOPE, NO_CHALLENGE, OTHER_REDIRECT, UNKNOWN_TYPE};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-redirect-unregistered",
        title: "nobody is sent to a redirect URI that was not registered",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[MCP_OPEN_REDIRECTION, OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &[],
        why: "A server that redirects wherever the request says hands codes to whoever writes the link, and lends its name to \
              any phishing page.",
        fix: "compare `redirect_uri` byte by byte with the registered ones (only the port of a loopback address may differ), \
              and show an error page without a redirect when none fits",
        disputed: "",
        faults: &[Fault::new("authz-open-redirect", &[Deed::Forget(Duty::MatchRedirect)])],
        judge: redirect_unregistered,
    },
    Check {
        id: "authz-pkce-required",
        title: "a request without PKCE is refused",
        role: Role::AuthorizationServer,
        level: level![Must, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[MCP_CODE_PROTECTION, OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &[],
        why: "Without PKCE a code that is stolen on its way back can be redeemed by the thief.",
        fix: "refuse authorization requests of public clients without `code_challenge`: send the user back with \
              `error=invalid_request`",
        disputed: "",
        faults: &[Fault::new("authz-pkce-optional", &[Deed::Forget(Duty::RequirePkce)])],
        judge: pkce_required,
    },
    Check {
        id: "authz-scope-invalid",
        title: "a scope that does not exist is refused, not failed at",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &[],
        why: "Clients ask for the scopes that a resource names. Where one is unknown they must be told, or be given the others.",
        fix: "send the user back with `error=invalid_scope`, or leave the unknown scope out and say so in the token response",
        disputed: "",
        faults: &[Fault::new("authz-bad-scope-500", &[Deed::Forget(Duty::SurviveUnknownScope)])],
        judge: scope_invalid,
    },
    Check {
        id: "authz-error-state",
        title: "an error that is sent back carries the `state` of the request",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &[],
        why: "A client takes only answers to its own request. Without `state` it waits until it times out, and never learns why.",
        fix: "repeat the exact `state` of the request in every redirect, also in those with `error`",
        disputed: "",
        faults: &[Fault::new(
            "authz-error-no-state",
            &[Deed::At(Reply::AuthorizeErrorRedirect, &[Edit::DropParam("state")])],
        )],
        judge: error_state,
    },
];

fn redirect_unregistered(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let Some(first) = attempt(e, OTHER_REDIRECT) else { return Verdict::inconclusive("it was not tried") };
    match kind(first) {
        Kind::Code | Kind::Error => {
            at(first, OTHER_REDIRECT, "the answer redirects there").expected("an error page, no redirect").fail()
        }
        Kind::Refused => Verdict::Pass,
        Kind::Broke => Verdict::Pass,
        Kind::Page | Kind::Away => match need!(passage(e, OTHER_REDIRECT)) {
            Passage::Refused => Verdict::Pass,
            _ => Verdict::inconclusive("requests are looked at only after the login"),
        },
        Kind::Busy | Kind::Silent => Verdict::inconclusive("the server had no time"),
    }
}

fn pkce_required(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NO_CHALLENGE, "`error=invalid_request`")
}

fn scope_invalid(e: &Evidence<'_>) -> Verdict {
    match need!(passage(e, BAD_SCOPE)) {
        Passage::Broke(exchange) => {
            at(exchange, BAD_SCOPE, "the server failed").expected("`error=invalid_scope`").warn()
        }
        Passage::Code(exchange) => at(exchange, BAD_SCOPE, "a code came all the same").info(),
        Passage::Unclear(why) => Verdict::inconclusive(why),
        _ => Verdict::Pass,
    }
}

fn error_state(e: &Evidence<'_>) -> Verdict {
    let Passage::SentBack(exchange) = need!(passage(e, UNKNOWN_TYPE)) else {
        return Verdict::not_applicable("no error was sent back at once");
    };
    let asked = url::Url::parse(&exchange.request.url).ok();
    let sent = asked.and_then(|url| url.query_pairs().find(|(name, _)| name == "state").map(|(_, v)| v.into_owned()));
    let back =
        sent_back(exchange).and_then(|pairs| pairs.into_iter().find(|(name, _)| name == "state")).map(|(_, v)| v);
    match back {
        back if back == sent => Verdict::Pass,
        Some(_) => at(exchange, UNKNOWN_TYPE, "the error came back with another `state`").fail(),
        None => at(exchange, UNKNOWN_TYPE, "the error came back without `state`").fail(),
    }
}

/// Whether a wrong request is refused, where the right one goes on.
fn must_refuse(e: &Evidence<'_>, trial: Trial, expected: &str) -> Verdict {
    match need!(passage(e, trial)) {
        Passage::Code(exchange) => at(exchange, trial, "a code was issued").expected(expected).fail(),
        Passage::GoesOn(exchange) if looks_early(e) => {
            at(exchange, trial, "the user is asked as if nothing were wrong").expected(expected).fail()
        }
        Passage::GoesOn(_) => Verdict::inconclusive("the parameters are looked at only after the login"),
        Passage::Unclear(why) => Verdict::inconclusive(why),
        Passage::SentBack(_) | Passage::Refused | Passage::Broke(_) => Verdict::Pass,
    }
}

/// A finding about the answer to a trial.
fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(status)
}
