//! How long a document may be kept: RFC 9111 §5.2.

use crate::evidence::{Exchange, Pointer};
use crate::spec::text::printable;
use crate::verdict::{Verdict, finding};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Judges how long a document may be kept: not said, or longer than a day, is worth knowing.
pub(super) fn cached(exchange: &Exchange, what: &str) -> Verdict {
    let at = Pointer::header(exchange.number, "cache-control");
    let Some(reply) = exchange.reply() else { return Verdict::not_applicable("there was no answer") };
    let said: Vec<&str> = reply.header_values("cache-control").collect();
    if said.is_empty() {
        return match reply.header("expires") {
            Some(_) => Verdict::Pass,
            None => finding(at, format!("{what} does not say how long it may be kept")).info(),
        };
    }
    let said = said.join(", ");
    match max_age(&said) {
        Some(seconds) if seconds > DAY => {
            finding(at, format!("{what} may be kept for {} days: a change is seen late", seconds / DAY))
                .expected(format!("max-age of {DAY} at most"))
                .actual(printable(&said).to_string())
                .info()
        }
        _ => Verdict::Pass,
    }
}

/// The seconds of `max-age` (RFC 9111 §5.2.2.1), unless the document may not be kept at all.
fn max_age(cache_control: &str) -> Option<u64> {
    let directives = || cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache")) {
        return None;
    }
    let digits =
        directives().find_map(|directive| Some(directive.strip_prefix("max-age=")?.trim_matches('"').to_owned()))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A number too large for us is too large in any case.
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}
