//! What the authorization endpoint takes and what it refuses, the redirect URI apart: draft-ietf-oauth-v2-1 §3.1 and
//! §4.1.1–4.1.2, RFC 7636 §4, RFC 8707 §2, MCP authorization ("Resource Parameter Implementation", "Scope Selection
//! Strategy").

use super::asked::{Kind, Passage, attempt, attempts, authorizes, kind, passage};
use super::authorization_ground::{Taken, at, is_refused_later, let_through, must_refuse, status, taken};
use super::ground;
use super::server_members::list;
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::authorization::{
    BAD_SCOPE, FOREIGN_RESOURCE, FRAGMENT_RESOURCE, IMPLICIT, NO_CHALLENGE, NO_RESOURCE, NO_SCOPE, NO_TYPE, OFFLINE,
    PLAIN, RELATIVE_RESOURCE, RESOURCE_CASE, RESOURCE_SLASH, RIGHT, UNKNOWN_METHOD, UNKNOWN_PARAMETER,
};
use crate::spec::trial::token::UNASKED_VERIFIER;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// What a refusal of a parameter looks like.
const INVALID: &str = "`error=invalid_request`";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "authz-get",
        title: "an authorization request is taken by GET",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &[],
        why: "A client opens a browser at a URL, which is a GET. Where that is not taken, no login begins.",
        fix: "answer GET at the `authorization_endpoint` of the metadata with the login page",
        disputed: "",
        faults: &[Fault::new("authz-get-405", &[Deed::Forget(Duty::AuthorizeByGet)])],
        judge: by_get,
    },
    Check {
        id: "authz-resource-accepted",
        title: "an authorization request with the `resource` of the MCP server is taken",
        role: Role::AuthorizationServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_RESOURCE_PARAMETER, OAUTH21_3_1, RFC8707_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Every MCP client sends `resource`, whether the server supports it or not. A server that refuses it refuses every \
              login.",
        fix: "accept `resource` with the value of the resource metadata; a server that does not know the parameter must ignore it",
        disputed: "Unknown parameters must be ignored (OAuth 2.1 §3.1), and a server that knows `resource` may refuse values with \
                   `invalid_target`; some identity providers refuse every value beside `scope`, and clients must send it.",
        faults: &[Fault::new("authz-rejects-resource", &[Deed::Forget(Duty::AcceptResource)])],
        judge: resource_accepted,
    },
    Check {
        id: "authz-ignores-unknown",
        title: "parameters that the server does not know are ignored",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Clients send what newer documents define. A server that refuses what it does not know breaks with every extension.",
        fix: "ignore parameters of the authorization request that you do not know",
        disputed: "",
        faults: &[Fault::new("authz-rejects-unknown-param", &[Deed::Forget(Duty::IgnoreUnknownParameters)])],
        judge: ignores_unknown,
    },
    Check {
        id: "authz-resource-slash",
        title: "the `resource` is understood with and without a slash at its end, and in capital letters",
        role: Role::AuthorizationServer,
        level: level![_, Should, Should, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CANONICAL_URI],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-resource-accepted"],
        why: "Some clients put their URL library between the document and the request, which adds a slash or changes the case of \
              the host.",
        fix: "compare the `resource` after lower-casing scheme and host, and take it with and without the slash at its end",
        disputed: "",
        faults: &[Fault::new("authz-resource-slash-required", &[Deed::Forget(Duty::IgnoreResourceSlash)])],
        judge: resource_slash,
    },
    Check {
        id: "authz-resource-foreign",
        title: "the `resource` of somebody else is refused",
        role: Role::AuthorizationServer,
        level: level![_, RfcShould, RfcShould, RfcShould],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8707_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-resource-accepted"],
        why: "A server that takes any resource either makes tokens for whoever is named or binds them to nobody. A client that \
              mistyped never learns of it.",
        fix: "refuse a `resource` that you do not issue tokens for with `error=invalid_target`",
        disputed: "",
        faults: &[Fault::new("authz-accepts-foreign-resource", &[Deed::Forget(Duty::RefuseForeignResource)])],
        judge: resource_foreign,
    },
    Check {
        id: "authz-resource-malformed",
        title: "a `resource` that is no absolute URI, or has a fragment, is refused",
        role: Role::AuthorizationServer,
        level: level![_, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC8707_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-resource-accepted", "authz-resource-foreign"],
        why: "What is no identifier of a resource cannot become the audience of a token.",
        fix: "refuse a `resource` that is no absolute URI or has a fragment with `error=invalid_target`",
        disputed: "",
        faults: &[Fault::new("authz-accepts-malformed-resource", &[Deed::Forget(Duty::RefuseMalformedResource)])],
        judge: resource_malformed,
    },
    Check {
        id: "authz-pkce-required",
        title: "a request without PKCE is refused",
        role: Role::AuthorizationServer,
        level: level![Must, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Silent,
        cites: &[MCP_CODE_PROTECTION, OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Without PKCE a code that is stolen on its way back can be redeemed by the thief.",
        fix: "refuse authorization requests of public clients without `code_challenge`: send the user back with \
              `error=invalid_request`",
        disputed: "",
        faults: &[Fault::new("authz-pkce-optional", &[Deed::Forget(Duty::RequirePkce)])],
        judge: pkce_required,
    },
    Check {
        id: "authz-pkce-method-unknown",
        title: "a `code_challenge_method` that does not exist is refused",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1, RFC7636_4_4_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A server that does not look at the method does not compare the challenge as the client meant it.",
        fix: "refuse every `code_challenge_method` but `S256` with `error=invalid_request`",
        disputed: "",
        faults: &[Fault::new("authz-accepts-unknown-pkce-method", &[Deed::Forget(Duty::RefuseUnknownPkceMethod)])],
        judge: pkce_method_unknown,
    },
    Check {
        id: "authz-pkce-plain",
        title: "the PKCE method `plain` is refused where only `S256` is advertised",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1, RFC9700_2_1_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "With `plain` the challenge is the secret itself: whoever sees the request can redeem the code. The metadata says \
              that it is not possible.",
        fix: "refuse `code_challenge_method=plain`, and a `code_challenge` without a method, with `error=invalid_request`",
        disputed: "",
        faults: &[Fault::new("authz-accepts-plain", &[Deed::Forget(Duty::RefusePlainPkce)])],
        judge: pkce_plain,
    },
    Check {
        id: "authz-response-type-missing",
        title: "a request without `response_type` is refused",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "The parameter says what the client can take. A server that guesses may send what the client did not ask for.",
        fix: "refuse a request without `response_type` with `error=invalid_request`",
        disputed: "",
        faults: &[Fault::new("authz-response-type-optional", &[Deed::Forget(Duty::RequireResponseType)])],
        judge: response_type_missing,
    },
    Check {
        id: "authz-implicit",
        title: "the implicit grant is refused",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_10_1, RFC9700_2_1_2],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "A token in a URL ends up in histories, logs and referrers, and nothing binds it to the client that asked.",
        fix: "refuse `response_type=token` with `error=unsupported_response_type`",
        disputed: "",
        faults: &[Fault::new("authz-issues-implicit", &[Deed::Forget(Duty::RefuseImplicit)])],
        judge: implicit,
    },
    Check {
        id: "authz-scope-invalid",
        title: "a scope that does not exist is refused, not failed at",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_4_1_2_1],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Clients ask for the scopes that a resource names. Where one is unknown they must be told, or be given the others.",
        fix: "send the user back with `error=invalid_scope`, or leave the unknown scope out and say so in the token response",
        disputed: "",
        faults: &[Fault::new("authz-bad-scope-500", &[Deed::Forget(Duty::SurviveUnknownScope)])],
        judge: scope_invalid,
    },
    Check {
        id: "authz-scope-omitted",
        title: "a request without `scope` is taken or refused, not failed at",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6749_3_3, MCP_SCOPE_STRATEGY],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Where neither the challenge nor the resource names a scope, MCP clients send none.",
        fix: "grant a default scope when none is asked for, or send the user back with `error=invalid_scope`",
        disputed: "",
        faults: &[Fault::new("authz-scope-mandatory", &[Deed::Forget(Duty::DefaultScope)])],
        judge: scope_omitted,
    },
    Check {
        id: "authz-offline-access",
        title: "`offline_access` can be asked for where it is advertised",
        role: Role::AuthorizationServer,
        level: level![_, _, _, May],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_REFRESH],
        needs: &[Step::AuthorizeTrial],
        blocked_by: &["authz-get"],
        why: "Clients add `offline_access` when the metadata lists it. If it is then refused, the login fails for the sake of a \
              refresh token.",
        fix: "accept `offline_access`, or take it out of `scopes_supported`",
        disputed: "",
        faults: &[Fault::new("authz-rejects-offline-access", &[Deed::Forget(Duty::AcceptOfflineAccess)])],
        judge: offline_access,
    },
];

