//! OAuth clients: who may ask through the standard doors, and how they prove themselves.

use serde::{Deserialize, Serialize};

use crate::domain::id::ClientId;
use crate::domain::origin::Origin;
use crate::protocol::client_metadata::{AuthenticationMethod, ClientMetadata};
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// A client, wherever it is known from (RFC 6749 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ClientId,
    pub source: ClientSource,
    /// As it calls itself; the operator's word for a configured one.
    pub name: Option<ToldText>,
    pub redirect_uris: Vec<RedirectUri>,
    pub authentication: Authentication,
    pub grant_types: Vec<String>,
    /// The most it may hold by itself, with no person involved (RFC 6749 §4.4). Empty for
    /// everybody but the operator's own.
    pub ceiling: Scopes,
}

/// Where a client is known from, and so what of it is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientSource {
    /// The operator wrote it down: all of it is proven.
    Configured,
    /// It registered itself (RFC 7591): nothing of it is.
    Registered,
    /// Its id is the address of its metadata: that host is proven.
    Document,
}

/// How a client proves that it is itself (RFC 6749 §2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// It cannot: a public client.
    None,
    /// It knows a secret of which this is the digest.
    Secret(Digest),
    /// It signs with a key of its own (RFC 7523 §2.2).
    PrivateKeyJwt(ClientKeys),
}

/// Where a client's public keys are (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientKeys {
    /// The JWK set itself.
    Inline(String),
    /// The `jwks_uri` to fetch it from.
    At(String),
}

impl Client {
    /// Whether it registered for this grant.
    #[must_use]
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|known| known == grant_type)
    }

    /// The redirect URI a request may be answered at: the one it names, if it is registered
    /// (RFC 6749 §3.1.2.3), or the only one there is if it names none.
    #[must_use]
    pub fn redirect(&self, presented: Option<&str>) -> Option<RedirectUri> {
        match (presented, self.redirect_uris.as_slice()) {
            (Some(presented), known) => known.iter().find_map(|uri| uri.admits(presented)),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }

    /// A client as its own metadata describes it.
    #[must_use]
    pub fn described(
        id: ClientId,
        source: ClientSource,
        metadata: ClientMetadata,
        secret: Option<Digest>,
    ) -> Option<Self> {
        let keys = match (metadata.jwks, metadata.jwks_uri) {
            (Some(set), _) => Some(ClientKeys::Inline(set.to_string())),
            (None, uri) => uri.map(ClientKeys::At),
        };
        let authentication = match metadata.token_endpoint_auth_method {
            AuthenticationMethod::None => Authentication::None,
            AuthenticationMethod::PrivateKeyJwt => Authentication::PrivateKeyJwt(keys?),
            AuthenticationMethod::ClientSecretBasic | AuthenticationMethod::ClientSecretPost => {
                Authentication::Secret(secret?)
            }
        };
        Some(Self {
            id,
            source,
            name: metadata.client_name,
            redirect_uris: metadata.redirect_uris,
            authentication,
            grant_types: metadata.grant_types,
            ceiling: Scopes::new(),
        })
    }
}

/// A client that registered itself (RFC 7591), as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    pub id: ClientId,
    pub revision: i64,
    pub metadata: ClientMetadata,
    /// Only with a method that is a secret.
    pub secret: Option<Digest>,
    /// What it manages its registration with (RFC 7592 §3).
    pub management: Digest,
    pub from: Origin,
    pub created_at: Timestamp,
    /// When somebody last approved it. A row without is pruned, a row with one never.
    pub used_at: Option<Timestamp>,
}

impl RegisteredClient {
    /// The client this row describes; `None` if its metadata and its secret contradict.
    #[must_use]
    pub fn client(self) -> Option<Client> {
        Client::described(self.id, ClientSource::Registered, self.metadata, self.secret)
    }
}
