//! Codes redeemed in wrong ways, and what `resource` in the token request does: OAuth 2.1 §4.1.3 and §10.2, RFC 7636 §4.6,
//! RFC 8707 §2.2, RFC 9068 §3. The first of them, with a wrong verifier and by another client, stand in `token`.

use super::asked::{Asked, asked, attempt, attempts, issues, redeemed};
use super::granted::{asked as parameter, reply_of, tokens_of};
use super::issued::{LOGIN_OR_TRIAL, member};
use super::issued_audience::expected_audience;
use super::issued_claims::shown;
use super::token::{at, must_refuse};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::json::Field;
use crate::formats::jwt::{self, Jwt};
use crate::formats::token::TokenBody;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::token::{
    AFTER_REPLAY, AFTER_REPLAY_CALL, AGAIN, NO_REDIRECT, NO_RESOURCE, NO_VERIFIER, OTHER_REDIRECT, OTHER_RESOURCE,
    RIGHT, UNASKED_VERIFIER,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-resource-accepted",
        title: "a token request with `resource` is not refused for it",
        role: Role::AuthorizationServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RESOURCE_PARAMETER, RFC8707_2_2],
        needs: LOGIN_OR_TRIAL,
        blocked_by: &[],
        why: "MCP clients must send `resource` in every token request. Where that is an error, no client can log in.",
        fix: "accept `resource` in token requests; a server that does not use it must ignore it",
        disputed: "OAuth 2.1 has servers ignore parameters that they do not know. A server that knows `resource` (Microsoft Entra) \
                   may answer `invalid_target` for values that it was not told of; MCP clients cannot leave it out.",
        faults: &[Fault::new("token-rejects-resource", &[Deed::Forget(Duty::AcceptTokenResource)])],
        judge: resource_accepted,
    },
    Check {
        id: "token-pkce-missing-verifier",
        title: "a code that was asked for with a challenge is not redeemed without a verifier",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_3, RFC7636_4_6],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "PKCE protects a code only if the verifier is demanded. Whoever steals the code simply leaves it out.",
        fix: "answer 400 `{\"error\":\"invalid_grant\"}` when the code has a `code_challenge` and the request no `code_verifier`",
        disputed: "",
        faults: &[Fault::new("token-pkce-verifier-optional", &[Deed::Forget(Duty::RequireVerifier)])],
        judge: missing_verifier,
    },
    Check {
        id: "token-pkce-downgrade",
        title: "a verifier is refused where there was no challenge",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_3, RFC9700_2_1_1],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "An attacker who removes the challenge from the authorization request switches PKCE off, and the client, which sends \
              its verifier, does not notice.",
        fix: "refuse authorization requests without `code_challenge`, and token requests with a `code_verifier` where there was \
              no challenge",
        disputed: "",
        faults: &[Fault::new(
            "token-pkce-downgrade",
            &[Deed::Forget(Duty::RequirePkce), Deed::Forget(Duty::RefuseUnaskedVerifier)],
        )
        .also(&["authz-pkce-required"])],
        judge: downgrade,
    },
    Check {
        id: "token-redirect-uri",
        title: "a code is not redeemed with another `redirect_uri`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC6749_4_1_3, OAUTH21_10_2],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "The comparison stops codes that were sent to a redirect URI of the attacker and are then redeemed by the client.",
        fix: "compare `redirect_uri` of the token request, where there is one, with that of the authorization request, byte by \
              byte, and answer 400 `{\"error\":\"invalid_grant\"}`",
        disputed: "",
        faults: &[Fault::new("token-ignores-redirect-uri", &[Deed::Forget(Duty::BindCodeToRedirect)])],
        judge: redirect_uri,
    },
    Check {
        id: "token-redirect-uri-optional",
        title: "a code is redeemed without `redirect_uri`",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_10_2],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "OAuth 2.1 removed the parameter from the token request; clients of OAuth 2.0 go on sending it, so nobody fails today.",
        fix: "do not demand `redirect_uri` in the token request; compare it where it is sent",
        disputed: "OAuth 2.0 demands the parameter, OAuth 2.1 dropped it. A client is right with both if it always sends it.",
        faults: &[Fault::new("token-requires-redirect-uri", &[Deed::Forget(Duty::AllowNoRedirect)])],
        judge: redirect_uri_optional,
    },
    Check {
        id: "token-resource-other",
        title: "no token is issued for a resource that the user was not asked about",
        role: Role::AuthorizationServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC8707_2_2],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "A client that was let in at one server would help itself to tokens for every other.",
        fix: "answer 400 `{\"error\":\"invalid_target\"}` when `resource` is not the one of the authorization request",
        disputed: "",
        faults: &[Fault::new("token-accepts-other-resource", &[Deed::Forget(Duty::RefuseForeignTarget)])],
        judge: resource_other,
    },
    Check {
        id: "token-aud-default",
        title: "a token that was asked for without `resource` says for whom it is",
        role: Role::AuthorizationServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC9068_3],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "Clients of before 2025-06-18 send no `resource`. Their token is then for everybody or for nobody.",
        fix: "use a default resource for `aud` when the request names none",
        disputed: "",
        faults: &[Fault::new("token-no-default-aud", &[Deed::Forget(Duty::NameDefaultAudience)])],
        judge: default_audience,
    },
    Check {
        id: "token-code-reuse",
        title: "a code is redeemed once",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_3],
        needs: &[Step::TokenTrial],
        blocked_by: &[],
        why: "Codes stand in URLs, so in histories and logs. A used one must be worth nothing.",
        fix: "delete the code in the same step that redeems it, and answer 400 `{\"error\":\"invalid_grant\"}` afterwards",
        disputed: "",
        faults: &[Fault::new("token-code-reusable", &[Deed::Forget(Duty::RedeemOnce)])],
        judge: code_reuse,
    },
    Check {
        id: "token-code-reuse-revokes",
        title: "a code that is shown twice takes its tokens along",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_3, OAUTH21_7_5_3],
        needs: &[Step::TokenTrial],
        blocked_by: &["token-code-reuse"],
        why: "If a code comes twice, one of the two stole it, and nobody knows which: the tokens of the first may be the thief's.",
        fix: "revoke the tokens that a code led to when the code is shown again",
        disputed: "",
        faults: &[
            Fault::new("token-code-replay-no-revoke", &[Deed::Forget(Duty::RevokeOnReplay)]),
            Fault::new("token-code-replay-no-revoke-opaque", &[Deed::Forget(Duty::RevokeOnReplay)])
                .under(Posture::OpaqueTokens),
        ],
        judge: reuse_revokes,
    },
];

