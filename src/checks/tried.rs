//! The one oracle of the trials: what the answers to a deliberately wrong credential say.
//!
//! The control is the same request without a token, which was refused with 401. A credential counts as let in only if it
//! was answered like a good one and so was its repetition; what can be read in two ways is unclear and judged by nobody.

#![expect(clippy::result_large_err, reason = "a verdict is made once a check and returned by value everywhere")]

use super::ground::refused;
use crate::evidence::{Evidence, Exchange, answer};
use crate::spec::step::Step;
use crate::spec::trial::{Trial, lab, lent};
use crate::verdict::Verdict;

/// What came of a trial.
#[derive(Clone, Copy)]
pub(super) enum Tried<'e> {
    /// Answered like a good token, twice.
    LetIn(&'e Exchange),
    /// Refused with 401.
    Refused(&'e Exchange),
    /// The server failed: 5xx.
    Broke(&'e Exchange),
    /// Answered in another way, which lets nobody in.
    Other(&'e Exchange),
    /// Not to be told, and why.
    Unclear(&'static str),
}

/// What came of a trial at the endpoint.
pub(super) fn tried<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Tried<'e>, Verdict> {
    refused(e)?;
    let Some(last) = attempts(e, trial).last() else {
        let why = if e.first(Step::BadToken).is_some() {
            "there is no key that this trial could imitate"
        } else {
            "the request that was refused cannot be made again with a bad token"
        };
        return Err(Verdict::not_applicable(why));
    };
    // The first request may have been one that this server does not know; the control was changed then.
    let same: Vec<&Exchange> = attempts(e, trial).filter(|x| x.request.body == last.request.body).collect();
    Ok(told(&same, is_result))
}

/// What came of a token that is nearly right. The controls: the request is refused without a token, a text that is no
/// token is refused (a blocker of every such row), and this other token, with everything right, is let in.
pub(super) fn tried_beside<'e>(e: &'e Evidence<'_>, right: Trial, trial: Trial) -> Result<Tried<'e>, Verdict> {
    refused(e)?;
    let with: Vec<&Exchange> = attempts(e, right).collect();
    match told(&with, is_result) {
        Tried::LetIn(_) => {}
        _ if with.is_empty() => return Err(Verdict::inconclusive("no good token was at hand to compare with")),
        Tried::Unclear(why) => return Err(Verdict::inconclusive(why)),
        _ if right == lab::RIGHT => {
            return Err(Verdict::inconclusive("the server takes no token that is signed with the key given"));
        }
        _ if right == lent::SECOND => {
            return Err(Verdict::inconclusive("the token of the second account is not let in"));
        }
        _ => return Err(Verdict::blocked("rs-valid-accepted")),
    }
    let same: Vec<&Exchange> = attempts(e, trial).collect();
    Ok(told(&same, is_result))
}

/// What came of a trial that asks for a stream. The control is the same GET without a token.
pub(super) fn tried_stream<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Tried<'e>, Verdict> {
    refused(e)?;
    let control = e.answer(Step::McpGetStream);
    match control.and_then(Exchange::status) {
        Some(401) => {}
        Some(200..=299) => return Err(Verdict::blocked("challenge-get-stream")),
        _ => return Err(Verdict::not_applicable("the server opens no stream by GET")),
    }
    let same: Vec<&Exchange> = attempts(e, trial).collect();
    let is_stream = |x: &Exchange| {
        let media_type = x.reply().and_then(crate::evidence::HttpReply::media_type);
        media_type.as_deref() == Some("text/event-stream")
    };
    Ok(told(&same, is_stream))
}

fn attempts<'e>(e: &'e Evidence<'_>, trial: Trial) -> impl Iterator<Item = &'e Exchange> {
    e.all(trial.step).filter(move |x| x.about.as_deref() == Some(trial.name))
}

fn told<'e>(same: &[&'e Exchange], is_good: impl Fn(&Exchange) -> bool) -> Tried<'e> {
    let Some(first) = same.first().copied() else { return Tried::Unclear("it was not tried") };
    match first.status() {
        None => Tried::Unclear("no answer came to the bad token"),
        Some(401) => Tried::Refused(first),
        Some(429 | 503) => Tried::Unclear("the server had no time for the bad token"),
        Some(200..=299) if is_good(first) => match same.get(1) {
            Some(again) if is_success(again) && is_good(again) => Tried::LetIn(first),
            _ => Tried::Unclear("the bad token was let in once and not again"),
        },
        Some(500..=599) => Tried::Broke(first),
        Some(_) => Tried::Other(first),
    }
}

/// Whether the answer is a JSON-RPC error.
pub(super) fn is_error(exchange: &Exchange) -> bool {
    answer::in_turn(exchange).any(|message| message.error().is_some())
}

/// Whether the status is one of success.
pub(super) fn is_success(exchange: &Exchange) -> bool {
    exchange.status().is_some_and(|status| (200..300).contains(&status))
}

/// Whether the answer is that of a server that carried the request out: it holds a JSON-RPC result, or more than was
/// read of it.
pub(super) fn is_result(exchange: &Exchange) -> bool {
    let is_long = exchange.reply().is_some_and(|reply| {
        let media_type = reply.media_type();
        reply.body.cut && matches!(media_type.as_deref(), Some("application/json" | "text/event-stream"))
    });
    is_long || answer::in_turn(exchange).any(|message| message.result().is_some())
}

/// What came of a token that the operator lends. The controls: the request is refused without a token, and so is a text
/// that is no token (a blocker of every such row).
pub(super) fn tried_lent<'e>(e: &'e Evidence<'_>, trial: Trial) -> Result<Tried<'e>, Verdict> {
    refused(e)?;
    let same: Vec<&Exchange> = attempts(e, trial).collect();
    Ok(told(&same, is_result))
}
