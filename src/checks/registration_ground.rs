//! The ground of the checks of registration: the answer to the right one, and what the answers to unusual ones say.
//!
//! A registration that must be accepted was accepted if its status says so. One that must be refused was accepted only if
//! the answer names a client and keeps what was wrong, twice: a server may leave out what it does not want (RFC 7591 §2).

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use serde_json::{Map, Value};

use super::asked::{Asked, asked, attempt, attempts, error, registers};
use super::ground;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::json;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::text::printable;
use crate::spec::trial::Trial;
use crate::spec::trial::registration::{NATIVE, WEB};
use crate::verdict::{Finding, Verdict, finding};

/// The steps that bring an answer to the registration of an ordinary client.
pub(super) const ORDINARY: &[Step] = &[Step::RegisterTrial, Step::ClientRegister];

/// Whether a registration was accepted.
pub(super) fn is_accepted(exchange: &Exchange) -> bool {
    matches!(exchange.status(), Some(200..=299))
}

/// That the authorization server registers clients.
fn offered(e: &Evidence<'_>) -> Result<(), Verdict> {
    // Without metadata, 2025-03-26 clients go to the default place; then the attempt itself says that it is there.
    if e.first(Step::RegisterTrial).is_some() || e.first(Step::ClientRegister).is_some() {
        return Ok(());
    }
    let server = ground::server(e)?;
    if server.text("registration_endpoint").is_none() {
        return Err(Verdict::not_applicable("the authorization server registers no clients"));
    }
    Ok(())
}

/// The answer to the registration of an ordinary client: on trial, else of the login.
pub(super) fn ordinary<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    offered(e)?;
    if let Some(first) = attempt(e, NATIVE) {
        return Ok(first);
    }
    // The login tries the other spelling of this machine where the first is refused.
    let found = e.all(Step::ClientRegister).find(|x| is_accepted(x)).or(e.all(Step::ClientRegister).last());
    found.ok_or_else(|| {
        if e.went(Reach::Intrusive) {
            Verdict::not_applicable("no client was registered in this run")
        } else {
            Verdict::needs(Reach::Intrusive)
        }
    })
}

/// The same, accepted.
pub(super) fn accepted<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    let first = ordinary(e)?;
    match first.status() {
        Some(200..=299) => Ok(first),
        Some(401 | 403) => Err(Verdict::blocked("reg-open")),
        Some(429 | 500..=599) | None => {
            Err(Verdict::inconclusive("the server had no answer to a registration as it must be"))
        }
        Some(_) if attempt(e, WEB).is_some_and(is_accepted) || is_of_redirect(first) => {
            Err(Verdict::blocked("reg-loopback-native"))
        }
        Some(_) => Err(Verdict::inconclusive("a registration as it must be was refused, too")),
    }
}

/// Whether a refusal names the redirect URI as its reason.
pub(super) fn is_of_redirect(exchange: &Exchange) -> bool {
    error(exchange).as_deref() == Some("invalid_redirect_uri")
}

/// That registrations are accepted at all, so that the refusal of a wrong one means something.
fn open<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    match attempt(e, WEB).filter(|x| is_accepted(x)) {
        Some(web) => Ok(web),
        None => accepted(e),
    }
}

/// The answer of an accepted registration.
pub(super) fn answer<'e>(e: &'e Evidence<'_>) -> Result<(&'e Exchange, Map<String, Value>), Verdict> {
    let exchange = accepted(e)?;
    members(exchange).map(|object| (exchange, object)).ok_or(Verdict::blocked("reg-client-id"))
}

/// The members of an answer; `None` if it is no JSON object.
pub(super) fn members(exchange: &Exchange) -> Option<Map<String, Value>> {
    exchange.reply()?.object().ok()
}

/// The members of a request.
pub(super) fn request(exchange: &Exchange) -> Map<String, Value> {
    let body = exchange.request.body.as_deref().unwrap_or_default();
    json::read_object(body.as_bytes()).unwrap_or_default()
}

/// The redirect URIs of a request or an answer; `None` if it has none.
pub(super) fn redirects(members: &Map<String, Value>) -> Option<Vec<&str>> {
    Some(members.get("redirect_uris")?.as_array()?.iter().filter_map(Value::as_str).collect())
}

/// Whether a client is registered with the redirect URIs that were asked for, or without any where none was.
fn keeps_redirects(exchange: &Exchange) -> bool {
    let (wanted, answer) = (request(exchange), members(exchange).unwrap_or_default());
    let kept = redirects(&answer).unwrap_or_default();
    let same = redirects(&wanted).map_or(kept.is_empty(), |wanted| wanted.iter().all(|uri| kept.contains(uri)));
    registers(exchange) && same
}

/// A registration that must be refused for its redirect URIs.
pub(super) fn refuses(e: &Evidence<'_>, trial: Trial, expected: &str) -> Verdict {
    if let Err(verdict) = open(e) {
        return verdict;
    }
    let silent = |x: &Exchange| {
        let asks = redirects(&request(x)).is_some();
        is_accepted(x) && asks && members(x).is_none_or(|answer| redirects(&answer).is_none())
    };
    if attempt(e, trial).is_some_and(silent) {
        return Verdict::inconclusive("a registration came back without its redirect URIs: nobody knows what was kept");
    }
    match asked(e, trial, keeps_redirects) {
        Asked::Granted(exchange) => at(exchange, trial, "the server did").expected(expected).fail(),
        Asked::Unclear(why) => Verdict::inconclusive(why),
        // The right one was accepted before; this says nothing of what was wrong.
        Asked::Refused(exchange) if matches!(exchange.status(), Some(401 | 403)) => {
            Verdict::inconclusive("registrations were accepted at first, and then no more")
        }
        Asked::Refused(_) | Asked::Broke => Verdict::Pass,
    }
}

/// A registration that must be accepted, where an ordinary one is. `None`: it was; else the refusal.
pub(super) fn refusal<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Option<&'e Exchange>, Verdict> {
    accepted(e)?;
    let Some(last) = attempts(e, trial).last() else { return Err(Verdict::inconclusive("it was not tried")) };
    match last.status() {
        Some(200..=299) => Ok(None),
        Some(400..=428 | 430..=499) => Ok(Some(last)),
        _ => Err(Verdict::inconclusive("no answer came that says anything")),
    }
}

/// A finding about the answer to a trial.
pub(super) fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(told(exchange))
}

/// Status and error of an answer, in words.
pub(super) fn told(exchange: &Exchange) -> String {
    let status = exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    match error(exchange) {
        Some(error) => format!("{status} `{}`", printable(&error)),
        None => status,
    }
}
