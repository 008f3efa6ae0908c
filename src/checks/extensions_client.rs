//! Client credentials where they are advertised: the MCP extension, RFC 6749 §4.4, RFC 7523 §2.2 and §3. The clients are
//! registered for it; where the server registers none that may act for themselves, nothing is judged.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{Asked, asked, attempt, error, issues};
use super::granted::{asked as parameter, tokens_of};
use super::ground::server;
use super::issued::member;
use super::issued_audience::expected_audience;
use super::issued_claims::shown;
use super::server_members::list;
use super::token::at;
use super::token_errors::outcome;
use crate::evidence::{Evidence, Exchange};
use crate::formats::json::Field;
use crate::formats::jwt;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::extension::Extension;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::extensions::{
    ASSERTION, ASSERTION_AGAIN, ASSERTION_AND_ID, ASSERTION_ELSEWHERE, ASSERTION_EXPIRED, ASSERTION_FOR_ENDPOINT,
    ASSERTION_ISSUER, ASSERTION_KEY, SECRET,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ext-cc-secret",
        title: "a client with a secret gets a token for itself",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[EXT_CLIENT_AUTHENTICATION],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-cc-metadata"],
        why: "The grant is advertised; programs without a user rely on it.",
        fix: "accept `grant_type=client_credentials` from clients with a secret, or take the grant out of \
              `grant_types_supported`",
        disputed: "",
        faults: &[Fault::new("cc-rejects-secret", &[Deed::Forget(Duty::TakeSecretForOwnGrant)])],
        judge: secret,
    },
    Check {
        id: "ext-cc-jwt",
        title: "a client with a key gets a token for itself, without naming its `client_id`",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[EXT_CLIENT_AUTHENTICATION, RFC7523_2_2, RFC7523_3],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-cc-metadata"],
        why: "The assertion says who the client is. Clients that follow RFC 7523 send no `client_id` beside it, and write the issuer \
              as its audience.",
        fix: "take the client from `sub` of the assertion when there is no `client_id`, and accept the issuer as `aud`",
        disputed: "RFC 7523 has the URL of the token endpoint as audience; its revision wants the issuer, since endpoints can be \
                   borrowed. A server that takes only the issuer is not marked down.",
        faults: &[
            Fault::new("cc-jwt-needs-client-id", &[Deed::Forget(Duty::AllowNoClientId)]),
            Fault::new("cc-jwt-endpoint-audience-only", &[Deed::Forget(Duty::AcceptIssuerAudience)]),
        ],
        judge: assertion,
    },
    Check {
        id: "ext-cc-jwt-checks",
        title: "bad client assertions are refused",
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7523_3],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-cc-jwt"],
        why: "An assertion that is old, for somebody else, used before or signed by anybody is as good as none: who found one could \
              be that client for ever.",
        fix: "check signature, `iss`, `sub`, `aud` and `exp` of each assertion, and refuse a `jti` that was seen before",
        disputed: "RFC 7523 leaves it to the server whether a `jti` may come twice; only that is a warning.",
        faults: &[Fault::new("cc-accepts-expired-assertion", &[Deed::Forget(Duty::CheckAssertion)])],
        judge: assertion_checks,
    },
    Check {
        id: "ext-cc-no-refresh",
        title: "client credentials bring no refresh token",
        role: Role::AuthorizationServer,
        level: level![_, _, ShouldNot, ShouldNot],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC6749_4_4_3],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-cc-secret"],
        why: "The client can ask again at any time; a refresh token is one more secret that can be stolen.",
        fix: "leave `refresh_token` out of the answer to client credentials",
        disputed: "",
        faults: &[Fault::new("cc-issues-refresh", &[Deed::Forget(Duty::NoRefreshForClients)])],
        judge: no_refresh,
    },
    Check {
        id: "ext-cc-aud",
        title: "the token of client credentials is for the MCP server",
        role: Role::AuthorizationServer,
        level: level![_, _, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC8707_2, RFC9068_3],
        needs: &[Step::ExtensionTrial],
        blocked_by: &["ext-cc-secret"],
        why: "An MCP server must refuse tokens that were not made for it, those of programs as those of people.",
        fix: "put the `resource` of the request into `aud`, byte by byte",
        disputed: "",
        faults: &[Fault::new("cc-no-aud", &[Deed::Forget(Duty::NameOwnAudience)])],
        judge: audience,
    },
];

