//! The pace of requests that are unusual for a server, and the end of them when it asks for fewer (429, RFC 6585 §4).
//!
//! What a client does anyway (documents, a login) keeps no pace. Servers on this machine are asked as fast as they answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::limits;
use crate::evidence::{Failure, FailureKind, HttpReply};
use crate::formats::uri;
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
    /// §10.2.3), else a pause that doubles. `None` if it is not made again.
    pub(super) fn again(&self, step: Step, reply: &HttpReply, tries: u32, pause: Duration) -> Option<Duration> {
        let has_no_time = match reply.status {
            503 => true,
            429 => !step.reach().is_touching(),
            _ => false,
        };
        if !has_no_time || !step.is_repeatable() || tries >= limits::RETRIES {
            return None;
        }
        let named = reply.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
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
