//! Refresh tokens used as they must be: whether they are issued, work, keep what was granted and are replaced. OAuth 2.1
//! §4.3, RFC 8707 §2.2, MCP authorization "Refresh Tokens" and "Token Theft".

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::{attempt, redeemed};
use super::granted::{Issued, asked as parameter, is_proven, is_public, issued, of_resource, tokens_of};
use super::ground::server;
use super::issued::{LOGIN, member, unstored};
use super::issued_audience::expected_audience;
use super::issued_claims::shown;
use super::server_members::list;
use super::token::at;
use super::token_errors::outcome;
use crate::evidence::{Evidence, Exchange};
use crate::formats::json::Field;
use crate::formats::jwt::{self, Jwt};
use crate::formats::token::TokenResponse;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::refresh::{NO_RESOURCE, RIGHT};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "refresh-issued",
        title: "a login brings a refresh token",
        role: Role::AuthorizationServer,
        level: level![Practice, Practice, Practice, May],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP_REFRESH],
        needs: LOGIN,
        blocked_by: &[],
        why: "Without one the user has to log in again whenever the access token is used up, and whatever works unattended stops.",
        fix: "issue a refresh token to clients that are registered for the grant `refresh_token`, at least when they ask for \
              `offline_access`",
        disputed: "The authorization server decides whom it trusts with a refresh token. Some issue one only for the scope \
                   `offline_access` (Microsoft Entra), others for a parameter of their own (Google).",
        faults: &[Fault::new("refresh-never-issued", &[Deed::Forget(Duty::IssueRefresh)])],
        judge: is_issued,
    },
    Check {
        id: "refresh-resource",
        title: "a refresh with `resource` works, and the token is for the same server",
        role: Role::AuthorizationServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RESOURCE_PARAMETER, RFC8707_2_2],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "A refresh is a token request: MCP clients send `resource` in it. If that is refused, or the audience is lost, the \
              login ends with the first access token.",
        fix: "accept `resource` in refresh requests and keep it in `aud`",
        disputed: "",
        faults: &[
            Fault::new("refresh-loses-aud", &[Deed::Forget(Duty::KeepRefreshAudience)]),
            Fault::new("refresh-rejects-resource", &[Deed::Forget(Duty::AcceptRefreshResource)]),
        ],
        judge: resource,
    },
    Check {
        id: "refresh-works",
        title: "a refresh token brings a new access token",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "A refresh token that does not work costs the user a login each time, after a failure.",
        fix: "honour the refresh tokens that are issued, or issue none",
        disputed: "",
        faults: &[Fault::new("refresh-broken", &[Deed::Forget(Duty::HonourRefresh)])],
        judge: works,
    },
    Check {
        id: "refresh-no-store",
        title: "the answer to a refresh must not be stored",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "A cache on the way would keep the tokens for whoever comes next.",
        fix: "send `Cache-Control: no-store` with every answer of the token endpoint",
        disputed: "",
        faults: &[Fault::new(
            "refresh-cacheable",
            &[Deed::At(Reply::RefreshSuccess, &[Edit::SetHeader("cache-control", "max-age=600")])],
        )],
        judge: no_store,
    },
    Check {
        id: "refresh-scope-kept",
        title: "a refresh without `scope` keeps the scope",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_3_1, OAUTH21_4_3_3],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "A client that refreshes expects what it had. With less it meets 403 in the middle of its work.",
        fix: "grant the scope of the refresh token when the request names none",
        disputed: "",
        faults: &[Fault::new("refresh-drops-scope", &[Deed::Forget(Duty::KeepRefreshScope)])],
        judge: scope_kept,
    },
    Check {
        id: "refresh-rotation",
        title: "a public client gets a new refresh token with every refresh",
        role: Role::AuthorizationServer,
        level: level![Should, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Silent,
        cites: &[MCP_TOKEN_THEFT, OAUTH21_4_3_1],
        needs: &[Step::RefreshTrial],
        blocked_by: &[],
        why: "Nothing but the refresh token stands between a thief and the account of a public client. Rotation makes a stolen one \
              fail, and makes the theft visible.",
        fix: "answer each refresh with a new `refresh_token` and invalidate the old one, or bind refresh tokens to a key (DPoP)",
        disputed: "",
        faults: &[Fault::new("refresh-no-rotation", &[Deed::Forget(Duty::RotateRefresh)])],
        judge: rotation,
    },
];

