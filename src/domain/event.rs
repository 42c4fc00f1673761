//! The audit trail: one event per change or refusal that matters later.

use crate::domain::cause::Cause;
use crate::domain::id::{AccountId, ApprovalId, KeyId, RegistrationId, SessionId};
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::timestamp::Timestamp;

/// What happened. Names are stable: people's history and operators' queries use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    AccountCreated,
    PasswordSet,
    PasswordReset,
    SignedIn,
    SignInFailed,
    SignedOut,
    RegistrationCreated,
    AttemptStarted,
    ApprovalGranted,
    ApprovalDenied,
    ApprovalReported,
    ApprovalLocked,
    WrongCode,
    ClaimCollected,
    ClaimReplayed,
    DeviceCollected,
    DeviceReplayed,
    AuthorizationRequested,
    CodeRedeemed,
    CodeReuse,
    /// A finish code came again after it was traded: that is harmless.
    FinishReplayed,
    TokenIssued,
    TokenRefreshed,
    RefreshReuse,
    TokenRevoked,
    SessionBegun,
    SessionHandedOn,
    SessionRenamed,
    SessionWidened,
    SessionEnded,
    ClientRegistered,
    ClientUpdated,
    ClientDeleted,
    KeyCreated,
    KeyRotated,
    KeyRevoked,
    /// A secret key came from where others can read it.
    KeyExposed,
    /// Somebody reported that a key is no secret any more.
    KeyLeaked,
    ProjectCreated,
    ProjectRevoked,
    PlanAssigned,
    AgentCreated,
    /// Its keys ended with it.
    AgentRemoved,
}

impl EventKind {
    pub const ALL: [Self; 43] = [
        Self::AccountCreated,
        Self::PasswordSet,
        Self::PasswordReset,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::RegistrationCreated,
        Self::AttemptStarted,
        Self::ApprovalGranted,
        Self::ApprovalDenied,
        Self::ApprovalReported,
        Self::ApprovalLocked,
        Self::WrongCode,
        Self::ClaimCollected,
        Self::ClaimReplayed,
        Self::DeviceCollected,
        Self::DeviceReplayed,
        Self::AuthorizationRequested,
        Self::CodeRedeemed,
        Self::CodeReuse,
        Self::FinishReplayed,
        Self::TokenIssued,
        Self::TokenRefreshed,
        Self::RefreshReuse,
        Self::TokenRevoked,
        Self::SessionBegun,
        Self::SessionHandedOn,
        Self::SessionRenamed,
        Self::SessionWidened,
        Self::SessionEnded,
        Self::ClientRegistered,
        Self::ClientUpdated,
        Self::ClientDeleted,
        Self::KeyCreated,
        Self::KeyRotated,
        Self::KeyRevoked,
        Self::KeyExposed,
        Self::KeyLeaked,
        Self::ProjectCreated,
        Self::ProjectRevoked,
        Self::PlanAssigned,
        Self::AgentCreated,
        Self::AgentRemoved,
    ];

    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one line per kind")]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::PasswordSet => "account.password_set",
            Self::PasswordReset => "account.password_reset",
            Self::SignedIn => "account.signed_in",
            Self::SignInFailed => "account.sign_in_failed",
            Self::SignedOut => "account.signed_out",
            Self::RegistrationCreated => "registration.created",
            Self::AttemptStarted => "claim.attempt_started",
            Self::ApprovalGranted => "approval.granted",
            Self::ApprovalDenied => "approval.denied",
            Self::ApprovalReported => "approval.reported",
            Self::ApprovalLocked => "approval.locked",
            Self::WrongCode => "approval.wrong_code",
            Self::ClaimCollected => "claim.collected",
            Self::ClaimReplayed => "claim.replayed",
            Self::DeviceCollected => "device.collected",
            Self::DeviceReplayed => "device.replayed",
            Self::AuthorizationRequested => "authorization.requested",
            Self::CodeRedeemed => "code.redeemed",
            Self::CodeReuse => "code.reuse",
            Self::FinishReplayed => "finish.replayed",
            Self::TokenIssued => "token.issued",
            Self::TokenRefreshed => "token.refreshed",
            Self::RefreshReuse => "refresh.reuse",
            Self::TokenRevoked => "token.revoked",
            Self::SessionBegun => "session.begun",
            Self::SessionHandedOn => "session.handed_on",
            Self::SessionRenamed => "session.renamed",
            Self::SessionWidened => "session.widened",
            Self::SessionEnded => "session.ended",
            Self::ClientRegistered => "client.registered",
            Self::ClientUpdated => "client.updated",
            Self::ClientDeleted => "client.deleted",
            Self::KeyCreated => "key.created",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
            Self::KeyExposed => "key.exposed",
            Self::KeyLeaked => "key.leaked",
            Self::ProjectCreated => "project.created",
            Self::ProjectRevoked => "project.revoked",
            Self::PlanAssigned => "account.plan_assigned",
            Self::AgentCreated => "agent.created",
            Self::AgentRemoved => "agent.removed",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

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
