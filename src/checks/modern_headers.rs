//! The headers of the stateless wire of 2026-07-28 and what stands in `_meta`: streamable HTTP ("Protocol Version Header",
//! "Standard Request Headers", "Server Validation"), base protocol.

use serde_json::Value;

use super::asked::attempt;
use super::ground::refused;
use super::modern::{code, modern, told};
use super::tried::is_result;
use crate::evidence::{Evidence, Exchange, Pointer, answer};
use crate::formats::rpc::Code;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::wires::{
    BARE_HEADERS, CAPITAL_METHOD, ENCODED_NAME, INITIALIZE, NO_CAPABILITIES, NO_CLIENT_INFO, NO_METHOD, NO_VERSION,
    OTHER_METHOD, OTHER_NAME, OTHER_VERSION, UNKNOWN_VERSION,
};
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "modern-unsupported-version",
        title: "a version that is not spoken is refused with the versions that are",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_VERSION_HEADER, MCP_VERSIONING],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "A client learns only from this answer which version to use instead.",
        fix: "answer status 400 and `{\"error\": {\"code\": -32022, \"data\": {\"supported\": [\"2026-07-28\"], \"requested\": \"1900-01-01\"}}}`",
        disputed: "",
        faults: &[
            Fault::new("unsupported-version-200", &[Deed::Forget(Duty::RefuseUnknownVersion)]),
            Fault::new(
                "unsupported-version-without-list",
                &[Deed::At(Reply::UnsupportedVersion, &[Edit::DropJson("/error/data/supported")])],
            ),
        ],
        judge: unsupported_version,
    },
    Check {
        id: "modern-version-mismatch",
        title: "one version in the header and another in `_meta` is refused",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_VERSION_HEADER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Intermediaries decide by the header and the server by the body: who can make them differ can get past the intermediary.",
        fix: "compare `MCP-Protocol-Version` with `_meta` and answer 400 with code -32020 where they differ",
        disputed: "",
        faults: &[Fault::new("version-header-unchecked", &[Deed::Forget(Duty::CompareVersionHeader)])],
        judge: version_mismatch,
    },
    Check {
        id: "modern-version-missing",
        title: "a request without `MCP-Protocol-Version` is refused",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_VERSION_HEADER],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Intermediaries that decide by the header let a request without it through.",
        fix: "answer 400 with code -32020 when `MCP-Protocol-Version` is missing",
        disputed: "A server that also speaks 2025-03-26 may take a request without the header for one of that revision.",
        faults: &[Fault::new("version-header-optional", &[Deed::Forget(Duty::RequireVersionHeader)])],
        judge: version_missing,
    },
    Check {
        id: "modern-method-header",
        title: "`Mcp-Method` must be there and name the method",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Biting,
        cites: &[MCP_HEADERS, MCP_SERVER_VALIDATION],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Gateways allow or refuse by `Mcp-Method`: a server that does not compare it lets a request pass under another name.",
        fix: "compare `Mcp-Method` with `method`, letter by letter, and answer 400 with code -32020 where it is missing or differs",
        disputed: "",
        faults: &[Fault::new("mcp-method-unchecked", &[Deed::Forget(Duty::CheckMethodHeader)])],
        judge: method_header,
    },
    Check {
        id: "modern-name-header",
        title: "`Mcp-Name` must name the tool",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_HEADERS, MCP_SERVER_VALIDATION],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Gateways allow or refuse tools by `Mcp-Name`: a server that does not compare it lets a call pass under another name.",
        fix: "compare `Mcp-Name` with `params.name` before anything else and answer 400 with code -32020 where it differs",
        disputed: "",
        faults: &[Fault::new("mcp-name-unchecked", &[Deed::Forget(Duty::CheckNameHeader)])],
        judge: name_header,
    },
    Check {
        id: "modern-name-base64",
        title: "an encoded `Mcp-Name` is understood",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_VALUE_ENCODING],
        needs: &[Step::WireTrial],
        blocked_by: &["modern-name-header"],
        why: "Clients encode names that do not fit into a header; to them every such tool is broken.",
        fix: "decode `=?base64?…?=` in `Mcp-Name` before it is compared",
        disputed: "",
        faults: &[Fault::new("mcp-name-no-base64", &[Deed::Forget(Duty::DecodeNameHeader)])],
        judge: name_base64,
    },
    Check {
        id: "modern-meta-required",
        title: "a request without `clientCapabilities` is refused",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_REQUEST_FIELDS],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Without a handshake this is the only place where a server learns what the client can do; a server that guesses asks what the client cannot answer.",
        fix: "answer 400 with code -32602 when `_meta` lacks `io.modelcontextprotocol/clientCapabilities`",
        disputed: "",
        faults: &[Fault::new("meta-optional", &[Deed::Forget(Duty::RequireMeta)])],
        judge: meta_required,
    },
    Check {
        id: "modern-client-info-optional",
        title: "a request without `clientInfo` is served",
        role: Role::ResourceServer,
        level: level![_, _, _, Must],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[MCP_REQUEST_FIELDS],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Clients may leave their name out; a server that insists shuts them out.",
        fix: "do not require `io.modelcontextprotocol/clientInfo`",
        disputed: "",
        faults: &[Fault::new("client-info-required", &[Deed::Forget(Duty::AllowNoClientInfo)])],
        judge: client_info_optional,
    },
    Check {
        id: "modern-auth-before-headers",
        title: "the token is asked for before the headers are looked at",
        role: Role::ResourceServer,
        level: level![Practice, Practice, Practice, Practice],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_5_2],
        needs: &[Step::WireTrial],
        blocked_by: &[],
        why: "Who has no token learns how to get one only from the 401; a 400 before it hides it.",
        fix: "check the token first, and answer 401 with the challenge when there is none",
        disputed: "",
        faults: &[Fault::new("headers-before-auth", &[Deed::Forget(Duty::AuthenticateBeforeHeaders)])],
        judge: auth_before_headers,
    },
];

