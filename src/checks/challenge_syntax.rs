//! The words of the challenge: RFC 9110 §11.6.1 and §5.6.4, RFC 6750 §3 and §3.1, OAuth 2.1 §5.3.

use super::ground::{parameters, refused};
use crate::evidence::{Challenged, Evidence, Pointer};
use crate::formats::challenge::Param;
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::revision::Revision;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Finding, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "challenge-parseable",
        title: "the challenge follows the grammar",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC9110_11_6_1, RFC9110_5_6_4],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401", "challenge-header-present"],
        why: "Every client guesses differently at a malformed header, and some guess that there is nothing in it.",
        fix: "write every value in double quotes and a comma between parameters: `WWW-Authenticate: Bearer resource_metadata=\"URL\", scope=\"SCOPES\"`",
        disputed: "",
        faults: &[
            Fault::new(
                "challenge-unbalanced-quote",
                &[Deed::At(Reply::Challenge, &[header("Bearer resource_metadata=\"{prm}\", scope=\"search:read")])],
            ),
            Fault::new(
                "challenge-unquoted-url",
                &[Deed::At(Reply::Challenge, &[header("Bearer resource_metadata={prm}, scope=\"search:read\"")])],
            ),
            Fault::new(
                "challenge-missing-comma",
                &[Deed::At(Reply::Challenge, &[header("Bearer resource_metadata=\"{prm}\" scope=\"search:read\"")])],
            ),
        ],
        judge: parseable,
    },
    Check {
        id: "challenge-bearer",
        title: "the challenge has the scheme `Bearer`",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[OAUTH21_5_3_1, RFC6750_3],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-status-401", "challenge-header-present", "challenge-parseable"],
        why: "Clients look for `Bearer` and take any other scheme for a login that they do not know.",
        fix: "name the scheme `Bearer`: `WWW-Authenticate: Bearer resource_metadata=\"URL\", scope=\"SCOPES\"`",
        disputed: "",
        faults: &[Fault::new(
            "challenge-scheme-basic",
            &[Deed::At(Reply::Challenge, &[header("Basic realm=\"mcp-auth\"")])],
        )],
        judge: bearer,
    },
    Check {
        id: "challenge-auth-param",
        title: "parameters follow the scheme",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3, OAUTH21_5_3_1],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "A bare `Bearer` tells a client neither where the resource metadata is nor which scopes to ask for.",
        fix: "add the parameters: `WWW-Authenticate: Bearer resource_metadata=\"URL\", scope=\"SCOPES\"`",
        disputed: "Since 2025-11-25 clients also look at the well-known URLs, so that a bare `Bearer` is only a warning where those work.",
        faults: &[Fault::new("challenge-bare-bearer", &[Deed::At(Reply::Challenge, &[header("Bearer")])])],
        judge: auth_param,
    },
    Check {
        id: "challenge-no-dup-param",
        title: "no parameter of the challenge stands twice",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3, RFC9110_11_6_1],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "Of two values one client takes the first and another the last.",
        fix: "send every parameter once; several scopes stand in one value, with a space between: `scope=\"SCOPE1 SCOPE2\"`",
        disputed: "",
        faults: &[Fault::new(
            "challenge-dup-scope",
            &[Deed::At(
                Reply::Challenge,
                &[header("Bearer resource_metadata=\"{prm}\", scope=\"search:read\", scope=\"search:write\"")],
            )],
        )],
        judge: no_dup_param,
    },
    Check {
        id: "challenge-charset",
        title: "scope and error texts hold only the characters they may",
        role: Role::ResourceServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "Header values are ASCII: other characters arrive garbled, and strict clients drop the whole header.",
        fix: "write these values in printable ASCII, without quotes and backslashes; put texts for people into the body",
        disputed: "",
        faults: &[Fault::new(
            "challenge-nonascii-description",
            &[Deed::At(
                Reply::Challenge,
                &[header(
                    "Bearer resource_metadata=\"{prm}\", scope=\"search:read\", error_description=\"acc\u{e8}s refus\u{e9}\"",
                )],
            )],
        )],
        judge: charset,
    },
    Check {
        id: "challenge-no-error-without-token",
        title: "a request without a token gets no error code",
        role: Role::ResourceServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC6750_3_1, OAUTH21_5_3_2],
        needs: &[Step::McpDiscover],
        blocked_by: &["challenge-bearer"],
        why: "`error=\"invalid_token\"` says that a token was sent and is no good; a client that sent none may throw away a good one.",
        fix: "leave `error` and `error_description` out of the 401 to a request that has no token",
        disputed: "RFC 6750 says it should not be there; the example in RFC 9728 and common libraries send it, and clients take no notice.",
        faults: &[Fault::new(
            "challenge-error-without-token",
            &[Deed::At(
                Reply::Challenge,
                &[header("Bearer error=\"invalid_token\", resource_metadata=\"{prm}\", scope=\"search:read\"")],
            )],
        )],
        judge: no_error_without_token,
    },
];

