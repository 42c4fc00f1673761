//! What is asked, and through which door.

use serde::{Deserialize, Serialize};

use crate::domain::agent_session::SessionRequest;
use crate::domain::brand::{Borrowed, Voucher, borrowed};
use crate::domain::client::ClientSource;
use crate::domain::id::{ClientId, RegistrationId};
use crate::domain::origin::{Agent, Origin};
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::destination::Destination;
use crate::protocol::email::EmailAddress;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

/// The way a question came in. Doors differ in how it arrives and how the answer is
/// collected; in nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// auth.md registration and claim.
    Claim,
    /// The authorization code grant (RFC 6749 §4.1).
    Code,
    /// The device authorization grant (RFC 8628).
    Device,
    /// A machine of the operator's, for itself (RFC 6749 §4.4): nobody is asked.
    Machine,
    /// A part of a session handed on to a sub-agent (RFC 8693): nobody is asked again.
    Exchange,
    /// An agent that asks for a session and finishes with a code of its person's.
    AgentSession,
}

impl Door {
    pub const ALL: [Self; 6] =
        [Self::Claim, Self::Code, Self::Device, Self::Machine, Self::Exchange, Self::AgentSession];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Code => "code",
            Self::Device => "device",
            Self::Machine => "machine",
            Self::Exchange => "exchange",
            Self::AgentSession => "agent_session",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.name() == name)
    }
}

/// What is asked. Immutable: an approval binds exactly what was shown (promise P5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub door: Door,
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    /// What the scopes are pinned down to (RFC 9396).
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub details: AuthorizationDetails,
    pub agent: Agent,
    /// Whose answer is wanted, where the agent named somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<EmailAddress>,
    pub from: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<AskingClient>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirection: Option<Redirection>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_session: Option<SessionRequest>,
}

/// The OAuth client that asks, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskingClient {
    pub id: ClientId,
    pub source: ClientSource,
}

impl AskingClient {
    /// The host that its metadata document stands on; `None` for a client known otherwise.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let document = self.source == ClientSource::Document;
        let rest = self.id.as_str().strip_prefix("https://").filter(|_| document)?;
        rest.split('/').next()
    }

    fn voucher(&self) -> Voucher<'_> {
        match (self.source, self.host()) {
            (ClientSource::Configured, _) => Voucher::Operator,
            (_, Some(host)) => Voucher::Host(host),
            (_, None) => Voucher::Nobody,
        }
    }
}

impl Ask {
    /// Where the answer goes through the browser.
    #[must_use]
    pub fn destination(&self) -> Option<Destination> {
        let redirection = self.redirection.as_ref().map(|redirection| &redirection.uri);
        let uri = redirection.or_else(|| self.callback())?;
        Some(Destination::of(uri.as_str()))
    }

    /// Where the browser takes the finish code of an agent session.
    #[must_use]
    pub fn callback(&self) -> Option<&RedirectUri> {
        self.agent_session.as_ref()?.callback.as_ref()
    }

    /// Whether the agent is known by more than this one question, so that its others can be told.
    #[must_use]
    pub const fn names_its_agent(&self) -> bool {
        self.registration.is_some() || self.client.is_some()
    }

    /// What an ID token is asked for with, if one is.
    #[must_use]
    pub fn identity(&self) -> Option<&IdentityAsk> {
        self.redirection.as_ref().and_then(|redirection| redirection.identity.as_ref())
    }

    /// Whether somebody who signed in then may answer.
    #[must_use]
    pub fn accepts_sign_in_of(&self, signed_in_at: Timestamp) -> bool {
        let since = self.redirection.as_ref().and_then(|asked| asked.signed_in_since);
        since.is_none_or(|since| since <= signed_in_at)
    }

    /// Whether the agent carries a well-known name and leads to a place that is not that
    /// name's own: then a yes needs a second look.
    #[must_use]
    pub fn borrowed_brand(&self) -> Option<Borrowed> {
        let name = self.agent.name.as_ref().map(ToldText::as_str)?;
        let voucher = self.client.as_ref().map_or(Voucher::Nobody, AskingClient::voucher);
        borrowed(name, voucher, &self.destination()?)
    }
}

/// What an ID token is asked for with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityAsk {
    /// The client's own word, handed back in the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// Where the answer of a redirect door goes, and what binds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirection {
    /// As the request spelled it, character by character.
    pub uri: RedirectUri,
    /// The client's own word, handed back unread (RFC 6749 §4.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `S256` of the client's verifier (RFC 7636 §4.2).
    pub challenge: String,
    /// The key that the code is bound to (RFC 9449 §10): whoever redeems it must prove
    /// possession of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Thumbprint>,
    /// That the client wants to know which account answers (OpenID Connect Core 1.0 §3.1.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityAsk>,
    /// Whoever answers must have signed in no earlier (`max_age`, `prompt=login`; RFC 9470 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_since: Option<Timestamp>,
    /// Digest, in hexadecimal, of the mark of the browser that began: only there can the
    /// question be answered, or a stranger could have his own agent approved by somebody
    /// else (promise P5).
    pub browser: String,
}
