//! Enterprise-managed authorization: what the authorization server makes of identity assertions (ID-JAG), right and wrong.
//! draft-ietf-oauth-identity-assertion-authz-grant §4.4; MCP extension §5 and §7. Needs the key of an identity provider that
//! the server trusts.

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
use crate::spec::trial::identity::{
    AGAIN, EXPIRED, FOR_ENDPOINT, FOR_OTHER, FOR_TWO, MORE_SCOPE, OTHER_CLIENT, OTHER_RESOURCE, OTHER_TYPE, RIGHT,
    UNSIGNED,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// A row about identity assertions.
const fn row(
    (id, title): (&'static str, &'static str),
    cites: &'static [Cite],
    (why, fix): (&'static str, &'static str),
    faults: &'static [Fault],
    judge: fn(&Evidence<'_>) -> Verdict,
) -> Check {
    Check {
        id,
        title,
        role: Role::AuthorizationServer,
        level: level![_, _, Must, Must],
        class: Class::Lab,
        mark: Mark::Plain,
        cites,
        needs: &[Step::IdentityTrial],
        blocked_by: &["ext-ema-metadata"],
        why,
        fix,
        disputed: "",
        faults,
        judge,
    }
}

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    row(
        ("ext-ema-accept", "an identity assertion as it must be brings a token"),
        &[EXT_ENTERPRISE_5, IDJAG_4_4],
        (
            "The grant is advertised; the enterprise has switched the consent pages off and relies on it.",
            "accept `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` with an ID-JAG of the trusted identity provider",
        ),
        &[Fault::new("ema-rejects-good", &[Deed::Forget(Duty::TakeIdentity)])],
        accept,
    ),
    row(
        ("ext-ema-typ", "only `oauth-id-jag+jwt` is taken for an identity assertion"),
        &[IDJAG_4_4_1, RFC8725_3_11],
        (
            "The identity provider signs other JWTs with the same key. If an ID token will do, every client that has one of the \
             user's can open the MCP server.",
            "refuse assertions whose `typ` is not `oauth-id-jag+jwt` with 400 `{\"error\":\"invalid_grant\"}`",
        ),
        &[Fault::new("ema-accepts-any-typ", &[Deed::Forget(Duty::CheckIdentityType)])],
        typ,
    ),
    row(
        ("ext-ema-aud", "an identity assertion must be for this issuer and nobody else"),
        &[IDJAG_4_4_1],
        (
            "Another authorization server that gets an assertion of the user's could redeem it here.",
            "compare `aud` with the issuer: one string, byte by byte; else answer 400 `{\"error\":\"invalid_grant\"}`",
        ),
        &[Fault::new("ema-accepts-wrong-aud", &[Deed::Forget(Duty::CheckIdentityAudience)])],
        audience,
    ),
    row(
        ("ext-ema-client", "an identity assertion is redeemed by its own client only"),
        &[IDJAG_4_4_1],
        (
            "The identity provider decided for one client. Another must not act on it.",
            "compare the claim `client_id` with the client that authenticated, and answer 400 `{\"error\":\"invalid_grant\"}`",
        ),
        &[Fault::new("ema-accepts-other-client", &[Deed::Forget(Duty::CheckIdentityClient)])],
        client,
    ),
    row(
        ("ext-ema-resource", "an identity assertion opens the MCP server that it names"),
        &[EXT_ENTERPRISE_5_1],
        (
            "The enterprise allowed one server. A token for another one is what it did not allow.",
            "refuse assertions whose `resource` is not a server of yours, and put it into `aud` of the token",
        ),
        &[Fault::new("ema-ignores-resource", &[Deed::Forget(Duty::CheckIdentityResource)])],
        resource,
    ),
    row(
        ("ext-ema-scope", "no more scope is granted than the identity assertion does"),
        &[EXT_ENTERPRISE_7_2],
        (
            "The policy of the enterprise stands in the assertion; a client that can exceed it makes the policy void.",
            "grant what both the assertion and the request name",
        ),
        &[Fault::new("ema-scope-escalates", &[Deed::Forget(Duty::CheckIdentityScope)])],
        scope,
    ),
    row(
        ("ext-ema-expired", "an expired identity assertion is refused"),
        &[EXT_ENTERPRISE_7_4],
        (
            "Assertions live for minutes so that a stolen one is soon worth nothing.",
            "compare `exp` with the clock, and answer 400 `{\"error\":\"invalid_grant\"}`",
        ),
        &[Fault::new("ema-accepts-expired", &[Deed::Forget(Duty::CheckIdentityTimes)])],
        expired,
    ),
    row(
        ("ext-ema-alg", "an identity assertion without a signature is refused"),
        &[EXT_ENTERPRISE_7_4, RFC8725_2_1],
        (
            "Anybody can write an assertion for any user if it need not be signed.",
            "give the verifier the list of algorithms it may accept, e.g. `[\"ES256\", \"RS256\"]`",
        ),
        &[Fault::new("ema-accepts-alg-none", &[Deed::Forget(Duty::CheckIdentitySignature)])],
        unsigned,
    ),
    Check {
        disputed: "The extension wants a `jti` refused that was seen before; the draft of the grant lets a client redeem the same \
                   assertion again to get a new token.",
        ..row(
            ("ext-ema-replay", "an identity assertion is redeemed once"),
            &[EXT_ENTERPRISE_7_4, IDJAG_4_4_3],
            (
                "Whoever finds an assertion in a log could redeem it, too.",
                "remember `jti` until `exp`, and refuse it the second time with 400 `{\"error\":\"invalid_grant\"}`",
            ),
            &[Fault::new("ema-accepts-replay", &[Deed::Forget(Duty::CheckIdentityReplay)])],
            replay,
        )
    },
    Check {
        level: level![_, _, ShouldNot, ShouldNot],
        ..row(
            ("ext-ema-no-refresh", "an identity assertion brings no refresh token"),
            &[IDJAG_4_4_3],
            (
                "The enterprise takes access away by issuing no more assertions. A refresh token goes on for weeks.",
                "leave `refresh_token` out of the answer to an identity assertion",
            ),
            &[Fault::new("ema-issues-refresh", &[Deed::Forget(Duty::NoRefreshForIdentity)])],
            no_refresh,
        )
    },
];

/// That enterprise-managed authorization is advertised, and what came of the assertion as it must be.
fn came<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let document = server(e)?;
    let profiles = list(&document, "authorization_grant_profiles_supported")?.unwrap_or_default();
    if !profiles.contains(&"urn:ietf:params:oauth:grant-profile:id-jag") && !e.asks_for(Extension::Ema) {
        return Err(Verdict::not_applicable("enterprise-managed authorization is not advertised"));
    }
    let Some(exchange) = attempt(e, RIGHT) else {
        return Err(Verdict::inconclusive("there is no client with a secret that may redeem assertions"));
    };
    match exchange.status() {
        None | Some(429 | 503) => Err(Verdict::inconclusive("the server had no time, or did not answer")),
        Some(_) => Ok(exchange),
    }
}

