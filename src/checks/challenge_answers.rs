//! How the refusal is answered: to whatever client asks, and with a body that can be told to belong to the request.
//! RFC 9110 §10.1.5 (`User-Agent`), JSON-RPC as MCP uses it.

use super::ground::refused;
use crate::evidence::{Evidence, Exchange, Outcome, Pointer};
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
        id: "challenge-user-agents",
        title: "clients are answered alike, whatever their `User-Agent`",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_ERRORS, crate::rfc!(9110, "10.1.5")],
        needs: &[Step::McpUserAgent],
        blocked_by: &["challenge-status-401"],
        why: "A firewall that refuses the `User-Agent` of a hosted client lets every test by hand pass, and the login of \
              real users end in nothing.",
        fix: "take the MCP endpoint and `/.well-known/*` out of the firewall's rule for bots and programs (at Cloudflare turn \
              `Block AI bots` off; a skip rule does not lift it)",
        disputed: "",
        faults: &[Fault::new("waf-blocks-user-agent", &[Deed::Forget(Duty::ServeEveryAgent)])],
        judge: user_agents,
    },
    Check {
        id: "challenge-body-id",
        title: "a JSON-RPC error in the body of the 401 names the request that it answers",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_TRANSPORT],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401"],
        why: "MCP has no error with `id: null`. A bridge that forwards it waits for ever for the answer to its request.",
        fix: "repeat the `id` of the request in the error, or send the 401 without a JSON-RPC body",
        disputed: "",
        faults: &[Fault::new(
            "challenge-null-id",
            &[Deed::At(
                Reply::Challenge,
                &[
                    Edit::SetHeader("content-type", "application/json"),
                    Edit::Body(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Unauthorized"}}"#),
                ],
            )],
        )],
        judge: body_id,
    },
];

fn user_agents(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let usual = refused.exchange.status();
    let mut asked = e.all(Step::McpUserAgent).peekable();
    need!(asked.peek(), absent "the refused request was not repeated under other names");
    // A server that has enough of us says so with 429 or 503: that is not about the name.
    let differs = |x: &&Exchange| !x.is_untold() && x.status() != usual;
    let others: Vec<&Exchange> = asked.filter(differs).collect();
    let Some(first) = others.first() else { return Verdict::Pass };
    let names: Vec<String> = others.iter().filter_map(|x| Some(printable(x.about.as_deref()?).to_string())).collect();
    let answer = match &first.outcome {
        Outcome::Reply(reply) => reply.status.to_string(),
        Outcome::Failure(failure) => printable(&failure.detail).to_string(),
    };
    let usual = usual.map(|status| status.to_string()).unwrap_or_default();
    finding(
        Pointer::exchange(first.number),
        format!("clients that call themselves {} get {answer}, others {usual}", names.join(", ")),
    )
    .expected(usual)
    .actual(answer)
    .warn()
}

fn body_id(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let reply = need!(refused.exchange.reply(), absent "no request was refused for want of a token");
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(&reply.body.bytes()) else { return Verdict::Pass };
    let is_error = body.get("jsonrpc").is_some() && body.get("error").is_some();
    if !is_error || !body.get("id").is_some_and(serde_json::Value::is_null) {
        return Verdict::Pass;
    }
    finding(
        Pointer::json(refused.exchange.number, "/id"),
        "the JSON-RPC error in the 401 has `id: null` and answers no request",
    )
    .expected("the `id` of the request, or no JSON-RPC body")
    .actual("null")
    .warn()
}
