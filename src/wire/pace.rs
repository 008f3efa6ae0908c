//! The pace of requests that are unusual for a server, and the end of them when it asks for fewer (429, RFC 6585 §4).
//!
//! What a client does anyway (documents, a login) keeps no pace. Servers on this machine are asked as fast as they answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::limits;
use crate::evidence::{Failure, FailureKind, HttpReply};
use crate::formats::{date, uri};
use crate::spec::step::Step;

/// The pace of one run.
pub(super) struct Pace {
    /// What the user chose, instead of [`limits::PACE`] and no pace on this machine.
    chosen: Option<Duration>,
    /// When each origin may be asked next.
    next: Mutex<HashMap<String, Instant>>,
    /// Why nothing unusual is sent any more.
    halted: Mutex<Option<String>>,
    /// All pauses so far.
    paused: Mutex<Duration>,
}

impl Pace {
    pub(super) fn new(chosen: Option<Duration>) -> Self {
        Self { chosen, next: Mutex::default(), halted: Mutex::default(), paused: Mutex::default() }
    }

    /// Waits for the turn of this request; an error if the server asked for fewer.
    pub(super) async fn wait(&self, step: Step, url: &str) -> Result<(), Failure> {
        if !step.reach().is_touching() {
            return Ok(());
        }
        self.open()?;
        let Ok(url) = Url::parse(url) else { return Ok(()) };
        let interval = match self.chosen {
            Some(interval) => interval,
            None if uri::is_loopback_host(&url) => Duration::ZERO,
            None => limits::PACE,
        };
        if !interval.is_zero() {
            let turn = {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                let turn = next.entry(uri::origin_of(&url).to_string()).or_insert_with(Instant::now);
                let mine = (*turn).max(Instant::now());
                *turn = mine + interval;
                mine
            };
            tokio::time::sleep_until(turn.into()).await;
            self.open()?;
        }
        Ok(())
    }

    fn open(&self) -> Result<(), Failure> {
        let halted = self.halted.lock().unwrap_or_else(PoisonError::into_inner);
        halted.as_ref().map_or(Ok(()), |why| Err(Failure { kind: FailureKind::Halted, detail: why.clone() }))
    }

    /// Hears an answer: after a 429 to an unusual request there is no other.
    pub(super) fn hear(&self, step: Step, url: &str, reply: &HttpReply) {
        if reply.status != 429 || !step.reach().is_touching() {
            return;
        }
        let origin = Url::parse(url).map(|url| uri::origin_of(&url).to_string()).unwrap_or_default();
        let after = reply.header("retry-after").filter(|text| text.len() <= 40 && text.is_ascii());
        let after = after.map_or_else(String::new, |text| format!(" (Retry-After: {})", text.trim()));
        let why = format!("{origin} asked for fewer requests with 429{after}: nothing more was sent to see what comes");
        self.halted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    /// How long to wait before a request is made again that the server had no time for: as long as it says (RFC 9110
    /// §10.2.3), else a pause that doubles. `None` if it is not made again. `now`: when the answer came, in seconds since 1970.
    pub(super) fn again(
        &self,
        step: Step,
        reply: &HttpReply,
        tries: u32,
        pause: Duration,
        now: u64,
    ) -> Option<Duration> {
        let has_no_time = match reply.status {
            503 => true,
            429 => !step.reach().is_touching(),
            _ => false,
        };
        if !has_no_time || !step.is_repeatable() || tries >= limits::RETRIES {
            return None;
        }
        // A date is one by the clock of the server, where that is told.
        let told = reply.header("date").and_then(|date| u64::try_from(date::read(date, now)?).ok()).unwrap_or(now);
        let named = reply.header("retry-after").and_then(|text| date::retry_after(text, told)).map(Duration::from_secs);
        let wait = named.unwrap_or(pause * 2_u32.pow(tries));
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = paused.saturating_add(wait);
        (sum <= limits::RETRY_PAUSES).then(|| {
            *paused = sum;
            wait
        })
    }

    /// Why nothing unusual is sent any more, if so.
    pub(super) fn halted(&self) -> Option<String> {
        self.halted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, Header};

    #[test]
    fn a_server_is_asked_again_when_it_says_so() {
        const NOW: u64 = 1_800_000_000;
        let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
        for (after, date, expected) in [
            ("2", None, Some(2)),
            ("0", None, Some(0)),
            ("Fri, 15 Jan 2027 08:00:03 GMT", None, Some(3)),
            // By the clock of the server, which is ten minutes behind ours, or ahead.
            ("Fri, 15 Jan 2027 07:50:03 GMT", Some("Fri, 15 Jan 2027 07:50:00 GMT"), Some(3)),
            ("Fri, 15 Jan 2027 08:10:03 GMT", Some("Fri, 15 Jan 2027 08:10:00 GMT"), Some(3)),
            ("Thu, 31 Dec 2026 23:59:60 GMT", Some("Thu, 31 Dec 2026 23:59:58 GMT"), Some(2)),
            // Over by now.
            ("Wed, 15 Jan 2020 08:00:00 GMT", None, Some(0)),
            // Longer than anybody waits.
            ("Fri, 31 Dec 9999 23:59:59 GMT", None, None),
            ("999999999999999999999999999999", None, None),
            // No time: the usual pause.
            ("soon", None, Some(1)),
            ("-5", None, Some(1)),
        ] {
            let mut headers = vec![header("retry-after", after)];
            headers.extend(date.map(|date| header("date", date)));
            let reply = HttpReply { status: 503, headers, body: Body::default() };
            let wait = Pace::new(None).again(Step::OauthMetadata, &reply, 0, Duration::from_secs(1), NOW);
            assert_eq!(wait, expected.map(Duration::from_secs), "{after} {date:?}");
        }
    }
}
