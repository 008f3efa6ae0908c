//! Moments that look random and are the same in every run.

use std::time::Duration;

/// A sequence of numbers from a seed (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A time below this one.
    pub(crate) fn below(&mut self, end: Duration) -> Duration {
        let micros = u64::try_from(end.as_micros()).unwrap().max(1);
        Duration::from_micros(self.next() % micros)
    }

    /// Yes, half of the time.
    pub(crate) fn coin(&mut self) -> bool {
        self.next().is_multiple_of(2)
    }
}
