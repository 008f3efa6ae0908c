//! The HTTP gate (structural rule 2): the only place that opens connections to a deployment.
//!
//! Every request passes the URL gate, is resolved once, has every address checked before the connection goes to the
//! checked address, follows no redirect, is made again only when the server had no time for it and nothing is used up,
//! asks for the identity encoding, is read up to the limit of its kind within a wall-clock budget, and is written down.

mod address;
mod ask;
mod canary;
mod client;
mod elsewhere;
mod failure;
mod hello;
mod host;
pub mod limits;
mod pace;
mod read;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use url::Url;

pub use self::ask::{Ask, Policy, PolicyError, Tap};
pub use self::canary::Canary;
pub use self::host::Host;

use self::address::Names;
use self::limits::Budgets;
use self::pace::Pace;
use self::read::Shared;
use crate::evidence::{Body, Exchange, Failure, FailureKind, Header, HttpReply, HttpRequest, Outcome, Trail};
use crate::formats::uri;
use crate::spec::clock::Clock;
use crate::spec::extension::Extension;
use crate::spec::reach::Reached;
use crate::spec::step::Step;

/// Sees every exchange as it ends.
pub type Watch = Box<dyn Fn(&Exchange) + Send + Sync>;

/// The gate, and the record of what passed it.
pub struct Wire {
    policy: Policy,
    names: Arc<Names>,
    target: Url,
    plain: OnceLock<reqwest::Client>,
    secure: OnceLock<reqwest::Client>,
    record: Mutex<Trail>,
    moved: OnceLock<String>,
    next: AtomicU32,
    /// Measures how long things take; nobody can set it.
    begun: Instant,
    /// Tells what time it is.
    clock: Clock,
    watch: Option<Watch>,
    budgets: Budgets,
    pace: Pace,
    slots: Option<Semaphore>,
    /// Bytes of bodies read so far.
    read: AtomicUsize,
    /// How many times shorter long waits are than the record says, see [`Wire::in_haste`].
    haste: u32,
    /// What was left out of long waits so far, in milliseconds.
    skipped: AtomicU64,
}

impl Wire {
    /// A gate for runs against this target; the policy is checked now.
    ///
    /// # Errors
    /// The policy cannot be carried out.
    pub fn new(target: &Url, given: &str, reach: impl Into<Reached>, policy: Policy) -> Result<Self, PolicyError> {
        let mut trail = Trail::new(given, reach, Clock::SYSTEM.now_ms());
        trail.insecure = policy.insecure;
        trail.private_authority = !policy.authorities.is_empty();
        for (name, value) in &policy.headers {
            let good = http::HeaderName::try_from(name.as_str()).is_ok()
                && http::HeaderValue::try_from(value.as_str()).is_ok();
            if !good {
                return Err(PolicyError::Header(name.clone()));
            }
        }
        let wire = Self {
            names: Arc::new(Names::new(target, &policy.resolve)),
            pace: Pace::new(policy.pace),
            slots: policy.at_once.map(Semaphore::new),
            policy,
            target: target.clone(),
            plain: OnceLock::new(),
            secure: OnceLock::new(),
            record: Mutex::new(trail),
            moved: OnceLock::new(),
            next: AtomicU32::new(1),
            begun: Instant::now(),
            clock: Clock::SYSTEM,
            watch: None,
            budgets: Budgets::default(),
            read: AtomicUsize::new(0),
            haste: 1,
            skipped: AtomicU64::new(0),
        };
        if !wire.policy.authorities.is_empty() || wire.policy.proxy.is_some() || target.scheme() == "https" {
            wire.client(true)?;
        }
        Ok(wire)
    }

    /// Why nothing unusual is sent any more: a server asked for fewer requests.
    #[must_use]
    pub fn halted(&self) -> Option<String> {
        self.pace.halted()
    }

    /// Whether certificates go unchecked, so that nothing that is worth stealing may be sent.
    #[must_use]
    pub const fn is_insecure(&self) -> bool {
        self.policy.insecure
    }

    /// The same gate with another pause before a request is made again.
    #[must_use]
    pub const fn within_pauses(mut self, pause: Duration) -> Self {
        self.budgets.retry_pause = pause;
        self
    }

