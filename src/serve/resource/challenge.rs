//! What the MCP server says when it refuses: RFC 6750 §3, RFC 9728 §5.1, OAuth 2.1 §5.3.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use super::{BASE_SCOPE, Refused};
use crate::serve::answer::Answer;
use crate::serve::ask::Ask;
use crate::serve::dpop;
use crate::serve::site::Site;
use crate::spec::fault::{Duty, Reply};
use crate::spec::posture::Posture;

/// Why a request is not served.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'a> {
    /// There is no credential. RFC 6750 §3.1: no error code then.
    Absent,
    /// The token is no good.
    Invalid(&'a str),
    /// The token is bound to a key, and the key is not there.
    Unproven(&'a str),
    /// The request is malformed.
    Malformed(&'a str),
}

/// The 401.
pub(super) fn challenge(site: &Site, ask: &Ask, reply: Reply, cause: Cause<'_>) -> Refused {
    if !site.keeps(Duty::ServeEveryAgent) && ask.header("user-agent").is_some_and(|agent| agent.contains("Claude-User"))
    {
        return Box::new(Answer::text(StatusCode::FORBIDDEN, "Your request was blocked.\n").open());
    }
    let text = match cause {
        Cause::Absent => "Authorization required.\n".to_owned(),
        Cause::Invalid(why) | Cause::Unproven(why) | Cause::Malformed(why) => {
            format!("The access token was not accepted: {why}.\n")
        }
    };
    let answer = Answer::text(StatusCode::UNAUTHORIZED, text)
        .put(WWW_AUTHENTICATE, &challenge_value(site, cause))
        .no_store()
        .open();
    let answer = match cause {
        Cause::Unproven(dpop::WANTS_NONCE) => answer.header("dpop-nonce", &dpop::nonce_of(site)),
        _ => answer,
    };
    Box::new(site.give(ask, reply, answer))
}

/// The 403 to a token whose scope does not suffice (RFC 6750 §3.1; MCP authorization, "Runtime Insufficient Scope Errors").
pub(super) fn insufficient_scope(site: &Site, ask: &Ask, scope: &str) -> Answer {
    let wavers = !site.keeps(Duty::SteadyScope) && site.next_challenge() % 2 == 1;
    let scope = if wavers { "search:write search:admin" } else { scope };
    let scope = site.layout.scope(scope);
    let error =
        format!("error=\"insufficient_scope\", error_description=\"the tool needs more scope\", scope=\"{scope}\"");
    let value = match site.layout.posture {
        Posture::Revision2025_03_26 => format!("Bearer {error}"),
        _ => format!("Bearer {error}, resource_metadata=\"{}\"", site.layout.metadata()),
    };
    let answer = Answer::text(StatusCode::FORBIDDEN, "The scope of the access token does not suffice.\n")
        .put(WWW_AUTHENTICATE, &value)
        .no_store()
        .open();
    site.give(ask, Reply::InsufficientScope, answer)
}

/// The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1).
pub(super) fn challenge_value(site: &Site, cause: Cause<'_>) -> String {
    let error = match cause {
        Cause::Absent => String::new(),
        Cause::Invalid(why) => format!("error=\"invalid_token\", error_description=\"{why}\", "),
        Cause::Malformed(why) => format!("error=\"invalid_request\", error_description=\"{why}\", "),
        Cause::Unproven(why) => {
            let code = if why == dpop::WANTS_NONCE { "use_dpop_nonce" } else { "invalid_dpop_proof" };
            let error = format!("error=\"{code}\", error_description=\"{why}\"");
            let metadata = site.layout.metadata();
            return format!("DPoP {error}, algs=\"ES256 RS256 EdDSA\", resource_metadata=\"{metadata}\"");
        }
    };
    if site.layout.posture.has_first_layout() {
        return format!("Bearer {error}realm=\"mcp-auth\"");
    }
    let steady = site.keeps(Duty::SteadyChallenge) || !matches!(cause, Cause::Absent);
    let scope = if steady { site.layout.scope(BASE_SCOPE) } else { wavering_scope(site.next_challenge()) };
    format!("Bearer {error}resource_metadata=\"{}\", scope=\"{scope}\"", site.layout.metadata())
}

/// A scope that differs from those of the six challenges before and after.
fn wavering_scope(count: usize) -> &'static str {
    const SCOPES: [&str; 7] = [
        BASE_SCOPE,
        "search:write",
        "search:read search:write",
        "search:admin",
        "search:read search:admin",
        "search:write search:admin",
        "search:read search:write search:admin",
    ];
    SCOPES.get(count % SCOPES.len()).copied().unwrap_or(BASE_SCOPE)
}
