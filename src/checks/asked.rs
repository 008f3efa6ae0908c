//! The oracle of the trials at the authorization server: what its answers to deliberately wrong requests say.
//!
//! The control is the same request, right: it must have succeeded. A request counts as granted only if it was answered as
//! the right one is, and so was its repetition; what can be read in two ways is unclear and judged by nobody.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use url::Url;

use super::ground;
use crate::evidence::{Evidence, Exchange, FailureKind};
use crate::formats::json;
use crate::spec::reach::Reach;
use crate::spec::step::Step;
use crate::spec::trial::{Trial, authorization, token};
use crate::verdict::Verdict;

/// What came of a request that asks for something: a registration, tokens.
#[derive(Clone, Copy)]
pub(super) enum Asked<'e> {
    /// Granted, twice.
    Granted(&'e Exchange),
    /// Refused with 4xx.
    Refused(&'e Exchange),
    /// The server failed: 5xx.
    Broke,
    /// Not to be told, and why.
    Unclear(&'static str),
}

/// The exchanges of a trial, in order.
pub(super) fn attempts<'e>(e: &'e Evidence<'_>, trial: Trial) -> impl Iterator<Item = &'e Exchange> {
    e.all(trial.step).filter(move |x| x.about.as_deref() == Some(trial.name))
}

/// The first exchange of a trial, of those that brought an answer if there is one.
pub(super) fn attempt<'e>(e: &'e Evidence<'_>, trial: Trial) -> Option<&'e Exchange> {
    attempts(e, trial).find(|x| x.reply().is_some()).or_else(|| attempts(e, trial).next())
}

/// What came of a trial, the control apart; `is_grant` tells an answer that gives what was asked for.
pub(super) fn asked<'e>(e: &'e Evidence<'_>, trial: Trial, is_grant: fn(&Exchange) -> bool) -> Asked<'e> {
    let mut tries = attempts(e, trial);
    let Some(first) = tries.next() else { return Asked::Unclear("it was not tried") };
    match first.status() {
        None if is_halted(first) => Asked::Unclear("the server asked for fewer requests, so it was not tried"),
        None => Asked::Unclear("no answer came"),
        Some(429 | 503) => Asked::Unclear("the server had no time"),
        Some(200..=299) if is_grant(first) => match tries.next() {
            Some(again) if again.status().is_some_and(|s| (200..300).contains(&s)) && is_grant(again) => {
                Asked::Granted(first)
            }
            _ => Asked::Unclear("it was granted once and not again"),
        },
        Some(500..=599) => Asked::Broke,
        Some(_) => Asked::Refused(first),
    }
}

/// Whether nothing was sent because the server had asked for fewer requests.
fn is_halted(exchange: &Exchange) -> bool {
    exchange.failure().is_some_and(|failure| failure.kind == FailureKind::Halted)
}

/// Whether an answer holds a text member of this name.
fn has(exchange: &Exchange, name: &str) -> bool {
    let object = exchange.reply().and_then(|reply| reply.object().ok());
    object
        .is_some_and(|object| object.get(name).and_then(serde_json::Value::as_str).is_some_and(|text| !text.is_empty()))
}

/// Whether an answer registers a client.
pub(super) fn registers(exchange: &Exchange) -> bool {
    has(exchange, "client_id")
}

/// Whether an answer issues a token, whatever its form.
pub(super) fn issues(exchange: &Exchange) -> bool {
    let Some(reply) = exchange.reply() else { return false };
    has(exchange, "access_token")
        || url::form_urlencoded::parse(&reply.body.bytes())
            .any(|(name, value)| name == "access_token" && !value.is_empty())
}

/// The `error` that an answer names.
pub(super) fn error(exchange: &Exchange) -> Option<String> {
    let object = exchange.reply()?.object().ok()?;
    json::str_field(&object, "error").present().map(str::to_owned)
}

/// The right exchange of a code: what the wrong ones are compared with.
pub(super) fn redeemed<'e>(e: &'e Evidence<'_>) -> Result<&'e Exchange, Verdict> {
    ground::server(e)?;
    let right = attempt(e, token::RIGHT);
    let Some(right) = right else {
        return Err(if let Some(verdict) = ground::prevented(e) {
            verdict
        } else if e.went(Reach::Login) || e.first(Step::CodeTrial).is_some() {
            Verdict::inconclusive("no fresh code came for a trial; where pages need a person, each takes a login")
        } else {
            Verdict::needs(Reach::Login)
        });
    };
    if issues(right) {
        return Ok(right);
    }
    Err(super::granted::no_tokens(e))
}

/// What came of an authorization request.
#[derive(Clone, Copy)]
pub(super) enum Passage<'e> {
    /// A redirect to the redirect URI of the request, with a code, twice.
    Code(&'e Exchange),
    /// A page or another place, as for the right request and not as for a client that nobody knows, twice.
    GoesOn(&'e Exchange),
    /// A redirect to the redirect URI of the request, with an error.
    SentBack(&'e Exchange),
    /// Refused on the spot: 4xx, or in another way than the right request is answered.
    Refused,
    /// The server failed: 5xx.
    Broke(&'e Exchange),
    /// Not to be told, and why.
    Unclear(&'static str),
}

/// The kind of answer to an authorization request, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Error,
    Page,
    Away,
    Refused,
    Broke,
    Busy,
    Silent,
}

/// What kind of answer it is.
pub(super) fn kind(exchange: &Exchange) -> Kind {
    match exchange.status() {
        None => Kind::Silent,
        Some(429 | 503) => Kind::Busy,
        Some(500..=599) => Kind::Broke,
        Some(301..=303 | 307 | 308) => match sent_back(exchange) {
            Some(parameters) => {
                match parameters.iter().find(|(name, _)| name == "error").map(|(_, code)| code.as_str()) {
                    // What a status cannot say behind a redirect (draft-ietf-oauth-v2-1 §4.1.2.1).
                    Some("server_error") => Kind::Broke,
                    Some("temporarily_unavailable") => Kind::Busy,
                    Some(_) => Kind::Error,
                    None => Kind::Code,
                }
            }
            // Some show their errors on a page of their own.
            None if says_error(exchange) => Kind::Refused,
            None => Kind::Away,
        },
        Some(200..=299) => Kind::Page,
        Some(_) => Kind::Refused,
    }
}

/// The parameters of a redirect to the redirect URI that the request named, of query and fragment; `None` if it goes
/// elsewhere.
pub(super) fn sent_back(exchange: &Exchange) -> Option<Vec<(String, String)>> {
    let location = exchange.reply()?.header("location")?;
    let asked = Url::parse(&exchange.request.url).ok()?;
    let redirect = asked.query_pairs().find(|(name, _)| name == "redirect_uri")?.1.into_owned();
    let redirect = Url::parse(&redirect).ok()?;
    let location = asked.join(location).ok()?;
    let same = (location.scheme(), location.host_str(), location.port_or_known_default(), location.path())
        == (redirect.scheme(), redirect.host_str(), redirect.port_or_known_default(), redirect.path());
    let fragment = location.fragment().unwrap_or_default();
    let pairs = location.query_pairs().chain(url::form_urlencoded::parse(fragment.as_bytes()));
    same.then(|| pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

/// Whether a redirect leads to a page that is told of an error.
fn says_error(exchange: &Exchange) -> bool {
    let location = exchange.reply().and_then(|reply| reply.header("location"));
    let to = location.and_then(|to| Url::parse(&exchange.request.url).ok()?.join(to).ok());
    to.is_some_and(|to| to.query_pairs().any(|(name, value)| name == "error" && !value.is_empty()))
}

/// The right authorization request, and what kind of answer it got. Where `resource` is what is refused, the right one is
/// that without it.
pub(super) fn authorizes<'e>(e: &'e Evidence<'_>) -> Result<(&'e Exchange, Kind), Verdict> {
    let Some(right) = attempts(e, authorization::RIGHT).last() else {
        let server = ground::server(e)?;
        let is_set = |name: &str| server.object.get(name).and_then(serde_json::Value::as_bool) == Some(true);
        return Err(if server.text("authorization_endpoint").is_none() {
            Verdict::not_applicable("the authorization server has no authorization endpoint")
        } else if is_set("require_pushed_authorization_requests") {
            Verdict::not_applicable("authorization requests must be pushed; what stands in the URL is not looked at")
        } else {
            Verdict::needs(if e.went(Reach::Login) { Reach::Intrusive } else { Reach::Login })
        });
    };
    let without = attempt(e, authorization::NO_RESOURCE);
    match (kind(right), without.map(|without| (without, kind(without)))) {
        (found @ (Kind::Code | Kind::Page | Kind::Away), _) => Ok((right, found)),
        (Kind::Busy | Kind::Silent, _) => Err(Verdict::inconclusive("no answer came to the right request")),
        (Kind::Broke, _) => Err(Verdict::blocked("authz-get")),
        (_, Some((without, found @ (Kind::Code | Kind::Page | Kind::Away)))) => Ok((without, found)),
        _ if matches!(right.status(), Some(404 | 405)) => Err(Verdict::blocked("authz-get")),
        _ => Err(Verdict::inconclusive("a request as it must be was refused, too")),
    }
}

/// What came of an authorization request that is wrong, seen beside the right one and one of a client that nobody knows.
pub(super) fn passage<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Passage<'e>, Verdict> {
    let (control, _) = authorizes(e)?;
    passage_beside(e, control, authorization::UNKNOWN_CLIENT, trial)
}

/// The same beside a right request, and one that must be refused.
pub(super) fn passage_beside<'e>(
    e: &'e Evidence<'_>,
    control: &Exchange,
    strange: Trial,
    trial: Trial,
) -> Result<Passage<'e>, Verdict> {
    let right = kind(control);
    let mut tries = attempts(e, trial);
    let Some(first) = tries.next() else { return Ok(Passage::Unclear("it was not tried")) };
    let found = kind(first);
    let again = tries.next().map(kind) == Some(found);
    Ok(match found {
        Kind::Code if again => Passage::Code(first),
        Kind::Page | Kind::Away if found != right => Passage::Refused,
        Kind::Page | Kind::Away if !again => Passage::Unclear("it was answered in another way the second time"),
        Kind::Page | Kind::Away if !alike(first, control) => {
            Passage::Unclear("the answer is neither a refusal nor like that to the right request")
        }
        Kind::Page | Kind::Away => match attempt(e, strange) {
            Some(strange) if kind(strange) != found || !alike(strange, control) => Passage::GoesOn(first),
            _ => Passage::Unclear("requests are looked at only after the login"),
        },
        Kind::Code => Passage::Unclear("a code came once and not again"),
        Kind::Error => Passage::SentBack(first),
        Kind::Refused => Passage::Refused,
        Kind::Broke => Passage::Broke(first),
        Kind::Busy => Passage::Unclear("the server had no time"),
        Kind::Silent => Passage::Unclear("no answer came"),
    })
}

/// Whether the parameters of a known client's request are looked at before the login: a response type that does not
/// exist was refused at once.
pub(super) fn looks_early(e: &Evidence<'_>) -> bool {
    let found = attempt(e, authorization::UNKNOWN_TYPE).map(kind);
    matches!(found, Some(Kind::Error | Kind::Refused)) && matches!(authorizes(e), Ok((_, Kind::Page | Kind::Away)))
}

/// Whether two answers of one kind look the same: redirects to the same place, pages with the same title. Longer parts of
/// a path are made up anew for each request.
fn alike(one: &Exchange, other: &Exchange) -> bool {
    let place = |exchange: &Exchange| {
        let location = exchange.reply()?.header("location")?;
        let to = Url::parse(&exchange.request.url).ok()?.join(location).ok()?;
        let steady = to.path().split('/').filter(|part| part.len() < 16).collect::<Vec<_>>().join("/");
        Some((to.host_str()?.to_owned(), steady))
    };
    let title = |exchange: &Exchange| {
        let html = exchange.reply()?.body.to_text().into_owned();
        let (_, after) = html.split_once("<title")?;
        Some(after.split_once('>')?.1.split_once('<')?.0.trim().to_owned())
    };
    match kind(one) {
        Kind::Away => place(one) == place(other),
        Kind::Page => title(one) == title(other),
        _ => true,
    }
}
