//! Revocation and introspection: RFC 7009 §2.1, §2.2 and §3, RFC 7662 §2.1 and §2.2.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::Value;

use super::asked::{attempt, issues, redeemed};
use super::granted::tokens_of;
use super::ground::server;
use super::token::at;
use super::token_errors::{outcome, refusal, status};
use crate::evidence::{Document, Evidence, Exchange};
use crate::formats::jwt;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::refresh::introspection::{STRANGER, UNKNOWN};
use crate::spec::trial::refresh::revocation::{ACCESS, ACCESS_AFTER, BEFORE, REFRESH, REFRESH_AFTER};
use crate::spec::trial::server::{INTROSPECT_STRANGER, REVOKE_UNKNOWN};
use crate::spec::trial::token::RIGHT;
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "revoke-unknown",
        title: "revoking an unknown token is answered with 200",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC7009_2_2],
        needs: &[Step::ServerTrial],
        blocked_by: &[],
        why: "A client that logs out wants the token to be no good, which it is. An error makes it keep the token, or tell the user \
              of a problem that is none.",
        fix: "answer 200 whether the token was known or not",
        disputed: "",
        faults: &[Fault::new("revoke-unknown-400", &[Deed::Forget(Duty::PardonUnknownRevocation)])],
        judge: revoke_unknown,
    },
    Check {
        id: "revoke-refresh",
        title: "a refresh token that was revoked works no more",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7009_2_1],
        needs: &[Step::RevokeTrial],
        blocked_by: &["revoke-unknown"],
        why: "The user logged out and believes that it is over.",
        fix: "delete the refresh token, and what it could still lead to, when it is revoked",
        disputed: "",
        faults: &[Fault::new("revoke-noop", &[Deed::Forget(Duty::Revoke)])],
        judge: revoke_refresh,
    },
    Check {
        id: "revoke-access",
        title: "an access token that was revoked works no more",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7009_2_1, RFC7009_3],
        needs: &[Step::RevokeTrial],
        blocked_by: &["revoke-unknown", "revoke-refresh"],
        why: "Until it expires, a token that was thrown away lets in whoever found it.",
        fix: "ask the authorization server (introspection) for each token, or keep access tokens short-lived and remember revoked \
              ones until they expire",
        disputed: "A JWT that is checked by its signature cannot be taken back; RFC 7009 leaves that to short lifetimes. It is a \
                   note here, and a warning for opaque tokens.",
        faults: &[
            Fault::new("rs-ignores-revocation", &[Deed::Forget(Duty::RefuseRevoked)]),
            Fault::new("rs-ignores-revocation-opaque", &[Deed::Forget(Duty::RefuseRevoked)])
                .under(Posture::OpaqueTokens),
        ],
        judge: revoke_access,
    },
    Check {
        id: "introspect-auth",
        title: "introspection wants credentials",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC7662_2_1],
        needs: &[Step::ServerTrial, Step::IntrospectTrial],
        blocked_by: &[],
        why: "An open endpoint tells anybody whether a token is good, whose it is and what it opens: a place to try found tokens.",
        fix: "answer 401 unless the caller authenticates as a client or brings a token of its own",
        disputed: "",
        faults: &[Fault::new("introspect-open", &[Deed::Forget(Duty::AuthenticateIntrospection)])],
        judge: introspect_auth,
    },
    Check {
        id: "introspect-inactive",
        title: "an unknown token is introspected as not active",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7662_2_2],
        needs: &[Step::IntrospectTrial],
        blocked_by: &[],
        why: "A resource server that asks about a bad token expects `active: false`; an error looks like a broken authorization \
              server, and clients get 500 instead of 401.",
        fix: "answer 200 with `{\"active\": false}`",
        disputed: "",
        faults: &[
            Fault::new("introspect-unknown-error", &[Deed::Forget(Duty::PardonUnknownIntrospection)]),
            Fault::new(
                "introspect-inactive-text",
                &[Deed::At(Reply::Introspection, &[Edit::SetJson("/active", "\"false\"")])],
            ),
        ],
        judge: introspect_inactive,
    },
];

/// The authorization server's document, where it has this endpoint.
fn with_endpoint<'e>(e: &'e Evidence<'_>, name: &str) -> Result<Document<'e>, Verdict> {
    let document = server(e)?;
    if document.text(name).is_some() {
        return Ok(document);
    }
    Err(Verdict::not_applicable("the authorization server has no such endpoint"))
}

fn revoke_unknown(e: &Evidence<'_>) -> Verdict {
    need!(with_endpoint(e, "revocation_endpoint"));
    if attempt(e, REVOKE_UNKNOWN).is_none() {
        return if e.went(Reach::Login) || e.went(Reach::Intrusive) {
            Verdict::inconclusive("there is no client of ours at this authorization server")
        } else {
            Verdict::needs(Reach::Login)
        };
    }
    let exchange = need!(refusal(e, REVOKE_UNKNOWN));
    match exchange.status() {
        Some(200..=299) => Verdict::Pass,
        Some(401) => Verdict::inconclusive("the server does not take our client for what it is"),
        _ => at(exchange, REVOKE_UNKNOWN, "it was refused").expected("200").actual(outcome(exchange)).warn(),
    }
}

