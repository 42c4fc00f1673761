//! Limits that live in the database, so neither a restart nor a second node forgets them.

use crate::protocol::timestamp::{Seconds, Timestamp};

/// One more of something, refused when the window already holds `most`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What is counted, for whom.
    pub name: String,
    pub window: Window,
    pub most: i64,
}

/// A fixed window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Window {
    /// The month `now` lies in, in UTC.
    #[must_use]
    pub fn month(now: Timestamp) -> Self {
        let (start, end) = now.month();
        Self { start, end }
    }

    /// The hour `now` lies in.
    #[must_use]
    pub fn hour(now: Timestamp) -> Self {
        let start = Timestamp(now.0 - now.0.rem_euclid(Seconds::HOUR.0));
        Self { start, end: start + Seconds::HOUR }
    }
}

impl Count {
    /// At most `most` at a time of what `subject` has under `what`, however long it has them.
    #[must_use]
    pub fn standing(what: &str, subject: &str, most: i64) -> Self {
        let always = Window { start: Timestamp(0), end: Timestamp(i64::MAX) };
        Self { name: format!("{what}:{subject}"), window: always, most }
    }

    /// At most `most` an hour of what `subject` does under `what`.
    #[must_use]
    pub fn hourly(what: &str, subject: &str, most: i64, now: Timestamp) -> Self {
        Self { name: format!("{what}:{subject}"), window: Window::hour(now), most }
    }
}