/// That the right assertion brought a token.
fn taken<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let exchange = came(e)?;
    if tokens_of(exchange).is_some() { Ok(exchange) } else { Err(Verdict::blocked("ext-ema-accept")) }
}

fn accept(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(came(e));
    if tokens_of(exchange).is_some() {
        return Verdict::Pass;
    }
    at(exchange, RIGHT, "no token was issued").expected("a token").actual(outcome(exchange)).fail()
}

/// Whether wrong assertions are refused, and with the code that says what they are.
fn must_refuse(e: &Evidence<'_>, trials: &[Trial]) -> Verdict {
    need!(taken(e));
    let mut odd = None;
    for trial in trials {
        match asked(e, *trial, issues) {
            Asked::Granted(exchange) => {
                return at(exchange, *trial, "a token was issued").expected("400 `invalid_grant`").fail();
            }
            Asked::Unclear(why) => return Verdict::inconclusive(why),
            Asked::Refused(exchange)
                if !matches!(error(exchange).as_deref(), Some("invalid_grant" | "invalid_target")) =>
            {
                let found = at(exchange, *trial, "the error says something else");
                odd = odd.or_else(|| Some(found.expected("400 `invalid_grant`").actual(outcome(exchange)).warn()));
            }
            Asked::Refused(_) | Asked::Broke => {}
        }
    }
    odd.unwrap_or(Verdict::Pass)
}