/// The answer to a trial, where one came that says anything.
fn came<'e>(e: &'e Evidence<'_>, trial: crate::spec::trial::Trial) -> Result<&'e Exchange, Verdict> {
    let Some(exchange) = attempt(e, trial) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None | Some(429 | 503) => Err(Verdict::inconclusive("the server had no time, or did not answer")),
        Some(_) => Ok(exchange),
    }
}

/// That a revocation was answered as a success.
fn revoked<'e>(e: &'e Evidence<'_>, trial: crate::spec::trial::Trial) -> Result<&'e Exchange, Verdict> {
    let exchange = came(e, trial)?;
    match exchange.status() {
        Some(200..=299) => Ok(exchange),
        _ => Err(Verdict::inconclusive("the revocation was refused")),
    }
}

fn revoke_refresh(e: &Evidence<'_>) -> Verdict {
    need!(with_endpoint(e, "revocation_endpoint"));
    need!(redeemed(e));
    if attempt(e, REFRESH).is_none() {
        return Verdict::not_applicable("no refresh token was issued");
    }
    need!(revoked(e, REFRESH));
    let after = need!(came(e, REFRESH_AFTER));
    if issues(after) {
        return at(after, REFRESH_AFTER, "a token was issued").expected("400 `invalid_grant`").fail();
    }
    Verdict::Pass
}

fn revoke_access(e: &Evidence<'_>) -> Verdict {
    need!(with_endpoint(e, "revocation_endpoint"));
    need!(redeemed(e));
    let before = need!(came(e, BEFORE));
    if !before.status().is_some_and(|status| (200..300).contains(&status)) {
        return Verdict::inconclusive("the MCP server did not take the token before it was revoked, either");
    }
    need!(revoked(e, ACCESS));
    let after = need!(came(e, ACCESS_AFTER));
    let found = at(after, ACCESS_AFTER, "it was answered as before").expected("401").actual(status(after));
    match after.status() {
        Some(401) => Verdict::Pass,
        Some(200..=299) if is_jwt(e) => found.info(),
        Some(200..=299) => found.warn(),
        _ => Verdict::inconclusive("the MCP server answered in another way than with or without a good token"),
    }
}

/// Whether access tokens are JWTs.
fn is_jwt(e: &Evidence<'_>) -> bool {
    let response = attempt(e, RIGHT).and_then(tokens_of);
    let token = response.and_then(|response| response.access_token.present());
    token.is_some_and(|token| jwt::decode(token.expose()).is_ok())
}

/// `active` of an answer.
fn active(exchange: &Exchange) -> Option<Value> {
    let object = exchange.reply()?.object().ok()?;
    object.get("active").cloned()
}

fn introspect_auth(e: &Evidence<'_>) -> Verdict {
    need!(with_endpoint(e, "introspection_endpoint"));
    let told = |trial| came(e, trial).ok().filter(|x| x.status().is_some_and(|status| (200..300).contains(&status)));
    if let Some(exchange) = told(STRANGER)
        && active(exchange) == Some(Value::Bool(true))
    {
        return at(exchange, STRANGER, "it was told").expected("401").actual("200 `active: true`").fail();
    }
    let exchange = need!(came(e, INTROSPECT_STRANGER).or_else(|skip| came(e, STRANGER).map_err(|_| skip)));
    match exchange.status() {
        // It may hide what it knows from strangers; the document wants it to say that they are.
        Some(200..=299) if active(exchange).is_some() => {
            at(exchange, INTROSPECT_STRANGER, "an answer came").expected("401").actual(outcome(exchange)).warn()
        }
        _ => Verdict::Pass,
    }
}

fn introspect_inactive(e: &Evidence<'_>) -> Verdict {
    need!(with_endpoint(e, "introspection_endpoint"));
    if attempt(e, UNKNOWN).is_none() {
        return Verdict::not_applicable("there is no client with a secret to ask as");
    }
    let exchange = need!(came(e, UNKNOWN));
    if matches!(exchange.status(), Some(401 | 403)) {
        return Verdict::inconclusive("the server does not let our client introspect");
    }
    match active(exchange) {
        Some(Value::Bool(false)) if exchange.status() == Some(200) => Verdict::Pass,
        _ => {
            let said = active(exchange).map_or_else(String::new, |value| {
                format!(" `active: {}`", crate::spec::text::printable(&value.to_string()))
            });
            at(exchange, UNKNOWN, "it was not said to be inactive")
                .expected("200 `{\"active\": false}`")
                .actual(format!("{}{said}", outcome(exchange)))
                .warn()
        }
    }
}
