//! What a presented access token turns out to be.

use crate::domain::id::{AccountId, ClientId, RegistrationId, SessionId};
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

/// A live access token with its session: everything a resource server may learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub session: SessionId,
    pub account: Option<AccountId>,
    pub registration: Option<RegistrationId>,
    pub client: Option<ClientId>,
    /// As the agent told it.
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
    /// The earliest of the token's, the session's and the idle end.
    pub expires_at: Timestamp,
}

impl Credential {
    /// The `sub` of introspection: the account, or the agent while it has no human.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.account.as_ref().map_or_else(|| self.client(), AccountId::as_str)
    }

    /// The `client_id` of introspection: who asked.
    #[must_use]
    pub fn client(&self) -> &str {
        let client = self.client.as_ref().map(ClientId::as_str);
        let registration = || self.registration.as_ref().map(RegistrationId::as_str);
        client.or_else(registration).unwrap_or_else(|| self.session.as_str())
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