fn by_get(e: &Evidence<'_>) -> Verdict {
    match authorizes(e) {
        Err(verdict) if verdict_is_blocked(&verdict) => {
            let Some(right) = attempts(e, RIGHT).last() else { return verdict };
            at(right, RIGHT, "the endpoint does not take it").expected("the login page, or a redirect").fail()
        }
        Err(verdict) => verdict,
        Ok(_) => Verdict::Pass,
    }
}

fn verdict_is_blocked(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Skip(crate::verdict::Reason::Blocked("authz-get")))
}

/// Whether the right request was refused and is taken without `resource`.
fn dislikes_resource(e: &Evidence<'_>) -> bool {
    let goes_on = |found: Kind| matches!(found, Kind::Code | Kind::Page | Kind::Away);
    let right = attempts(e, RIGHT).last().map(kind);
    right.is_some_and(|right| matches!(right, Kind::Error | Kind::Refused))
        && attempt(e, NO_RESOURCE).map(kind).is_some_and(goes_on)
}

fn resource_accepted(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let right = attempts(e, RIGHT).last().filter(|_| dislikes_resource(e));
    match right {
        None => Verdict::Pass,
        Some(right) => {
            let message = "the request is refused with the `resource` that the MCP server names, and taken without it";
            finding(Pointer { query_parameter: Some("resource".into()), ..Pointer::exchange(right.number) }, message)
                .expected("the login page, or a redirect")
                .actual(status(right))
                .fail()
        }
    }
}

