//! What the authorization endpoint takes and what it refuses, the redirect URI and `resource` apart: draft-ietf-oauth-v2-1
//! §3.1 and §4.1.1–4.1.2, RFC 7636 §4, MCP authorization ("Scope Selection Strategy").

use super::asked::{Kind, Passage, attempt, attempts, authorizes, kind, passage};
use super::authorization_ground::{Taken, at, is_refused_later, let_through, must_refuse, taken};
use super::ground;
use super::server_members::list;
use crate::evidence::Evidence;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::authorization::{
    BAD_SCOPE, IMPLICIT, NO_CHALLENGE, NO_SCOPE, NO_TYPE, OFFLINE, PLAIN, RIGHT, UNKNOWN_METHOD, UNKNOWN_PARAMETER,
};
use crate::spec::trial::token::UNASKED_VERIFIER;
use crate::verdict::{Check, Class, Mark, Role, Verdict};

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

fn ignores_unknown(e: &Evidence<'_>) -> Verdict {
    match need!(taken(e, UNKNOWN_PARAMETER)) {
        Taken::Yes => Verdict::Pass,
        Taken::No(exchange) => {
            at(exchange, UNKNOWN_PARAMETER, "the request was refused").expected("as without it").fail()
        }
    }
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
