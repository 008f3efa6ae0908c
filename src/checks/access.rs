//! What the MCP server does with a token that is none: RFC 6750 §3.1, OAuth 2.1 §5.3, MCP authorization ("Token
//! Handling", "Error Handling").

use super::tried::{Tried, is_error, is_success, tried};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::challenge::{self, Challenge};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::{Trial, bearer};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The tokens that no server could take for one of its own.
const GARBAGE: [Trial; 2] = [bearer::GARBAGE_JWT, bearer::GARBAGE_OPAQUE];

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-garbage-rejected",
        title: "a text that is no token is not let in",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_HANDLING, OAUTH21_5_2],
        needs: &[Step::BadToken],
        blocked_by: &["challenge-status-401"],
        why: "A server that only looks whether there is a token lets everybody in.",
        fix: "verify the token of every request before it is handled: its signature or by introspection, then issuer, \
              audience and expiry; answer 401 otherwise",
        disputed: "",
        faults: &[
            Fault::new("accept-any-token", &[Deed::Forget(Duty::VerifyToken)]),
            Fault::new("accept-any-token-legacy", &[Deed::Forget(Duty::VerifyToken)]).under(Posture::LegacyWire),
        ],
        judge: garbage_rejected,
    },
    Check {
        id: "rs-garbage-status",
        title: "an invalid token is answered with 401",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_HANDLING, MCP_ERRORS],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-rejected"],
        why: "Only on a 401 does a client refresh its token or log in again. On anything else it shows an error, for ever.",
        fix: "answer every token that does not verify with status 401 and a `WWW-Authenticate: Bearer error=\"invalid_token\"` \
              header, whatever is wrong with it",
        disputed: "",
        faults: &[
            Fault::new("garbage-500", &[Deed::At(Reply::InvalidToken, &[Edit::Status(500)])]),
            Fault::new("garbage-400", &[Deed::At(Reply::InvalidToken, &[Edit::Status(400)])]),
            Fault::new("garbage-403", &[Deed::At(Reply::InvalidToken, &[Edit::Status(403)])]),
            Fault::new(
                "garbage-redirect",
                &[Deed::At(Reply::InvalidToken, &[Edit::Status(302), Edit::SetHeader("location", "{as}/login")])],
            ),
            Fault::new(
                "garbage-200",
                &[Deed::At(
                    Reply::InvalidToken,
                    &[
                        Edit::Status(200),
                        Edit::SetHeader("content-type", "application/json"),
                        Edit::Body("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"no\"}}"),
                    ],
                )],
            ),
        ],
        judge: garbage_status,
    },
    Check {
        id: "rs-invalid-token-error",
        title: "the 401 to an invalid token says `invalid_token`",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3_1, OAUTH21_5_3_1, OAUTH21_5_3_2],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-status", "challenge-header-present"],
        why: "It tells a client that its token is the trouble, so that it gets another instead of asking the user for more \
              rights.",
        fix: "answer an invalid token with `WWW-Authenticate: Bearer error=\"invalid_token\", resource_metadata=\"URL\"`",
        disputed: "",
        faults: &[
            Fault::new(
                "no-invalid-token-error",
                &[Deed::At(
                    Reply::InvalidToken,
                    &[Edit::SetHeader("www-authenticate", "Bearer resource_metadata=\"{prm}\", scope=\"search:read\"")],
                )],
            ),
            Fault::new(
                "wrong-invalid-token-error",
                &[Deed::At(
                    Reply::InvalidToken,
                    &[Edit::SetHeader(
                        "www-authenticate",
                        "Bearer error=\"access_denied\", resource_metadata=\"{prm}\", scope=\"search:read\"",
                    )],
                )],
            ),
        ],
        judge: invalid_token_error,
    },
    Check {
        id: "rs-invalid-token-rm",
        title: "the 401 to an invalid token names the resource metadata, too",
        role: Role::ResourceServer,
        level: level![_, Must, May, May],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP2_LOCATION, MCP_PRM_DISCOVERY],
        needs: &[Step::BadToken],
        blocked_by: &["rs-garbage-status", "challenge-header-present"],
        why: "When a token is refused, perhaps because the authorization server has changed, a client begins anew from this \
              header.",
        fix: "answer an invalid token with `WWW-Authenticate: Bearer error=\"invalid_token\", resource_metadata=\"URL\"`",
        disputed: "2025-06-18 requires the parameter on every 401; since 2025-11-25 the well-known URL is enough.",
        faults: &[Fault::new(
            "no-rm-on-invalid-token",
            &[Deed::At(
                Reply::InvalidToken,
                &[Edit::SetHeader("www-authenticate", "Bearer error=\"invalid_token\", scope=\"search:read\"")],
            )],
        )],
        judge: invalid_token_rm,
    },
];

