//! The audit trail: one event per change or refusal that matters later.

mod kind;

use crate::domain::cause::Cause;
use crate::domain::id::{AccountId, ApprovalId, KeyId, RegistrationId, SessionId};
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::timestamp::Timestamp;

pub use kind::EventKind;

/// One line of the trail. It names rows, never secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: Timestamp,
    pub kind: EventKind,
    pub account: Option<AccountId>,
    pub session: Option<SessionId>,
    pub registration: Option<RegistrationId>,
    pub approval: Option<ApprovalId>,
    pub key: Option<KeyId>,
    /// Which program: a client, a registration, or an agent that keys are given to.
    pub agent: Option<String>,
    pub resource: Option<ResourceIdentifier>,
    /// What led to it.
    pub cause: Option<Cause>,
    /// Where the request behind it came from.
    pub address: String,
    /// A few more words where the kind alone says too little.
    pub detail: Option<String>,
}

impl Event {
    #[must_use]
    pub fn new(kind: EventKind, occasion: &Occasion) -> Self {
        Self {
            at: occasion.at,
            kind,
            account: None,
            session: None,
            registration: None,
            approval: None,
            key: None,
            agent: None,
            resource: None,
            cause: None,
            address: occasion.from.address.clone(),
            detail: None,
        }
    }

    /// About a session: whose it is, which agent holds it, what it opens, and what it came of.
    #[must_use]
    pub fn in_session(kind: EventKind, session: &Session, occasion: &Occasion) -> Self {
        let handed_on = session.parent.clone().map(Cause::Session);
        Self {
            account: session.account.clone(),
            session: Some(session.id.clone()),
            registration: session.registration.clone(),
            agent: Some(session.client_id().to_owned()).filter(|id| *id != session.id.0),
            resource: Some(session.resource.clone()),
            cause: handed_on.or_else(|| session.approval.clone().map(Cause::Approval)),
            ..Self::new(kind, occasion)
        }
    }

    /// Whether nobody is in it yet: a question that a browser or a device brought. It goes with
    /// the question if nobody answers.
    #[must_use]
    pub const fn is_of_a_question_alone(&self) -> bool {
        self.account.is_none()
            && self.registration.is_none()
            && self.session.is_none()
            && self.approval.is_some()
    }

    #[must_use]
    pub fn by(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }

    #[must_use]
    pub fn of_session(mut self, session: &SessionId) -> Self {
        self.session = Some(session.clone());
        self
    }

    #[must_use]
    pub fn of_registration(mut self, registration: &RegistrationId) -> Self {
        self.agent.get_or_insert_with(|| registration.0.clone());
        self.registration = Some(registration.clone());
        self
    }

    #[must_use]
    pub fn of_approval(mut self, approval: &ApprovalId) -> Self {
        self.approval = Some(approval.clone());
        self
    }

    #[must_use]
    pub fn of_key(mut self, key: &KeyId) -> Self {
        self.key = Some(key.clone());
        self
    }

    #[must_use]
    pub fn of_agent(mut self, agent: &str) -> Self {
        self.agent = Some(agent.to_owned());
        self
    }

    #[must_use]
    pub fn at_resource(mut self, resource: &ResourceIdentifier) -> Self {
        self.resource = Some(resource.clone());
        self
    }

    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// What led to it is a rule of the house.
    #[must_use]
    pub fn by_rule(self, name: &str) -> Self {
        self.because(Cause::Rule(name.to_owned()))
    }

    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
