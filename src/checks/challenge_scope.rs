//! `scope` in the challenge, and whether it stays the same: MCP authorization ("Scope Selection Strategy", "Refresh
//! Tokens"), MCP best practices ("Scope Minimization").

use super::ground::{parameters, refused};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::challenge;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// A challenge that asks for a whole catalogue of more scopes than this asks for too much.
const MANY: usize = 5;

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-scope",
        title: "the challenge names the scopes to ask for",
        role: Role::ResourceServer,
        level: level![_, _, Should, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_SCOPE_STRATEGY, RFC6750_3],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "Without it clients ask for every scope in the resource metadata, or for none, and users consent to more than is needed.",
        fix: "add to the challenge the scopes that this request needs: `scope=\"SCOPE1 SCOPE2\"`",
        disputed: "",
        faults: &[Fault::new(
            "no-challenge-scope",
            &[Deed::At(Reply::Challenge, &[header("Bearer resource_metadata=\"{prm}\"")])],
        )],
        judge: present,
    },
    Check {
        id: "challenge-scope-offline-access",
        title: "the challenge does not ask for `offline_access`",
        role: Role::ResourceServer,
        level: level![_, _, _, ShouldNot],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_REFRESH],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "Whether a client wants a refresh token is its own affair and that of the authorization server, not of the resource.",
        fix: "take `offline_access` out of the challenge, and list it in `scopes_supported` of the authorization server, where clients look for it",
        disputed: "The current revision says it should not be there; many servers send it because clients ask only for the scopes that they are told, and some authorization servers issue refresh tokens only for it.",
        faults: &[Fault::new(
            "challenge-offline-access",
            &[Deed::At(
                Reply::Challenge,
                &[header("Bearer resource_metadata=\"{prm}\", scope=\"search:read offline_access\"")],
            )],
        )],
        judge: offline_access,
    },
    Check {
        id: "challenge-scope-minimal",
        title: "the challenge asks for no more than is needed",
        role: Role::ResourceServer,
        level: level![_, _, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[SBP_SCOPES],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "A token for everything is worth more to a thief than a token for what was asked, and users learn to consent to anything.",
        fix: "name the scopes that the refused request needs, and ask for more in the 403 of the request that needs more",
        disputed: "",
        faults: &[Fault::new(
            "challenge-wildcard-scope",
            &[Deed::At(Reply::Challenge, &[header("Bearer resource_metadata=\"{prm}\", scope=\"*\"")])],
        )],
        judge: minimal,
    },
    Check {
        id: "challenge-stable",
        title: "the same request gets the same challenge",
        role: Role::ResourceServer,
        level: level![_, _, Should, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_SCOPE_STRATEGY],
        needs: &[Step::ChallengeRepeat],
        blocked_by: &["challenge-bearer"],
        why: "Instances with different settings send clients to different documents or for different scopes, by chance.",
        fix: "give every instance behind the load balancer the same settings",
        disputed: "",
        faults: &[Fault::new("challenge-flapping", &[Deed::Forget(Duty::SteadyChallenge)])],
        judge: stable,
    },
];

const fn header(value: &'static str) -> Edit {
    Edit::SetHeader("www-authenticate", value)
}

fn present(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    if challenge.param("scope").is_some_and(|scope| !scope.trim().is_empty()) {
        return Verdict::Pass;
    }
    finding(Pointer::header(refused.exchange.number, "www-authenticate"), "the challenge names no scope")
        .expected("scope=\"SCOPES\"")
        .warn()
}

fn offline_access(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    let scope = challenge.param("scope").unwrap_or_default();
    if !scope.split_whitespace().any(|one| one == "offline_access") {
        return Verdict::Pass;
    }
    let rest: Vec<&str> = scope.split_whitespace().filter(|one| *one != "offline_access").collect();
    finding(Pointer::header(refused.exchange.number, "www-authenticate"), "the challenge asks for `offline_access`")
        .expected(format!("scope=\"{}\"", printable(&rest.join(" "))))
        .actual(format!("scope=\"{}\"", printable(scope)))
        .warn()
}

fn minimal(e: &Evidence<'_>) -> Verdict {
    const EVERYTHING: [&str; 5] = ["*", "all", "full-access", "full_access", "admin:*"];
    let (refused, challenge) = need!(parameters(e));
    let at = Pointer::header(refused.exchange.number, "www-authenticate");
    let scope = challenge.param("scope").unwrap_or_default();
    let asked: Vec<&str> = scope.split_whitespace().collect();
    let actual = format!("scope=\"{}\"", printable(scope));
    if let Some(everything) = asked.iter().find(|one| EVERYTHING.contains(*one)) {
        return finding(at, format!("`{everything}` asks for everything at once")).actual(actual).warn();
    }
    let catalogue = e.resource().and_then(|(_, document)| document.texts("scopes_supported")).unwrap_or_default();
    if asked.len() > MANY && catalogue.iter().all(|one| asked.contains(one)) {
        let message = format!("the challenge asks for the whole catalogue of {} scopes", asked.len());
        return finding(at, message).actual(actual).info();
    }
    Verdict::Pass
}

/// What of a challenge ought to stay the same.
fn essence(exchange: &Exchange) -> Option<[Option<String>; 2]> {
    let reply = exchange.reply().filter(|reply| reply.status == 401)?;
    let challenges = challenge::read(reply.header_values("www-authenticate"));
    let bearer = challenges.bearer();
    Some(["resource_metadata", "scope"].map(|name| bearer.and_then(|c| c.param(name)).map(str::to_owned)))
}

fn stable(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let first = essence(refused.exchange);
    let mut repeats = e.all(Step::ChallengeRepeat).chain(e.all(Step::McpFromBrowser)).peekable();
    need!(repeats.peek(), absent "the refused request was not repeated");
    // An answer other than 401 to a browser or under load says nothing of the challenge.
    let Some(other) = repeats.find(|x| essence(x).is_some_and(|found| Some(&found) != first.as_ref())) else {
        return Verdict::Pass;
    };
    let shown = |exchange: &Exchange| {
        let lines = exchange.reply().and_then(|reply| reply.header("www-authenticate")).unwrap_or_default();
        printable(lines).to_string()
    };
    finding(
        Pointer::header(other.number, "www-authenticate"),
        format!("the challenge differs from that of exchange {}, to the same request", refused.exchange.number),
    )
    .expected(shown(refused.exchange))
    .actual(shown(other))
    .warn()
}
