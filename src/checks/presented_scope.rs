//! What the MCP server does with a good token whose scope does not suffice: MCP authorization ("Runtime Insufficient
//! Scope Errors", "Step-Up Authorization Flow"), RFC 6750 §3.1. The operator names a tool that needs more scope.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::asked::attempts;
use super::granted::access_jwt;
use super::ground::refused;
use super::tried::{is_error, is_result, is_success};
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::challenge::{self, Challenge};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::resource::{STEP_UP, STEP_UP_AGAIN, STEPPED_UP};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "rs-scope-enforced",
        title: "a tool that needs more scope is not carried out without it",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Silent,
        cites: &[OAUTH21_5_2, MCP_ERRORS],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "If the scope is not checked, what users agreed to means nothing: every token may do everything.",
        fix: "compare the scope of the token with what the tool needs before you carry it out, and answer 403 with `error=\"insufficient_scope\"`",
        disputed: "",
        faults: &[Fault::new("ignore-scopes", &[Deed::Forget(Duty::EnforceScope)])],
        judge: scope_enforced,
    },
    Check {
        id: "rs-scope-status",
        title: "a lack of scope is answered with 403",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_ERRORS, MCP_RUNTIME_SCOPE],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced"],
        why: "At 401 clients refresh or log in again for the same scope, without end; an error of the tool they show to the model. 403 makes them ask for more.",
        fix: "answer 403 with `WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"ALL SCOPES NEEDED\"`",
        disputed: "",
        faults: &[
            Fault::new("insufficient-scope-401", &[Deed::At(Reply::InsufficientScope, &[Edit::Status(401)])]),
            Fault::new("insufficient-scope-400", &[Deed::At(Reply::InsufficientScope, &[Edit::Status(400)])]),
        ],
        judge: scope_status,
    },
    Check {
        id: "rs-scope-error",
        title: "the 403 says `insufficient_scope`",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RUNTIME_SCOPE, RFC6750_3_1],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced", "rs-scope-status"],
        why: "A 403 without it may come from a firewall. It is what tells a client that more scope helps.",
        fix: "add `error=\"insufficient_scope\"` to the `WWW-Authenticate: Bearer` of the 403",
        disputed: "",
        faults: &[Fault::new(
            "no-insufficient-scope-error",
            &[Deed::At(
                Reply::InsufficientScope,
                &[Edit::SetHeader("www-authenticate", "Bearer scope=\"search:write\", resource_metadata=\"{prm}\"")],
            )],
        )],
        judge: scope_error,
    },
    Check {
        id: "rs-scope-scope",
        title: "the 403 names the scope that is needed",
        role: Role::ResourceServer,
        level: level![_, _, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP_RUNTIME_SCOPE, MCP_STEP_UP],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced", "rs-scope-status"],
        why: "Without it clients guess: they ask for everything, or for the same as before, and meet the same 403.",
        fix: "add `scope=\"ALL SCOPES NEEDED\"` to the `WWW-Authenticate: Bearer` of the 403",
        disputed: "",
        faults: &[
            Fault::new(
                "no-scope-on-403",
                &[Deed::At(
                    Reply::InsufficientScope,
                    &[Edit::SetHeader(
                        "www-authenticate",
                        "Bearer error=\"insufficient_scope\", resource_metadata=\"{prm}\"",
                    )],
                )],
            ),
            Fault::new(
                "old-scope-on-403",
                &[Deed::At(
                    Reply::InsufficientScope,
                    &[Edit::SetHeader(
                        "www-authenticate",
                        "Bearer error=\"insufficient_scope\", scope=\"search:read\", resource_metadata=\"{prm}\"",
                    )],
                )],
            ),
        ],
        judge: scope_scope,
    },
    Check {
        id: "rs-scope-rm",
        title: "the 403 names the resource metadata",
        role: Role::ResourceServer,
        level: level![_, _, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RUNTIME_SCOPE],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced", "rs-scope-status"],
        why: "A client that was given its token from elsewhere finds the authorization server by it.",
        fix: "add `resource_metadata=\"URL\"` to the `WWW-Authenticate: Bearer` of the 403, as to that of the 401",
        disputed: "",
        faults: &[Fault::new(
            "no-rm-on-403",
            &[Deed::At(
                Reply::InsufficientScope,
                &[Edit::SetHeader("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"search:write\"")],
            )],
        )],
        judge: scope_rm,
    },
    Check {
        id: "rs-scope-consistent",
        title: "the 403 names the same scope each time",
        role: Role::ResourceServer,
        level: level![_, _, Should, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RUNTIME_SCOPE],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced", "rs-scope-status"],
        why: "A client that fetches what one 403 names is refused by the next, and asks the user again and again.",
        fix: "work out the scope of the 403 from the tool alone, and name all of it each time",
        disputed: "",
        faults: &[Fault::new("scope-challenge-varies", &[Deed::Forget(Duty::SteadyScope)])],
        judge: scope_consistent,
    },
    Check {
        id: "rs-scope-single-challenge",
        title: "one 403 names all the scope that the tool needs",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_RUNTIME_SCOPE],
        needs: &[Step::ScopeTrial],
        blocked_by: &["rs-valid-accepted", "rs-scope-enforced", "rs-scope-status", "rs-scope-scope"],
        why: "Each further scope is another login for the user. Clients give up after a few.",
        fix: "name every scope that the tool needs in the first 403: `scope=\"ALL SCOPES NEEDED\"`",
        disputed: "",
        faults: &[Fault::new("incremental-scope-challenges", &[Deed::Forget(Duty::NameAllScopes)])],
        judge: single_challenge,
    },
];

