//! The one place of this wing that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 (the `NumericDate` of RFC 7519 §2).
pub(crate) fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the server stamps and checks what it issues; replays do not run it")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