/// The answer to a trial of the stateless wire.
#[expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]
pub(super) fn answered<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<&'e Exchange, Verdict> {
    modern(e)?;
    let Some(exchange) = attempt(e, trial) else { return Err(Verdict::inconclusive("it was not tried")) };
    match exchange.status() {
        None | Some(429 | 503) => Err(Verdict::inconclusive("no answer came")),
        Some(401 | 403) => Err(Verdict::inconclusive("the token did not suffice for the request")),
        Some(_) => Ok(exchange),
    }
}

/// That we did something, and what came of it.
pub(super) fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(told(exchange))
}

/// That a request is refused with 400 and this code.
fn must_refuse(e: &Evidence<'_>, trial: Trial, wanted: Code) -> Verdict {
    let exchange = need!(answered(e, trial));
    if exchange.status() == Some(400) && code(exchange) == Some(wanted) {
        return Verdict::Pass;
    }
    let what = if is_result(exchange) { "it was served" } else { "it was not refused as it must be" };
    at(exchange, trial, what).expected(format!("400, {wanted}")).fail()
}

fn unsupported_version(e: &Evidence<'_>) -> Verdict {
    let verdict = must_refuse(e, UNKNOWN_VERSION, Code::UNSUPPORTED_VERSION);
    let (Verdict::Pass, Some(exchange)) = (&verdict, attempt(e, UNKNOWN_VERSION)) else { return verdict };
    let messages = answer::messages(exchange);
    let data = messages.iter().find_map(|message| message.error()?.data.clone()).unwrap_or_default();
    let lists = data.get("supported").and_then(Value::as_array).is_some_and(|list| list.iter().all(Value::is_string));
    if lists && data.get("requested").is_some_and(Value::is_string) {
        return Verdict::Pass;
    }
    finding(Pointer::json(exchange.number, "/error/data"), "the refusal does not say which versions are spoken")
        .expected("`supported` (a list) and `requested`")
        .actual(crate::spec::text::printable(&data.to_string()).to_string())
        .fail()
}

fn version_mismatch(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, OTHER_VERSION));
    if exchange.status() == Some(400) && code(exchange) == Some(Code::UNSUPPORTED_VERSION) {
        // The header alone was reason enough.
        return Verdict::Pass;
    }
    must_refuse(e, OTHER_VERSION, Code::HEADER_MISMATCH)
}

fn version_missing(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, NO_VERSION));
    let is_taken_for_old = attempt(e, INITIALIZE).is_some_and(is_result) && !answer::is_modern(exchange);
    if is_taken_for_old && matches!(exchange.status(), Some(200 | 400 | 404)) {
        return Verdict::Pass;
    }
    must_refuse(e, NO_VERSION, Code::HEADER_MISMATCH)
}

fn method_header(e: &Evidence<'_>) -> Verdict {
    for trial in [NO_METHOD, OTHER_METHOD, CAPITAL_METHOD] {
        match must_refuse(e, trial, Code::HEADER_MISMATCH) {
            Verdict::Pass => {}
            other => return other,
        }
    }
    Verdict::Pass
}

fn name_header(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, OTHER_NAME, Code::HEADER_MISMATCH)
}

fn name_base64(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, ENCODED_NAME));
    if code(exchange) != Some(Code::HEADER_MISMATCH) {
        return Verdict::Pass;
    }
    at(exchange, ENCODED_NAME, "it was taken for another name").expected("the tool is looked up").fail()
}

fn meta_required(e: &Evidence<'_>) -> Verdict {
    must_refuse(e, NO_CAPABILITIES, Code::INVALID_PARAMS)
}

fn client_info_optional(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(answered(e, NO_CLIENT_INFO));
    if is_result(exchange) {
        return Verdict::Pass;
    }
    at(exchange, NO_CLIENT_INFO, "it was refused").expected("the result of the request").fail()
}

fn auth_before_headers(e: &Evidence<'_>) -> Verdict {
    need!(refused(e));
    need!(modern(e));
    let Some(exchange) = attempt(e, BARE_HEADERS) else { return Verdict::inconclusive("it was not tried") };
    match exchange.status() {
        Some(400) => {
            at(exchange, BARE_HEADERS, "the headers were complained about, not the token").expected("401").info()
        }
        Some(401 | 403) => Verdict::Pass,
        _ => Verdict::inconclusive("the answer says neither"),
    }
}
