//! The ground of the checks of the authorization endpoint: what a wrong request came to, and what came back to the client.
//!
//! What came back is read from the requests on trial, from the redirects of a login that we followed ourselves, and from
//! what a browser brought to our listener, of which only the query is known.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use url::Url;

use super::asked::{Passage, attempts, authorizes, looks_early, passage, sent_back};
use super::ground;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::need;
use crate::spec::step::Step;
use crate::spec::trial::Trial;
use crate::spec::trial::authorization::{KEPT_QUERY, NO_RESOURCE, OTHER_REDIRECT, RIGHT, UNKNOWN_CLIENT};
use crate::verdict::{Finding, Verdict, finding};

/// The steps that bring a redirect to the client.
pub(super) const RETURNS: &[Step] = &[Step::AuthorizeTrial, Step::Authorize, Step::AuthorizeReturn];

/// A finding about the answer to a trial.
pub(super) fn at(exchange: &Exchange, trial: Trial, what: &str) -> Finding {
    finding(Pointer::exchange(exchange.number), format!("we {}, and {what}", trial.wrong)).actual(status(exchange))
}

/// The status in words.
pub(super) fn status(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

/// What must be refused is not: where, and what happened; `None` if it is refused.
pub(super) fn let_through<'e>(
    e: &'e Evidence<'_>,
    trial: Trial,
) -> Result<Option<(&'e Exchange, &'static str)>, Verdict> {
    match passage(e, trial)? {
        Passage::Code(exchange) => Ok(Some((exchange, "a code was issued"))),
        Passage::GoesOn(exchange) if looks_early(e) => {
            Ok(Some((exchange, "the user is asked as if nothing were wrong")))
        }
        Passage::GoesOn(_) => Err(Verdict::inconclusive("the parameters are looked at only after the login")),
        Passage::Unclear(why) => Err(Verdict::inconclusive(why)),
        Passage::SentBack(_) | Passage::Refused | Passage::Broke(_) => Ok(None),
    }
}

/// Whether a login on trial with such a request ended with an error: what is wrong was found after the login.
pub(super) fn is_refused_later(e: &Evidence<'_>, trial: Trial) -> bool {
    let mut ends = e.all(Step::CodeReturn).filter(|x| x.about.as_deref() == Some(trial.name));
    ends.any(|x| Url::parse(&x.request.url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "error")))
}

/// Whether a wrong request is refused, where the right one goes on.
pub(super) fn must_refuse(e: &Evidence<'_>, trial: Trial, expected: &str) -> Verdict {
    match need!(let_through(e, trial)) {
        Some((exchange, what)) => at(exchange, trial, what).expected(expected).fail(),
        None => Verdict::Pass,
    }
}

/// What came of an unusual request that must be taken up as the right one is.
pub(super) enum Taken<'e> {
    /// It was.
    Yes,
    /// It was refused: where.
    No(&'e Exchange),
}

/// Whether an unusual request is taken up as the right one is.
pub(super) fn taken<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Taken<'e>, Verdict> {
    match passage(e, trial)? {
        Passage::Code(_) | Passage::GoesOn(_) => Ok(Taken::Yes),
        Passage::Unclear(why) => Err(Verdict::inconclusive(why)),
        Passage::SentBack(exchange) | Passage::Broke(exchange) => Ok(Taken::No(exchange)),
        Passage::Refused => match attempts(e, trial).next() {
            Some(exchange) if exchange.status().is_some_and(|status| status >= 400) => Ok(Taken::No(exchange)),
            _ => Err(Verdict::inconclusive("the answer is neither a refusal nor like that to the right request")),
        },
    }
}

/// A redirect to the client.
pub(super) struct Return<'e> {
    /// The exchange that shows it.
    pub(super) exchange: &'e Exchange,
    /// What the client had asked for; of a browser's own way nothing is known.
    pub(super) request: Option<Url>,
    /// The parameters of the query.
    pub(super) query: Vec<(String, String)>,
    /// The parameters of the fragment.
    pub(super) fragment: Vec<(String, String)>,
}

