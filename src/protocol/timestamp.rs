//! Time as the house keeps it: whole seconds, read once per request.

use std::fmt;
use std::ops::{Add, Sub};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, as the `NumericDate` of [RFC 7519 §2] without fractions.
///
/// [RFC 7519 §2]: https://www.rfc-editor.org/rfc/rfc7519#section-2
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A span of whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    pub const MINUTE: Self = Self(60);
    pub const HOUR: Self = Self(3_600);
    pub const DAY: Self = Self(86_400);

    /// `count` times this span.
    #[must_use]
    pub const fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl Timestamp {
    /// ISO 8601 in UTC with milliseconds and `Z`, as auth.md bodies write times.
    #[must_use]
    pub fn iso(self) -> String {
        jiff::Timestamp::from_second(self.0).map_or_else(
            |_| String::from("9999-12-31T23:59:59.000Z"),
            |time| time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        )
    }

    /// Where the month of this begins and ends, in UTC; thirty days from here where the calendar
    /// has no such month.
    #[must_use]
    pub fn month(self) -> (Self, Self) {
        let first = jiff::Timestamp::from_second(self.0)
            .and_then(|time| time.to_zoned(TimeZone::UTC).first_of_month()?.start_of_day());
        let second = |time: &jiff::Zoned| Self(time.timestamp().as_second());
        let next = first.as_ref().ok().and_then(|first| first.checked_add(1.month()).ok());
        match (first, next) {
            (Ok(first), Some(next)) => (second(&first), second(&next)),
            _ => (self, self + Seconds::DAY.times(30)),
        }
    }

    /// How long from `earlier` to this; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0).max(0))
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Self;

    fn add(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Seconds> for Timestamp {
    type Output = Self;

    fn sub(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// auth.md bodies: ISO 8601 UTC with milliseconds and `Z`.
    #[test]
    fn a_time_prints_with_milliseconds_and_z() {
        assert_eq!(Timestamp(1_800_000_000).iso(), "2027-01-15T08:00:00.000Z");
    }

    /// AV12: a month is a month of the calendar, its leap day included.
    #[test]
    fn a_month_begins_on_its_first_and_ends_where_the_next_begins() {
        for (now, first, next) in [
            (1_800_000_000, "2027-01-01T", "2027-02-01T"),
            (1_830_297_599, "2027-12-01T", "2028-01-01T"),
            (1_835_395_200, "2028-02-01T", "2028-03-01T"),
        ] {
            let (start, end) = Timestamp(now).month();
            assert_eq!(start.iso(), format!("{first}00:00:00.000Z"));
            assert_eq!(end.iso(), format!("{next}00:00:00.000Z"));
            assert_eq!(start.month(), (start, end));
        }
        assert_eq!(Timestamp(i64::MAX).month(), (Timestamp(i64::MAX), Timestamp(i64::MAX)));
    }

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp(i64::MAX) + Seconds::DAY, Timestamp(i64::MAX));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Seconds(0));
    }
}