/// A finding at the answer to a trial; `what` goes on from "the server".
pub(super) fn at_trial(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    finding(Pointer::exchange(exchange.number), format!("the server {what} when we {}", trial.wrong))
}

/// The status in words.
pub(super) fn status(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

fn garbage_rejected(e: &Evidence<'_>) -> Verdict {
    let mut unclear = None;
    for trial in GARBAGE {
        match need!(tried(e, trial)) {
            Tried::LetIn(exchange) => {
                return at_trial(exchange, trial, "answered as to a good token")
                    .expected("401")
                    .actual(status(exchange))
                    .fail();
            }
            Tried::Unclear(why) => unclear = Some(why),
            // An error of the protocol is no result: the request was not carried out.
            Tried::Other(exchange) if is_success(exchange) && !is_error(exchange) => {
                unclear = Some("a success without a result is no clear answer")
            }
            _ => {}
        }
    }
    unclear.map_or(Verdict::Pass, Verdict::not_applicable)
}

fn garbage_status(e: &Evidence<'_>) -> Verdict {
    let mut unclear = None;
    for trial in GARBAGE {
        match need!(tried(e, trial)) {
            Tried::Broke(exchange) | Tried::Other(exchange) => {
                let what = if matches!(exchange.status(), Some(500..=599)) { "failed" } else { "did not answer 401" };
                return at_trial(exchange, trial, what).expected("401").actual(status(exchange)).fail();
            }
            Tried::Unclear(why) => unclear = Some(why),
            _ => {}
        }
    }
    unclear.map_or(Verdict::Pass, Verdict::not_applicable)
}

/// Reads the challenge of the first 401 to garbage, and judges it. `judge` is given none if it holds neither
/// `Bearer` nor `DPoP`.
fn on_challenge(e: &Evidence<'_>, judge: impl FnOnce(&Exchange, Option<&Challenge>) -> Verdict) -> Verdict {
    for trial in GARBAGE {
        if let Tried::Refused(exchange) = need!(tried(e, trial)) {
            let lines = exchange.reply().map(|reply| reply.header_values("www-authenticate").collect::<Vec<_>>());
            let challenges = challenge::read(lines.unwrap_or_default());
            return judge(exchange, challenges.answered());
        }
    }
    Verdict::not_applicable("no invalid token was answered with 401")
}

fn invalid_token_error(e: &Evidence<'_>) -> Verdict {
    if e.challenged().is_some_and(|first| first.answered().is_none()) {
        return Verdict::blocked("challenge-bearer");
    }
    on_challenge(e, |exchange, bearer| {
        let at = Pointer::header(exchange.number, "www-authenticate");
        let error = bearer.and_then(|bearer| bearer.param("error"));
        if error == Some("invalid_token") {
            return Verdict::Pass;
        }
        if error.is_none() && bearer.is_some_and(Challenge::is_dpop) {
            return Verdict::not_applicable("only tokens that are bound to keys are taken, and none was presented");
        }
        let shown = error.map_or_else(|| "absent".to_owned(), |error| format!("error=\"{}\"", printable(error)));
        finding(at, "the 401 to an invalid token does not say `invalid_token`")
            .expected("error=\"invalid_token\"")
            .actual(shown)
            .warn()
    })
}

fn invalid_token_rm(e: &Evidence<'_>) -> Verdict {
    if e.challenged().is_some_and(|first| first.param("resource_metadata").is_none()) {
        return Verdict::blocked("challenge-resource-metadata");
    }
    on_challenge(e, |exchange, bearer| {
        if bearer.is_some_and(|bearer| bearer.param("resource_metadata").is_some_and(|url| !url.is_empty())) {
            return Verdict::Pass;
        }
        let named = e.named_metadata_url().unwrap_or("URL");
        let at = Pointer::header(exchange.number, "www-authenticate");
        let found = finding(
            at,
            "the 401 to an invalid token does not name the resource metadata; the 401 without a token does",
        )
        .expected(format!("resource_metadata=\"{}\"", printable(named)))
        .actual("absent")
        .fix(format!(
            "answer an invalid token with `WWW-Authenticate: Bearer error=\"invalid_token\", resource_metadata=\"{}\"`",
            printable(named)
        ));
        if e.revision == Revision::R2025_06_18 { found.fail() } else { found.warn() }
    })
}

/// Whether garbage makes the server fail, too: then that is the finding, not this trial's.
pub(super) fn fails_on_garbage(e: &Evidence<'_>) -> bool {
    GARBAGE.iter().any(|trial| matches!(tried(e, *trial), Ok(Tried::Broke(_))))
}
