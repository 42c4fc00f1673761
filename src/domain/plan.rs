//! Plans: how much of an API an account may use. The operator names them; what a person pays is
//! nobody's business here.

use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// What the accounts of one plan may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub name: String,
    /// How often in a while, all credentials of an account together; any number where none is
    /// named.
    pub rate: Option<Rate>,
    /// How many events in a month, likewise.
    pub events: Option<i64>,
    /// The scopes it includes; every one where none is named.
    pub scopes: Option<Scopes>,
}

/// So many in each span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub most: u32,
    pub span: Seconds,
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub limit: u32,
    pub remaining: u32,
    /// When all of it is there again.
    pub reset: Timestamp,
}

/// Why a good credential opens nothing just now. None of these is ever said in another's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    #[error("the plan does not include it")]
    Plan,
    #[error("the events of this month are used up")]
    Events(Seconds),
    #[error("too many requests")]
    Rate {
        left: Left,
        /// Whether another plan lets in more often.
        has_larger: bool,
    },
}

impl Rate {
    /// Whether this lets in more often.
    #[must_use]
    pub fn exceeds(self, other: Self) -> bool {
        i64::from(self.most) * other.span.0 > i64::from(other.most) * self.span.0
    }

    /// One more in the window of `now`, of which so many are `taken`.
    ///
    /// # Errors
    ///
    /// There is nothing left.
    pub const fn take(self, taken: u32, now: Timestamp) -> Result<Left, Left> {
        let reset = Timestamp((self.window(now) + 1) * self.span.0);
        if taken >= self.most {
            return Err(Left { limit: self.most, remaining: 0, reset });
        }
        Ok(Left { limit: self.most, remaining: self.most - taken - 1, reset })
    }

    /// The number of the window that `now` lies in.
    #[must_use]
    pub const fn window(self, now: Timestamp) -> i64 {
        now.0.div_euclid(self.span.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AO18: what is left is said with each, and when there is more.
    #[test]
    fn a_rate_says_what_is_left_and_refuses_what_is_beyond() {
        let rate = Rate { most: 2, span: Seconds::MINUTE };
        let left = |remaining| Left { limit: 2, remaining, reset: Timestamp(120) };
        assert_eq!(rate.take(0, Timestamp(60)), Ok(left(1)));
        assert_eq!(rate.take(1, Timestamp(119)), Ok(left(0)));
        assert_eq!(rate.take(2, Timestamp(119)), Err(left(0)));
        assert_ne!(rate.window(Timestamp(119)), rate.window(Timestamp(120)));
    }
}
