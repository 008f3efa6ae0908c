//! What `token` shows of times, and what it reads.

use super::show::{row, when};
use super::*;
use crate::spec::clock::MOMENTS;

#[test]
fn times_are_told_absolute_and_from_now() {
    const NOW: u64 = 1_800_000_000;
    for (at, told) in [
        (1_800_000_000, "2027-01-15 08:00:00 UTC, in 0 s"),
        (1_800_000_001, "2027-01-15 08:00:01 UTC, in 1 s"),
        (1_799_999_999, "2027-01-15 07:59:59 UTC, 1 s ago"),
        (1_799_999_700, "2027-01-15 07:55:00 UTC, 5 min ago"),
        (1_768_464_000, "2026-01-15 08:00:00 UTC, 365 d ago"),
        (2_147_483_647, "2038-01-19 03:14:07 UTC, in 4021 d 19 h"),
        (2_147_483_648, "2038-01-19 03:14:08 UTC, in 4021 d 19 h"),
        (253_402_300_799, "9999-12-31 23:59:59 UTC, in 2912063 d 15 h"),
        (0, "1970-01-01 00:00:00 UTC, 20833 d 8 h ago"),
        (-1, "1969-12-31 23:59:59 UTC, 20833 d 8 h ago"),
        // Behind the last year that has four digits.
        (253_402_300_800, "253402300800, in 2912063 d 16 h"),
        (i64::MAX, "9223372036854775807, in 106751991146467 d 7 h"),
        (i64::MIN, "-9223372036854775808, 106751991188133 d 23 h ago"),
    ] {
        assert_eq!(when(at, NOW), told);
    }
    for now in MOMENTS {
        assert!(when(i64::MAX, now).contains(", in ") && when(i64::MIN, now).ends_with(" ago"));
    }
    assert!(when(i64::MAX, u64::MAX).ends_with("in 0 s"));
}

#[test]
fn claims_that_are_times_are_shown_whatever_they_hold() {
    for (value, told) in [
        (json!(1_800_000_060), "2027-01-15 08:01:00 UTC, in 1 min"),
        (json!(1_800_000_000.9), "2027-01-15 08:00:00 UTC, in 0 s"),
        (json!(1e308), "9223372036854775807, in 106751991146467 d 7 h"),
        (json!(-1e308), "-9223372036854775808, 106751991188133 d 23 h ago"),
        (json!(u64::MAX), "9223372036854775807, in 106751991146467 d 7 h"),
        (json!("tomorrow"), "tomorrow"),
        (Value::Null, "null"),
    ] {
        let mut text = String::new();
        row(&mut text, "exp", &value, "", 1_800_000_000);
        assert_eq!(text.trim(), format!("exp        {told}"));
    }
}

#[test]
fn a_span_has_two_units() {
    for (seconds, told) in [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")] {
        assert_eq!(span(seconds), told);
    }
    assert_eq!(span(u64::MAX), "213503982334601 d 7 h");
}
