//! Approvals: one question to one human, whatever door it came through.
//!
//! ```text
//!            wrong code ×5
//! Waiting ───────────────► Locked
//!    │ │ └── newer attempt ► Superseded
//!    │ └──── no ───────────► Denied
//!    └────── yes ──────────► Approved ── agent collects ─► Collected
//!                               └─ wrong relayed code ×5 ─► Locked
//! ```
//!
//! Waiting past `expires_at` and Approved past `collect_before` are over; that is derived
//! from the time of the request and never stored.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::domain::account::Account;
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ApprovalId, RegistrationId, SessionId};
use crate::domain::origin::{Agent, Origin};
use crate::domain::session::{Lifetimes, Session};
use crate::protocol::email::EmailAddress;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// Wrong codes that end an attempt.
pub const TRIES: u8 = 5;

/// The way a question came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// auth.md registration and claim.
    Claim,
}

impl Door {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        (name == Self::Claim.name()).then_some(Self::Claim)
    }
}

/// What is asked. Immutable: an approval binds exactly what was shown (promise P5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub door: Door,
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    pub agent: Agent,
    /// Whose answer is wanted, where the agent named somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<EmailAddress>,
    pub from: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationId>,
}

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
}

/// Why a human said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenialReason {
    NotMe,
    TooMuch,
    NotNow,
    Reported,
}

impl DenialReason {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMe => "not_me",
            Self::TooMuch => "too_much",
            Self::NotNow => "not_now",
            Self::Reported => "reported",
        }
    }

    /// A reason a person may choose.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::NotMe, Self::TooMuch, Self::NotNow].into_iter().find(|reason| reason.name() == name)
    }
}

/// How long the human lets the agent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// One access token and no refresh token.
    Once,
    For(Seconds),
}

/// The human's answer, as the page carries it.
#[derive(Debug)]
pub enum Answer {
    Approve(Consent),
    Deny { reason: DenialReason, note: Option<ToldText>, ticked: Scopes },
    Report { end_sessions: bool },
}

#[derive(Debug)]
pub struct Consent {
    pub code: CodeGiven,
    pub ticked: Scopes,
    pub lifetime: Lifetime,
    /// For the session this opens.
    pub session: SessionId,
}

/// What the human did about codes.
#[derive(Debug)]
pub enum CodeGiven {
    /// Typed something; `None` when it cannot be a code, which spends a try all the same.
    Typed(Option<KeyedCode>),
    /// The agent shows none; this new one goes back to it.
    Relay(KeyedCode),
}

/// What policy says, beside what was asked.
#[derive(Debug, Clone)]
pub struct Policy {
    pub required: Scopes,
    pub lifetimes: Lifetimes,
}