fn resource_accepted(e: &Evidence<'_>) -> Verdict {
    let steps = [Step::TokenCode, Step::TokenDevice, Step::TokenClient];
    let login = steps.into_iter().flat_map(|step| e.all(step));
    let tries: Vec<&Exchange> =
        login.chain(attempts(e, RIGHT)).filter(|x| parameter(x, "resource").is_some()).collect();
    if tries.iter().any(|x| tokens_of(x).is_some()) {
        return Verdict::Pass;
    }
    let error_of = |x: &Exchange| match reply_of(x)?.body {
        TokenBody::Error(error) => error.error.present(),
        _ => None,
    };
    let refused = tries.iter().find(|x| error_of(x).as_deref() == Some("invalid_target"));
    let without = attempt(e, NO_RESOURCE).filter(|x| tokens_of(x).is_some());
    let Some(exchange) = refused.or_else(|| tries.first().filter(|_| without.is_some())) else {
        let why = "no token request with `resource` came as far as its answer";
        return super::ground::prevented(e).unwrap_or(Verdict::inconclusive(why));
    };
    let actual = error_of(exchange).map_or_else(|| "refused".to_owned(), |code| printable(&code).to_string());
    let message = match without {
        Some(_) => "the token request is refused with `resource`, and granted without it",
        None => "the token request is refused for its `resource`",
    };
    finding(member(exchange, "error"), message).expected("a token").actual(actual).fail()
}

fn missing_verifier(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NO_VERIFIER)
}

fn downgrade(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    if attempt(e, UNASKED_VERIFIER).is_none() {
        return Verdict::not_applicable("no code came of a request without `code_challenge`");
    }
    must_refuse(e, UNASKED_VERIFIER)
}

