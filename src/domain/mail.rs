//! Letters to people, until they are sent.

use serde::{Deserialize, Serialize};

use crate::domain::id::{KeyId, SessionId};
use crate::protocol::email::EmailAddress;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How old a letter may be and still be tried again: links in it are over by then.
pub const PATIENCE: Seconds = Seconds::DAY;

/// Longer than one conversation with a mail server may take. Whoever sends has a letter to
/// himself until then; after a node was killed another takes over.
pub const TURN: Seconds = Seconds(60);

/// The first pause after a failure; each is twice the one before.
const FIRST_PAUSE: Seconds = Seconds(30);
const LONGEST_PAUSE: Seconds = Seconds::HOUR;

/// What is told, with the facts its words are made of; and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: EmailAddress,
    pub letter: Letter,
}

/// What people are told by mail. Links are paths of ours: the issuer of the settings comes before
/// them when they are sent, and nothing of any request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody wants an account for this mailbox.
    MakeAccount { path: String },
    /// The same, and it has one.
    AccountExists,
    /// An administrator made an account for this mailbox.
    AccountMade { path: String },
    /// Somebody asks whoever reads this mailbox to belong to an organization.
    JoinOrganization { path: String },
    /// Somebody forgot the password of this mailbox's account.
    ResetPassword { path: String },
    /// Whether this mailbox is its account's.
    VerifyAddress { path: String },
    /// The account has another password.
    PasswordSet { at: Timestamp },
    /// The account has one passkey more, or one less.
    PasskeysChanged { at: Timestamp },
    /// An agent asks, and nobody has looked at it yet.
    RequestWaits { until: Timestamp },
    /// An agent was let in.
    Approved { at: Timestamp, session: SessionId },
    /// A copy of a session's key came, so the session was ended.
    SessionReused { at: Timestamp, session: SessionId },
    /// Somebody reported that a key is no secret any more, so it was ended.
    KeyLeaked { at: Timestamp, key: KeyId },
}

/// A letter as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMail {
    pub id: String,
    /// The [`Mail`], under the master secret and bound to the identifier.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub failures: i64,
    /// Nobody tries before: somebody is at it, or it failed a moment ago.
    pub next_at: Timestamp,
}

impl WaitingMail {
    /// The same, in one sender's hands.
    #[must_use]
    pub fn held(&self, now: Timestamp) -> Self {
        Self { next_at: now + TURN, ..self.clone() }
    }

    /// The same after a failure; none when it is given up.
    #[must_use]
    pub fn failed(&self, now: Timestamp) -> Option<Self> {
        let failures = self.failures + 1;
        let doublings = self.failures.clamp(0, 16);
        let pause = FIRST_PAUSE.times(1 << doublings).min(LONGEST_PAUSE);
        (now < self.created_at + PATIENCE).then(|| Self {
            failures,
            next_at: now + pause,
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(failures: i64) -> WaitingMail {
        let (created_at, next_at) = (Timestamp(1_000), Timestamp(1_000));
        WaitingMail {
            id: String::from("mail_1"),
            sealed: Vec::new(),
            created_at,
            failures,
            next_at,
        }
    }

    /// docs/operating.md, "Mail": tried again more and more seldom, for a day.
    #[test]
    fn pauses_double_up_to_an_hour_and_end_after_a_day() {
        let now = Timestamp(2_000);
        let pause =
            |failures| waiting(failures).failed(now).expect("tried again").next_at.since(now);
        let pauses: Vec<i64> = (0..9).map(|failures| pause(failures).0).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(pause(i64::MAX - 1), LONGEST_PAUSE);
        assert!(waiting(3).failed(Timestamp(1_000 + 86_399)).is_some());
        assert_eq!(waiting(3).failed(Timestamp(1_000 + 86_400)), None);
    }
}
