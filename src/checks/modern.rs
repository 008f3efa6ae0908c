//! The stateless wire of 2026-07-28, with a good token: `server/discover`, lists, caching, results and errors.

use serde_json::Value;

use super::asked::attempt;
use super::ground::no_login;
use super::streams::of_2024;
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::wires::{DISCOVER, LIST, LIST_AGAIN, OWN_ORIGIN, UNKNOWN_METHOD};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// Where the name of the server stands in a result.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-headers-survive",
        title: "the headers of the stateless wire reach the server",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_SERVER_VALIDATION, MCP_BACKWARD],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A proxy in front that drops `Mcp-Method` or `MCP-Protocol-Version` makes every request of a new client fail, and the server itself looks right.",
        fix: "let the proxy in front of the server forward `MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` as they came",
        disputed: "",
        faults: &[Fault::new("proxy-strips-mcp-headers", &[Deed::Forget(Duty::SeeHeaders)])],
        judge: headers_survive,
    },
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
        id: "modern-result-type",
        title: "every result has a `resultType`",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_BASE],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A client tells a complete result from a question to the user by it.",
        fix: "put `\"resultType\": \"complete\"` into every result",
        disputed: "",
        faults: &[Fault::new("no-result-type", &[Deed::At(Reply::ToolsList, &[Edit::DropJson("/result/resultType")])])],
        judge: result_type,
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
    Check {
        id: "modern-unknown-method",
        title: "a method that does not exist is answered with 404 and -32601",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_UNKNOWN_METHOD],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients and intermediaries tell by the status whether a server knows a method, and fall back where it does not.",
        fix: "answer a request with an unknown method with status 404 and a JSON-RPC error with code -32601",
        disputed: "",
        faults: &[Fault::new("unknown-method-200", &[Deed::At(Reply::UnknownMethod, &[Edit::Status(200)])])],
        judge: unknown_method,
    },
    Check {
        id: "modern-error-codes",
        title: "errors have the codes of the specification",
        role: Role::ResourceServer,
        level: level![_, _, _, MustNot],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_ERROR_CODES],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients act by the code: an invented one is taken for another error, or for none.",
        fix: "use -32020 to -32022 for what the specification names, and codes from -32000 to -32019 for nothing that clients should act on",
        disputed: "",
        faults: &[
            Fault::new("emits-32001", &[Deed::At(Reply::NoSuchTool, &[Edit::SetJson("/error/code", "-32001")])]),
            Fault::new(
                "emits-undefined-code",
                &[Deed::At(Reply::NoSuchTool, &[Edit::SetJson("/error/code", "-32050")])],
            ),
        ],
        judge: error_codes,
    },
];

/// That the server speaks the stateless wire: it answers `server/discover` or `tools/list` with a token as that wire does.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
pub(super) fn modern(e: &Evidence<'_>) -> Result<(), Verdict> {
    let Some(discovered) = attempt(e, DISCOVER) else { return Err(no_login(e)) };
    let listed = attempt(e, LIST);
    if is_result(discovered) || listed.is_some_and(|x| is_result(x) && answer::is_modern(x)) {
        return Ok(());
    }
    if lacks_headers(discovered) {
        return Err(Verdict::blocked("modern-headers-survive"));
    }
    if of_2024(e).is_some() {
        return Err(Verdict::blocked("legacy-http-sse"));
    }
    Err(match discovered.status() {
        None | Some(429 | 503) => Verdict::inconclusive("no answer came to `server/discover`"),
        Some(403) if wants_origin(e) => Verdict::blocked("transport-origin-absent"),
        Some(401 | 403) => Verdict::inconclusive("the token was refused"),
        _ => Verdict::not_applicable("the server speaks only the stateful wire"),
    })
}

/// Whether requests are served only when they name an origin.
pub(super) fn wants_origin(e: &Evidence<'_>) -> bool {
    attempt(e, OWN_ORIGIN).is_some_and(is_result)
}

/// The code of the JSON-RPC error in an answer.
pub(super) fn code(exchange: &Exchange) -> Option<Code> {
    answer::messages(exchange).iter().find_map(|message| message.error()?.code)
}

/// What an answer is, in short: its status and its error.
pub(super) fn told(exchange: &Exchange) -> String {
    let status = exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    match code(exchange) {
        Some(code) => format!("{status}, {code}"),
        None if is_result(exchange) => format!("{status}, a result"),
        None => format!("{status}, no JSON-RPC"),
    }
}

/// Whether a header that was sent is missed.
fn lacks_headers(exchange: &Exchange) -> bool {
    code(exchange) == Some(Code::HEADER_MISMATCH)
}

fn headers_survive(e: &Evidence<'_>) -> Verdict {
    let Some(discovered) = attempt(e, DISCOVER) else { return no_login(e) };
    let lacking = [Some(discovered), attempt(e, LIST)].into_iter().flatten().find(|x| lacks_headers(x));
    if let Some(exchange) = lacking {
        let message = "a request with every header is refused as if one were missing: something in front drops it";
        return finding(Pointer::exchange(exchange.number), message)
            .expected("the result of the request")
            .actual(told(exchange))
            .fail();
    }
    need!(modern(e));
    Verdict::Pass
}

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
fn result_of<'e>(e: &'e Evidence<'_>, trial: crate::spec::trial::Trial) -> Option<(&'e Exchange, Value)> {
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

fn result_type(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some((exchange, result)) = result_of(e, LIST) else {
        return Verdict::inconclusive("`tools/list` brought no result");
    };
    if result.get("resultType").is_some_and(Value::is_string) {
        return Verdict::Pass;
    }
    finding(Pointer::json(exchange.number, "/result/resultType"), "the result of `tools/list` has no `resultType`")
        .expected("`complete`")
        .actual("absent")
        .fail()
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

fn unknown_method(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some(exchange) = attempt(e, UNKNOWN_METHOD) else { return Verdict::inconclusive("it was not tried") };
    let Some(status) = exchange.status().filter(|status| !matches!(status, 401 | 403 | 429 | 503)) else {
        return Verdict::inconclusive("no answer came");
    };
    if status == 404 && code(exchange) == Some(Code::METHOD_NOT_FOUND) {
        return Verdict::Pass;
    }
    finding(Pointer::exchange(exchange.number), format!("we {}, and it was not refused as such", UNKNOWN_METHOD.wrong))
        .expected("404, -32601 (method not found)")
        .actual(told(exchange))
        .fail()
}

fn error_codes(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let is_stateless =
        |x: &&Exchange| x.request.body.as_deref().is_some_and(|body| body.contains("protocolVersion\":"));
    let codes = e.all(Step::WireTrial).filter(is_stateless).filter_map(|x| Some((x, code(x)?)));
    let mut leftover = None;
    for (exchange, code) in codes {
        let found = |why: &str| {
            finding(Pointer::json(exchange.number, "/error/code"), format!("the error has the code {code}, {why}"))
                .expected("a code that the specification defines")
                .actual(code.to_string())
        };
        match code.0 {
            -32022..=-32020 => {}
            -32002 | -32042 => return found("which belongs to earlier revisions").fail(),
            -32099..=-32023 => return found("which is reserved and means nothing").fail(),
            -32001 | -32003 | -32004 => leftover = leftover.or(Some(found("which drafts of this revision had"))),
            _ => {}
        }
    }
    leftover.map_or(Verdict::Pass, crate::verdict::Finding::warn)
}
