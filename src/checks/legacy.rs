//! The stateful wire to 2025-11-25, with a good token: lifecycle, transports; and how a server of one era meets a client
//! of the other.

use serde_json::Value;

use super::asked::attempt;
use super::ground::no_login;
use super::modern::wants_origin;
use super::streams::of_2024;
use super::tried::{is_result, is_success};
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::posture::Posture;
use crate::spec::step::Step;
use crate::spec::trial::wires::{ANCIENT_VERSION, DISCOVER, INITIALIZE};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "era-discover-authed",
        title: "`server/discover` with a good token is refused in a way that clients understand",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_BACKWARD, MCP_VERSIONING],
        needs: &[Step::WireTrial],
        blocked_by: &["rs-valid-accepted"],
        why: "New clients begin with `server/discover`. A server that refuses the token because it does not know the method \
              sends them to the login again, and again.",
        fix: "answer `server/discover` on a server of the stateful wire with status 400 or 404 and a JSON-RPC error, after the \
              token was checked",
        disputed: "The specification says only that anything but a modern answer identifies a legacy server; clients differ in \
                   what they make of a 401.",
        faults: &[Fault::new("legacy-discover-401", &[Deed::At(Reply::LegacyDiscover, &[Edit::Status(401)])])
            .under(Posture::LegacyWire)],
        judge: discover_authed,
    },
    Check {
        id: "era-signal",
        title: "a client can tell which wire the server speaks",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_BACKWARD],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients that speak both wires choose by the answer to `server/discover`; one that says nothing leaves them to guess.",
        fix: "answer `server/discover` on a server of the stateful wire with status 400 or 404",
        disputed: "",
        faults: &[Fault::new(
            "era-ambiguous-200-empty",
            &[Deed::At(Reply::LegacyDiscover, &[Edit::Status(200), Edit::Body("")])],
        )
        .under(Posture::LegacyWire)],
        judge: signal,
    },
    Check {
        id: "legacy-version-negotiation",
        title: "`initialize` agrees only to versions that exist",
        role: Role::ResourceServer,
        level: level![Must, Must, Must, _],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP3_VERSION_NEGOTIATION],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A server that agrees to whatever is asked speaks a version that it does not know, and the client believes it.",
        fix: "answer an unknown `protocolVersion` with the newest version that the server knows",
        disputed: "",
        faults: &[Fault::new("initialize-echoes-any-version", &[Deed::Forget(Duty::NegotiateVersion)])],
        judge: version_negotiation,
    },
];

/// That the server speaks the stateful wire: its answer to `initialize` with a token.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
pub(super) fn legacy<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let Some(initialized) = attempt(e, INITIALIZE) else {
        return Err(no_login(e));
    };
    match initialized.status() {
        _ if is_result(initialized) => Ok(initialized),
        _ if of_2024(e).is_some() => Err(Verdict::blocked("legacy-http-sse")),
        None | Some(429 | 503) => Err(Verdict::inconclusive("no answer came to `initialize`")),
        Some(403) if wants_origin(e) => Err(Verdict::blocked("transport-origin-absent")),
        _ => Err(Verdict::not_applicable("the server speaks only the stateless wire")),
    }
}

fn discover_authed(e: &Evidence<'_>) -> Verdict {
    need!(legacy(e));
    let Some(exchange) = attempt(e, DISCOVER) else { return Verdict::inconclusive("it was not tried") };
    let Some(status) = exchange.status() else { return Verdict::inconclusive("no answer came") };
    let is_rpc = answer::in_turn(exchange).next().is_some();
    let what = match status {
        429 | 503 => return Verdict::inconclusive("the server had no time"),
        401 | 403 => "is refused as if the token were wrong, though `initialize` works with it",
        500..=599 => "makes the server fail, though `initialize` works",
        400 | 404 if !is_rpc => "is refused without a JSON-RPC error, though `initialize` works",
        _ => return Verdict::Pass,
    };
    finding(Pointer::exchange(exchange.number), format!("`server/discover` {what}"))
        .expected("400 or 404 with a JSON-RPC error")
        .actual(status.to_string())
        .warn()
}

fn signal(e: &Evidence<'_>) -> Verdict {
    need!(legacy(e));
    let Some(exchange) = attempt(e, DISCOVER) else { return Verdict::inconclusive("it was not tried") };
    if !is_success(exchange) || answer::in_turn(exchange).next().is_some() {
        return Verdict::Pass;
    }
    finding(
        Pointer::exchange(exchange.number),
        "`server/discover` succeeds without an answer: clients fall back or fail",
    )
    .expected("400 or 404")
    .actual(exchange.status().map_or_else(String::new, |status| status.to_string()))
    .info()
}

fn version_negotiation(e: &Evidence<'_>) -> Verdict {
    need!(legacy(e));
    let Some(exchange) = attempt(e, ANCIENT_VERSION) else { return Verdict::inconclusive("it was not tried") };
    let messages = answer::messages(exchange);
    let agreed = messages.iter().find_map(|message| message.result()?.get("protocolVersion").and_then(Value::as_str));
    match agreed {
        Some("1999-01-01") => {
            let message = format!("we {}, and the server agreed", ANCIENT_VERSION.wrong);
            finding(Pointer::exchange(exchange.number), message)
                .expected("a version of MCP")
                .actual("1999-01-01")
                .fail()
        }
        Some(_) => Verdict::Pass,
        None if messages.iter().any(|message| message.error().is_some()) => Verdict::Pass,
        None => Verdict::inconclusive("no answer came that says a version"),
    }
}
