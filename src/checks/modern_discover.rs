//! What `server/discover` and the lists answer: MCP 2026-07-28, lifecycle and caching.

use serde_json::Value;

use super::asked::attempt;
use super::modern::{modern, told};
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::wires::{DISCOVER, LIST, LIST_AGAIN};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-discover",
        title: "a server that speaks 2026-07-28 answers `server/discover`",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_DISCOVER, MCP_VERSIONING],
        needs: &[Step::WireTrial],
        blocked_by: &["modern-headers-survive"],
        why: "New clients begin with `server/discover`; where it fails they take the server for an old one.",
        fix: "answer `server/discover` with `supportedVersions` and `capabilities`",
        disputed: "",
        faults: &[Fault::new(
            "no-discover",
            &[Deed::At(
                Reply::DiscoverResult,
                &[
                    Edit::Status(404),
                    Edit::Body(
                        r#"{"jsonrpc":"2.0","id":"server/discover-1","error":{"code":-32601,"message":"there is no such method"}}"#,
                    ),
                ],
            )],
        )],
        judge: discover,
    },
    Check {
        id: "modern-discover-result",
        title: "the answer to `server/discover` says versions, capabilities and how long it holds",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_DISCOVER, MCP_CACHING],
        needs: &[Step::WireTrial],
        blocked_by: &["modern-discover"],
        why: "Clients choose the version and plan their requests by this answer.",
        fix: "answer `{\"resultType\": \"complete\", \"supportedVersions\": [\"2026-07-28\"], \"capabilities\": {…}, \"ttlMs\": 60000, \"cacheScope\": \"private\"}`",
        disputed: "",
        faults: &[
            Fault::new(
                "discover-no-cache-hints",
                &[Deed::At(Reply::DiscoverResult, &[Edit::DropJson("/result/ttlMs")])],
            ),
            Fault::new(
                "discover-without-versions",
                &[Deed::At(Reply::DiscoverResult, &[Edit::SetJson("/result/supportedVersions", "[]")])],
            ),
            Fault::new(
                "discover-no-result-type",
                &[Deed::At(Reply::DiscoverResult, &[Edit::DropJson("/result/resultType")])],
            ),
        ],
        judge: discover_result,
    },
    Check {
        id: "modern-server-info",
        title: "results say which server made them",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_RESPONSE_FIELDS],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Without a handshake this is the only place where a client learns what it talks to.",
        fix: "put `\"_meta\": {\"io.modelcontextprotocol/serverInfo\": {\"name\": \"…\", \"version\": \"…\"}}` into every result",
        disputed: "",
        faults: &[Fault::new(
            "no-server-info",
            &[
                Deed::At(Reply::DiscoverResult, &[Edit::DropJson("/result/_meta")]),
                Deed::At(Reply::ToolsList, &[Edit::DropJson("/result/_meta")]),
            ],
        )],
        judge: server_info,
    },
    Check {
        id: "modern-cache-hints",
        title: "`tools/list` says how long the list holds, and for whom",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_CACHING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Without it clients ask again and again, or show one user the tools of another.",
        fix: "put `\"ttlMs\": 60000, \"cacheScope\": \"private\"` (or `\"public\"`) into the result of `tools/list`",
        disputed: "",
        faults: &[
            Fault::new("list-no-ttl", &[Deed::At(Reply::ToolsList, &[Edit::DropJson("/result/ttlMs")])]),
            Fault::new(
                "list-odd-cache-scope",
                &[Deed::At(Reply::ToolsList, &[Edit::SetJson("/result/cacheScope", "\"shared\"")])],
            ),
        ],
        judge: cache_hints,
    },
    Check {
        id: "modern-list-stable",
        title: "`tools/list` gives the same list each time",
        role: Role::ResourceServer,
        level: level![_, _, _, Should],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_LISTING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A list in another order each time defeats the prompt caches of models; a list that differs between connections is another server each time.",
        fix: "list the tools in a fixed order, for every connection of the same user the same",
        disputed: "",
        faults: &[Fault::new("tools-order-random", &[Deed::Forget(Duty::SteadyOrder)])],
        judge: list_stable,
    },
];

/// Where the name of the server stands in a result.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

fn discover(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some(exchange) = attempt(e, DISCOVER) else { return Verdict::inconclusive("it was not tried") };
    match exchange.status() {
        _ if is_result(exchange) => Verdict::Pass,
        None | Some(429 | 503) => Verdict::inconclusive("no answer came to `server/discover`"),
        _ => finding(
            Pointer::exchange(exchange.number),
            "`tools/list` works as in 2026-07-28, `server/discover` does not",
        )
        .expected("200, a result")
        .actual(told(exchange))
        .fail(),
    }
}

