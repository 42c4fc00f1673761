//! What a presented credential turns out to be: an access token of a session, or a key.

use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{ApiKey, KeyKind, Mode};
use crate::domain::budget::Budget;
use crate::domain::id::{
    AccountId, ClientId, KeyId, OrganizationId, ProjectId, RegistrationId, SessionId,
};
use crate::domain::limited_to::LimitedTo;
use crate::domain::owner::Owner;
use crate::domain::project::Project;
use crate::domain::resource::Resource;
use crate::domain::session_token::SessionToken;
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::introspection::SESSION;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

/// A live credential: everything a resource server may learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub holder: Holder,
    pub account: Option<AccountId>,
    /// Whose a key is that is no person's.
    pub organization: Option<OrganizationId>,
    pub registration: Option<RegistrationId>,
    pub client: Option<ClientId>,
    /// As the agent told it; of a key's agent, as its owner calls it.
    pub agent: Option<String>,
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    pub issued_at: Timestamp,
    pub approved_at: Option<Timestamp>,
    /// Who acts in its session, where that was handed on (RFC 8693 §4.1).
    pub actor: Option<Actor>,
    /// Whoever uses it must prove possession of this key (RFC 9449 §7.1).
    pub key: Option<Thumbprint>,
    /// What its scopes are pinned down to (RFC 9396).
    pub details: AuthorizationDetails,
    /// Each use is counted against it.
    pub budget: Option<Budget>,
    /// The earliest of the token's, the session's and the idle end; a key need not have one.
    pub expires_at: Option<Timestamp>,
}

/// What stands behind a credential, and ends it when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// An approved connection.
    Session(SessionId),
    /// A key that its owner handed to a program, of the profile of this name.
    Key {
        id: KeyId,
        profile: String,
        kind: KeyKind,
        mode: Mode,
        agent: Option<NamedAgent>,
        limited_to: LimitedTo,
    },
    /// A project's public token, which anybody may read.
    Project { id: ProjectId, profile: String },
    /// The browser of a person, which handed out a token for a while.
    Console { id: String, profile: String },
    /// A token that this key of an agent's was traded for.
    SessionToken {
        key: KeyId,
        profile: String,
        mode: Mode,
        agent: Option<NamedAgent>,
        limited_to: LimitedTo,
    },
}

impl Holder {
    /// The `credential_id` of introspection, and the name its end is announced under.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Session(id) => id.as_str(),
            Self::Key { id, .. } | Self::SessionToken { key: id, .. } => id.as_str(),
            Self::Project { id, .. } => id.as_str(),
            Self::Console { id, .. } => id,
        }
    }

    /// The `credential_type` of introspection, as a profile names its credentials.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Session(_) => SESSION,
            Self::Key { kind, .. } => kind.name(),
            Self::Project { .. } => "public",
            Self::Console { .. } => "console",
            Self::SessionToken { .. } => "session-token",
        }
    }

    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        match self {
            Self::Session(_) => None,
            Self::Key { profile, .. }
            | Self::Project { profile, .. }
            | Self::Console { profile, .. }
            | Self::SessionToken { profile, .. } => Some(profile),
        }
    }

    #[must_use]
    pub const fn mode(&self) -> Mode {
        match self {
            Self::Session(_) | Self::Project { .. } | Self::Console { .. } => Mode::Live,
            Self::Key { mode, .. } | Self::SessionToken { mode, .. } => *mode,
        }
    }

    /// The agent of its owner's that a key is given to.
    #[must_use]
    pub const fn agent(&self) -> Option<&NamedAgent> {
        match self {
            Self::Key { agent, .. } | Self::SessionToken { agent, .. } => agent.as_ref(),
            Self::Session(_) | Self::Project { .. } | Self::Console { .. } => None,
        }
    }

    /// The key that it is, or that it was made of.
    #[must_use]
    pub const fn key(&self) -> Option<&KeyId> {
        match self {
            Self::Key { id, .. } | Self::SessionToken { key: id, .. } => Some(id),
            Self::Session(_) | Self::Project { .. } | Self::Console { .. } => None,
        }
    }

    /// The profile and the kind of that key.
    #[must_use]
    pub fn key_kind(&self) -> Option<(&str, KeyKind)> {
        match self {
            Self::Key { profile, kind, .. } => Some((profile, *kind)),
            Self::SessionToken { profile, .. } => Some((profile, KeyKind::AgentKey)),
            Self::Session(_) | Self::Project { .. } | Self::Console { .. } => None,
        }
    }

    /// What it is good for alone, where it is limited.
    #[must_use]
    pub fn limited_to(&self) -> Option<&LimitedTo> {
        match self {
            Self::Key { limited_to, .. } | Self::SessionToken { limited_to, .. } => {
                Some(limited_to).filter(|all| !all.is_everything())
            }
            Self::Session(_) | Self::Project { .. } | Self::Console { .. } => None,
        }
    }

    #[must_use]
    pub const fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Session(id) => Some(id),
            Self::Key { .. }
            | Self::Project { .. }
            | Self::Console { .. }
            | Self::SessionToken { .. } => None,
        }
    }
}