fn is_issued(e: &Evidence<'_>) -> Verdict {
    let document = need!(server(e));
    let Issued { exchange, response } = need!(issued(e));
    if matches!(&response.refresh_token, Field::Present(token) if !token.is_empty()) {
        return Verdict::Pass;
    }
    if parameter(exchange, "grant_type").as_deref() == Some("client_credentials") {
        return Verdict::not_applicable("a client that acts for itself needs no refresh token");
    }
    let lists =
        |name: &str, value: &str| list(&document, name).ok().flatten().is_some_and(|values| values.contains(&value));
    let found = |message: &str| {
        finding(member(exchange, "refresh_token"), message).expected("a refresh token").actual("absent")
    };
    if lists("grant_types_supported", "refresh_token") && lists("scopes_supported", "offline_access") {
        return found("no refresh token was issued, although the grant and `offline_access` are advertised").warn();
    }
    found("no refresh token was issued").info()
}

/// A refresh that worked: with `resource`, else without.
pub(super) struct Refreshed<'e> {
    pub(super) exchange: &'e Exchange,
    pub(super) response: TokenResponse,
}

/// The refresh as it must be; the skip where there was none.
fn right<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    redeemed(e)?;
    if let Some(exchange) = attempt(e, RIGHT) {
        return match exchange.status() {
            None | Some(429 | 503) => Err(Verdict::inconclusive("the server had no time to refresh")),
            _ => Ok(exchange),
        };
    }
    Err(match is_issued(e) {
        Verdict::Warn(_) => Verdict::blocked("refresh-issued"),
        _ => Verdict::not_applicable("no refresh token was issued"),
    })
}

/// The refresh that worked.
pub(super) fn refreshed<'e>(e: &'e Evidence<'_>) -> Result<Refreshed<'e>, Verdict> {
    let first = right(e)?;
    let tries = [Some(first), attempt(e, NO_RESOURCE)];
    let worked = tries.into_iter().flatten().find_map(|exchange| {
        let response = tokens_of(exchange)?;
        Some(Refreshed { exchange, response })
    });
    worked.ok_or(Verdict::blocked("refresh-works"))
}

/// The access token of an answer, taken apart.
fn jwt_of(response: &TokenResponse) -> Option<Jwt> {
    let Field::Present(token) = &response.access_token else { return None };
    jwt::decode(token.expose()).ok()
}

/// The tokens that were refreshed.
pub(super) fn before(e: &Evidence<'_>, refresh: &Exchange) -> Option<TokenResponse> {
    let used = parameter(refresh, "refresh_token")?;
    if used.starts_with("[redacted") {
        return None;
    }
    let steps = [Step::TokenTrial, Step::RefreshTrial, Step::TokenCode];
    let answers = steps.into_iter().flat_map(|step| e.all(step)).filter(|x| x.number < refresh.number);
    answers
        .filter_map(tokens_of)
        .find(|response| matches!(&response.refresh_token, Field::Present(token) if token.expose() == used))
}

fn works(e: &Evidence<'_>) -> Verdict {
    let first = need!(right(e));
    let tries = [Some(first), attempt(e, NO_RESOURCE)];
    if tries.into_iter().flatten().any(|exchange| tokens_of(exchange).is_some()) {
        return Verdict::Pass;
    }
    at(first, RIGHT, "no token was issued").expected("a token").actual(outcome(first)).fail()
}

