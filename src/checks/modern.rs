//! The stateless wire of 2026-07-28, with a good token: streamable HTTP, versioning, `server/discover`.

use super::asked::attempt;
use super::ground::no_login;
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::wires::{DISCOVER, UNKNOWN_METHOD};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
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
}];

/// That the server speaks the stateless wire: its answer to `server/discover` with a token.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
pub(super) fn modern<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let Some(discovered) = attempt(e, DISCOVER) else {
        return Err(no_login(e));
    };
    match discovered.status() {
        _ if is_result(discovered) => Ok(discovered),
        None | Some(429 | 503) => Err(Verdict::inconclusive("no answer came to `server/discover`")),
        _ => Err(Verdict::not_applicable("the server speaks only the stateful wire")),
    }
}

fn unknown_method(e: &Evidence<'_>) -> Verdict {
    need!(modern(e));
    let Some(exchange) = attempt(e, UNKNOWN_METHOD) else { return Verdict::inconclusive("it was not tried") };
    let Some(status) = exchange.status().filter(|status| !matches!(status, 429 | 503)) else {
        return Verdict::inconclusive("no answer came");
    };
    let messages = answer::messages(exchange);
    let code = messages.iter().find_map(|message| message.error()?.code).map(|code| code.0);
    if status == 404 && code == Some(-32601) {
        return Verdict::Pass;
    }
    let code = code.map_or_else(|| "no JSON-RPC error".to_owned(), |code| code.to_string());
    finding(Pointer::exchange(exchange.number), format!("we {}, and it was not refused as such", UNKNOWN_METHOD.wrong))
        .expected("404, -32601")
        .actual(format!("{status}, {code}"))
        .fail()
}
