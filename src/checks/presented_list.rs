//! The list of tools for tokens that differ: MCP 2026-07-28 base protocol ("Statelessness") and caching ("Cache Scope
//! Field", "Security Considerations").

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use std::collections::BTreeSet;

use serde_json::Value;

use super::asked::{attempt, attempts};
use super::ground::{no_login, refused};
use super::modern::told;
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::resource::{FRESH_LIST, USUAL_LIST, WIDER_LIST};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-stateless",
        title: "a token is served at once, without `server/discover` before",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_STATELESSNESS],
        needs: &[Step::ResourceTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "Each request stands for itself: behind a load balancer the next one reaches a process that never saw the first.",
        fix: "answer each request by what stands in it, and keep no memory of a `server/discover` before it",
        disputed: "",
        faults: &[Fault::new("needs-prior-discover", &[Deed::Forget(Duty::ServeAtOnce)])],
        judge: stateless,
    },
    Check {
        id: "rs-cache-scope",
        title: "a list that depends on the token is not `public`",
        role: Role::ResourceServer,
        level: level![_, _, _, Practice],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_CACHING],
        needs: &[Step::ResourceTrial],
        blocked_by: &["rs-valid-accepted", "modern-stateless"],
        why: "What is `public` a cache in between may give to everybody: one user then sees the tools of another.",
        fix: "write `\"cacheScope\": \"private\"` into results that depend on who asks",
        disputed: "",
        faults: &[Fault::new(
            "public-cache-varying-list",
            &[
                Deed::At(Reply::ToolsList, &[Edit::SetJson("/result/cacheScope", "\"public\"")]),
                Deed::Forget(Duty::ListForEverybody),
            ],
        )],
        judge: cache_scope,
    },
];

/// The list with the token of the login, on the stateless wire.
fn usual<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    refused(e)?;
    let Some(usual) = attempt(e, USUAL_LIST) else {
        return Err(if e.went(Reach::Intrusive) { no_login(e) } else { Verdict::needs(Reach::Intrusive) });
    };
    match usual.status() {
        _ if is_result(usual) && answer::is_modern(usual) => Ok(usual),
        None | Some(401 | 429 | 503) => Err(Verdict::inconclusive("no list came with the token of the login")),
        _ => Err(Verdict::not_applicable("the server speaks only the stateful wire")),
    }
}

fn stateless(e: &Evidence<'_>) -> Verdict {
    need!(usual(e));
    let mut tries = attempts(e, FRESH_LIST);
    let Some(fresh) = tries.next() else { return Verdict::inconclusive("there was no other token") };
    if is_result(fresh) {
        return Verdict::Pass;
    }
    match (fresh.status(), tries.next()) {
        (None | Some(401 | 403 | 429 | 503), _) => Verdict::inconclusive("the other token was not let in"),
        (Some(_), Some(again)) if again.status() == fresh.status() && !is_result(again) => {
            let message = format!("we {}, and it was refused", FRESH_LIST.wrong);
            finding(Pointer::exchange(fresh.number), message).expected("200, a result").actual(told(fresh)).fail()
        }
        _ => Verdict::inconclusive("the other token was refused once and not again"),
    }
}

/// The names of the tools in a list, and for whom it may be kept.
fn listed(exchange: &Exchange) -> Option<(BTreeSet<String>, String)> {
    let messages = answer::messages(exchange);
    let result = messages.iter().find_map(|message| message.result())?;
    let tools = result.get("tools").and_then(Value::as_array)?;
    let names = tools.iter().filter_map(|tool| tool.get("name").and_then(Value::as_str));
    let scope = result.get("cacheScope").and_then(Value::as_str).unwrap_or_default();
    Some((names.map(str::to_owned).collect(), scope.to_owned()))
}

fn cache_scope(e: &Evidence<'_>) -> Verdict {
    let usual = need!(usual(e));
    let Some(wider) = attempt(e, WIDER_LIST) else {
        return Verdict::inconclusive("there was no token with more scope than the usual one");
    };
    let (Some((narrow, scope)), Some((wide, wide_scope))) = (listed(usual), listed(wider)) else {
        if matches!(stateless(e), Verdict::Fail(_)) {
            return Verdict::blocked("modern-stateless");
        }
        return Verdict::inconclusive("no list came with the token that has more scope");
    };
    if narrow == wide || ![&scope, &wide_scope].into_iter().any(|scope| scope == "public") {
        return Verdict::Pass;
    }
    let only: Vec<&str> = narrow.symmetric_difference(&wide).map(String::as_str).collect();
    let message = format!(
        "`tools/list` may be kept for everybody, and is another with other scope (exchange {} beside {}): {}",
        wider.number,
        usual.number,
        printable(&only.join(", "))
    );
    finding(Pointer::json(usual.number, "/result/cacheScope"), message)
        .expected("\"private\"")
        .actual("\"public\"")
        .fail()
}
