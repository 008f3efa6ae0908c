//! Dynamic client registration: RFC 7591 §2–3, MCP authorization ("Communication Security", "Client Registration
//! Approaches").

use super::asked::{Asked, asked, error, registered, registers, registration};
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{HTTP_REDIRECT, SCRIPT_REDIRECT};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "reg-open",
        title: "clients can register themselves where registration is advertised",
        role: Role::AuthorizationServer,
        level: level![Should, Should, May, May],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP1_DCR, RFC7591_3, MCP_REGISTRATION],
        needs: &[Step::RegisterTrial],
        blocked_by: &[],
        why: "A client that meets a new server has no initial access token. If registration is advertised and wants one, the \
              client stops there.",
        fix: "accept registrations without an initial access token, or take `registration_endpoint` out of the metadata and \
              support client ID metadata documents (`\"client_id_metadata_document_supported\": true`)",
        disputed: "RFC 7591 lets a server require an initial access token; MCP clients have no way to get one.",
        faults: &[Fault::new(
            "dcr-requires-token",
            &[Deed::At(Reply::Registration, CLOSED), Deed::At(Reply::RegistrationError, CLOSED)],
        )],
        judge: open,
    },
    Check {
        id: "reg-rejects-http-redirect",
        title: "a redirect URI over plain http at another host is not registered",
        role: Role::AuthorizationServer,
        level: level![Must, Must, Must, Must],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[MCP_COMMUNICATION, RFC7591_3_2_2],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "A code that is sent over plain http can be read and used by anybody on the way.",
        fix: "refuse redirect URIs with the scheme http unless their host is `127.0.0.1`, `[::1]` or `localhost`: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-http-redirect", &[Deed::Forget(Duty::RefuseHttpRedirect)])],
        judge: rejects_http_redirect,
    },
    Check {
        id: "reg-rejects-script-redirect",
        title: "a redirect URI that is a script is not registered",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_5, SBP_URLS],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "A browser that is sent to a `javascript:` URL runs it in the page of the authorization server.",
        fix: "refuse redirect URIs with other schemes than https, http on this machine, and reverse domain names: 400 with \
              `{\"error\":\"invalid_redirect_uri\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-accepts-javascript-redirect", &[Deed::Forget(Duty::RefuseScriptRedirect)])],
        judge: rejects_script_redirect,
    },
    Check {
        id: "reg-error-format",
        title: "a refused registration says why in the terms of RFC 7591",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_2],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open"],
        why: "A client can try another redirect URI only if it is told that this one is the trouble.",
        fix: "answer with status 400, `Content-Type: application/json` and `{\"error\":\"invalid_redirect_uri\"}` or \
              `{\"error\":\"invalid_client_metadata\"}`",
        disputed: "",
        faults: &[Fault::new(
            "dcr-nonstandard-error",
            &[Deed::At(Reply::RegistrationError, &[Edit::SetJson("/error", "\"bad_redirect\"")])],
        )],
        judge: error_format,
    },
];

/// Registrations that must be refused.
const WRONG: [Trial; 2] = [HTTP_REDIRECT, SCRIPT_REDIRECT];

/// The errors of RFC 7591 §3.2.2.
const ERRORS: [&str; 4] =
    ["invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement"];

/// What a server answers that wants an initial access token.
const CLOSED: &[Edit] = &[
    Edit::Status(401),
    Edit::SetHeader("content-type", "application/json"),
    Edit::Body("{\"error\":\"invalid_token\"}"),
];

fn open(e: &Evidence<'_>) -> Verdict {
    let right = need!(registration(e));
    match right.status() {
        Some(status @ (401 | 403)) => {
            let message = "registration is advertised, and refused to a client without an initial access token";
            finding(Pointer::exchange(right.number), message).expected("201").actual(status.to_string()).warn()
        }
        Some(200..=299) => Verdict::Pass,
        Some(_) => Verdict::inconclusive("the registration was refused for another reason"),
        None => Verdict::inconclusive("no answer came to the registration"),
    }
}

fn rejects_http_redirect(e: &Evidence<'_>) -> Verdict {
    rejects(e, HTTP_REDIRECT)
}

fn error_format(e: &Evidence<'_>) -> Verdict {
    need!(registered(e));
    let refused = WRONG.iter().find_map(|trial| match asked(e, *trial, registers) {
        Asked::Refused(exchange) => Some((exchange, *trial)),
        _ => None,
    });
    let (exchange, trial) = need!(refused, absent "no registration was refused");
    let named = error(exchange);
    if exchange.status() == Some(400) && named.as_deref().is_some_and(|error| ERRORS.contains(&error)) {
        return Verdict::Pass;
    }
    at(exchange, trial, "refused in other terms").expected("400 with `invalid_redirect_uri`").warn()
}

fn rejects_script_redirect(e: &Evidence<'_>) -> Verdict {
    rejects(e, SCRIPT_REDIRECT)
}

/// Whether a wrong registration is refused, where the right one is accepted.
fn rejects(e: &Evidence<'_>, trial: Trial) -> Verdict {
    need!(registered(e));
    match asked(e, trial, registers) {
        Asked::Granted(exchange) => at(exchange, trial, "registered").fail(),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

/// A finding about the answer to a trial.
fn at(exchange: &Exchange, trial: Trial, what: &str) -> crate::verdict::Finding {
    let message = format!("we {}, and the client was {what}", trial.wrong);
    let found = finding(Pointer::exchange(exchange.number), message).expected("400 `invalid_redirect_uri`");
    let status = exchange.status().map_or_else(String::new, |status| status.to_string());
    match error(exchange) {
        Some(error) => found.actual(format!("{status} `{}`", printable(&error))),
        None => found.actual(status),
    }
}
