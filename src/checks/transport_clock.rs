//! Whether both servers tell the same time: RFC 7519 §4.1, RFC 9110 §6.6.1, RFC 9111 §5.1.

use url::Url;

use super::ground::{in_both, issuer, server};
use super::transport_documents::SERVER_STEPS;
use crate::evidence::{Evidence, Exchange, Pointer};
use crate::formats::date;
use crate::formats::uri;
use crate::level;
use crate::need;
use crate::rfc;
use crate::spec::fault::{Deed, Edit, Fault, Reply};
use crate::spec::text::printable;
use crate::verdict::{Check, Class, Mark, Role, Verdict, finding};

/// The rows.
pub(super) const CHECKS: &[Check] = &[Check {
    id: "meta-clock",
    title: "the MCP server and its authorization server tell the same time",
    role: Role::ResourceServer,
    level: level![Practice, Practice, Practice, Practice],
    class: Class::Passive,
    mark: Mark::Plain,
    cites: &[rfc!(7519, "4.1.4"), rfc!(7519, "4.1.5"), rfc!(9110, "6.6.1")],
    needs: SERVER_STEPS,
    blocked_by: &[],
    why: "A server whose clock is behind refuses tokens that were just issued as not valid yet; one whose clock is ahead takes them as expired, and nothing in the answer says so.",
    fix: "synchronise the clock with NTP, and allow about a minute of leeway where `exp`, `nbf` and `iat` are checked",
    disputed: "RFC 7519 lets a verifier allow some leeway, usually no more than a few minutes. Common libraries allow a minute, some nothing.",
    faults: &[
        Fault::new("rs-clock-ahead", &[Deed::At(Reply::ResourceMetadata, &[DATE])]),
        Fault::new("as-clock-ahead", in_both![DATE]),
    ],
    judge: clock,
}];

/// A `Date` that lies ahead: nothing that is merely cached can.
const DATE: Edit = Edit::SetHeader("date", "Thu, 01 Jan 2099 00:00:00 GMT");

/// How many seconds of difference every common verifier forgives.
const LEEWAY: i64 = 60;

/// From how many seconds on a verifier without leeway is in trouble; below lie the network and the rounding of `Date`.
const NOTICEABLE: i64 = 5;

/// The highest age that counts, in seconds: a year, the longest that caches are told to keep anything.
const OLDEST: i64 = 365 * 24 * 3600;

/// What a server's `Date` says against our clock.
struct Clock<'e> {
    exchange: &'e Exchange,
    date: &'e str,
    /// Seconds ahead of ours.
    ahead: i64,
}

/// The clock of an origin, by the freshest of its answers: what is cached is behind, never ahead.
fn clock_of<'e>(e: &Evidence<'e>, origin: &uri::Origin) -> Option<Clock<'e>> {
    let of_origin = |x: &&Exchange| Url::parse(&x.request.url).is_ok_and(|url| uri::origin_of(&url) == *origin);
    let read = |exchange: &'e Exchange| {
        let reply = exchange.reply()?;
        let date = reply.header("date")?;
        let came = e.trail.started.checked_add(exchange.at)?.checked_add(exchange.took)? / 1000;
        let told = date::read(date, came)?;
        // What is no age is none (RFC 9111 §5.1); one that no cache can have says nothing of the clock.
        let age = reply.header("age").and_then(date::delta).unwrap_or(0);
        let age = i64::try_from(age).ok().filter(|age| *age <= OLDEST)?;
        let ahead = told.checked_add(age)?.checked_sub(i64::try_from(came).ok()?)?;
        Some(Clock { exchange, date, ahead })
    };
    e.trail.in_order().filter(of_origin).filter_map(read).max_by_key(|clock| clock.ahead)
}

/// A stretch of time in words.
fn stretch(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn clock(e: &Evidence<'_>) -> Verdict {
    need!(server(e));
    let issuer = need!(issuer(e)).issuer;
    let own = need!(e.target(), absent "the MCP URL cannot be read");
    let other = need!(Url::parse(&issuer).ok(), absent "the issuer is no URL");
    let (own, other) = (uri::origin_of(own), uri::origin_of(&other));
    if own == other {
        return Verdict::not_applicable("both are at one origin, and so have one clock");
    }
    let resource = need!(clock_of(e, &own), absent "no answer of the MCP server has a `Date`");
    let authority = need!(clock_of(e, &other), absent "no answer of the authorization server has a `Date`");
    let apart = resource.ahead.saturating_sub(authority.ahead);
    let size = apart.unsigned_abs();
    if apart.abs() < NOTICEABLE {
        return Verdict::Pass;
    }
    let side = if apart > 0 { "ahead of" } else { "behind" };
    // Who is further from our own clock is more likely to be wrong.
    let is_authority = authority.ahead.abs() > resource.ahead.abs();
    let (wrong, right, role) = match is_authority {
        true => (&authority, &resource, Role::AuthorizationServer),
        false => (&resource, &authority, Role::ResourceServer),
    };
    let message = format!("the clock of the MCP server is {} {side} that of the authorization server", stretch(size));
    let found = finding(Pointer::header(wrong.exchange.number, "date"), message)
        .expected(format!(
            "about the time of the other: {} (exchange #{})",
            printable(right.date),
            right.exchange.number
        ))
        .actual(printable(wrong.date).to_string())
        .by(role);
    if apart.abs() > LEEWAY { found.warn() } else { found.info() }
}

#[cfg(test)]
mod tests;