    /// Whether the run is asked for an extension.
    #[must_use]
    pub fn asks_for(&self, extension: Extension) -> bool {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).extensions.contains(&extension)
    }

    /// Waits for something to grow old.
    pub async fn pause(&self, wait: Duration) {
        let waited = wait / self.haste.max(1);
        tokio::time::sleep(waited).await;
        self.skipped.fetch_add(millis(wait.saturating_sub(waited)), Ordering::Relaxed);
    }

    /// The MCP URL of the run.
    #[must_use]
    pub const fn target(&self) -> &Url {
        &self.target
    }

    /// From now on the endpoint is requested here: its own origin redirects there.
    pub fn move_to(&self, url: &str) {
        // Moved once is moved: a server that redirects on and on is met at its first redirect.
        let _ = self.moved.set(url.to_owned());
    }

    /// The MCP URL as the user gave it.
    #[must_use]
    pub fn given(&self) -> String {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).target.clone()
    }

    /// The MCP URL as it is requested: as the user gave it, where the parser changed only what does not matter.
    #[must_use]
    pub fn endpoint(&self) -> String {
        if let Some(url) = self.moved.get() {
            return url.clone();
        }
        let given = self.record.lock().unwrap_or_else(PoisonError::into_inner).target.clone();
        if Url::parse(&given).as_ref() == Ok(&self.target) { given } else { self.target.to_string() }
    }

    /// The endpoint at another address of this machine, where the target is at the usual loopback address; `None` elsewhere.
    #[must_use]
    pub fn elsewhere(&self) -> Option<String> {
        let is_usual = matches!(self.target.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let address = if is_usual && self.target.scheme() == "http" { elsewhere::address()? } else { return None };
        let mut url = Url::parse(&self.endpoint()).ok()?;
        url.set_ip_host(address).ok()?;
        Some(url.to_string())
    }

    /// Seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The record so far, in order.
    #[must_use]
    pub fn trail(&self) -> Trail {
        let mut trail = self.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        trail.exchanges.sort_by_key(|exchange| exchange.number);
        trail.lookups = self.names.lookups();
        trail
    }

    /// Makes one request and writes it down. Whatever happens is an [`Outcome`], never an error.
    pub async fn send(&self, ask: Ask) -> Exchange {
        self.send_heard(ask, None).await
    }

    /// The same; an event stream that answers is heard while it is open.
    pub async fn send_tapped(&self, ask: Ask, tap: Tap) -> Exchange {
        self.send_heard(ask, Some(tap)).await
    }

    /// Sends; what a server has no time for is sent again a little later, where that uses nothing up, and once more what was
    /// lost with a connection that was kept. The record has all of it.
    async fn send_heard(&self, ask: Ask, tap: Option<Tap>) -> Exchange {
        let mut was_lost = false;
        for tries in 0.. {
            let exchange = Box::pin(self.send_once(ask.clone(), tap.as_ref())).await;
            let pause = match exchange.reply() {
                Some(reply) => self.pace.again(ask.step, reply, tries, self.budgets.retry_pause, self.now()),
                None => (!was_lost && self.may_have_met_the_end(&exchange)).then_some(Duration::ZERO),
            };
            was_lost |= exchange.reply().is_none();
            let Some(pause) = pause else {
                self.write_down(exchange.clone());
                return exchange;
            };
            self.write_down(Exchange { step: Step::Busy, ..exchange });
            tokio::time::sleep(pause).await;
        }
        Box::pin(self.send_once(ask, tap.as_ref())).await
    }

    async fn send_once(&self, ask: Ask, tap: Option<&Tap>) -> Exchange {
        let turn = self.pace.wait(ask.step, &ask.url).await;
        // Whoever listens waits for other requests: it must not keep them out.
        let _slot = match &self.slots {
            Some(slots) if tap.is_none() => slots.acquire().await.ok(),
            _ => None,
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let at = self.begun.elapsed();
        let outcome = match turn.map(|()| self.budget(number, ask.patience())) {
            Err(halted) => Outcome::Failure(halted),
            Ok(Some(left)) => match tokio::time::timeout(left, self.attempt(&ask, tap)).await {
                Ok(Ok(reply)) => {
                    self.pace.hear(ask.step, &ask.url, &reply);
                    Outcome::Reply(reply)
                }
                Ok(Err(failure)) => Outcome::Failure(failure),
                Err(_) => Outcome::Failure(failure::timeout(left)),
            },
            Ok(None) => Outcome::Failure(Failure {
                kind: FailureKind::Budget,
                detail: format!(
                    "the run's budget of {} requests, {} s and {} bytes is used up",
                    self.budgets.requests,
                    self.budgets.run.as_secs(),
                    self.budgets.bodies
                ),
            }),
        };
        Exchange {
            number,
            step: ask.step,
            about: ask.about,
            because: ask.because,
            follows: ask.follows,
            request: HttpRequest {
                method: ask.method.to_owned(),
                url: ask.url,
                headers: ask
                    .headers
                    .into_iter()
                    .map(|(name, value)| Header { name: name.to_owned(), value })
                    .chain(ask.named.into_iter().map(|(name, value)| Header { name, value }))
                    .collect(),
                body: ask.body,
            },
            outcome,
            at: millis(at).saturating_add(self.skipped.load(Ordering::Relaxed)),
            took: millis(self.begun.elapsed().saturating_sub(at)),
        }
    }

    /// Offers at most TLS 1.1 to an origin and writes down what came: an alert (refused) or a `ServerHello`.
    pub async fn old_tls_hello(&self, origin: &Url, because: &str) -> Exchange {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let at = self.begun.elapsed();
        let outcome = match tokio::time::timeout(self.budgets.connect, hello::offer_old_tls(origin, &self.names)).await
        {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Failure(failure::timeout(self.budgets.connect)),
        };
        let exchange = Exchange {
            number,
            step: Step::OldTlsHello,
            about: Some(uri::origin_of(origin).to_string()),
            because: because.to_owned(),
            follows: None,
            request: HttpRequest {
                method: "TLS".to_owned(),
                url: uri::origin_of(origin).to_string(),
                headers: Vec::new(),
                body: None,
            },
            outcome,
            at: millis(at).saturating_add(self.skipped.load(Ordering::Relaxed)),
            took: millis(self.begun.elapsed().saturating_sub(at)),
        };
        self.write_down(exchange.clone());
        exchange
    }

    /// Writes down what was seen without a request of ours.
    pub fn witness(&self, seen: Ask) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let at = millis(self.begun.elapsed()).saturating_add(self.skipped.load(Ordering::Relaxed));
        self.write_down(Exchange {
            number,
            step: seen.step,
            about: seen.about,
            because: seen.because,
            follows: None,
            request: HttpRequest { method: seen.method.to_owned(), url: seen.url, headers: Vec::new(), body: None },
            outcome: Outcome::Reply(HttpReply { status: 200, headers: Vec::new(), body: Body::default() }),
            at,
            took: 0,
        });
    }

    /// Whether a request may have met a connection, kept since an earlier answer, that the server was just closing (RFC 9112
    /// §9.5). Only asking once more tells that from a server that breaks off.
    fn may_have_met_the_end(&self, exchange: &Exchange) -> bool {
        let is_broken = exchange.failure().is_some_and(|failure| failure.kind == FailureKind::Broken);
        if !is_broken || !exchange.step.is_idempotent(&exchange.request.method) {
            return false;
        }
        let origin = |exchange: &Exchange| Url::parse(&exchange.request.url).ok().map(|url| url.origin());
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.in_order().any(|earlier| earlier.reply().is_some() && origin(earlier) == origin(exchange))
    }

    fn write_down(&self, exchange: Exchange) {
        if let Some(watch) = &self.watch {
            watch(&exchange);
        }
        self.record.lock().unwrap_or_else(PoisonError::into_inner).exchanges.push(Arc::new(exchange));
    }

    /// What is left for one request; `None` if the run's budget is used up.
    fn budget(&self, number: u32, patience: Option<Duration>) -> Option<Duration> {
        let left = self.budgets.run.checked_sub(self.begun.elapsed())?;
        let longest = self.policy.timeout.or(patience).unwrap_or(self.budgets.request);
        let open = number <= self.budgets.requests && self.read.load(Ordering::Relaxed) < self.budgets.bodies;
        open.then(|| left.min(longest))
    }

    async fn attempt(&self, ask: &Ask, tap: Option<&Tap>) -> Result<HttpReply, Failure> {
        let url = uri::gate(&ask.url).map_err(|problem| failure::refused(problem.to_string()))?;
        self.names.check_literal(&url).map_err(|refusal| failure::refused(refusal.to_string()))?;
        let client = self.client(url.scheme() == "https").map_err(|error| failure::refused(error.to_string()))?;
        let request = self.build(ask, &url)?;
        let first_byte = ask.patience().unwrap_or(self.budgets.first_byte) + self.budgets.connect;
        let sent = tokio::time::timeout(first_byte, client.execute(request)).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(failure::classify(&error)),
            Err(_) => return Err(failure::timeout(first_byte)),
        };
        self.note_certificate(&url, &response);
        let shared = Shared { read: &self.read, most: self.budgets.bodies };
        let reply = read::read(response, ask.most(), shared, tap).await?;
        Ok(read::without_values(reply, self.policy.headers.iter().map(|(_, value)| value.as_str())))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
