//! Why a human said no, in the words that the agent reads.

use serde::{Deserialize, Serialize};

use crate::protocol::error::Denial;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;

/// Why a human said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialReason {
    NotMe,
    TooMuch,
    NotNow,
    Reported,
    /// After a yes, within its two minutes.
    Withdrawn,
}

impl DenialReason {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMe => "not_me",
            Self::TooMuch => "too_much",
            Self::NotNow => "not_now",
            Self::Reported => "reported",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// A reason a person may choose.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::NotMe, Self::TooMuch, Self::NotNow].into_iter().find(|reason| reason.name() == name)
    }
}

/// A no as the agent hears it, at whatever door.
#[must_use]
pub fn told(reason: DenialReason, note: Option<&ToldText>, acceptable: Option<&Scopes>) -> Denial {
    Denial {
        reason: reason.name(),
        note: note.map(ToString::to_string),
        acceptable_scope: acceptable.map(ToString::to_string),
    }
}