#[derive(Debug)]
pub enum Verdict {
    Decided(Change<Approval>),
    WrongCode { change: Change<Approval>, tries_left: u8 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalRefused {
    #[error("the request is for another account")]
    WrongAccount,
    #[error("the request has expired")]
    Expired,
    #[error("the request has been answered")]
    Closed,
    #[error("no scope was chosen")]
    NothingTicked,
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
        let bound = match &self.state {
            State::Waiting { viewer, .. } => viewer.as_ref(),
            State::Locked { by, .. } => by.as_ref(),
            State::Approved(approved) | State::Collected { approved, .. } => Some(&approved.by),
            State::Denied { by, .. } => Some(by),
            State::Superseded { .. } => None,
        };
        expected && bound.is_none_or(|account| *account == human.id)
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

    /// The human answers. Granted ⊆ asked, and a wrong code is a change too: it spends a
    /// try, so a code cannot be searched, not even in parallel.
    ///
    /// # Errors
    ///
    /// The request is not this human's, is over, or nothing was ticked.
    pub fn decide(
        self,
        human: &Account,
        answer: Answer,
        policy: &Policy,
        address: &str,
        now: Timestamp,
    ) -> Result<Verdict, ApprovalRefused> {
        if !self.is_for(human) {
            return Err(ApprovalRefused::WrongAccount);
        }
        match self.phase(now) {
            Phase::Waiting => {}
            Phase::Expired => return Err(ApprovalRefused::Expired),
            _ => return Err(ApprovalRefused::Closed),
        }
        match answer {
            Answer::Approve(consent) => self.approve(human, consent, policy, address, now),
            Answer::Deny { reason, note, ticked } => {
                let acceptable =
                    (reason == DenialReason::TooMuch).then(|| ticked.meet(&self.ask.scopes));
                let event = self.event(EventKind::ApprovalDenied, human, address, now);
                let effects = vec![Effect::Record(event.saying(reason.name()))];
                let state =
                    State::Denied { by: human.id.clone(), at: now, reason, note, acceptable };
                Ok(Verdict::Decided(self.becomes(state, effects)))
            }
            Answer::Report { end_sessions } => {
                Ok(Verdict::Decided(self.report(human, end_sessions, address, now)))
            }
        }
    }

    fn approve(
        self,
        human: &Account,
        consent: Consent,
        policy: &Policy,
        address: &str,
        now: Timestamp,
    ) -> Result<Verdict, ApprovalRefused> {
        let granted = consent.ticked.join(&policy.required).meet(&self.ask.scopes);
        if granted.is_empty() {
            return Err(ApprovalRefused::NothingTicked);
        }
        let matching = match consent.code {
            CodeGiven::Relay(code) => Matching::Relayed { code },
            CodeGiven::Typed(typed) => {
                let agent = self.agent_code.as_ref();
                if !agent.zip(typed.as_ref()).is_some_and(|(agent, typed)| agent.matches(typed)) {
                    return Ok(self.wrong_code(human, address, now));
                }
                Matching::Typed
            }
        };
        let session =
            self.open_session(human, &granted, consent.lifetime, consent.session, policy, now);
        let approved = Approved {
            by: human.id.clone(),
            at: now,
            session: session.id.clone(),
            refused: self.ask.scopes.without(&granted),
            granted,
            ends_at: session.expires_at,
            matching,
            collect_before: session.collect_before.unwrap_or(now),
            wrong_codes: 0,
        };
        let mut effects = self.door_effects(human, &session, now);
        let event = self.event(EventKind::ApprovalGranted, human, address, now);
        effects.push(Effect::Record(
            event.of_session(&session.id).saying(approved.granted.to_string()),
        ));
        effects.insert(0, Effect::IssueSession(Box::new(session)));
        Ok(Verdict::Decided(self.becomes(State::Approved(approved), effects)))
    }

    /// The session a yes opens; it waits for its agent as long as an attempt lasts.
    fn open_session(
        &self,
        human: &Account,
        granted: &Scopes,
        lifetime: Lifetime,
        id: SessionId,
        policy: &Policy,
        now: Timestamp,
    ) -> Session {
        let lifetimes = &policy.lifetimes;
        let (span, refreshable) = match lifetime {
            Lifetime::Once => (lifetimes.access, false),
            Lifetime::For(span) => (span, true),
        };
        let expires_at = now + span.min(lifetimes.most);
        let agent = &self.ask.agent;
        let label = agent.name.as_ref().or(agent.kind.as_ref()).map(ToString::to_string);
        Session {
            id,
            revision: 0,
            door: self.ask.door,
            account: Some(human.id.clone()),
            registration: self.ask.registration.clone(),
            approval: Some(self.id.clone()),
            agent: agent.clone(),
            resource: self.ask.resource.clone(),
            scopes: granted.clone(),
            label: label.unwrap_or_default(),
            created_at: now,
            approved_at: Some(now),
            expires_at,
            idle: lifetimes.idle,
            refreshable,
            collect_before: Some((now + lifetimes.attempt).min(expires_at)),
            last_used_at: None,
            ended: None,
            from: self.ask.from.clone(),
        }
    }

    /// What a yes means at the door the question came through.
    fn door_effects(&self, human: &Account, session: &Session, now: Timestamp) -> Vec<Effect> {
        match (self.ask.door, &self.ask.registration) {
            (Door::Claim, Some(registration)) => vec![
                Effect::EndUnclaimed { registration: registration.clone(), at: now },
                Effect::Claim {
                    registration: registration.clone(),
                    approval: self.id.clone(),
                    account: human.id.clone(),
                    session: session.id.clone(),
                },
            ],
            (Door::Claim, None) => Vec::new(),
        }
    }

    fn wrong_code(self, human: &Account, address: &str, now: Timestamp) -> Verdict {
        let State::Waiting { wrong_codes, .. } = self.state else {
            return Verdict::Decided(self.becomes(State::Locked { by: None, at: now }, Vec::new()));
        };
        let wrong_codes = wrong_codes.saturating_add(1);
        let tries_left = TRIES.saturating_sub(wrong_codes);
        let mut effects =
            vec![Effect::Record(self.event(EventKind::WrongCode, human, address, now))];
        let viewer = Some(human.id.clone());
        let state = if tries_left == 0 {
            effects.push(Effect::Record(self.event(
                EventKind::ApprovalLocked,
                human,
                address,
                now,
            )));
            State::Locked { by: viewer, at: now }
        } else {
            State::Waiting { wrong_codes, viewer }
        };
        Verdict::WrongCode { change: self.becomes(state, effects), tries_left }
    }

    /// "This is not mine": the request, and everything else this agent asks, stops here.
    fn report(
        self,
        human: &Account,
        end_sessions: bool,
        address: &str,
        now: Timestamp,
    ) -> Change<Self> {
        let mut effects =
            vec![Effect::Record(self.event(EventKind::ApprovalReported, human, address, now))];
        if let Some(registration) = &self.ask.registration {
            effects.push(Effect::RevokeRegistration { id: registration.clone(), at: now });
        }
        if end_sessions {
            effects.push(Effect::EndFrom {
                account: human.id.clone(),
                address: self.ask.from.address.clone(),
                at: now,
            });
        }
        let state = State::Denied {
            by: human.id.clone(),
            at: now,
            reason: DenialReason::Reported,
            note: None,
            acceptable: None,
        };
        self.becomes(state, effects)
    }

    /// An event about this approval, without a human in it.
    #[must_use]
    pub fn record(&self, kind: EventKind, address: &str, now: Timestamp) -> Event {
        let event = Event::new(kind, now, address).of_approval(&self.id);
        match &self.ask.registration {
            Some(registration) => event.of_registration(registration),
            None => event,
        }
    }

    fn event(&self, kind: EventKind, human: &Account, address: &str, now: Timestamp) -> Event {
        self.record(kind, address, now).by(&human.id)
    }

    /// The decision that this approval is now `state`.
    pub fn becomes(self, state: State, effects: Vec<Effect>) -> Change<Self> {
        let seen = self.revision;
        Change { seen, next: Self { state, ..self }, effects }
    }
}
