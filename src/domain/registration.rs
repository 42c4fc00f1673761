//! Registrations: agents that asked through auth.md, claimed by a human or not yet.

use crate::domain::approval::{Approval, Phase};
use crate::domain::cause::Cause;
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ApprovalId, RegistrationId, SessionId};
use crate::domain::origin::{Agent, Occasion, Origin};
use crate::domain::pace::Pace;
use crate::protocol::email::EmailAddress;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// How an agent introduced itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationKind {
    Anonymous,
    ServiceAuth,
}

impl RegistrationKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::ServiceAuth => "service_auth",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Anonymous, Self::ServiceAuth].into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    pub id: RegistrationId,
    pub revision: i64,
    pub kind: RegistrationKind,
    pub agent: Agent,
    pub resource: ResourceIdentifier,
    /// What a human will be asked for.
    pub scopes: Scopes,
    /// What it holds before a human answers; empty for other kinds than anonymous.
    pub pre_claim: Scopes,
    pub login_hint: Option<EmailAddress>,
    pub claim: Digest,
    pub claim_expires_at: Timestamp,
    /// Assertions of an older generation are void.
    pub generation: i64,
    pub account: Option<AccountId>,
    /// The session its assertions are good for.
    pub session: Option<SessionId>,
    /// The current attempt.
    pub approval: Option<ApprovalId>,
    pub revoked_at: Option<Timestamp>,
    pub pace: Pace,
    pub from: Origin,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    #[error("claimed already")]
    AlreadyClaimed,
    #[error("the claim token has expired")]
    Expired,
    #[error("the registration has been revoked")]
    Revoked,
}

impl Registration {
    /// Whether a claim may still go on.
    ///
    /// # Errors
    ///
    /// Revoked, claimed, or too late.
    pub fn is_claimable(
        &self,
        current: Option<&Approval>,
        now: Timestamp,
    ) -> Result<(), ClaimRefused> {
        if self.revoked_at.is_some() {
            return Err(ClaimRefused::Revoked);
        }
        let phase = current.map(|approval| approval.phase(now));
        if matches!(phase, Some(Phase::Collected | Phase::Approved)) {
            return Err(ClaimRefused::AlreadyClaimed);
        }
        if now >= self.claim_expires_at {
            return Err(ClaimRefused::Expired);
        }
        Ok(())
    }

    /// Puts a new question to a human; the previous link and code end.
    ///
    /// # Errors
    ///
    /// See [`is_claimable`](Self::is_claimable).
    pub fn start_attempt(
        self,
        current: Option<&Approval>,
        attempt: Approval,
        occasion: &Occasion,
    ) -> Result<Change<Self>, ClaimRefused> {
        self.is_claimable(current, occasion.at)?;
        let event = Event::new(EventKind::AttemptStarted, occasion)
            .of_registration(&self.id)
            .of_approval(&attempt.id)
            .at_resource(&attempt.ask.resource)
            .because(Cause::Approval(attempt.id.clone()));
        let mut effects = Vec::new();
        if let Some(earlier) = &self.approval {
            effects.push(Effect::Supersede { id: earlier.clone(), at: occasion.at });
        }
        let next = Self {
            approval: Some(attempt.id.clone()),
            login_hint: attempt.ask.expected.clone(),
            pace: Pace::FIRST,
            ..self
        };
        effects.push(Effect::Ask(Box::new(attempt)));
        effects.push(Effect::Record(event));
        Ok(Change { seen: next.revision, next, effects })
    }
}
