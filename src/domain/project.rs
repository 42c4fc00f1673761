//! Projects: what a person lets web sites and programs of others send to, with a token that
//! anybody may read. It opens the routes that the operator named for it, and nothing else.

use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ProjectId};
use crate::domain::origin::Occasion;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// One project of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    pub revision: i64,
    pub account: AccountId,
    /// The profile it is of, by name.
    pub profile: String,
    /// Where its token is sent.
    pub resource: ResourceIdentifier,
    /// What its owner calls it.
    pub name: String,
    /// In the clear: it is no secret.
    pub token: String,
    /// What the token is found by, as everything that is presented.
    pub digest: Digest,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Project {
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.revoked_at.is_none()
    }

    /// Makes its token good, as one of so many of its account at most.
    pub fn create(self, most: i64, occasion: &Occasion) -> Change<Self> {
        let event = self.event(EventKind::ProjectCreated, occasion);
        let (with, account) = (self.id.clone(), self.account.clone());
        let hold = Effect::HoldProjects { with, account, most };
        let open = Effect::WhileOpen(self.account.clone());
        Change { seen: UNSTORED, next: self, effects: vec![open, hold, Effect::Record(event)] }
    }

    /// Ends its token at once; one that has ended stays as it is.
    #[must_use]
    pub fn revoke(&self, occasion: &Occasion) -> Vec<Effect> {
        if !self.is_live() {
            return Vec::new();
        }
        let event = self.event(EventKind::ProjectRevoked, occasion);
        let end = Effect::EndProject { id: self.id.clone(), at: occasion.at };
        vec![end, Effect::Record(event)]
    }

    fn event(&self, kind: EventKind, occasion: &Occasion) -> Event {
        Event::new(kind, occasion).by(&self.account).saying(self.id.as_str())
    }
}