fn typ(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[OTHER_TYPE])
}

fn audience(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[FOR_OTHER, FOR_TWO, FOR_ENDPOINT])
}

fn client(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[OTHER_CLIENT])
}

fn expired(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[EXPIRED])
}

fn unsigned(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, &[UNSIGNED])
}

fn resource(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(taken(e));
    let verdict = must_refuse(e, &[OTHER_RESOURCE]);
    if matches!(verdict, Verdict::Fail(_)) {
        return verdict;
    }
    let response = need!(tokens_of(exchange), absent "no token was issued");
    let Field::Present(token) = &response.access_token else { return verdict };
    let Ok(jwt) = jwt::decode(token.expose()) else { return verdict };
    let expected = expected_audience(e);
    if jwt.audiences().present().is_some_and(|audiences| audiences.contains(&expected.as_str())) {
        return verdict;
    }
    finding(member(exchange, "access_token"), "the token is not for the MCP server that the assertion names")
        .expected(printable(&expected).to_string())
        .actual(shown(&jwt, "aud"))
        .fail()
}

fn scope(e: &Evidence<'_>) -> Verdict {
    let right = need!(taken(e));
    let Some(exchange) = attempt(e, MORE_SCOPE) else {
        return Verdict::not_applicable("no scope is known that the assertion does not grant");
    };
    if matches!(exchange.status(), None | Some(429 | 503)) {
        return Verdict::inconclusive("the server had no time, or did not answer");
    }
    let Some(response) = tokens_of(exchange) else { return Verdict::Pass };
    let said = match &response.scope {
        Field::Present(text) => Some(text.clone()),
        _ => match &response.access_token {
            Field::Present(token) => {
                jwt::decode(token.expose()).ok().and_then(|jwt| Some(jwt.scopes().present()?.join(" ")))
            }
            _ => None,
        },
    };
    let said = match said {
        Some(said) => said,
        None => return Verdict::inconclusive("neither the answer nor the token says what was granted"),
    };
    let (had, wanted) =
        (parameter(right, "scope").unwrap_or_default(), parameter(exchange, "scope").unwrap_or_default());
    let in_list = |list: &str, name: &str| list.split(' ').any(|one| one == name);
    let more: Vec<&str> = said.split(' ').filter(|name| in_list(&wanted, name) && !in_list(&had, name)).collect();
    if more.is_empty() {
        return Verdict::Pass;
    }
    at(exchange, MORE_SCOPE, "it was granted")
        .expected(printable(&had).to_string())
        .actual(printable(&said).to_string())
        .fail()
}

fn replay(e: &Evidence<'_>) -> Verdict {
    need!(taken(e));
    match asked(e, AGAIN, issues) {
        Asked::Granted(exchange) => at(exchange, AGAIN, "a token was issued").expected("400 `invalid_grant`").warn(),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

fn no_refresh(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(taken(e));
    let response = need!(tokens_of(exchange), absent "no token was issued");
    match &response.refresh_token {
        Field::Present(token) if !token.is_empty() => {
            finding(member(exchange, "refresh_token"), "an identity assertion brought a refresh token")
                .expected("no `refresh_token`")
                .warn()
        }
        _ => Verdict::Pass,
    }
}
