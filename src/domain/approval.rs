//! Approvals: one question to one human, whatever door it came through.
//!
//! ```text
//!            wrong code ×5
//! Waiting ───────────────► Locked
//!    │ │ └── newer attempt ► Superseded
//!    │ └──── no ───────────► Denied ◄─ undo, for two minutes ─┐
//!    └────── yes ──────────► Approved ── agent collects ─► Collected
//!                               └─ wrong relayed or finish code, or wrong proof
//!                                  for an authorization code ×5 ─► Locked
//! ```
//!
//! Waiting past `expires_at` and Approved past `collect_before` are over; that is derived
//! from the time of the request and never stored.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::domain::account::Account;
use crate::domain::ask::Ask;
use crate::domain::cause::Cause;
use crate::domain::change::{Change, Effect};
use crate::domain::denial::DenialReason;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ApprovalId, SessionId};
use crate::domain::origin::Occasion;
use crate::domain::pace::Pace;
use crate::domain::step_up::Widening;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// Wrong codes that end an attempt.
pub const TRIES: u8 = 5;

/// A short code under the master secret, bound to one approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyedCode(pub Vec<u8>);

impl From<Digest> for KeyedCode {
    fn from(digest: Digest) -> Self {
        Self(digest.0.to_vec())
    }
}

impl KeyedCode {
    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub id: ApprovalId,
    pub revision: i64,
    /// Digest of the opaque part of the link.
    pub link: Digest,
    pub ask: Ask,
    /// The code the agent shows, when it shows one.
    pub agent_code: Option<KeyedCode>,
    /// The same code under a key of the whole server, where people come with nothing else
    /// (RFC 8628 §3.3).
    pub user_code: Option<KeyedCode>,
    /// Digest of what the agent collects with, where it is not a claim token: a device code or
    /// a poll token from the start, an authorization code from the yes.
    pub handle: Option<Digest>,
    /// How often the agent may poll.
    pub pace: Pace,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    Waiting {
        wrong_codes: u8,
        /// The first account that answered: nobody else may go on guessing.
        viewer: Option<AccountId>,
    },
    Approved(Approved),
    Collected {
        approved: Approved,
        at: Timestamp,
        /// Digest of the request it was delivered to, for an identical retry.
        request: String,
        /// The gravest second use that was recorded.
        #[serde(default)]
        replayed: Replayed,
    },
    Denied {
        by: AccountId,
        at: Timestamp,
        reason: DenialReason,
        note: Option<ToldText>,
        /// For "too much": what would be accepted.
        acceptable: Option<Scopes>,
    },
    Locked {
        by: Option<AccountId>,
        at: Timestamp,
    },
    Superseded {
        at: Timestamp,
    },
}

/// What became of second uses of what is delivered once, the gravest last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    #[default]
    Never,
    /// The same request, in time: it got the same answer.
    Answered,
    Refused,
}

impl Replayed {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Answered => "answered again",
            Self::Refused => "refused",
        }
    }
}

/// What a human said yes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    pub by: AccountId,
    pub at: Timestamp,
    pub session: SessionId,
    pub granted: Scopes,
    pub refused: Scopes,
    pub ends_at: Timestamp,
    pub matching: Matching,
    pub collect_before: Timestamp,
    pub wrong_codes: u8,
    /// Where the yes is more for a session that the agent has already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widening: Option<Widening>,
    /// When they had signed in, where an ID token will say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_at: Option<Timestamp>,
}

impl Approved {
    /// Whether a code goes from the human to the agent.
    #[must_use]
    pub const fn is_relayed(&self) -> bool {
        matches!(self.matching, Matching::Relayed { .. })
    }
}

/// How human and agent were brought together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The human typed the agent's code.
    Typed,
    /// The human hands this code to the agent; until then nothing is delivered.
    Relayed { code: KeyedCode },
    /// The browser carries an authorization code to where the agent listens.
    Redirected,
    /// A finish code goes to the agent: by the browser, by its polling, or by hand.
    Finished,
}

/// What the page shows of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Waiting,
    Approved,
    Collected,
    Denied,
    Locked,
    Superseded,
    Expired,
}

impl Approval {
    #[must_use]
    pub fn phase(&self, now: Timestamp) -> Phase {
        match &self.state {
            State::Waiting { .. } if now < self.expires_at => Phase::Waiting,
            State::Approved(approved) if now < approved.collect_before => Phase::Approved,
            State::Waiting { .. } | State::Approved(_) => Phase::Expired,
            State::Collected { .. } => Phase::Collected,
            State::Denied { .. } => Phase::Denied,
            State::Locked { .. } => Phase::Locked,
            State::Superseded { .. } => Phase::Superseded,
        }
    }

    /// Whether this account may see the request at all: the one that was named, the one
    /// that began to answer, the one that answered.
    #[must_use]
    pub fn is_for(&self, human: &Account) -> bool {
        let expected = self.ask.expected.as_ref().is_none_or(|email| human.answers_for(email));
        expected && self.answered_by().is_none_or(|account| *account == human.id)
    }

    /// The account that began to answer, or did.
    #[must_use]
    pub const fn answered_by(&self) -> Option<&AccountId> {
        match &self.state {
            State::Waiting { viewer, .. } => viewer.as_ref(),
            State::Locked { by, .. } => by.as_ref(),
            State::Approved(approved) | State::Collected { approved, .. } => Some(&approved.by),
            State::Denied { by, .. } => Some(by),
            State::Superseded { .. } => None,
        }
    }

    /// Whether this browser may answer: where the answer goes back through the browser, only
    /// the one that brought the question, or a stranger could have his own agent approved by
    /// somebody else.
    #[must_use]
    pub fn began_in(&self, mark: Option<&Digest>) -> bool {
        let redirection = self.ask.redirection.as_ref();
        redirection.is_none_or(|began| mark.is_some_and(|mark| mark.hex() == began.browser))
    }

    #[must_use]
    pub fn approved(&self) -> Option<&Approved> {
        match &self.state {
            State::Approved(approved) | State::Collected { approved, .. } => Some(approved),
            _ => None,
        }
    }

    /// Tries left before a wrong code ends the attempt.
    #[must_use]
    pub fn tries_left(&self) -> u8 {
        match &self.state {
            State::Waiting { wrong_codes, .. } => TRIES.saturating_sub(*wrong_codes),
            State::Approved(approved) => TRIES.saturating_sub(approved.wrong_codes),
            _ => 0,
        }
    }

    /// An event about this approval, without a human in it.
    #[must_use]
    pub fn record(&self, kind: EventKind, occasion: &Occasion) -> Event {
        let event = Event::new(kind, occasion)
            .of_approval(&self.id)
            .at_resource(&self.ask.resource)
            .because(Cause::Approval(self.id.clone()));
        let event = match &self.ask.client {
            Some(client) => event.of_agent(client.id.as_str()),
            None => event,
        };
        match &self.ask.registration {
            Some(registration) => event.of_registration(registration),
            None => event,
        }
    }

    /// The decision that this approval is now `state`.
    pub fn becomes(self, state: State, effects: Vec<Effect>) -> Change<Self> {
        let seen = self.revision;
        Change { seen, next: Self { state, ..self }, effects }
    }
}