const fn header(value: &'static str) -> Edit {
    Edit::SetHeader("www-authenticate", value)
}

/// Where the challenge stands.
fn place(refused: &Challenged<'_>) -> Pointer {
    Pointer::header(refused.exchange.number, "www-authenticate")
}

/// The header as it was sent.
fn shown(refused: &Challenged<'_>) -> String {
    let lines: Vec<&str> =
        refused.exchange.reply().into_iter().flat_map(|reply| reply.header_values("www-authenticate")).collect();
    printable(&lines.join(", ")).to_string()
}

fn about(refused: &Challenged<'_>, message: impl Into<String>) -> Finding {
    finding(place(refused), message).actual(shown(refused))
}

fn parseable(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let problems: Vec<String> =
        refused.challenges.problems.iter().filter(|problem| !problem.is_harmless()).map(ToString::to_string).collect();
    if problems.is_empty() {
        return Verdict::Pass;
    }
    about(&refused, format!("the challenge is malformed: {}", problems.join("; "))).fail()
}

fn bearer(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    if refused.challenges.bearer().is_some() {
        return Verdict::Pass;
    }
    if refused.challenges.dpop().is_some() {
        return about(&refused, "only DPoP-bound tokens are asked for, which most clients do not know").info();
    }
    let schemes: Vec<String> =
        refused.challenges.list.iter().map(|challenge| printable(&challenge.scheme).to_string()).collect();
    let message = match schemes.as_slice() {
        [] => "the challenge names no scheme".to_owned(),
        some => format!("the challenge asks for {}, not for Bearer", some.join(", ")),
    };
    about(&refused, message).expected("Bearer").fail()
}

fn auth_param(e: &Evidence<'_>) -> Verdict {
    let refused = need!(refused(e));
    let Some(challenge) = refused.answered() else { return Verdict::blocked("challenge-bearer") };
    if !challenge.params.is_empty() {
        return Verdict::Pass;
    }
    let found = about(&refused, "nothing follows the scheme").expected("Bearer resource_metadata=\"URL\"");
    let helped = e.revision == Revision::R2025_03_26 || e.resource().is_some();
    if helped && e.revision != Revision::R2025_06_18 { found.warn() } else { found.fail() }
}

fn no_dup_param(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    match challenge.params.iter().find(|param| challenge.count(&param.name) > 1) {
        Some(Param { name, .. }) => {
            about(&refused, format!("`{}` stands {} times", printable(name), challenge.count(name))).fail()
        }
        None => Verdict::Pass,
    }
}

fn charset(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    for Param { name, value, .. } in &challenge.params {
        let spaces = match name.to_ascii_lowercase().as_str() {
            "scope" | "error" | "error_description" => true,
            "error_uri" => false,
            _ => continue,
        };
        // %x21 / %x23-5B / %x5D-7E, and the space where it separates.
        let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\') || spaces && c == ' ';
        if let Some(found) = value.chars().find(|c| !allowed(*c)) {
            let found = printable(&found.to_string()).to_string();
            return about(&refused, format!("`{}` holds `{found}`, which may not stand there", printable(name))).warn();
        }
    }
    Verdict::Pass
}

fn no_error_without_token(e: &Evidence<'_>) -> Verdict {
    let (refused, challenge) = need!(parameters(e));
    let Some(error) = challenge.param("error") else { return Verdict::Pass };
    let message = format!("`error=\"{}\"`, though no token was sent", printable(error).cut(60));
    let found = about(&refused, message).expected("no `error`");
    if e.strict { found.warn() } else { found.info() }
}
