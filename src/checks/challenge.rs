//! The 401 and its challenge: RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5, MCP authorization.

use super::ground::refused;
use super::refusals::{destination, disguised, is_login, moved};
use super::spelling::answers_at_other;
use crate::evidence::{Evidence, Exchange, Mode, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-status-401",
        title: "a request without a token is answered with 401",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_ERRORS, RFC9110_15_5_2],
        needs: &[Step::McpDiscover],
        blocked_by: &[],
        why: "Only a 401 starts the login in a client. Any other refusal reads as a broken server.",
        fix: "answer requests without a token with status 401 and a `WWW-Authenticate: Bearer` header, before anything else looks at the request",
        disputed: "",
        faults: &[
            Fault::new("unauth-403", &[Deed::At(Reply::Challenge, &[Edit::Status(403)])]),
            Fault::new(
                "endpoint-at-other-spelling",
                &[
                    Deed::At(Reply::Challenge, &[Edit::Missing]),
                    Deed::At(
                        Reply::OtherSpelling,
                        &[
                            Edit::Status(401),
                            Edit::SetHeader(
                                "www-authenticate",
                                "Bearer resource_metadata=\"{prm}\", scope=\"search:read\"",
                            ),
                        ],
                    ),
                ],
            ),
            Fault::new("unauth-500", &[Deed::At(Reply::Challenge, &[Edit::Status(500)])]),
            Fault::new(
                "unauth-200-error",
                &[Deed::At(
                    Reply::Challenge,
                    &[
                        Edit::Status(200),
                        Edit::SetHeader("content-type", "application/json"),
                        Edit::Body(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#),
                    ],
                )],
            ),
            Fault::new(
                "unauth-login-page",
                &[Deed::At(Reply::Challenge, &[Edit::Status(302), Edit::SetHeader("location", "{as}/login")])],
            ),
        ],
        judge: status_401,
    },
    Check {
        id: "challenge-header-present",
        title: "the 401 carries a `WWW-Authenticate` header",
        role: Role::ResourceServer,
        level: level![RfcMust, Must, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[RFC9110_15_5_2, OAUTH21_5_3_1, MCP2_LOCATION],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401"],
        why: "Clients read from it where the resource metadata is and which scopes to ask for. Without it many never begin.",
        fix: "add to the 401: `WWW-Authenticate: Bearer resource_metadata=\"https://HOST/.well-known/oauth-protected-resource/PATH\", scope=\"SCOPES\"`",
        disputed: "",
        faults: &[Fault::new(
            "no-www-authenticate",
            &[Deed::At(Reply::Challenge, &[Edit::DropHeader("www-authenticate")])],
        )],
        judge: header_present,
    },
];

fn status_401(e: &Evidence<'_>) -> Verdict {
    if e.challenged().is_some() {
        return Verdict::Pass;
    }
    let first = need!(e.answer(Step::McpDiscover), absent "no request without a token was made");
    if moved(e).is_some() {
        return Verdict::blocked("url-no-redirect");
    }
    if let Some(verdict) = refused_otherwise(e) {
        return verdict;
    }
    let open = |what: &str| finding(Pointer::exchange(first.number), what);
    match (e.mode(), e.first(Step::McpCall)) {
        (Mode::Public, _) => open("everything asked was answered without a token").info(),
        (Mode::Lazy, Some(call)) if disguised(call).is_some() => Verdict::blocked("challenge-tool-result"),
        (Mode::Lazy, Some(_)) => open("resource metadata is published, but nothing asked wanted a token").warn(),
        (Mode::Lazy, None) => {
            open("discovery and listing are open; name a tool with --challenge-tool to see whether calls are refused")
                .info()
        }
        _ => not_refused(e),
    }
}

/// A refusal for want of a token that has another form than 401, whatever else is open.
fn refused_otherwise(e: &Evidence<'_>) -> Option<Verdict> {
    let asked = || e.first_requests().filter(|x| !x.is(Step::McpCall));
    let wrong = |exchange: &Exchange, what: String| {
        Some(finding(Pointer::exchange(exchange.number), what).expected("401").fail())
    };
    if let Some((page, to)) = asked().find_map(|x| Some((x, destination(x).filter(|to| is_login(x, to))?))) {
        let status = page.status().unwrap_or_default();
        let to = printable(to.as_str()).to_string();
        return wrong(page, format!("a request without a token is sent to a login page with {status}: {to}"));
    }
    if let Some((exchange, text)) = asked().find_map(|x| Some((x, disguised(x)?))) {
        let status = exchange.status().unwrap_or_default();
        return wrong(exchange, format!("a request without a token is refused with {status} and the text \"{text}\""));
    }
    let forbidden = asked().find(|x| x.status() == Some(403))?;
    wrong(forbidden, "a request without a token is refused with 403 instead of 401".to_owned())
}

/// Nothing was opened and nothing refused: what came instead.
fn not_refused(e: &Evidence<'_>) -> Verdict {
    let asked: Vec<_> = e.first_requests().filter(|x| !x.is(Step::McpCall)).collect();
    if asked.iter().any(|x| x.status() == Some(429)) {
        return Verdict::not_applicable("the server limits the rate of requests: try again later");
    }
    let Some(last) = asked.last() else { return Verdict::not_applicable("no request without a token was made") };
    let actual = match (last.status(), last.failure()) {
        (Some(status), _) => status.to_string(),
        (None, Some(failure)) => printable(&failure.detail).to_string(),
        (None, None) => "no answer".to_owned(),
    };
    let nowhere = asked.iter().all(|x| matches!(x.status(), Some(404 | 405)));
    let message = if nowhere {
        format!("a request without a token is answered with {actual}: is this the URL of the MCP endpoint?")
    } else {
        format!("a request without a token is not answered with 401, but with {actual}")
    };
    let found = finding(Pointer::exchange(last.number), message).expected("401").actual(actual);
    match answers_at_other(e).filter(|_| nowhere) {
        Some(other) => {
            let fix =
                format!("the endpoint is at `{other}`: give clients that URL, or answer here, too, without a redirect");
            found.fix(fix).fail()
        }
        None => found.fail(),
    }
}

fn header_present(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let present = refused.exchange.reply().is_some_and(|reply| reply.header("www-authenticate").is_some());
    if present {
        Verdict::Pass
    } else {
        finding(
            Pointer::header(refused.exchange.number, "www-authenticate"),
            "the 401 has no `WWW-Authenticate` header",
        )
        .fail()
    }
}
