//! Tokens that the operator lends: MCP authorization ("Token Handling"), Security Best Practices ("Token Passthrough"). A
//! token that cannot tell anything (it is for this server after all, or has not expired) is no ground for a verdict.

use super::granted::came_at;
use super::ground::issuer;
use super::issued_audience::expected_audience;
use super::minted::at;
use super::tried::{Tried, tried_lent};
use crate::evidence::{Evidence, Exchange};
use crate::formats::json::Field;
use crate::formats::jwt::{self, Jwt};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::lent::{EXPIRED, FOREIGN, UPSTREAM};
use crate::verdict::{Check, Class, Mark, Role, Verdict};

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "rs-upstream-token",
    title: "a token for the API behind the server is not let in",
    role: Role::ResourceServer,
    level: level![_, MustNot, MustNot, MustNot],
    class: Class::Lab,
    mark: Mark::Silent,
    cites: &[SBP_PASSTHROUGH, MCP_AUDIENCE],
    needs: &[Step::UpstreamTrial],
    blocked_by: &["rs-garbage-rejected"],
    why: "A server that passes on whatever token it gets is a way around its own login: anybody with a token for the API uses it, \
          and the API cannot tell who asked.",
    fix: "accept only tokens that were issued for this server, and get a token of the server's own for the API behind it",
    disputed: "",
    faults: &[Fault::new("accept-upstream-token", &[Deed::Forget(Duty::RefuseUpstreamTokens)])],
    judge: upstream,
}];

/// Why a token cannot tell anything.
type Unfit = fn(&Evidence<'_>, &Exchange, &Jwt) -> Option<&'static str>;

fn upstream(e: &Evidence<'_>) -> Verdict {
    must_refuse_lent(e, UPSTREAM, |e, exchange, jwt| is_for_us(e, jwt).or_else(|| has_expired(e, exchange, jwt)))
}

/// The token for another resource, of the same issuer.
pub(super) fn foreign(e: &Evidence<'_>) -> Verdict {
    must_refuse_lent(e, FOREIGN, |e, exchange, jwt| {
        let strange = (!is_of_issuer(e, jwt)).then_some("the foreign token given is of another issuer");
        strange.or_else(|| is_for_us(e, jwt)).or_else(|| has_expired(e, exchange, jwt))
    })
}

/// The token of another issuer.
pub(super) fn foreign_issuer(e: &Evidence<'_>) -> Verdict {
    must_refuse_lent(e, FOREIGN, |e, exchange, jwt| {
        let own = is_of_issuer(e, jwt).then_some("the foreign token given is of the server's own issuer");
        own.or_else(|| has_expired(e, exchange, jwt))
    })
}

/// The token that has expired.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
pub(super) fn expired<'e>(e: &'e Evidence<'_>) -> Result<Tried<'e>, Verdict> {
    usable(e, EXPIRED, |e, exchange, jwt| {
        has_expired(e, exchange, jwt).is_none().then_some("the expired token given has not expired")
    })
}

/// Whether a token that was lent is refused.
pub(super) fn must_refuse_lent(e: &Evidence<'_>, trial: Trial, unfit: Unfit) -> Verdict {
    match need!(usable(e, trial, unfit)) {
        Tried::LetIn(exchange) => at(exchange, trial).expected("401").fail(),
        Tried::Unclear(why) => Verdict::inconclusive(why),
        Tried::Refused(_) | Tried::Broke(_) | Tried::Other(_) => Verdict::Pass,
    }
}

/// What came of a token that was lent, if it is one that can tell.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
fn usable<'e>(e: &'e Evidence<'_>, trial: Trial, unfit: Unfit) -> Result<Tried<'e>, Verdict> {
    let tried = tried_lent(e, trial)?;
    let (Tried::LetIn(exchange) | Tried::Refused(exchange) | Tried::Broke(exchange) | Tried::Other(exchange)) = tried
    else {
        return Ok(tried);
    };
    match bearer(exchange).and_then(|jwt| unfit(e, exchange, &jwt)) {
        Some(why) => Err(Verdict::inconclusive(why)),
        None => Ok(tried),
    }
}

/// The bearer token of a request, where it is a JWT.
fn bearer(exchange: &Exchange) -> Option<Jwt> {
    let header = exchange.request.headers.iter().find(|header| header.name == "authorization")?;
    jwt::decode(header.value.strip_prefix("Bearer ")?).ok()
}

fn is_of_issuer(e: &Evidence<'_>, jwt: &Jwt) -> bool {
    let own = issuer(e).map(|trail| trail.issuer).unwrap_or_default();
    match jwt.claim_str("iss") {
        Field::Present(iss) => own.is_empty() || iss.trim_end_matches('/') == own.trim_end_matches('/'),
        _ => true,
    }
}

fn is_for_us(e: &Evidence<'_>, jwt: &Jwt) -> Option<&'static str> {
    let own = expected_audience(e);
    let named = jwt.audiences().present().is_some_and(|audiences| audiences.contains(&own.as_str()));
    named.then_some("the token given is for this server")
}

fn has_expired(e: &Evidence<'_>, exchange: &Exchange, jwt: &Jwt) -> Option<&'static str> {
    let expiry = jwt.claims.get("exp").and_then(serde_json::Value::as_f64)?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    let now = came_at(e, exchange) as f64;
    (expiry < now).then_some("the token given has expired")
}
