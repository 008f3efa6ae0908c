//! The stateless wire of 2026-07-28, with a good token: whether it is spoken, results and errors.

use serde_json::Value;

use super::asked::attempt;
use super::ground::no_login;
use super::modern_discover::result_of;
use super::streams::of_2024;
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::wires::{DISCOVER, LIST, OWN_ORIGIN, UNKNOWN_METHOD};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

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
    answer::in_turn(exchange).find_map(|message| message.error()?.code)
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
            -32002 | -32042 => return found("which belongs to earlier revisions").fail(),
            -32099..=-32023 => return found("which is reserved and means nothing").fail(),
            -32001 | -32003 | -32004 => leftover = leftover.or(Some(found("which drafts of this revision had"))),
            _ => {}
        }
    }
    leftover.map_or(Verdict::Pass, crate::verdict::Finding::warn)
}
