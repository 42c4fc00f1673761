//! Sessions: the approved connections, and the tokens that hang from them.

use crate::domain::ask::Door;
use crate::domain::budget::Budget;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ApprovalId, ClientId, RegistrationId, SessionId};
use crate::domain::origin::{Agent, Occasion, Origin};
use crate::domain::step_up::Extra;
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// One connection between an account and an agent (`aas_`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub revision: i64,
    pub door: Door,
    /// None while an anonymous agent has no human.
    pub account: Option<AccountId>,
    pub registration: Option<RegistrationId>,
    pub client: Option<ClientId>,
    /// The session this one was cut from (RFC 8693); it ends with that one.
    pub parent: Option<SessionId>,
    /// The access token that was shown for it; it ends with that one too.
    pub cut_from: Option<Digest>,
    pub approval: Option<ApprovalId>,
    pub agent: Agent,
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    /// Scopes it holds for a while only.
    pub extra: Option<Extra>,
    /// Who acts in it, where it was handed on (RFC 8693 §4.1).
    pub actor: Option<Actor>,
    /// What its owner calls it.
    pub label: String,
    pub created_at: Timestamp,
    pub approved_at: Option<Timestamp>,
    /// The end the human agreed to; nothing extends it.
    pub expires_at: Timestamp,
    /// Ends when unused for so long.
    pub idle: Seconds,
    /// Whether a refresh token may exist.
    pub refreshable: bool,
    /// Approved, and not picked up by the agent yet: it waits until then.
    pub collect_before: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub ended: Option<Ended>,
    pub from: Origin,
    /// What its scopes are pinned down to (RFC 9396), whatever token it is used with.
    pub details: AuthorizationDetails,
    /// How often it may be used, where that is limited.
    pub budget: Option<Budget>,
}

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

/// How a session stands at one moment; derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Live,
    /// Approved, waiting for its agent.
    Waiting,
    Over,
}

/// The digest of a token and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub digest: Digest,
    pub session: SessionId,
    pub kind: TokenKind,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Set when a refresh token was rotated.
    pub spent_at: Option<Timestamp>,
    /// Whose proof must come along (RFC 9449 §6).
    pub key: Option<Thumbprint>,
}

impl Token {
    /// Whether it is worth anything to whoever proved possession of `key`: a bound token is
    /// good with its own key alone (RFC 9449 §5, §7).
    #[must_use]
    pub fn is_good_with(&self, key: Option<&Thumbprint>) -> bool {
        self.key.is_none() || self.key.as_ref() == key
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access = 1,
    Refresh = 2,
}

/// How long things last, from the operator's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    pub access: Seconds,
    pub refresh: Seconds,
    pub most: Seconds,
    pub idle: Seconds,
    pub claim: Seconds,
    pub attempt: Seconds,
}

impl Session {
    /// How many calls it was granted, where they are counted.
    #[must_use]
    pub fn calls(&self) -> Option<i64> {
        self.budget.as_ref().map(|budget| budget.calls)
    }

    /// A session that no person opens: of a machine, of a demo. It lasts as long as its one
    /// access token.
    #[must_use]
    pub fn unattended(
        id: SessionId,
        door: Door,
        (resource, scopes): (&ResourceIdentifier, Scopes),
        lifetimes: &Lifetimes,
        occasion: &Occasion,
    ) -> Self {
        Self {
            id,
            revision: UNSTORED,
            door,
            account: None,
            registration: None,
            client: None,
            parent: None,
            cut_from: None,
            approval: None,
            agent: Agent::default(),
            resource: resource.clone(),
            scopes,
            extra: None,
            actor: None,
            label: String::new(),
            created_at: occasion.at,
            approved_at: None,
            expires_at: occasion.at + lifetimes.access,
            idle: lifetimes.idle,
            refreshable: false,
            collect_before: None,
            last_used_at: None,
            ended: None,
            from: occasion.from.clone(),
            details: AuthorizationDetails::default(),
            budget: None,
        }
    }

    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.ended.is_some() || now >= self.ends_at() {
            return Standing::Over;
        }
        match self.collect_before {
            None => Standing::Live,
            Some(until) if now < until => Standing::Waiting,
            Some(_) => Standing::Over,
        }
    }

    /// When it is over if nobody uses it any more.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        let idle_end = self.last_used_at.unwrap_or(self.created_at) + self.idle;
        self.expires_at.min(idle_end)
    }

    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.standing(now) == Standing::Live
    }

    /// When a token issued now ends: never after the session (design promise P4).
    #[must_use]
    pub fn token_end(&self, now: Timestamp, lifetime: Seconds) -> Timestamp {
        (now + lifetime).min(self.expires_at)
    }

    /// The `sub` of introspection: the account, or the agent while it has no human.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.account.as_ref().map_or_else(|| self.client_id(), AccountId::as_str)
    }

    /// The `client_id` of introspection: who asked.
    #[must_use]
    pub fn client_id(&self) -> &str {
        let client = self.client.as_ref().map(ClientId::as_str);
        let registration = || self.registration.as_ref().map(RegistrationId::as_str);
        client.or_else(registration).unwrap_or_else(|| self.id.as_str())
    }

    /// Gives the session the name its owner wants to read.
    pub fn rename(self, label: &ToldText, by: &AccountId, occasion: &Occasion) -> Change<Self> {
        let event = Event::in_session(EventKind::SessionRenamed, &self, occasion).by(by);
        let seen = self.revision;
        let next = Self { label: label.to_string(), ..self };
        Change { seen, next, effects: vec![Effect::Record(event)] }
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
