//! How often an agent may ask whether its human has answered ([RFC 8628 §3.5]).
//!
//! [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5

use crate::protocol::timestamp::{Seconds, Timestamp};

/// Seconds between two polls at first (RFC 8628 §3.2).
pub const FIRST_INTERVAL: Seconds = Seconds(5);
/// What each hasty poll adds (RFC 8628 §3.5).
pub const SLOWER_BY: Seconds = Seconds(5);
/// Where it stops adding, so that one runaway loop does not outlive its code.
const SLOWEST: Seconds = Seconds(60);

/// How often the agent may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub polled_at: Option<Timestamp>,
    pub interval: Seconds,
}

impl Pace {
    /// Before the first poll.
    pub const FIRST: Self = Self { polled_at: None, interval: FIRST_INTERVAL };

    /// Counts a poll: the pace from now on, and whether this one came too soon.
    #[must_use]
    pub fn poll(self, now: Timestamp) -> (Self, bool) {
        let hasty = self.polled_at.is_some_and(|last| now < last + self.interval);
        let interval = if hasty {
            Seconds((self.interval.0 + SLOWER_BY.0).min(SLOWEST.0))
        } else {
            self.interval
        };
        (Self { polled_at: Some(now), interval }, hasty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8628 §3.5: each `slow_down` adds five seconds, for good.
    #[test]
    fn a_hasty_poll_makes_the_interval_grow() {
        let (pace, hasty) = Pace::FIRST.poll(Timestamp(100));
        assert!(!hasty);
        let (pace, hasty) = pace.poll(Timestamp(104));
        assert!(hasty);
        assert_eq!(pace.interval, Seconds(10));
        let (pace, hasty) = pace.poll(Timestamp(113));
        assert!(hasty, "the enforced interval is the longer one");
        let (pace, hasty) = pace.poll(Timestamp(128));
        assert!(!hasty);
        assert_eq!(pace.interval, Seconds(15));
    }
}
