//! Whoever is wrong too often is not listened to for a while. Kept in the database, so that
//! neither a restart nor a second node forgets it.

use crate::domain::limit::{Count, Window};
use crate::domain::plan::Rate;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// So many failures in a while, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lockout {
    pub limit: Rate,
    /// How long nobody is listened to, from the end of the while on.
    pub lasts: Seconds,
}

impl Lockout {
    /// One more failure of `subject`, refused where there are as many as there may be. Its row
    /// stays for as long as it locks.
    #[must_use]
    pub fn failure(&self, subject: &str, now: Timestamp) -> Count {
        let start = Timestamp(self.limit.window(now) * self.limit.span.0);
        let end = start + self.limit.span + self.lasts;
        let window = Window { start, end };
        Count { name: format!("lockout:{subject}"), window, most: self.limit.most.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AG19: ten in a minute, and five minutes after it.
    #[test]
    fn failures_are_counted_by_the_while_and_lock_beyond_it() {
        let limit = Rate { most: 10, span: Seconds::MINUTE };
        let lockout = Lockout { limit, lasts: Seconds(300) };
        let count = lockout.failure("a", Timestamp(119));
        let window = Window { start: Timestamp(60), end: Timestamp(420) };
        assert_eq!(count, Count { name: "lockout:a".to_owned(), window, most: 10 });
        assert_ne!(lockout.failure("a", Timestamp(120)).window, window);
        assert_ne!(lockout.failure("b", Timestamp(119)).name, count.name);
    }
}