impl Return<'_> {
    /// The values of a parameter, wherever it stands.
    pub(super) fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.query.iter().chain(&self.fragment).filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the request.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        self.request.as_ref()?.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Whether it tells of an error.
    pub(super) fn is_error(&self) -> bool {
        self.all("error").next().is_some()
    }

    /// The place of the redirect.
    pub(super) fn at(&self) -> Pointer {
        match self.exchange.step {
            Step::AuthorizeReturn => Pointer::exchange(self.exchange.number),
            _ => Pointer::header(self.exchange.number, "location"),
        }
    }
}

/// Every redirect to the client, in order.
fn returns<'e>(e: &'e Evidence<'_>) -> Vec<Return<'e>> {
    let mut found = Vec::new();
    for exchange in e.trail.in_order() {
        match exchange.step {
            Step::AuthorizeTrial if sent_back(exchange).is_some() => {
                found.extend(of_redirect(exchange, Url::parse(&exchange.request.url).ok()));
            }
            Step::Authorize => {
                let request = Url::parse(&head(e, exchange).request.url).ok();
                found.extend(of_redirect(exchange, request).filter(leads_back));
            }
            Step::AuthorizeReturn => {
                let url = Url::parse(&exchange.request.url).ok();
                let query = url.map(|url| pairs(url.query().unwrap_or_default())).unwrap_or_default();
                found.push(Return { exchange, request: None, query, fragment: Vec::new() });
            }
            _ => {}
        }
    }
    found
}

/// The redirects with which a right request was granted.
pub(super) fn granted<'e>(e: &'e Evidence<'_>) -> Result<Vec<Return<'e>>, Verdict> {
    ground::server(e)?;
    let right = |x: &Return<'_>| {
        let trial = x.exchange.about.as_deref();
        x.exchange.step != Step::AuthorizeTrial
            || [RIGHT, NO_RESOURCE, KEPT_QUERY].iter().any(|known| trial == Some(known.name))
    };
    let found: Vec<Return<'_>> = returns(e).into_iter().filter(right).filter(|x| !x.is_error()).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    authorizes(e)?;
    Err(Verdict::inconclusive("nobody logged in, so no code came"))
}

/// The redirects with which a request was refused.
pub(super) fn refused<'e>(e: &'e Evidence<'_>) -> Result<Vec<Return<'e>>, Verdict> {
    ground::server(e)?;
    // Where nobody ought to be sent back, nothing is asked of what is sent.
    let wrong =
        |x: &Return<'_>| [UNKNOWN_CLIENT, OTHER_REDIRECT].iter().any(|t| x.exchange.about.as_deref() == Some(t.name));
    let found: Vec<Return<'_>> = returns(e).into_iter().filter(|x| x.is_error() && !wrong(x)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    authorizes(e)?;
    Err(Verdict::not_applicable("no error was sent back to the client without a person"))
}

/// The request that a chain of redirects began with.
fn head<'e>(e: &'e Evidence<'_>, exchange: &'e Exchange) -> &'e Exchange {
    let mut current = exchange;
    while let Some(before) =
        current.follows.and_then(|number| e.trail.in_order().find(|x| x.number == number && x.number < current.number))
    {
        current = before;
    }
    current
}

fn of_redirect(exchange: &Exchange, request: Option<Url>) -> Option<Return<'_>> {
    let reply = exchange.reply().filter(|reply| matches!(reply.status, 301..=303 | 307 | 308))?;
    let location = Url::parse(&exchange.request.url).ok()?.join(reply.header("location")?).ok()?;
    let (query, fragment) =
        (pairs(location.query().unwrap_or_default()), pairs(location.fragment().unwrap_or_default()));
    Some(Return { exchange, request, query, fragment })
}

/// Whether a redirect leads to the redirect URI of its request.
fn leads_back(found: &Return<'_>) -> bool {
    let location = found.exchange.reply().and_then(|reply| reply.header("location"));
    let to = location.and_then(|to| Url::parse(&found.exchange.request.url).ok()?.join(to).ok());
    let wanted = found.asked("redirect_uri").and_then(|uri| Url::parse(&uri).ok());
    match (to, wanted) {
        (Some(to), Some(wanted)) => to.origin() == wanted.origin() && to.path() == wanted.path(),
        _ => false,
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
