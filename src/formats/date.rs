//! Dates of HTTP: RFC 9110 §5.6.7 (the form that is sent, and the two obsolete ones that are to be read), §10.2.3
//! (`Retry-After`), and the delta-seconds of RFC 9111 §1.2.2.

use std::str::SplitAsciiWhitespace;

use time::format_description::well_known::Rfc2822;
use time::{Date, Month, OffsetDateTime, Time};

/// What an HTTP-date says, in seconds since 1970; `None` for what is none. `now`, in the same seconds, decides the century
/// of a year that has only two digits. A leap second is the second after it. Zones in digits are read, too, as mail has them.
#[must_use]
pub fn read(text: &str, now: u64) -> Option<i64> {
    let text = text.trim();
    of_http(text, now).or_else(|| Some(OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp()))
}

fn of_http(text: &str, now: u64) -> Option<i64> {
    let (first, rest) = text.split_once(' ')?;
    let mut words = rest.split_ascii_whitespace();
    let seconds = match first.strip_suffix(',') {
        // Sunday, 06-Nov-94 08:49:37 GMT, or Sun, 06 Nov 1994 08:49:60 GMT
        Some(_) => with_zone(&mut words, now)?,
        // Sun Nov  6 08:49:37 1994
        None => {
            let (month, day, (clock, leap)) = (month(words.next()?)?, number(words.next()?)?, clock(words.next()?)?);
            let date = Date::from_calendar_date(number(words.next()?)?, month, day).ok()?;
            date.with_time(clock).assume_utc().unix_timestamp() + leap
        }
    };
    words.next().is_none().then_some(seconds)
}

fn with_zone(words: &mut SplitAsciiWhitespace<'_>, now: u64) -> Option<i64> {
    let first = words.next()?;
    let (day, month_name, year) = match first.split_once('-') {
        Some((day, rest)) => {
            let (month, year) = rest.split_once('-')?;
            (day, month, year)
        }
        None => (first, words.next()?, words.next()?),
    };
    let (day, month, (clock, leap)) = (number(day)?, month(month_name)?, clock(words.next()?)?);
    let year = if year.len() == 2 { whole(number(year)?, now) } else { number(year)? };
    let date = Date::from_calendar_date(year, month, day).ok()?;
    (words.next()? == "GMT").then(|| date.with_time(clock).assume_utc().unix_timestamp() + leap)
}

/// The year of two digits: the latest that is not more than 50 years ahead.
fn whole(digits: i32, now: u64) -> i32 {
    let now = i64::try_from(now).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
    let this = now.map_or(9999, OffsetDateTime::year);
    let year = this - this.rem_euclid(100) + digits;
    match year - this {
        51.. => year - 100,
        ..-49 => year + 100,
        _ => year,
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn month(name: &str) -> Option<Month> {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = names.iter().position(|known| *known == name)?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

/// A time of day, and what a leap second adds to it.
fn clock(text: &str) -> Option<(Time, i64)> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (number(parts.next()?)?, number(parts.next()?)?, number::<u8>(parts.next()?)?);
    let leap = u8::from(second == 60);
    let time = Time::from_hms(hour, minute, second - leap).ok()?;
    parts.next().is_none().then_some((time, i64::from(leap)))
}

/// Delta-seconds: digits alone. What is too large is as large as can be told.
#[must_use]
pub fn delta(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// How long to wait, in seconds, by a `Retry-After` of an answer that came now; 0 for a time that is over.
#[must_use]
pub fn retry_after(text: &str, now: u64) -> Option<u64> {
    delta(text).or_else(|| {
        let wait = read(text, now)?.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX));
        Some(u64::try_from(wait).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn the_three_forms_of_the_rfc_say_the_same() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(read(text, NOW), Some(784_111_777), "{text}");
        }
        assert_eq!(read(" Sun, 06 Nov 1994 08:49:37 +0000 ", NOW), Some(784_111_777));
    }

    #[test]
    fn dates_at_every_edge() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Tue, 19 Jan 2038 03:14:07 GMT", 2_147_483_647),
            ("Tue, 19 Jan 2038 03:14:08 GMT", 2_147_483_648),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            // A leap second is the second after it, whether there was one or not.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Saturday, 31-Dec-16 23:59:60 GMT", 1_483_228_800),
            ("Sat Dec 31 23:59:60 2016", 1_483_228_800),
            ("Tue, 19 Jan 2038 12:00:60 GMT", 2_147_515_260),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
        ] {
            assert_eq!(read(text, NOW), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        // 1 800 000 000 lies in 2027, 253 402 300 799 in 9999.
        for (now, digits, year) in [
            (NOW, 77, 2077),
            (NOW, 78, 1978),
            (NOW, 27, 2027),
            (NOW, 0, 2000),
            (253_402_300_799, 99, 9999),
            (0, 21, 1921),
            // 2 840 140 800 lies in 2060: the next century is near.
            (2_840_140_800, 0, 2100),
            (2_840_140_800, 10, 2110),
            (2_840_140_800, 11, 2011),
        ] {
            let read = read(&format!("Monday, 01-Jan-{digits:02} 00:00:00 GMT"), now);
            let expected = Date::from_calendar_date(year, Month::January, 1).unwrap().midnight().assume_utc();
            assert_eq!(read, Some(expected.unix_timestamp()), "{digits} at {now}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            " ",
            "yesterday",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 10000 08:49:37 GMT",
            "Sun, 06 Nov -994 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994 GMT",
            "Sun, 06-Nov-94 08:49:37 PST",
            "Fri, 31 Dec 99999 23:59:59 GMT",
        ] {
            assert_eq!(read(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn waits_are_digits_or_a_date_to_come() {
        for (text, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("999999999999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("+5", None),
            ("1.5", None),
            ("soon", None),
            // 1 800 000 000 is this second.
            ("Fri, 15 Jan 2027 08:00:00 GMT", Some(0)),
            ("Fri, 15 Jan 2027 08:00:01 GMT", Some(1)),
            ("Fri, 15 Jan 2027 07:59:59 GMT", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(251_602_300_799)),
        ] {
            assert_eq!(retry_after(text, NOW), expected, "{text}");
        }
        assert_eq!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", u64::MAX), Some(0));
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}", now in any::<u64>()) {
            let _ = (read(&text, now), retry_after(&text, now));
        }

        #[test]
        fn what_was_written_is_read(at in 0_i64..253_402_300_800, now in any::<u64>()) {
            let date = OffsetDateTime::from_unix_timestamp(at).unwrap();
            prop_assert_eq!(read(&date.format(&Rfc2822).unwrap().replace("+0000", "GMT"), now), Some(at));
        }
    }
}
