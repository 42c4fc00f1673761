//! Which part of a person's history is wanted, and what it is made of.

use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;

/// What kinds of event are looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Account,
    Approvals,
    Sessions,
    Keys,
}

impl Group {
    pub const ALL: [Self; 4] = [Self::Account, Self::Approvals, Self::Sessions, Self::Keys];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Approvals => "approvals",
            Self::Sessions => "sessions",
            Self::Keys => "keys",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// The group of a kind: the word before the dot says it.
    #[must_use]
    pub fn of(kind: EventKind) -> Self {
        match kind.name().split('.').next() {
            Some("account") => Self::Account,
            Some("session" | "token" | "refresh") => Self::Sessions,
            Some("key" | "project" | "agent" | "organization") => Self::Keys,
            _ => Self::Approvals,
        }
    }

    #[must_use]
    pub fn kinds(self) -> Vec<EventKind> {
        EventKind::ALL.into_iter().filter(|kind| Self::of(*kind) == self).collect()
    }
}

/// Which part of a history is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub group: Option<Group>,
    pub session: Option<SessionId>,
    /// The entry that the part before it ends with.
    pub before: Option<String>,
}

/// An entry as its owner reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    pub event: Event,
}