impl Credential {
    /// What a key is worth to whoever it was presented to.
    #[must_use]
    pub fn of_key(key: ApiKey) -> Self {
        Self {
            agent: key.agent.as_ref().map(|agent| agent.name.clone()),
            account: key.person().cloned(),
            organization: key.organization,
            holder: Holder::Key {
                id: key.id,
                profile: key.profile,
                kind: key.kind,
                mode: key.mode,
                agent: key.agent,
                limited_to: key.limited_to,
            },
            registration: None,
            client: None,
            resource: key.resource,
            scopes: key.scopes,
            issued_at: key.created_at,
            approved_at: None,
            actor: None,
            key: None,
            details: AuthorizationDetails::default(),
            budget: None,
            expires_at: key.expires_at,
        }
    }

    /// What a token is worth that a key was traded for: what the key is, until its own end.
    #[must_use]
    pub fn of_session_token(token: &SessionToken, key: ApiKey) -> Self {
        let holder = Holder::SessionToken {
            key: key.id.clone(),
            profile: key.profile.clone(),
            mode: key.mode,
            agent: key.agent.clone(),
            limited_to: key.limited_to.clone(),
        };
        let end = key.expires_at.map_or(token.expires_at, |end| end.min(token.expires_at));
        Self { holder, issued_at: token.created_at, expires_at: Some(end), ..Self::of_key(key) }
    }

    /// What a project's token is worth: it says whose the project is, and no scope is among what
    /// anybody may do who has read it.
    #[must_use]
    pub fn of_project(project: Project) -> Self {
        Self {
            holder: Holder::Project { id: project.id, profile: project.profile },
            account: Some(project.account),
            organization: None,
            registration: None,
            client: None,
            agent: None,
            resource: project.resource,
            scopes: Scopes::new(),
            issued_at: project.created_at,
            approved_at: None,
            actor: None,
            key: None,
            details: AuthorizationDetails::default(),
            budget: None,
            expires_at: None,
        }
    }

    /// What a person's own token is worth: whatever that person may do.
    #[must_use]
    pub fn of_console(
        holder: Holder,
        account: AccountId,
        resource: &Resource,
        (issued_at, ends_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            holder,
            account: Some(account),
            organization: None,
            registration: None,
            client: None,
            agent: None,
            resource: resource.identifier.clone(),
            scopes: resource.all_scopes(),
            issued_at,
            approved_at: None,
            actor: None,
            key: None,
            details: AuthorizationDetails::default(),
            budget: None,
            expires_at: Some(ends_at),
        }
    }

    /// Who answers for it; nobody does while an agent is unclaimed.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        let organization = self.organization.clone().map(Owner::Organization);
        organization.or_else(|| self.account.clone().map(Owner::Account))
    }

    /// The `sub` of introspection: the account or organization, or the agent while it has no human.
    #[must_use]
    pub fn subject(&self) -> &str {
        let client = || self.client().unwrap_or_else(|| self.holder.id());
        let account = || self.account.as_ref().map_or_else(client, AccountId::as_str);
        self.organization.as_ref().map_or_else(account, OrganizationId::as_str)
    }

    /// The `client_id` of introspection: who asked. Nobody asked for a key.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        let client = self.client.as_ref().map(ClientId::as_str);
        let registration = || self.registration.as_ref().map(RegistrationId::as_str);
        let session = || self.holder.session().map(SessionId::as_str);
        client.or_else(registration).or_else(session)
    }
}

/// The live session that an assertion stands for: what an exchange needs of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub session: SessionId,
    pub account: Option<AccountId>,
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    /// When the session ends; no token outlives it (design promise P4).
    pub ends_at: Timestamp,
}
