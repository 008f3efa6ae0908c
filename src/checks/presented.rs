//! What the MCP server does with a good token: MCP authorization ("Token Handling", "Error Handling"), RFC 6750 §2–3.

use super::granted::flaw;
use super::ground::{no_login, refused};
use super::modern::code;
use super::streams::of_2024;
use super::tried::{Tried, is_result, is_success, tried_beside};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::resource::{BARE, CAPITAL_SCHEME, GOOD, NO_SESSION, REFRESH, SESSION_BARE, SMALL_SCHEME};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The steps at which a good token was sent.
const WITH_TOKEN: [Step; 4] = [Step::SessionDiscover, Step::SessionInitialize, Step::SessionList, Step::ResourceTrial];

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-valid-accepted",
        title: "the token that was just issued is accepted",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP_TOKEN_HANDLING, OAUTH21_5_1],
        needs: &WITH_TOKEN,
        blocked_by: &[],
        why: "Every client that logs in fails here, or logs in again and again.",
        fix: "compare what the MCP server expects of a token (issuer, audience, keys, clock) with what the authorization server \
          issues: `mcp-auth token check` says where they differ",
        disputed: "",
        faults: &[
            Fault::new("rs-rejects-own-tokens", &[Deed::Forget(Duty::AcceptOwnTokens)]),
            Fault::new("rs-rejects-own-tokens-legacy", &[Deed::Forget(Duty::AcceptOwnTokens)])
                .under(crate::spec::posture::Posture::LegacyWire),
        ],
        judge: valid_accepted,
    },
    Check {
        id: "rs-every-request",
        title: "no session stands in for the token",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Silent,
        cites: &[MCP_TOKEN_REQUIREMENTS, SBP_SESSIONS],
        needs: &[Step::ResourceTrial],
        blocked_by: &["rs-garbage-rejected", "rs-valid-accepted"],
        why: "Ids of sessions get into logs and URLs and do not expire with the token. Whoever has one must not thereby be the user.",
        fix: "verify the token of every request, whatever came before on the connection or in the session, and answer 401 without one",
        disputed: "",
        faults: &[Fault::new("session-as-auth", &[Deed::Forget(Duty::AuthenticateEveryRequest)])],
        judge: every_request,
    },
    Check {
        id: "rs-scheme-case",
        title: "the scheme `Bearer` is taken in any case",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_5_1_1],
        needs: &[Step::ResourceTrial],
        blocked_by: &["rs-garbage-rejected", "rs-valid-accepted"],
        why: "The names of authentication schemes have no case (RFC 9110 section 11.1); some clients write `bearer`.",
        fix: "compare the scheme of the `Authorization` header without regard to case",
        disputed: "",
        faults: &[Fault::new("bearer-case-sensitive", &[Deed::Forget(Duty::IgnoreSchemeCase)])],
        judge: scheme_case,
    },
    Check {
        id: "rs-refresh-token",
        title: "a refresh token is not let in",
        role: Role::ResourceServer,
        level: level![RfcMust, MustNot, MustNot, MustNot],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_TOKEN_HANDLING],
        needs: &[Step::ResourceTrial],
        blocked_by: &["rs-garbage-rejected", "rs-valid-accepted"],
        why: "A refresh token lives for weeks and is meant for the authorization server alone. Where it opens the MCP server, \
              the short life of access tokens protects nobody.",
        fix: "accept access tokens only: check `typ` and `aud` of a JWT, and let introspection say of an opaque token that it is \
              an access token",
        disputed: "",
        faults: &[Fault::new("accept-refresh-token", &[Deed::Forget(Duty::RefuseRefreshTokens)])],
        judge: refresh_token,
    },
];

/// Whether the request without a token is let in once a good one was.
fn every_request(e: &Evidence<'_>) -> Verdict {
    let bare = need!(tried_beside(e, GOOD, BARE));
    if let Tried::LetIn(exchange) = bare {
        return let_in(exchange, BARE);
    }
    // Where anybody may list the tools, the session proves nothing.
    if let Tried::Refused(_) = need!(tried_beside(e, GOOD, NO_SESSION)) {
        match need!(tried_beside(e, GOOD, SESSION_BARE)) {
            Tried::LetIn(exchange) => return let_in(exchange, SESSION_BARE),
            Tried::Unclear(why) => return Verdict::inconclusive(why),
            Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => {}
        }
    }
    if let Tried::Unclear(why) = bare { Verdict::inconclusive(why) } else { Verdict::Pass }
}

fn let_in(exchange: &Exchange, trial: Trial) -> Verdict {
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    finding(Pointer::exchange(exchange.number), format!("we {}, and it was let in", trial.wrong))
        .expected("401")
        .actual(status)
        .fail()
}

fn scheme_case(e: &Evidence<'_>) -> Verdict {
    let mut unclear = None;
    for trial in [SMALL_SCHEME, CAPITAL_SCHEME] {
        match need!(tried_beside(e, GOOD, trial)) {
            Tried::LetIn(_) => {}
            Tried::Unclear(why) => unclear = Some(why),
            Tried::Refused(exchange) | Tried::Broke(exchange) | Tried::Other(exchange) => {
                let status = exchange.status().map_or_else(String::new, |status| status.to_string());
                let message = format!("we {}, and it was not let in", trial.wrong);
                let found = finding(Pointer::exchange(exchange.number), message);
                return found.expected("the result of the request").actual(status).fail();
            }
        }
    }
    unclear.map_or(Verdict::Pass, Verdict::inconclusive)
}

fn refresh_token(e: &Evidence<'_>) -> Verdict {
    if e.about(Step::ResourceTrial, GOOD.name).is_some() && e.about(Step::ResourceTrial, REFRESH.name).is_none() {
        return Verdict::not_applicable("the authorization server issues no refresh tokens");
    }
    match need!(tried_beside(e, GOOD, REFRESH)) {
        Tried::LetIn(exchange) => let_in(exchange, REFRESH),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

fn valid_accepted(e: &Evidence<'_>) -> Verdict {
    need!(refused(e));
    let sent: Vec<&Exchange> = WITH_TOKEN.iter().flat_map(|step| e.all(*step)).collect();
    if sent.iter().any(|x| is_success(x) && is_result(x)) {
        return Verdict::Pass;
    }
    let is_refusal = |x: &&&Exchange| matches!(x.status(), Some(401 | 403 | 500 | 502 | 504));
    if let Some(id) = flaw(e) {
        return Verdict::blocked(id);
    }
    let lacks_headers = |x: &&&Exchange| code(x) == Some(Code::HEADER_MISMATCH);
    match sent.iter().find(is_refusal) {
        None if of_2024(e).is_some() => Verdict::blocked("legacy-http-sse"),
        None if sent.iter().any(|x| lacks_headers(&x)) => Verdict::blocked("modern-headers-survive"),
        Some(refusal) => {
            let status = refusal.status().map_or_else(String::new, |status| status.to_string());
            finding(Pointer::exchange(refusal.number), "a token that was just issued for this server is refused")
                .expected("the result of the request")
                .actual(status)
                .fail()
        }
        None if sent.is_empty() => no_login(e),
        None => Verdict::inconclusive("no request with the token was answered with a result or a refusal"),
    }
}
