//! How and why sessions end before their time.

use super::Session;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::origin::Occasion;
use crate::protocol::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub cause: EndCause,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// Its owner disconnected it.
    Disconnected,
    /// Its owner took the yes back.
    Withdrawn,
    /// Its owner reported the agent.
    Reported,
    /// A human claimed the agent: what it held before is void.
    Claimed,
    /// A spent refresh token came back.
    RefreshReuse,
    /// Too many wrong codes before it was picked up.
    Locked,
    /// The agent gave it back (RFC 7009).
    Revoked,
    /// Its authorization code was used twice (RFC 6749 §4.1.2).
    CodeReuse,
    /// Its client was deleted (RFC 7592 §2.3).
    ClientDeleted,
    /// An administrator closed its owner's account.
    AccountClosed,
    /// An administrator ended it.
    ByOperator,
    /// The session it was cut from ended (RFC 8693).
    WithParent,
}

impl EndCause {
    pub const ALL: [Self; 12] = [
        Self::Disconnected,
        Self::Withdrawn,
        Self::Reported,
        Self::Claimed,
        Self::RefreshReuse,
        Self::Locked,
        Self::Revoked,
        Self::CodeReuse,
        Self::ClientDeleted,
        Self::AccountClosed,
        Self::ByOperator,
        Self::WithParent,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Withdrawn => "withdrawn",
            Self::Reported => "reported",
            Self::Claimed => "claimed",
            Self::RefreshReuse => "refresh_reuse",
            Self::Locked => "locked",
            Self::Revoked => "revoked",
            Self::CodeReuse => "code_reuse",
            Self::ClientDeleted => "client_deleted",
            Self::AccountClosed => "account_closed",
            Self::ByOperator => "by_operator",
            Self::WithParent => "with_parent",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// Ends a session, whatever state it is in; ending one twice changes nothing.
#[must_use]
pub fn end(session: &Session, cause: EndCause, occasion: &Occasion) -> Vec<Effect> {
    let event = Event::in_session(EventKind::SessionEnded, session, occasion)
        .by_rule(cause.name())
        .saying(cause.name());
    vec![
        Effect::EndSession { id: session.id.clone(), cause, at: occasion.at },
        Effect::Record(event),
    ]
}
