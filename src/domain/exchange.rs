//! A part of a session is handed on ([RFC 8693]): narrower or equal, never longer, and ended
//! with the session and the token it was cut from.
//!
//! [RFC 8693]: https://www.rfc-editor.org/rfc/rfc8693

use crate::domain::ask::Door;
use crate::domain::change::UNSTORED;
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::session::{Session, Token};
use crate::protocol::actor::Actor;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// How often access may be handed on, one after the other.
pub const DEEPEST: usize = 4;

/// What is handed on, and to whom.
pub struct Part<'a> {
    /// For the session this opens.
    pub id: SessionId,
    /// The client that asked; None for an agent that is no client.
    pub client: Option<&'a Client>,
    /// What the sub-agent is called, where it was named.
    pub name: Option<ToldText>,
    /// What of the session it reaches.
    pub scopes: Scopes,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// The token that was shown for it.
    pub token: &'a Token,
}

impl Session {
    /// The session that a part of this one makes. None: access was handed on too often.
    #[must_use]
    pub fn hand_on(&self, part: Part<'_>, occasion: &Occasion) -> Option<Self> {
        let before = self.actor.clone();
        if before.as_ref().is_some_and(|actor| actor.depth() >= DEEPEST) {
            return None;
        }
        let sub = part.client.map_or_else(|| self.client_id(), |client| client.id.as_str());
        let actor =
            Actor { sub: sub.to_owned(), agent: part.name.clone(), act: before.map(Box::new) };
        // A client's name is vouched for; what it calls its sub-agent is not.
        let agent = match (part.client, &part.name) {
            (Some(client), _) => Agent { name: client.name.clone(), ..Agent::default() },
            (None, Some(_)) => Agent { name: part.name.clone(), ..Agent::default() },
            (None, None) => self.agent.clone(),
        };
        let label = part.name.or_else(|| agent.name.clone()).map(|name| name.to_string());
        Some(Self {
            id: part.id,
            revision: UNSTORED,
            door: Door::Exchange,
            client: part.client.map(|client| client.id.clone()).or_else(|| self.client.clone()),
            parent: Some(self.id.clone()),
            cut_from: Some(part.token.digest),
            agent,
            scopes: part.scopes,
            extra: None,
            actor: Some(actor),
            label: label.unwrap_or_default(),
            created_at: occasion.at,
            expires_at: part.ends_at.min(self.ends_at()),
            refreshable: false,
            collect_before: None,
            last_used_at: None,
            last_used_from: None,
            lowered_at: None,
            ended: None,
            from: occasion.from.clone(),
            ..self.clone()
        })
    }

    /// What the histories of both say of it.
    #[must_use]
    pub fn handed_on(&self, part: &Self, occasion: &Occasion) -> [Event; 2] {
        let given = Event::in_session(EventKind::SessionHandedOn, self, occasion);
        let begun = Event::in_session(EventKind::SessionBegun, part, occasion);
        [
            given.saying(format!("{} {}", part.id, part.scopes)),
            begun.saying(format!("{} {}", self.id, part.scopes)),
        ]
    }
}
