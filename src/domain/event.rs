//! The audit trail: one event per change or refusal that matters later.

use crate::domain::id::{AccountId, ApprovalId, KeyId, RegistrationId, SessionId};
use crate::domain::origin::Occasion;
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
    OrganizationCreated,
    /// Its keys ended with it.
    OrganizationDissolved,
    MemberInvited,
    InvitationWithdrawn,
    MemberJoined,
    MemberRoleGiven,
    MemberParted,
}

impl EventKind {
    pub const ALL: [Self; 50] = [
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
        Self::OrganizationCreated,
        Self::OrganizationDissolved,
        Self::MemberInvited,
        Self::InvitationWithdrawn,
        Self::MemberJoined,
        Self::MemberRoleGiven,
        Self::MemberParted,
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
            Self::OrganizationCreated => "organization.created",
            Self::OrganizationDissolved => "organization.dissolved",
            Self::MemberInvited => "organization.member_invited",
            Self::InvitationWithdrawn => "organization.invitation_withdrawn",
            Self::MemberJoined => "organization.member_joined",
            Self::MemberRoleGiven => "organization.member_role_given",
            Self::MemberParted => "organization.member_parted",
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
            address: occasion.from.address.clone(),
            detail: None,
        }
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
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
