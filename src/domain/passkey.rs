//! What a person proves to be at the keyboard with, without a secret that could be told.

use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::origin::Occasion;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How many an account has at most.
pub const MOST: i64 = 20;

/// How long a browser may take to answer.
pub const CEREMONY: Seconds = Seconds::MINUTE.times(10);

/// A passkey of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The credential id, base64url.
    pub id: String,
    pub account: AccountId,
    /// The relying party it was made for: elsewhere it proves nothing.
    pub relying_party: String,
    /// What its person calls it.
    pub name: String,
    /// The credential record.
    pub credential: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// What happens to passkeys.
#[derive(Debug)]
pub enum PasskeyEffect {
    /// A new one, which is one of so many of its account's at most; refused otherwise.
    Add(Box<Passkey>),
    /// One was used, and its record is another now; refused when it has gone meanwhile.
    Use { id: String, credential: String, at: Timestamp },
    /// One goes, once.
    Remove { id: String, account: AccountId },
    /// All of an account's go.
    RemoveAllOf(AccountId),
}

impl Passkey {
    /// Puts it beside those its account has.
    #[must_use]
    pub fn create(self, occasion: &Occasion) -> Vec<Effect> {
        let event = Event::new(EventKind::PasskeyAdded, occasion).by(&self.account);
        let event = event.saying(self.name.clone());
        vec![
            // Two that are added at once wait for each other here, so neither is one too many.
            Effect::WhileOpen(self.account.clone()),
            Effect::Passkey(PasskeyEffect::Add(Box::new(self))),
            Effect::Record(event),
        ]
    }

    /// Takes it away: it proves nothing from now on.
    #[must_use]
    pub fn remove(&self, occasion: &Occasion) -> Vec<Effect> {
        let event = Event::new(EventKind::PasskeyRemoved, occasion).by(&self.account);
        let (id, account) = (self.id.clone(), self.account.clone());
        vec![
            Effect::Passkey(PasskeyEffect::Remove { id, account }),
            Effect::Record(event.saying(self.name.clone())),
        ]
    }
}
