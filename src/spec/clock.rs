//! The time of day. Whoever needs it is given a [`Clock`]: this is the only place that reads the machine's, so that a rule
//! about time can be tried at any time, and tests that run side by side each have a time of their own.
//!
//! Times are seconds since 1970-01-01 UTC, as in JSON Web Tokens (`NumericDate`, RFC 7519 §2). How long something takes is
//! measured by `std::time::Instant`, which nobody can set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time of day.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since 1970; without it the machine's clock is read.
    stopped: Option<Arc<AtomicU64>>,
}

/// Sets a stopped clock.
#[derive(Debug)]
pub struct Hands(Arc<AtomicU64>);

impl Clock {
    /// The clock of the machine.
    pub const SYSTEM: Self = Self { stopped: None };

    /// A clock that stands at this time, in seconds, until its hands are moved.
    #[must_use]
    pub fn stopped(at: u64) -> (Self, Hands) {
        let time = Arc::new(AtomicU64::new(at.saturating_mul(1000)));
        (Self { stopped: Some(Arc::clone(&time)) }, Hands(time))
    }

    /// Seconds since 1970-01-01 UTC; 0 before that.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Milliseconds since 1970-01-01 UTC; 0 before that.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.stopped.as_ref().map_or_else(of_machine, |time| time.load(Ordering::SeqCst))
    }
}

impl Hands {
    /// Sets the clock to this time, in seconds; back, too.
    pub fn set(&self, at: u64) {
        self.0.store(at.saturating_mul(1000), Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock of the machine")]
fn of_machine() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Times at which every rule about time is tried: a year before and after a usual one, both sides of what 31 and 32 bits
/// hold, the last day that dates can be written of, and far behind it.
#[cfg(test)]
pub(crate) const MOMENTS: [u64; 9] = [
    1_768_464_000,
    1_800_000_000,
    1_831_536_000,
    2_147_483_647,
    2_147_483_648,
    4_294_967_296,
    253_402_214_400,
    253_402_300_800,
    1 << 53,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_by_hand_and_alone() {
        let (clock, hands) = Clock::stopped(100);
        let (other, _) = Clock::stopped(7);
        let copy = clock.clone();
        assert_eq!((clock.now(), clock.now_ms(), copy.now()), (100, 100_000, 100));
        for at in [0, 99, 253_402_300_800, u64::MAX / 1000] {
            hands.set(at);
            assert_eq!((clock.now(), copy.now(), other.now()), (at, at, 7));
        }
    }

    #[test]
    fn the_clock_of_the_machine_is_the_usual_one() {
        let (clock, later) = (Clock::default(), Clock::SYSTEM);
        assert!(clock.now() > 1_700_000_000 && later.now_ms() >= clock.now() * 1000);
    }
}
