//! The scope of a token that was issued: OAuth 2.1 §3.2.3, MCP authorization ("Scope Selection Strategy").

use super::granted::{Issued, access, of_resource, requested_scope};
use super::issued::{LOGIN, member};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::challenge;
use crate::formats::json::Field;
use crate::formats::jwt;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "token-scope-echo",
        title: "who grants less scope than was asked for says so",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3],
        needs: LOGIN,
        blocked_by: &[],
        why: "Without `scope` in the answer a client takes it that everything was granted, and meets a 403 that it cannot explain.",
        fix: "add the scope that was granted to the answer: `\"scope\": \"search:read\"`",
        disputed: "",
        faults: &[Fault::new(
            "token-silent-downscope",
            &[
                Deed::At(Reply::TokenSuccess, &[Edit::DropJson("/scope")]),
                Deed::At(Reply::AccessTokenClaims, &[Edit::SetJson("/scope", "\"openid\"")]),
            ],
        )],
        judge: scope_echo,
    },
    Check {
        id: "token-scope-sufficient",
        title: "the scope of the challenge suffices for the request that was challenged",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_SCOPE_STRATEGY],
        needs: &[Step::SessionDiscover, Step::SessionInitialize, Step::SessionList, Step::SessionCall],
        blocked_by: &["token-scope-echo"],
        why: "A client asks for exactly the scope in the challenge. If that does not suffice, it logs in again and again.",
        fix: "name in the challenge every scope that the request needs: `WWW-Authenticate: Bearer scope=\"search:read\"`",
        disputed: "",
        faults: &[Fault::new("challenge-scope-insufficient", &[Deed::Forget(Duty::NameEnoughScope)])],
        judge: scope_sufficient,
    },
];

fn scope_echo(e: &Evidence<'_>) -> Verdict {
    let (Issued { exchange, response }, token) = need!(access(e));
    let at = member(exchange, "scope");
    match &response.scope {
        Field::Present(_) => return Verdict::Pass,
        Field::Wrong(kind) => {
            return finding(at, "`scope` in the answer is no text")
                .expected("scopes between spaces")
                .actual(kind.to_string())
                .fail();
        }
        Field::Absent => {}
    }
    let Some(requested) = requested_scope(e) else {
        return Verdict::inconclusive("the record does not have the authorization request, which asked for a scope");
    };
    let Ok(jwt) = jwt::decode(token.expose()) else {
        return Verdict::not_applicable("the answer says nothing of scope, and an opaque token tells nothing");
    };
    let Field::Present(granted) = jwt.scopes() else {
        return Verdict::not_applicable("neither the answer nor the token says anything of scope");
    };
    let lost: Vec<&str> =
        requested.iter().map(String::as_str).filter(|name| of_resource(name) && !granted.contains(name)).collect();
    if lost.is_empty() {
        return Verdict::Pass;
    }
    let message =
        format!("the token lacks `{}`, which was asked for, and the answer has no `scope`", printable(&lost.join(" ")));
    finding(at, message).expected(format!("\"scope\": \"{}\"", printable(&granted.join(" ")))).actual("absent").fail()
}

fn scope_sufficient(e: &Evidence<'_>) -> Verdict {
    let (Issued { response, .. }, _) = need!(access(e));
    let challenged = need!(e.challenged(), absent "no request was refused for want of a token");
    let named = need!(challenged.param("scope"), absent "the challenge names no scope");
    if let Field::Present(granted) = &response.scope {
        let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
        if !named.split_ascii_whitespace().all(|scope| granted.contains(&scope)) {
            return Verdict::not_applicable("less scope was granted than the challenge names");
        }
    }
    // The same request, now with the token: another may rightly need more.
    let step = match challenged.exchange.step {
        Step::McpDiscover => Step::SessionDiscover,
        Step::McpInitialize => Step::SessionInitialize,
        Step::McpList | Step::McpSessionList => Step::SessionList,
        _ => Step::SessionCall,
    };
    let is_refusal = |x: &&Exchange| {
        x.reply().filter(|reply| reply.status == 403).is_some_and(|reply| {
            let challenges = challenge::read(reply.header_values("www-authenticate"));
            challenges.list.iter().any(|challenge| challenge.param("error") == Some("insufficient_scope"))
        })
    };
    if e.first(step).is_none() {
        return Verdict::inconclusive("the request that was challenged was not made again with a token");
    }
    let refusal = e.all(step).find(is_refusal);
    let Some(refusal) = refusal else { return Verdict::Pass };
    let message = format!(
        "a token with the scope of the challenge (`{}`) is refused with `insufficient_scope` for the same request",
        printable(named)
    );
    finding(Pointer::header(refusal.number, "www-authenticate"), message)
        .expected("a result")
        .actual("403 insufficient_scope")
        .fail()
}
