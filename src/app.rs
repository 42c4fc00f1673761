//! Everything one node of the server is made of, built once at start.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{AgentSessions, Places, Settings};
use crate::domain::ask::Door;
use crate::domain::history::Seals;
use crate::domain::resource::Resource;
use crate::domain::session::Lifetimes;
use crate::domain::trust::TrustList;
use crate::entropy::Entropy;
use crate::flow::client::document::Documents;
use crate::flow::client::keys::KeySets;
use crate::flow::introspect::LiveTokens;
use crate::flow::password::Hasher;
use crate::flow::plan::Allowances;
use crate::flow::usage::Usage;
use crate::jose::Keyring;
use crate::metrics::Metrics;
use crate::outbound::{Fetcher, Messenger, Postman};
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::store::Store;
use crate::vault::Vault;
use crate::webauthn::RelyingParty;

/// What every use case has at hand.
pub struct App {
    pub settings: Settings,
    pub store: Store,
    /// Answers about live tokens, in memory.
    pub live: LiveTokens,
    /// When sessions were last used, until the next batch is written.
    pub usage: Usage,
    /// What accounts may still use, likewise.
    pub allowances: Allowances,
    /// What the audit trail is sealed with.
    pub seals: Seals,
    pub vault: Vault,
    pub keyring: Keyring,
    pub hasher: Hasher,
    /// What passkeys are made for; none where the issuer has no name.
    pub relying_party: Option<RelyingParty>,
    /// Whose assertions count.
    pub trusted: TrustList,
    pub clock: Clock,
    pub entropy: Entropy,
    /// The one way to URLs that strangers name.
    pub fetch: Fetcher,
    /// The way to the operator's own receivers.
    pub messenger: Messenger,
    /// The way to people's mailboxes, where the settings name one.
    pub postman: Option<Postman>,
    /// What clients say in their metadata documents, while it may be believed.
    pub documents: Documents,
    /// The keys that clients publish, likewise.
    pub key_sets: KeySets,
    pub metrics: Arc<Metrics>,
    /// Where addresses are, if the operator has a database of that.
    pub places: Option<Places>,
}

impl App {
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// Roughly where an address is, as far as anybody here knows.
    #[must_use]
    pub fn place(&self, address: &str) -> Option<String> {
        self.places.as_ref()?.of(address)
    }

    /// The resource an agent gets when it names none: the first one.
    #[must_use]
    pub fn default_resource(&self) -> Option<&Resource> {
        self.settings.resources.first()
    }

    #[must_use]
    pub fn resource(&self, identifier: &ResourceIdentifier) -> Option<&Resource> {
        self.settings.resources.iter().find(|resource| resource.identifier == *identifier)
    }

    /// The resource and the rules of the agent sessions door, where a profile opens it.
    #[must_use]
    pub fn agent_sessions(&self) -> Option<(&Resource, &AgentSessions)> {
        self.settings.profiles.iter().find_map(|profile| {
            let rules = profile.agent_sessions.as_ref()?;
            Some((self.resource(&profile.resource)?, rules))
        })
    }

    /// How long things last that came in by this door.
    #[must_use]
    pub fn lifetimes_of(&self, door: Door) -> Lifetimes {
        let general = self.lifetimes();
        match self.agent_sessions() {
            Some((_, rules)) if door == Door::AgentSession => Lifetimes {
                access: rules.access_ttl,
                refresh: rules.refresh_ttl,
                attempt: rules.finish_code_ttl,
                ..general
            },
            _ => general,
        }
    }

    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        let (sessions, agents) = (&self.settings.sessions, &self.settings.agents);
        Lifetimes {
            access: sessions.access_ttl,
            refresh: sessions.refresh_ttl,
            most: sessions.max_lifetime,
            idle: sessions.idle_ttl,
            claim: agents.claim_ttl,
            attempt: agents.attempt_ttl,
        }
    }
}
