//! Time as the house keeps it: whole seconds, read once per request.

use std::fmt;
use std::ops::{Add, Sub};

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

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp(i64::MAX) + Seconds::DAY, Timestamp(i64::MAX));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Seconds(0));
    }
}
