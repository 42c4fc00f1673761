//! Sessions: the approved connections, and the tokens that hang from them.

mod ended;
mod lowering;

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

pub use ended::{EndCause, Ended, end};
pub use lowering::{Less, LowerError, PauseError};

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
    /// The address it was last used from, where a proxy told.
    pub last_used_from: Option<String>,
    /// Since when its owner lets it rest.
    pub paused_at: Option<Timestamp>,
    /// When its owner last took a part of it back: its tokens reach no further than it does now.
    pub lowered_at: Option<Timestamp>,
    pub ended: Option<Ended>,
    pub from: Origin,
    /// What its scopes are pinned down to (RFC 9396), whatever token it is used with.
    pub details: AuthorizationDetails,
    /// How often it may be used, where that is limited.
    pub budget: Option<Budget>,
}

/// What sessions have in common that belong to one agent: its client, or else what it calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SameAgent {
    Client(ClientId),
    Named(String),
    Unnamed,
}

impl SameAgent {
    /// As a form carries it: a letter says which kind it is.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Client(id) => format!("c:{id}"),
            Self::Named(name) => format!("n:{name}"),
            Self::Unnamed => "u:".to_owned(),
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("c", id) => Some(Self::Client(ClientId(id.to_owned()))),
            ("n", name) => Some(Self::Named(name.to_owned())),
            ("u", "") => Some(Self::Unnamed),
            _ => None,
        }
    }
}

/// How a session stands at one moment; derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Live,
    /// Its owner lets it rest: it opens nothing, and goes on when its owner says so.
    Paused,
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

    /// A session of nobody yet, which lasts as long as its one access token.
    #[must_use]
    pub fn new(
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
            last_used_from: None,
            paused_at: None,
            lowered_at: None,
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
            None if self.paused_at.is_some() => Standing::Paused,
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

    /// What it shares with the other sessions of its agent.
    #[must_use]
    pub fn same_agent(&self) -> SameAgent {
        match (&self.client, &self.agent.name) {
            (Some(client), _) => SameAgent::Client(client.clone()),
            (None, Some(name)) => SameAgent::Named(name.to_string()),
            (None, None) => SameAgent::Unnamed,
        }
    }

    /// Gives the session the name its owner wants to read.
    pub fn rename(self, label: &ToldText, by: &AccountId, occasion: &Occasion) -> Change<Self> {
        let event = Event::in_session(EventKind::SessionRenamed, &self, occasion).by(by);
        let seen = self.revision;
        let next = Self { label: label.to_string(), ..self };
        Change { seen, next, effects: vec![Effect::Record(event)] }
    }
}
