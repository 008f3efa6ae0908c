//! The `resource` of an authorization request: RFC 8707 §2, OAuth 2.1 §3.1, MCP authorization ("Resource Parameter
//! Implementation").

use super::asked::{Kind, attempt, attempts, authorizes, kind};
use super::authorization_ground::{Taken, at, let_through, status, taken};
use crate::evidence::{Evidence, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Fault};
use crate::spec::step::Step;
use crate::spec::trial::authorization::{
    FOREIGN_RESOURCE, FRAGMENT_RESOURCE, NO_RESOURCE, RELATIVE_RESOURCE, RESOURCE_CASE, RESOURCE_SLASH, RIGHT,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
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
];

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
