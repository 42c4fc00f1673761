//! Session tokens: what an agent's key is traded for, so that the key itself travels once. They
//! open what the key opens, end with it, and manage nothing.

use crate::domain::api_key::ApiKey;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::KeyId;
use crate::domain::origin::Occasion;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// One token of a key. Whether it is good follows from the times and from the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToken {
    pub digest: Digest,
    pub key: KeyId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl SessionToken {
    /// One of this key's, for no longer than the key lasts.
    #[must_use]
    pub fn of(key: &ApiKey, digest: Digest, ttl: Seconds, now: Timestamp) -> Self {
        let end = now + ttl;
        let expires_at = key.expires_at.map_or(end, |last| last.min(end));
        Self { digest, key: key.id.clone(), created_at: now, expires_at }
    }

    /// Makes it good, if the key still is.
    #[must_use]
    pub fn issue(self, key: &ApiKey, occasion: &Occasion) -> Vec<Effect> {
        let event = event(EventKind::TokenIssued, key, occasion);
        vec![Effect::IssueSessionToken(self), Effect::Record(event)]
    }

    /// Ends it; its key and the key's others go on.
    #[must_use]
    pub fn end(self, key: &ApiKey, occasion: &Occasion) -> Vec<Effect> {
        let event = event(EventKind::TokenRevoked, key, occasion);
        vec![Effect::EndSessionToken(self.digest), Effect::Record(event)]
    }
}

/// It is no part of the key's own history, which its owner reads: a program may trade it often.
fn event(kind: EventKind, key: &ApiKey, occasion: &Occasion) -> Event {
    let event = Event::new(kind, occasion).by(&key.account).saying(key.id.as_str());
    let event = event.at_resource(&key.resource).by_rule("session_token");
    match &key.agent {
        Some(agent) => event.of_agent(agent.id.as_str()),
        None => event,
    }
}