fn redirect_uri(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, OTHER_REDIRECT)
}

fn redirect_uri_optional(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    let Some(exchange) = attempt(e, NO_REDIRECT) else { return Verdict::inconclusive("it was not tried") };
    match exchange.status() {
        Some(400..=499) if exchange.status() != Some(429) => {
            at(exchange, NO_REDIRECT, "the request was refused, as OAuth 2.0 has it").expected("a token").info()
        }
        Some(_) if issues(exchange) => Verdict::Pass,
        _ => Verdict::inconclusive("the server failed, or had no time"),
    }
}

/// The access token of a trial, taken apart.
fn jwt_of(exchange: &Exchange) -> Option<Jwt> {
    let response = tokens_of(exchange)?;
    jwt::decode(response.access_token.present()?.expose()).ok()
}

fn resource_other(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    let exchange = match asked(e, OTHER_RESOURCE, issues) {
        Asked::Granted(exchange) => exchange,
        Asked::Unclear(why) => return Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => return Verdict::Pass,
    };
    let named = parameter(exchange, "resource").unwrap_or_default();
    let Some(jwt) = jwt_of(exchange) else {
        return Verdict::inconclusive("an opaque token was issued, and nobody can tell for whom it is");
    };
    let found =
        at(exchange, OTHER_RESOURCE, "a token was issued").expected("400 `invalid_target`").actual(shown(&jwt, "aud"));
    match jwt.audiences() {
        Field::Present(audiences) if audiences.contains(&named.as_ref()) => found.warn(),
        _ => found.info(),
    }
}

fn default_audience(e: &Evidence<'_>) -> Verdict {
    let Some(exchange) = attempt(e, NO_RESOURCE) else {
        need!(redeemed(e));
        return Verdict::inconclusive("it was not tried");
    };
    if tokens_of(exchange).is_none() {
        return Verdict::not_applicable("no token is issued without `resource`");
    }
    let Some(jwt) = jwt_of(exchange) else { return Verdict::not_applicable("the access token is opaque") };
    let found = |what: &str| at(exchange, NO_RESOURCE, what).actual(shown(&jwt, "aud"));
    match jwt.audiences() {
        Field::Present(audiences) if audiences.contains(&expected_audience(e).as_str()) => Verdict::Pass,
        Field::Present(audiences) if !audiences.is_empty() => {
            found("the token is for a default resource that is not this server").info()
        }
        _ => found("the token does not say for whom it is").expected("`aud` with a default resource").warn(),
    }
}

fn code_reuse(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, AGAIN)
}

fn reuse_revokes(e: &Evidence<'_>) -> Verdict {
    need!(redeemed(e));
    match asked(e, AGAIN, issues) {
        Asked::Refused(_) => {}
        Asked::Granted(_) => return Verdict::blocked("token-code-reuse"),
        _ => return Verdict::inconclusive("it is not clear whether the code was refused the second time"),
    }
    if let Some(refreshed) = attempt(e, AFTER_REPLAY) {
        return match refreshed.status() {
            None | Some(429 | 503) => Verdict::inconclusive("the server had no time"),
            _ if !issues(refreshed) => Verdict::Pass,
            _ => finding(
                Pointer::exchange(refreshed.number),
                "the code was shown a second time, and the refresh token of the first is still good",
            )
            .expected("400 `invalid_grant`")
            .warn(),
        };
    }
    let Some(call) = attempt(e, AFTER_REPLAY_CALL) else {
        return Verdict::inconclusive(
            "there was no refresh token, and no request at the MCP server to try the access token on",
        );
    };
    match call.status() {
        Some(401) => Verdict::Pass,
        Some(200..=299) => {
            let found = finding(
                Pointer::exchange(call.number),
                "the code was shown a second time, and the access token of the first is still good",
            )
            .expected("401");
            // What is checked by its signature cannot be taken back.
            let is_jwt = attempt(e, RIGHT).and_then(jwt_of).is_some();
            if is_jwt { found.info() } else { found.warn() }
        }
        _ => Verdict::inconclusive("the MCP server answered in another way than with or without a good token"),
    }
}
