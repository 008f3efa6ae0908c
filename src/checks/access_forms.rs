//! Where a token may stand in a request, and where it may not come back: RFC 6750 §3.1, OAuth 2.1 §5.1 and §7.1.3.

use super::access::{at_trial, fails_on_garbage, status};
use super::tried::{Tried, tried, tried_stream};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::{Trial, bearer};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-empty-bearer",
        title: "an `Authorization` header without a bearer token is refused without a failure",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3_1, MCP_TOKEN_HANDLING],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "A header that holds no token is the cheapest test of a parser. One that fails here may fail open elsewhere.",
        fix: "answer `Authorization` headers that hold no bearer token like requests without one: status 401 and the challenge",
        disputed: "RFC 6750 allows 400 `invalid_request` for a malformed request; a header without a token can be read as that.",
        faults: &[
            Fault::new("empty-bearer-500", &[Deed::Forget(Duty::SurviveEmptyToken)]),
            Fault::new("empty-bearer-let-in", &[Deed::Forget(Duty::RefuseEmptyToken)]),
        ],
        judge: empty_bearer,
    },
    Check {
        id: "rs-two-tokens",
        title: "a request with two `Authorization` headers is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3_1, OAUTH21_5_1],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "If a gateway reads one header and the server the other, the token that was checked is not the one that is used.",
        fix: "answer requests with more than one `Authorization` header with status 400 and `error=\"invalid_request\"`",
        disputed: "",
        faults: &[Fault::new("accept-two-authorization", &[Deed::Forget(Duty::LookAtTwoTokens)])],
        judge: two_tokens,
    },
    Check {
        id: "rs-get-token",
        title: "a stream does not open for an invalid token",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_REQUIREMENTS, MCP_TOKEN_HANDLING],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "The stream carries what the server sends on its own account. Checking the token only on POST leaves it open.",
        fix: "verify the token of GET requests as of POST requests",
        disputed: "",
        faults: &[Fault::new("get-stream-skips-auth", &[Deed::Forget(Duty::VerifyTokenOnGet)])],
        judge: get_token,
    },
    Check {
        id: "rs-no-token-echo",
        title: "the answer to an invalid token does not repeat it",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_7_1_3],
        needs: &[Step::BadToken],
        blocked_by: &[],
        why: "Error texts end in logs, on screens and in the memory of models. A token refused here may be good elsewhere.",
        fix: "say in the error what is wrong with the token, never the token itself",
        disputed: "",
        faults: &[
            Fault::new("echo-token-in-error", &[Deed::At(Reply::InvalidToken, &[Edit::Body("bad token: {token}")])]),
            Fault::new(
                "echo-token-in-header",
                &[Deed::At(Reply::InvalidToken, &[Edit::SetHeader("x-token", "{token}")])],
            ),
        ],
        judge: no_token_echo,
    },
];

fn empty_bearer(e: &Evidence<'_>) -> Verdict {
    let mut milder = None;
    for trial in [bearer::EMPTY_BEARER, bearer::BASIC] {
        match need!(tried(e, trial)) {
            Tried::LetIn(exchange) => {
                return at_trial(exchange, trial, "answered as to a good token")
                    .expected("401")
                    .actual(status(exchange))
                    .fail();
            }
            Tried::Broke(_) if fails_on_garbage(e) => milder = Some(Verdict::blocked("rs-garbage-status")),
            Tried::Broke(exchange) => {
                return at_trial(exchange, trial, "failed").expected("401").actual(status(exchange)).fail();
            }
            Tried::Other(exchange) => {
                let found = at_trial(exchange, trial, "answered otherwise than with 401");
                milder = milder.or(Some(found.expected("401, or 400").actual(status(exchange)).info()));
            }
            Tried::Unclear(why) => milder = milder.or(Some(Verdict::not_applicable(why))),
            Tried::Refused(_) => {}
        }
    }
    milder.unwrap_or(Verdict::Pass)
}

fn two_tokens(e: &Evidence<'_>) -> Verdict {
    let trial = bearer::TWO_AUTHORIZATIONS;
    match need!(tried(e, trial)) {
        Tried::LetIn(exchange) => at_trial(exchange, trial, "answered as to a good token")
            .expected("400, or 401")
            .actual(status(exchange))
            .warn(),
        Tried::Broke(_) if fails_on_garbage(e) => Verdict::blocked("rs-garbage-status"),
        Tried::Broke(exchange) => {
            at_trial(exchange, trial, "failed").expected("400, or 401").actual(status(exchange)).warn()
        }
        Tried::Unclear(why) => Verdict::not_applicable(why),
        Tried::Refused(_) | Tried::Other(_) => Verdict::Pass,
    }
}

fn get_token(e: &Evidence<'_>) -> Verdict {
    let trial = bearer::GARBAGE_GET;
    match need!(tried_stream(e, trial)) {
        Tried::LetIn(exchange) => at_trial(exchange, trial, "opened it")
            .expected("401")
            .actual(format!("{} text/event-stream", status(exchange)))
            .fail(),
        Tried::Unclear(why) => Verdict::not_applicable(why),
        _ => Verdict::Pass,
    }
}

/// The trials whose token would be recognised in a text.
const WITH_TOKEN: [Trial; 13] = [
    bearer::GARBAGE_JWT,
    bearer::GARBAGE_OPAQUE,
    bearer::TWO_AUTHORIZATIONS,
    bearer::ALG_NONE,
    bearer::ALG_NONE_CAPITAL,
    bearer::BAD_SIGNATURE,
    bearer::HMAC_PEM,
    bearer::HMAC_JWK,
    bearer::HEADER_JWK,
    bearer::HEADER_JKU,
    bearer::KID_UNKNOWN,
    bearer::KID_HOSTILE,
    bearer::GARBAGE_GET,
];

fn no_token_echo(e: &Evidence<'_>) -> Verdict {
    need!(tried(e, bearer::GARBAGE_JWT));
    for trial in WITH_TOKEN {
        for exchange in e.all(Step::BadToken).filter(|x| x.about.as_deref() == Some(trial.name)) {
            if let Some(at) = echo(exchange) {
                return Finding { at: Some(at), ..at_trial(exchange, trial, "repeated the token") }.warn();
            }
        }
    }
    Verdict::Pass
}

/// Where the answer repeats a token of the request.
fn echo(exchange: &Exchange) -> Option<Pointer> {
    let reply = exchange.reply()?;
    let body = reply.body.to_text();
    for header in exchange.request.headers.iter().filter(|header| header.name == "authorization") {
        let Some(needle) = header.value.strip_prefix("Bearer ").and_then(recognisable) else { continue };
        if let Some(header) = reply.headers.iter().find(|header| header.value.contains(needle)) {
            return Some(Pointer::header(exchange.number, &header.name));
        }
        if body.contains(needle) {
            return Some(Pointer::exchange(exchange.number));
        }
    }
    None
}

/// The part of a token that would be recognised: all of it, of a JWT what stands before the signature, which a saved
/// trail no longer has. Nothing of a token that a saved trail has lost.
fn recognisable(token: &str) -> Option<&str> {
    let signed = token.rsplit_once('.').filter(|(message, _)| message.starts_with("ey")).map(|(message, _)| message);
    Some(signed.unwrap_or(token)).filter(|part| part.len() > 10 && !part.starts_with('['))
}