/// What came of the call.
enum Called<'e> {
    /// The tool was carried out.
    Done(&'e Exchange),
    /// The result is an error of the tool that speaks of scope or permission.
    ToldAsResult(&'e Exchange),
    /// Refused with 403.
    Forbidden(&'e Exchange),
    /// Refused in another way.
    Otherwise(&'e Exchange, u16),
}

/// The call of the tool that needs more scope.
fn called<'e>(e: &'e Evidence<'_>) -> Result<Called<'e>, Verdict> {
    refused(e)?;
    let Some(exchange) = e.about(Step::ScopeTrial, STEP_UP.name) else {
        return Err(Verdict::inconclusive("the tool was not called"));
    };
    let messages = answer::messages(exchange);
    let of_arguments = messages.iter().filter_map(|m| m.error()).any(|error| error.code == Some(Code::INVALID_PARAMS));
    let failed = messages.iter().any(|message| message.is_tool_error());
    Ok(match exchange.status() {
        None => return Err(Verdict::inconclusive("no answer came to the call")),
        Some(429 | 503) => return Err(Verdict::inconclusive("the server had no time for the call")),
        Some(403) => Called::Forbidden(exchange),
        _ if of_arguments => {
            return Err(Verdict::inconclusive(
                "the server wants other arguments: lend them with --step-up-tool NAME={...}",
            ));
        }
        Some(200..=299) if failed && speaks_of_scope(exchange) => Called::ToldAsResult(exchange),
        Some(200..=299) if failed => {
            return Err(Verdict::inconclusive("the tool failed for another reason than its scope"));
        }
        Some(200..=299) if is_success(exchange) && is_result(exchange) => Called::Done(exchange),
        Some(200..=299) if !is_error(exchange) => {
            return Err(Verdict::inconclusive("the answer to the call holds no result"));
        }
        Some(status) => Called::Otherwise(exchange, status),
    })
}

/// Whether the text of an answer speaks of what the token may not do.
fn speaks_of_scope(exchange: &Exchange) -> bool {
    let text =
        answer::messages(exchange).iter().filter_map(|m| m.result()).map(ToString::to_string).collect::<String>();
    let text = text.to_ascii_lowercase();
    ["scope", "permission", "forbidden", "unauthorized", "not authorized", "403"].iter().any(|word| text.contains(word))
}

fn scope_enforced(e: &Evidence<'_>) -> Verdict {
    match need!(called(e)) {
        Called::Done(exchange) => {
            finding(Pointer::exchange(exchange.number), "the tool that needs more scope was carried out without it")
                .expected("403")
                .actual(exchange.status().map_or_else(String::new, |status| status.to_string()))
                .fail()
        }
        _ => Verdict::Pass,
    }
}

fn scope_status(e: &Evidence<'_>) -> Verdict {
    let (exchange, actual, is_loop) = match need!(called(e)) {
        Called::Done(_) => return Verdict::blocked("rs-scope-enforced"),
        Called::Forbidden(_) => return Verdict::Pass,
        Called::ToldAsResult(exchange) => (exchange, "an error of the tool".to_owned(), false),
        Called::Otherwise(exchange, status) => (exchange, status.to_string(), status == 401),
    };
    let found = finding(Pointer::exchange(exchange.number), "a lack of scope is not answered with 403")
        .expected("403")
        .actual(actual);
    if is_loop { found.warn() } else { found.fail() }
}

/// The challenge of the 403, if it is one of the schemes of tokens.
fn on_forbidden(e: &Evidence<'_>, judge: impl FnOnce(&Exchange, Option<&Challenge>) -> Verdict) -> Verdict {
    match need!(called(e)) {
        Called::Forbidden(exchange) => judge(exchange, bearer(exchange).as_ref()),
        Called::Done(_) => Verdict::blocked("rs-scope-enforced"),
        Called::ToldAsResult(_) | Called::Otherwise(..) => Verdict::blocked("rs-scope-status"),
    }
}

fn bearer(exchange: &Exchange) -> Option<Challenge> {
    challenge::read(exchange.reply()?.header_values("www-authenticate")).answered().cloned()
}

fn header(exchange: &Exchange) -> Pointer {
    Pointer::header(exchange.number, "www-authenticate")
}

fn scope_error(e: &Evidence<'_>) -> Verdict {
    on_forbidden(e, |exchange, bearer| {
        let error = bearer.and_then(|bearer| bearer.param("error"));
        if error == Some("insufficient_scope") {
            return Verdict::Pass;
        }
        let shown = error.map_or_else(|| "absent".to_owned(), |error| format!("error=\"{}\"", printable(error)));
        finding(header(exchange), "the 403 does not say `insufficient_scope`")
            .expected("error=\"insufficient_scope\"")
            .actual(shown)
            .warn()
    })
}

/// The scopes that a 403 names, in alphabetical order.
fn scopes(bearer: Option<&Challenge>) -> Vec<&str> {
    let named = bearer.and_then(|bearer| bearer.param("scope")).unwrap_or_default();
    let mut scopes: Vec<&str> = named.split_ascii_whitespace().collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn scope_scope(e: &Evidence<'_>) -> Verdict {
    on_forbidden(e, |exchange, bearer| {
        let named = scopes(bearer);
        if named.is_empty() {
            return finding(header(exchange), "the 403 does not name the scope that is needed")
                .expected("scope=\"...\"")
                .actual("absent")
                .warn();
        }
        let Ok((_, _, jwt)) = access_jwt(e) else { return Verdict::Pass };
        let granted = jwt.claims.get("scope").and_then(serde_json::Value::as_str).unwrap_or_default();
        if named.iter().any(|scope| !granted.split_ascii_whitespace().any(|has| has == *scope)) {
            return Verdict::Pass;
        }
        finding(header(exchange), "the 403 names no scope that the token lacks")
            .expected("the scope that the tool needs")
            .actual(format!("scope=\"{}\"", printable(&named.join(" "))))
            .warn()
    })
}

fn scope_rm(e: &Evidence<'_>) -> Verdict {
    on_forbidden(e, |exchange, bearer| {
        if bearer.is_some_and(|bearer| bearer.param("resource_metadata").is_some_and(|url| !url.is_empty())) {
            return Verdict::Pass;
        }
        let named = e.named_metadata_url().map_or_else(|| "URL".to_owned(), |url| printable(url).to_string());
        finding(header(exchange), "the 403 does not name the resource metadata")
            .expected(format!("resource_metadata=\"{named}\""))
            .actual("absent")
            .fix(format!("add `resource_metadata=\"{named}\"` to the `WWW-Authenticate: Bearer` of the 403"))
            .warn()
    })
}

fn scope_consistent(e: &Evidence<'_>) -> Verdict {
    on_forbidden(e, |exchange, bearer_of_first| {
        let first = scopes(bearer_of_first);
        let again = e.all(Step::ScopeTrial).filter(|x| x.about.as_deref() == Some(STEP_UP_AGAIN.name));
        let again: Vec<&Exchange> = again.filter(|x| x.status() == Some(403)).collect();
        if again.is_empty() {
            return Verdict::inconclusive("the call was refused with 403 only once");
        }
        for next in again {
            let challenge = bearer(next);
            let named = scopes(challenge.as_ref());
            if named != first {
                return finding(
                    header(next),
                    format!("the 403 names another scope than that of exchange {}", exchange.number),
                )
                .expected(format!("scope=\"{}\"", printable(&first.join(" "))))
                .actual(format!("scope=\"{}\"", printable(&named.join(" "))))
                .warn();
            }
        }
        Verdict::Pass
    })
}

fn single_challenge(e: &Evidence<'_>) -> Verdict {
    on_forbidden(e, |_, bearer_of_first| {
        let first = scopes(bearer_of_first);
        let mut again = attempts(e, STEPPED_UP);
        let Some(stepped) = again.next() else {
            if matches!(scope_scope(e), Verdict::Warn(_)) {
                return Verdict::blocked("rs-scope-scope");
            }
            return Verdict::inconclusive("there was no token with the scope that the refusal names");
        };
        match stepped.status() {
            None | Some(401 | 429 | 503) => return Verdict::inconclusive("the call with more scope was not answered"),
            Some(403) if again.next().and_then(Exchange::status) == Some(403) => {}
            Some(403) => return Verdict::inconclusive("the call with more scope was refused once and not again"),
            Some(_) => return Verdict::Pass,
        }
        let challenge = bearer(stepped);
        let further = scopes(challenge.as_ref());
        if further.iter().all(|scope| first.contains(scope)) {
            return Verdict::inconclusive("the scope was asked for and the call refused all the same");
        }
        finding(header(stepped), "the scope that the first 403 names does not suffice, and the next names another")
            .expected(format!("scope=\"{}\" in the first 403", printable(&[first, further.clone()].concat().join(" "))))
            .actual(format!("scope=\"{}\" in the second", printable(&further.join(" "))))
            .warn()
    })
}
