//! Refresh tokens, revocation, introspection: draft-ietf-oauth-v2-1 §4.3, RFC 7009, RFC 7662; MCP authorization ("Token
//! Theft").

use super::asked::{attempt, issues, redeemed};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::secret::Secret;
use crate::formats::token::{self, TokenBody};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::trial::refresh::RIGHT;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
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
}];

fn rotation(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    let refreshed = need!(attempt(e, RIGHT), absent "no refresh token was issued");
    if !issues(refreshed) {
        return Verdict::inconclusive("the refresh brought no token");
    }
    let form = refreshed.request.body.as_deref().unwrap_or_default();
    let sent = |name: &str| {
        url::form_urlencoded::parse(form.as_bytes()).find(|(key, _)| key == name).map(|(_, v)| v.into_owned())
    };
    if sent("client_secret").is_some() || refreshed.request.headers.iter().any(|h| h.name == "authorization") {
        return Verdict::not_applicable("the client is not a public one");
    }
    let (old, new) = (sent("refresh_token"), refresh_token(refreshed));
    if new.is_some_and(|new| Some(new.expose()) != old.as_deref()) {
        return Verdict::Pass;
    }
    let message = "the refresh brought no new refresh token: the old one stays good";
    let found = finding(Pointer::exchange(refreshed.number), message).expected("a new `refresh_token`");
    if e.revision == Revision::R2025_03_26 { found.warn() } else { found.fail() }
}

/// The refresh token of an answer.
fn refresh_token(exchange: &Exchange) -> Option<Secret> {
    let reply = exchange.reply()?;
    match token::read(reply.media_type().as_deref(), &reply.body.bytes()).body {
        TokenBody::Success(response) => response.refresh_token.present(),
        _ => None,
    }
}