fn resource(e: &Evidence<'_>) -> Verdict {
    let first = need!(right(e));
    if parameter(first, "resource").is_none() {
        return Verdict::not_applicable("no `resource` was sent");
    }
    let Some(response) = tokens_of(first) else {
        return match attempt(e, NO_RESOURCE).and_then(tokens_of) {
            Some(_) => at(first, RIGHT, "it was refused with `resource`, and granted without it")
                .expected("a token")
                .actual(outcome(first))
                .fail(),
            None => Verdict::blocked("refresh-works"),
        };
    };
    let (Some(old), Some(new)) = (before(e, first).as_ref().and_then(jwt_of), jwt_of(&response)) else {
        return Verdict::Pass;
    };
    let expected = expected_audience(e);
    let has = |jwt: &Jwt| jwt.audiences().present().is_some_and(|audiences| audiences.contains(&expected.as_str()));
    if !has(&old) || has(&new) {
        return Verdict::Pass;
    }
    finding(member(first, "access_token"), "the refreshed token is not for the MCP server any more")
        .expected(printable(&expected).to_string())
        .actual(shown(&new, "aud"))
        .fail()
}

fn no_store(e: &Evidence<'_>) -> Verdict {
    unstored(need!(refreshed(e)).exchange, "the answer to a refresh may be stored by caches")
}

/// The scope that an answer grants: as it says, else as the token does.
pub(super) fn scope_of(response: &TokenResponse) -> Option<Vec<String>> {
    if let Field::Present(text) = &response.scope {
        return Some(text.split_ascii_whitespace().map(str::to_owned).collect());
    }
    let jwt = jwt_of(response)?;
    jwt.scopes().present().map(|scopes| scopes.into_iter().map(str::to_owned).collect())
}

fn scope_kept(e: &Evidence<'_>) -> Verdict {
    let Refreshed { exchange, response } = need!(refreshed(e));
    if parameter(exchange, "scope").is_some() {
        return Verdict::not_applicable("the refresh named a scope");
    }
    let old = need!(before(e, exchange).as_ref().and_then(scope_of), absent "the server does not say what was granted");
    let new = need!(scope_of(&response), absent "neither the answer nor the token says anything of scope");
    let lost: Vec<&str> =
        old.iter().map(String::as_str).filter(|name| of_resource(name) && !new.iter().any(|n| n == name)).collect();
    if lost.is_empty() {
        return Verdict::Pass;
    }
    finding(member(exchange, "scope"), format!("the refresh lost the scope `{}`", printable(&lost.join(" "))))
        .expected(printable(&old.join(" ")).to_string())
        .actual(printable(&new.join(" ")).to_string())
        .fail()
}

fn rotation(e: &Evidence<'_>) -> Verdict {
    let refreshed = need!(refreshed(e));
    if !is_public(refreshed.exchange) {
        return Verdict::not_applicable("the client is not a public one");
    }
    if is_masked(&refreshed) {
        return Verdict::inconclusive("a saved record does not hold the refresh tokens to compare");
    }
    // What is bound to a key needs no rotation (draft-ietf-oauth-v2-1 §4.3.1).
    if is_rotated(&refreshed) || is_proven(refreshed.exchange) {
        return Verdict::Pass;
    }
    let message = "the refresh brought no new refresh token: the old one stays good";
    let found = finding(member(refreshed.exchange, "refresh_token"), message).expected("a new `refresh_token`");
    if e.revision == Revision::R2025_03_26 { found.warn() } else { found.fail() }
}

/// Whether the record is a saved one, in which texts that are secret became lengths.
pub(super) fn is_masked(refreshed: &Refreshed<'_>) -> bool {
    parameter(refreshed.exchange, "refresh_token").is_some_and(|token| token.starts_with("[redacted"))
}

/// Whether the refresh brought a new refresh token.
pub(super) fn is_rotated(refreshed: &Refreshed<'_>) -> bool {
    let used = parameter(refreshed.exchange, "refresh_token").unwrap_or_default();
    matches!(&refreshed.response.refresh_token, Field::Present(token) if token.expose() != used)
}