/// That client credentials are advertised, and what came of a request for them.
fn came<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<&'e Exchange, Verdict> {
    let document = server(e)?;
    let grants = list(&document, "grant_types_supported")?.unwrap_or_default();
    if !grants.contains(&"client_credentials") && !e.asks_for(Extension::Cc) {
        return Err(Verdict::not_applicable("the client credentials grant is not advertised"));
    }
    let Some(exchange) = attempt(e, trial) else {
        return Err(Verdict::inconclusive("the server registered no client that may act for itself"));
    };
    match exchange.status() {
        None | Some(429 | 503) => Err(Verdict::inconclusive("the server had no time, or did not answer")),
        Some(_) => Ok(exchange),
    }
}

/// Whether a refusal is one of the client or the grant, and not of the scope or resource that was asked for.
fn is_outright(exchange: &Exchange) -> bool {
    matches!(error(exchange).as_deref(), Some("invalid_client" | "unsupported_grant_type" | "unauthorized_client"))
}

fn secret(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(came(e, SECRET));
    if tokens_of(exchange).is_some() {
        return Verdict::Pass;
    }
    if is_outright(exchange) {
        return at(exchange, SECRET, "no token was issued").expected("a token").actual(outcome(exchange)).fail();
    }
    Verdict::inconclusive("the server refused what was asked for, not the client")
}

fn assertion(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(came(e, ASSERTION));
    if tokens_of(exchange).is_some() {
        return Verdict::Pass;
    }
    let took = |trial| attempt(e, trial).and_then(tokens_of).is_some();
    let found = |what: &str| at(exchange, ASSERTION, what).expected("a token").actual(outcome(exchange));
    if took(ASSERTION_AND_ID) {
        return found("it was refused, and granted with `client_id` beside the assertion").fail();
    }
    if took(ASSERTION_FOR_ENDPOINT) {
        return found("it was refused, and granted with the URL of the token endpoint as audience").warn();
    }
    if is_outright(exchange) {
        return found("no token was issued").fail();
    }
    Verdict::inconclusive("the server refused what was asked for, not the client")
}

fn assertion_checks(e: &Evidence<'_>) -> Verdict {
    need!(came(e, ASSERTION));
    let right =
        [ASSERTION, ASSERTION_FOR_ENDPOINT].into_iter().any(|trial| attempt(e, trial).and_then(tokens_of).is_some());
    if !right {
        return Verdict::inconclusive("no assertion was taken, so that one is refused tells nothing");
    }
    for trial in [ASSERTION_KEY, ASSERTION_EXPIRED, ASSERTION_ELSEWHERE, ASSERTION_ISSUER] {
        match asked(e, trial, issues) {
            Asked::Granted(exchange) => {
                return at(exchange, trial, "a token was issued").expected("401 `invalid_client`").fail();
            }
            Asked::Unclear(why) => return Verdict::inconclusive(why),
            Asked::Refused(_) | Asked::Broke => {}
        }
    }
    match asked(e, ASSERTION_AGAIN, issues) {
        Asked::Granted(exchange) => {
            at(exchange, ASSERTION_AGAIN, "a token was issued").expected("401 `invalid_client`").warn()
        }
        _ => Verdict::Pass,
    }
}

fn no_refresh(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(came(e, SECRET));
    let response = need!(tokens_of(exchange), absent "no token was issued for client credentials");
    match &response.refresh_token {
        Field::Present(token) if !token.is_empty() => {
            finding(member(exchange, "refresh_token"), "client credentials brought a refresh token")
                .expected("no `refresh_token`")
                .warn()
        }
        _ => Verdict::Pass,
    }
}

fn audience(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(came(e, SECRET));
    let response = need!(tokens_of(exchange), absent "no token was issued for client credentials");
    if parameter(exchange, "resource").is_none() {
        return Verdict::not_applicable("no `resource` was sent");
    }
    let Field::Present(token) = &response.access_token else { return Verdict::not_applicable("there is no token") };
    let Ok(jwt) = jwt::decode(token.expose()) else { return Verdict::not_applicable("the access token is opaque") };
    let expected = expected_audience(e);
    let found = |message: &str| {
        finding(member(exchange, "access_token"), message)
            .expected(printable(&expected).to_string())
            .actual(shown(&jwt, "aud"))
    };
    match jwt.audiences() {
        Field::Present(audiences) if audiences.contains(&expected.as_str()) => Verdict::Pass,
        Field::Present(_) => {
            found("the token of client credentials is for another audience than the MCP server").warn()
        }
        _ => found("the token of client credentials does not say whom it is for (`aud`)").warn(),
    }
}