fn ignores_unknown(e: &Evidence<'_>) -> Verdict {
    match need!(taken(e, UNKNOWN_PARAMETER)) {
        Taken::Yes => Verdict::Pass,
        Taken::No(exchange) => {
            at(exchange, UNKNOWN_PARAMETER, "the request was refused").expected("as without it").fail()
        }
    }
}

fn resource_slash(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    if dislikes_resource(e) {
        return Verdict::blocked("authz-resource-accepted");
    }
    for trial in [RESOURCE_SLASH, RESOURCE_CASE] {
        if let Taken::No(exchange) = need!(taken(e, trial)) {
            return at(exchange, trial, "the request was refused: only the exact form is accepted").info();
        }
    }
    Verdict::Pass
}

fn resource_foreign(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    if dislikes_resource(e) {
        return Verdict::blocked("authz-resource-accepted");
    }
    match need!(let_through(e, FOREIGN_RESOURCE)) {
        Some((exchange, _)) if kind(exchange) != Kind::Code && !looks_at_resources(e) => {
            Verdict::inconclusive("every `resource` leads to the login, so it may be looked at after it")
        }
        Some((exchange, what)) => at(exchange, FOREIGN_RESOURCE, what).expected("`error=invalid_target`").warn(),
        None => Verdict::Pass,
    }
}

/// Whether a `resource` was refused before the login, whatever was wrong with it.
fn looks_at_resources(e: &Evidence<'_>) -> bool {
    let mut tries = [FOREIGN_RESOURCE, RELATIVE_RESOURCE, FRAGMENT_RESOURCE].into_iter();
    tries.any(|trial| matches!(let_through(e, trial), Ok(None)))
}

