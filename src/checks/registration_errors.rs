//! Registrations that are odd or wrong, and what can be done with a registration: RFC 7591 §2, §3.2.1–3.2.2, RFC 7592.

use std::collections::BTreeMap;

use super::asked::attempt;
use super::ground;
use super::registration_ground::{accepted, answer, at, is_accepted, members, ordinary, refusal, request, told};
use crate::evidence::{Evidence, Exchange, HttpReply, Pointer};
use crate::level;
use crate::need;
use crate::spec::cite::*;
use crate::spec::fault::{Deed, Duty, Edit, Fault, Reply};
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{
    DATA, DOTLESS_SCHEME, FRAGMENT, HTTP_REDIRECT, JAVASCRIPT, MANAGE_AFTER, MANAGE_DELETE, MANAGE_READ, NO_REDIRECT,
    REGISTER_GARBAGE, UNKNOWN_MEMBER, WILDCARD,
};
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "reg-rejects-garbage",
        title: "a registration that is no JSON is refused, not failed at",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::ActiveSafe,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_2],
        needs: &[Step::ServerTrial],
        blocked_by: &[],
        why: "The endpoint is open to everybody: what anybody may send must not make it fail, and a client must learn what was \
              wrong.",
        fix: "answer a body that cannot be read with 400, `Content-Type: application/json` and \
              `{\"error\":\"invalid_client_metadata\"}`",
        disputed: "",
        faults: &[Fault::new("dcr-garbage-500", &[Deed::Forget(Duty::SurviveGarbageRegistration)])],
        judge: rejects_garbage,
    },
    Check {
        id: "reg-unknown-metadata",
        title: "metadata that the server does not understand is ignored",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_2],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open", "reg-loopback-native"],
        why: "Clients send what newer documents define. A server that refuses what it does not know breaks with every extension.",
        fix: "ignore members of the registration request that you do not know, and leave them out of the answer",
        disputed: "",
        faults: &[Fault::new("dcr-rejects-unknown", &[Deed::Forget(Duty::IgnoreUnknownMetadata)])],
        judge: unknown_metadata,
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
        faults: &[
            Fault::new(
                "dcr-nonstandard-error",
                &[Deed::At(Reply::RegistrationError, &[Edit::SetJson("/error", "\"bad_redirect\"")])],
            ),
            Fault::new("dcr-error-422", &[Deed::At(Reply::RegistrationError, &[Edit::Status(422)])]),
        ],
        judge: error_format,
    },
    Check {
        id: "reg-distinct-ids",
        title: "every registered client gets an id of its own",
        role: Role::AuthorizationServer,
        level: level![RfcShould, RfcShould, RfcShould, RfcShould],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7591_3_2_1, MCP_CONFUSED_DEPUTY],
        needs: &[Step::RegisterTrial],
        blocked_by: &["reg-open", "reg-client-id"],
        why: "Where all clients share one id, consent that the user gave to one is consent to all, and a malicious client gets \
              tokens without a question. It is the mark of a proxy with one client at the provider behind it.",
        fix: "issue a fresh `client_id` to every registration, and ask the user for consent for each of them",
        disputed: "",
        faults: &[Fault::new("dcr-static-client-id", &[Deed::Forget(Duty::DistinctClients)])],
        judge: distinct_ids,
    },
    Check {
        id: "reg-management",
        title: "a registration can be read and deleted where that is offered",
        role: Role::AuthorizationServer,
        level: level![RfcMust, RfcMust, RfcMust, RfcMust],
        class: Class::Intrusive,
        mark: Mark::Plain,
        cites: &[RFC7592_2_1, RFC7592_2_3],
        needs: &[Step::ManageTrial],
        blocked_by: &["reg-open", "reg-client-id", "reg-distinct-ids"],
        why: "Clients that clean up after themselves count on it; a deleted client that goes on working is one that nobody \
              watches.",
        fix: "at `registration_client_uri` answer GET with 200 and the registration, DELETE with 204, and everything after that \
              with 401",
        disputed: "",
        faults: &[
            Fault::new("dcr-delete-noop", &[Deed::Forget(Duty::DeleteClient)]),
            Fault::new("dcr-management-broken", &[Deed::At(Reply::Management, &[Edit::Status(500)])]),
        ],
        judge: management,
    },
];

/// The errors of RFC 7591 §3.2.2.
const ERRORS: [&str; 4] =
    ["invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement"];

/// The registrations that are there to be refused.
const WRONG: [Trial; 7] = [HTTP_REDIRECT, JAVASCRIPT, DATA, FRAGMENT, WILDCARD, NO_REDIRECT, DOTLESS_SCHEME];

fn rejects_garbage(e: &Evidence<'_>) -> Verdict {
    let Some(exchange) = attempt(e, REGISTER_GARBAGE) else {
        let server = need!(ground::server(e));
        return match server.text("registration_endpoint") {
            Some(_) => Verdict::inconclusive("it was not tried"),
            None => Verdict::not_applicable("the authorization server registers no clients"),
        };
    };
    let found =
        |what: &str| at(exchange, REGISTER_GARBAGE, what).expected("400 with a JSON body that names an `error`");
    match exchange.status() {
        None | Some(429 | 503) => Verdict::inconclusive("no answer came that says anything"),
        Some(500..=599) => found("the server failed").fail(),
        Some(200..=299) => found("the server answered with success").fail(),
        Some(401 | 403) => Verdict::not_applicable("the endpoint is closed to strangers"),
        Some(400..=499)
            if members(exchange).is_some_and(|answer| answer.get("error").is_some_and(|v| v.is_string())) =>
        {
            Verdict::Pass
        }
        Some(_) => found("the refusal is not one that a client can read").warn(),
    }
}

