//! Whether clients can register, and the form of the answer: RFC 7591 §3.2.1, MCP authorization ("Client Registration
//! Approaches").

use super::asked::attempt;
use super::registration_ground::{ORDINARY, accepted, is_accepted, is_of_redirect, ordinary, redirects, request, told};
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::registration::WEB;
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
        needs: ORDINARY,
        blocked_by: &[],
        why: "A client that meets a new server has no initial access token. If registration is advertised and wants one, the \
              client stops there.",
        fix: "accept registrations without an initial access token, or take `registration_endpoint` out of the metadata and \
              support client ID metadata documents (`\"client_id_metadata_document_supported\": true`)",
        disputed: "RFC 7591 lets a server require an initial access token; MCP clients have no way to get one.",
        faults: &[Fault::new("dcr-requires-token", &[Deed::Forget(Duty::RegisterStrangers)])],
        judge: open,
    },
    Check {
        id: "reg-loopback-native",
        title: "a native client can register a redirect URI with a loopback address",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Biting,
        cites: &[MCP_APPLICATION_TYPE, OAUTH21_8_4_2, RFC8252_7_3],
        needs: ORDINARY,
        blocked_by: &["reg-open"],
        why: "A client on a user's machine gets its answer at a port of that machine. Where this is refused, no such client can \
              log in.",
        fix: "accept `http://127.0.0.1:PORT/PATH` and `http://[::1]:PORT/PATH` as `redirect_uris` of clients with \
              `\"application_type\": \"native\"`",
        disputed: "",
        faults: &[Fault::new("dcr-rejects-loopback", &[Deed::Forget(Duty::AcceptLoopbackRedirect)])],
        judge: loopback_native,
    },
    Check {
        id: "reg-201",
        title: "a registration is answered with 201",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "RFC 7591 knows one status of success. A strict client takes another for a failure and leaves a client behind that \
              nobody uses.",
        fix: "answer a successful registration with status 201",
        disputed: "",
        faults: &[Fault::new("dcr-status-200", &[Deed::At(Reply::Registration, &[Edit::Status(200)])])],
        judge: status_201,
    },
    Check {
        id: "reg-content-type",
        title: "the answer to a registration is served as `application/json`",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "Clients look at the type before they parse, and stop if it is not JSON.",
        fix: "send `Content-Type: application/json` with the answer of the registration endpoint",
        disputed: "",
        faults: &[Fault::new(
            "dcr-text-plain",
            &[Deed::At(Reply::Registration, &[Edit::SetHeader("content-type", "text/plain")])],
        )],
        judge: content_type,
    },
    Check {
        id: "reg-no-store",
        title: "the answer to a registration is not kept by caches",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[OAUTH21_3_2_3, RFC7591_3_2_1],
        needs: ORDINARY,
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "The answer holds credentials: the secret of the client, or the token to manage it.",
        fix: "send `Cache-Control: no-store` with the answer of the registration endpoint",
        disputed: "",
        faults: &[
            Fault::new(
                "dcr-cacheable",
                &[Deed::At(Reply::Registration, &[Edit::SetHeader("cache-control", "public, max-age=600")])],
            ),
            Fault::new("dcr-no-cache-control", &[Deed::At(Reply::Registration, &[Edit::DropHeader("cache-control")])]),
        ],
        judge: no_store,
    },
];

fn open(e: &Evidence<'_>) -> Verdict {
    let right = need!(ordinary(e));
    match right.status() {
        Some(401 | 403) => {
            let message = "registration is advertised, and refused to a client without an initial access token";
            finding(Pointer::exchange(right.number), message).expected("201").actual(told(right)).warn()
        }
        Some(200..=299) => Verdict::Pass,
        // It was looked at, and something else was wrong with it.
        Some(400..=499) if is_of_redirect(right) || attempt(e, WEB).is_some_and(is_accepted) => Verdict::Pass,
        Some(_) => Verdict::inconclusive("the registration was refused for another reason"),
        None => Verdict::inconclusive("no answer came to the registration"),
    }
}

fn loopback_native(e: &Evidence<'_>) -> Verdict {
    match accepted(e) {
        Ok(_) => {
            let refused = e.all(Step::ClientRegister).find(|x| is_of_redirect(x) && !is_accepted(x));
            match refused.filter(|_| e.first(Step::RegisterTrial).is_none()) {
                None => Verdict::Pass,
                Some(refused) => not_registered(refused),
            }
        }
        Err(verdict) if matches!(&verdict, Verdict::Skip(crate::verdict::Reason::Blocked("reg-loopback-native"))) => {
            not_registered(need!(ordinary(e)))
        }
        Err(verdict) => verdict,
    }
}

fn not_registered(exchange: &Exchange) -> Verdict {
    let wanted = request(exchange);
    let uri = redirects(&wanted).and_then(|uris| uris.first().copied()).unwrap_or_default();
    finding(Pointer::exchange(exchange.number), format!("`{}` was refused to a native client", printable(uri)))
        .expected("201")
        .actual(told(exchange))
        .fail()
}

fn status_201(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(accepted(e));
    match exchange.status() {
        Some(201) | None => Verdict::Pass,
        Some(status) => {
            finding(Pointer::exchange(exchange.number), format!("a registration was answered with {status}"))
                .expected("201")
                .actual(status.to_string())
                .warn()
        }
    }
}

fn content_type(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(accepted(e));
    let found = exchange.reply().and_then(HttpReply::media_type);
    if found.as_deref() == Some("application/json") {
        return Verdict::Pass;
    }
    let shown = found.map_or_else(|| "absent".to_owned(), |found| printable(&found).to_string());
    finding(Pointer::header(exchange.number, "content-type"), "the answer to a registration is not served as JSON")
        .expected("application/json")
        .actual(shown)
        .fail()
}

fn no_store(e: &Evidence<'_>) -> Verdict {
    let exchange = need!(accepted(e));
    let Some(reply) = exchange.reply() else { return Verdict::Pass };
    let values: Vec<&str> = reply.header_values("cache-control").collect();
    let forbids = |value: &&str| value.split(',').any(|part| part.trim().eq_ignore_ascii_case("no-store"));
    if values.iter().any(forbids) {
        return Verdict::Pass;
    }
    let shown = if values.is_empty() { "absent".to_owned() } else { printable(&values.join(", ")).to_string() };
    finding(Pointer::header(exchange.number, "cache-control"), "caches may keep the answer to a registration")
        .expected("no-store")
        .actual(shown)
        .warn()
}