/// The result of a trial, with its exchange.
pub(super) fn result_of<'e>(e: &'e Evidence<'_>, trial: crate::spec::trial::Trial) -> Option<(&'e Exchange, Value)> {
    let exchange = attempt(e, trial)?;
    let messages = answer::messages(exchange);
    let result = messages.iter().find_map(|message| message.result())?;
    Some((exchange, result.clone()))
}

fn discover_result(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some((exchange, result)) = result_of(e, DISCOVER) else { return Verdict::blocked("modern-discover") };
    let versions = answer::versions(exchange);
    let at = |member: &str, wanted: &str, there: Option<&Value>| {
        let there = there.map_or_else(|| "absent".to_owned(), |value| printable(&value.to_string()).to_string());
        finding(
            Pointer::json(exchange.number, &format!("/result/{member}")),
            format!("`{member}` is not as it must be"),
        )
        .expected(wanted)
        .actual(there)
        .fail()
    };
    if !versions.iter().any(|version| version == Revision::R2026_07_28.as_str()) {
        return at("supportedVersions", "a list with `2026-07-28`", result.get("supportedVersions"));
    }
    if !result.get("capabilities").is_some_and(Value::is_object) {
        return at("capabilities", "an object", result.get("capabilities"));
    }
    if !result.get("resultType").is_some_and(Value::is_string) {
        return at("resultType", "`complete`", result.get("resultType"));
    }
    cached(exchange, &result).unwrap_or(Verdict::Pass)
}

/// What is wrong with the hints for caches in a result.
fn cached(exchange: &Exchange, result: &Value) -> Option<Verdict> {
    let age = result.get("ttlMs").and_then(Value::as_f64).is_some_and(|age| age >= 0.0);
    let scope = matches!(result.get("cacheScope").and_then(Value::as_str), Some("public" | "private"));
    let (member, wanted) = match (age, scope) {
        (true, true) => return None,
        (false, _) => ("ttlMs", "a number of milliseconds, 0 or more"),
        _ => ("cacheScope", "`public` or `private`"),
    };
    let there = result.get(member).map_or_else(|| "absent".to_owned(), Value::to_string);
    let message = format!("`{member}` does not say how long the answer holds, or for whom");
    let message = if there == "absent" { format!("the result has no `{member}`") } else { message };
    Some(
        finding(Pointer::json(exchange.number, &format!("/result/{member}")), message)
            .expected(wanted)
            .actual(printable(&there).to_string())
            .fail(),
    )
}

fn server_info(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let mut results = [DISCOVER, LIST].into_iter().filter_map(|trial| result_of(e, trial)).peekable();
    if results.peek().is_none() {
        return Verdict::inconclusive("no result came");
    }
    let named =
        |result: &Value| result.get("_meta").and_then(|meta| meta.get(SERVER_INFO)).is_some_and(Value::is_object);
    match results.find(|(_, result)| !named(result)) {
        None => Verdict::Pass,
        Some((exchange, _)) => {
            finding(Pointer::json(exchange.number, "/result/_meta"), "the result does not say which server made it")
                .expected(format!("`_meta` with `{SERVER_INFO}`"))
                .actual("absent")
                .warn()
        }
    }
}

fn cache_hints(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some((exchange, result)) = result_of(e, LIST) else {
        return Verdict::inconclusive("`tools/list` brought no result");
    };
    cached(exchange, &result).unwrap_or(Verdict::Pass)
}

fn list_stable(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let names = |(_, result): &(&Exchange, Value)| -> Vec<String> {
        let tools = result.get("tools").and_then(Value::as_array).into_iter().flatten();
        tools.filter_map(|tool| tool.get("name")?.as_str().map(str::to_owned)).collect()
    };
    let (Some(first), Some(second)) = (result_of(e, LIST), result_of(e, LIST_AGAIN)) else {
        return Verdict::inconclusive("`tools/list` did not bring a result twice");
    };
    let (mut one, mut other) = (names(&first), names(&second));
    if one == other {
        return Verdict::Pass;
    }
    let told = |names: &[String]| printable(&names.join(", ")).to_string();
    let found = finding(Pointer::json(second.0.number, "/result/tools"), "`tools/list` gave two different lists")
        .expected(told(&one))
        .actual(told(&other));
    one.sort_unstable();
    other.sort_unstable();
    if one == other { found.warn() } else { found.fail() }
}