fn unknown_metadata(e: &Evidence<'_>) -> Verdict {
    match need!(refusal(e, UNKNOWN_MEMBER)) {
        None => Verdict::Pass,
        Some(exchange) => at(exchange, UNKNOWN_MEMBER, "the server refused").expected("201").fail(),
    }
}

fn error_format(e: &Evidence<'_>) -> Verdict {
    if matches!(need!(ordinary(e)).status(), Some(401 | 403)) {
        return Verdict::blocked("reg-open");
    }
    let mut looked = false;
    for exchange in e.all(Step::RegisterTrial).filter(|x| x.request.method == "POST") {
        // What is closed to strangers says so in the terms of RFC 6750; what is out of order says nothing.
        let Some(status @ (300..=400 | 402 | 404..=428 | 430..=499)) = exchange.status() else { continue };
        looked = true;
        let error = members(exchange).and_then(|answer| Some(answer.get("error")?.as_str()?.to_owned()));
        let is_json = exchange.reply().and_then(HttpReply::media_type).is_some_and(|kind| kind == "application/json");
        if status == 400 && is_json && error.as_deref().is_some_and(|error| ERRORS.contains(&error)) {
            continue;
        }
        let trial = WRONG.iter().find(|trial| exchange.about.as_deref() == Some(trial.name));
        let wrong = trial.map_or("asked to register a client", |trial| trial.wrong);
        let message = format!("we {wrong}, and the refusal is not in the terms of RFC 7591");
        return finding(Pointer::exchange(exchange.number), message)
            .expected("400, application/json, `invalid_redirect_uri` or `invalid_client_metadata`")
            .actual(told(exchange))
            .warn();
    }
    if looked { Verdict::Pass } else { Verdict::not_applicable("no registration was refused") }
}

fn distinct_ids(e: &Evidence<'_>) -> Verdict {
    need!(answer(e));
    if e.first(Step::RegisterTrial).is_none() {
        return Verdict::inconclusive("it was not tried");
    }
    let mut seen: BTreeMap<String, &Exchange> = BTreeMap::new();
    let mut count = 0;
    for exchange in e.all(Step::RegisterTrial).chain(e.all(Step::ClientRegister)).filter(|x| is_accepted(x)) {
        let id = members(exchange).and_then(|answer| Some(answer.get("client_id")?.as_str()?.to_owned()));
        let Some(id) = id else { continue };
        count += 1;
        let Some(first) = seen.insert(id.clone(), exchange) else { continue };
        // The same metadata twice may well be the same client.
        if request(first) == request(exchange) {
            continue;
        }
        let message = "two different clients were registered under one id";
        return finding(Pointer::json(exchange.number, "/client_id"), message)
            .expected("an id of its own")
            .actual(printable(&id).to_string())
            .warn();
    }
    if count > 1 { Verdict::Pass } else { Verdict::not_applicable("one client was registered, not two") }
}

fn management(e: &Evidence<'_>) -> Verdict {
    need!(accepted(e));
    let (_, registered) = need!(answer(e));
    let offers = |name: &str| registered.get(name).is_some_and(serde_json::Value::is_string);
    if !offers("registration_client_uri") || !offers("registration_access_token") {
        return Verdict::not_applicable("the server offers no management of registrations");
    }
    let found = |exchange: &Exchange, message: &str, expected: &str| {
        finding(Pointer::exchange(exchange.number), message).expected(expected).actual(told(exchange)).warn()
    };
    let Some(read) = attempt(e, MANAGE_READ) else { return Verdict::inconclusive("it was not tried") };
    match read.status() {
        None | Some(429 | 503) => return Verdict::inconclusive("no answer came that says anything"),
        Some(200) if members(read).is_some() => {}
        Some(_) => return found(read, "a registration cannot be read with its own token", "200 and the registration"),
    }
    let Some(deleted) = attempt(e, MANAGE_DELETE) else { return Verdict::inconclusive("it was not deleted") };
    match deleted.status() {
        None | Some(429 | 503) => return Verdict::inconclusive("no answer came that says anything"),
        // RFC 7592 §2.3: a server need not delete.
        Some(405 | 501) => return Verdict::Pass,
        Some(204) => {}
        Some(200..=299) => {
            return found(deleted, "the deletion of a registration was not answered with 204", "204");
        }
        Some(_) => return found(deleted, "a registration cannot be deleted with its own token", "204"),
    }
    let Some(after) = attempt(e, MANAGE_AFTER) else { return Verdict::inconclusive("it was not looked at again") };
    match after.status() {
        Some(200..=299) => found(after, "a registration was deleted, and is still there", "401"),
        None | Some(429 | 503) => Verdict::inconclusive("no answer came that says anything"),
        Some(500..=599) => found(after, "the server fails when a deleted registration is asked for", "401"),
        _ => Verdict::Pass,
    }
}