fn resource_malformed(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    if dislikes_resource(e) {
        return Verdict::blocked("authz-resource-accepted");
    }
    let mut unclear = None;
    for trial in [RELATIVE_RESOURCE, FRAGMENT_RESOURCE] {
        match let_through(e, trial) {
            // A server that takes every resource takes these, too.
            Ok(Some(_)) if matches!(resource_foreign(e), Verdict::Warn(_)) => {
                return Verdict::blocked("authz-resource-foreign");
            }
            Ok(Some((exchange, _))) if kind(exchange) != Kind::Code && !looks_at_resources(e) => {
                unclear =
                    Some(Verdict::inconclusive("every `resource` leads to the login, so it may be looked at after it"));
            }
            Ok(Some((exchange, what))) => return at(exchange, trial, what).expected("`error=invalid_target`").warn(),
            Ok(None) => {}
            Err(verdict) => unclear = Some(verdict),
        }
    }
    unclear.unwrap_or(Verdict::Pass)
}

fn pkce_required(e: &Evidence<'_>) -> Verdict {
    match need!(let_through(e, NO_CHALLENGE)) {
        // A page only says that the login comes first.
        Some((exchange, _)) if kind(exchange) != Kind::Code && is_refused_later(e, UNASKED_VERIFIER) => Verdict::Pass,
        _ => must_refuse(e, NO_CHALLENGE, INVALID),
    }
}

fn pkce_method_unknown(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, UNKNOWN_METHOD, INVALID)
}

fn pkce_plain(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    let server = need!(ground::server(e));
    match need!(list(&server, "code_challenge_methods_supported")) {
        None => return Verdict::not_applicable("the metadata names no PKCE methods"),
        Some(methods) if methods.contains(&"plain") => {
            return Verdict::not_applicable("the metadata offers `plain`, which another check reports");
        }
        Some(_) => {}
    }
    must_refuse(e, PLAIN, INVALID)
}

fn response_type_missing(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NO_TYPE, INVALID)
}

fn implicit(e: &Evidence<'_>) -> Verdict {
    const EXPECTED: &str = "`error=unsupported_response_type`";
    match need!(let_through(e, IMPLICIT)) {
        None => Verdict::Pass,
        Some((exchange, what)) => {
            let back = super::asked::sent_back(exchange).unwrap_or_default();
            if back.iter().any(|(name, _)| name == "access_token") {
                return at(exchange, IMPLICIT, "a token came").expected(EXPECTED).fail();
            }
            at(exchange, IMPLICIT, what).expected(EXPECTED).warn()
        }
    }
}

fn scope_invalid(e: &Evidence<'_>) -> Verdict {
    match need!(passage(e, BAD_SCOPE)) {
        Passage::Broke(exchange) => {
            at(exchange, BAD_SCOPE, "the server failed").expected("`error=invalid_scope`").warn()
        }
        Passage::Code(exchange) => at(exchange, BAD_SCOPE, "a code came all the same").info(),
        Passage::Unclear(why) => Verdict::inconclusive(why),
        _ => Verdict::Pass,
    }
}

fn scope_omitted(e: &Evidence<'_>) -> Verdict {
    match need!(passage(e, NO_SCOPE)) {
        Passage::Broke(exchange) => {
            at(exchange, NO_SCOPE, "the server failed").expected("a default scope, or `error=invalid_scope`").warn()
        }
        Passage::Unclear(why) => Verdict::inconclusive(why),
        _ => Verdict::Pass,
    }
}

fn offline_access(e: &Evidence<'_>) -> Verdict {
    need!(authorizes(e));
    if attempt(e, OFFLINE).is_none() {
        return Verdict::not_applicable("the metadata does not list `offline_access`");
    }
    let Passage::SentBack(exchange) = need!(passage(e, OFFLINE)) else { return Verdict::Pass };
    let back = super::asked::sent_back(exchange).unwrap_or_default();
    if back.iter().any(|(name, value)| name == "error" && value == "invalid_scope") {
        return at(exchange, OFFLINE, "the request was refused with `invalid_scope`").expected("as without it").fail();
    }
    Verdict::Pass
}
