//! More for a session that exists already (RFC 6750 §3.1, `insufficient_scope`): the human is
//! asked for the difference alone, and the same session gains it.

use serde::{Deserialize, Serialize};

use crate::domain::approval::{Approval, Approved};
use crate::domain::ask::Door;
use crate::domain::change::Effect;
use crate::domain::client::ClientSource;
use crate::domain::event::{Event, EventKind};
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// Scopes that a session holds for a while only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    pub scopes: Scopes,
    pub until: Timestamp,
}

/// A yes that widens a session instead of opening one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    /// When the new part ends; with the session if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Session {
    /// What it reaches at this moment.
    #[must_use]
    pub fn reach(&self, now: Timestamp) -> Scopes {
        match &self.extra {
            Some(extra) if now < extra.until => self.scopes.join(&extra.scopes),
            _ => self.scopes.clone(),
        }
    }

    /// When an access token of these scopes ends: never after what it is good for.
    #[must_use]
    pub fn access_end(&self, scopes: &Scopes, now: Timestamp, lifetime: Seconds) -> Timestamp {
        let end = self.token_end(now, lifetime);
        match &self.extra {
            Some(extra) if !self.scopes.covers(scopes) => end.min(extra.until),
            _ => end,
        }
    }

    /// What makes a granted widening true when the agent collects it. Older refresh tokens go,
    /// so that the session keeps one lineage.
    #[must_use]
    pub fn widen(&self, granted: &Scopes, widening: Widening, occasion: &Occasion) -> Vec<Effect> {
        let (scopes, extra) = match widening.until {
            None => (self.scopes.join(granted), self.extra.clone()),
            Some(until) => {
                (self.scopes.clone(), Some(self.with_extra(granted, until, occasion.at)))
            }
        };
        let event = Event::in_session(EventKind::SessionWidened, self, occasion)
            .saying(granted.to_string());
        vec![
            Effect::Widen { id: self.id.clone(), seen: self.revision, scopes, extra },
            Effect::DropRefreshTokens(self.id.clone()),
            Effect::Record(event),
        ]
    }

    /// One time box: what is added to a running one ends with whichever ends first, since
    /// nobody agreed to more.
    fn with_extra(&self, granted: &Scopes, until: Timestamp, now: Timestamp) -> Extra {
        let until = until.min(self.expires_at);
        match &self.extra {
            Some(running) if now < running.until => {
                Extra { scopes: running.scopes.join(granted), until: until.min(running.until) }
            }
            _ => Extra { scopes: granted.clone(), until },
        }
    }
}

impl Approval {
    /// Whether a yes may widen the given session: one of the same client, human and resource
    /// that lacks something asked for; a part that was handed on stays the part it is. Only a
    /// client that registered itself is one program on one machine; a name that many programs
    /// share must not reach each other's sessions.
    #[must_use]
    pub fn may_widen(&self, session: &Session, now: Timestamp) -> bool {
        let client = self.ask.client.as_ref();
        let alone = client.is_some_and(|client| client.source == ClientSource::Registered);
        alone
            && matches!(self.ask.door, Door::Code | Door::Device)
            && session.client.as_ref() == client.map(|client| &client.id)
            && session.resource == self.ask.resource
            && session.parent.is_none()
            && session.is_live(now)
            && self.ask.details.is_empty()
            && !session.reach(now).covers(&self.ask.scopes)
    }
}

impl Approved {
    /// Whether the agent has its session already, and collects more for it.
    #[must_use]
    pub const fn widens(&self) -> bool {
        self.widening.is_some()
    }

    /// That the agent picks its session up, where it has none yet.
    #[must_use]
    pub(super) fn collected(&self) -> Vec<Effect> {
        let opened = (!self.widens()).then(|| Effect::CollectSession { id: self.session.clone() });
        opened.into_iter().collect()
    }
}
