//! Agents of an account: what a person calls the programs that act for them, so that a key says
//! which of them sent a request. Identity is the key's; what a request says of itself never is.

use crate::domain::cause::Cause;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, AgentId, KeyId};
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::protocol::timestamp::Timestamp;

/// One agent of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAgent {
    pub named: NamedAgent,
    pub revision: i64,
    pub account: AccountId,
    pub created_at: Timestamp,
}

/// An agent as APIs read of it. Its name never changes, so it may stand beside each of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAgent {
    pub id: AgentId,
    /// What its owner calls it.
    pub name: String,
}

impl NamedAgent {
    /// Whether a client that says this of itself means this agent: its programs know the
    /// identifier, or no more than the name that they were given.
    #[must_use]
    pub fn is_said_by(&self, said: &[u8]) -> bool {
        said == self.id.as_str().as_bytes() || said == self.name.as_bytes()
    }
}

impl AccountAgent {
    /// It may be given keys from now on. An account has so many at a time. `made_by` is the user
    /// token that asked, where no person did.
    pub fn create(self, most: i64, made_by: Option<&KeyId>, occasion: &Occasion) -> Change<Self> {
        let mut event = self.event(EventKind::AgentCreated, occasion);
        event.cause = made_by.cloned().map(Cause::Key);
        let effects = vec![Effect::Count(self.one_of(most)), Effect::Record(event)];
        Change { seen: UNSTORED, next: self, effects }
    }

    /// It goes, and every key of its with it.
    #[must_use]
    pub fn remove(&self, occasion: &Occasion) -> Vec<Effect> {
        let event = self.event(EventKind::AgentRemoved, occasion);
        let removed = Effect::RemoveAgent { id: self.named.id.clone(), at: occasion.at };
        // How many there may be plays no part in taking one back.
        vec![removed, Effect::Forgive(self.one_of(0)), Effect::Record(event)]
    }

    fn one_of(&self, most: i64) -> Count {
        Count::standing("agent", self.account.as_str(), most)
    }

    fn event(&self, kind: EventKind, occasion: &Occasion) -> Event {
        Event::new(kind, occasion)
            .by(&self.account)
            .of_agent(self.named.id.as_str())
            .saying(self.named.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AS20: the identifier, or the name that its programs were given; nothing that is only like
    /// them.
    #[test]
    fn an_agent_is_meant_by_its_identifier_or_its_whole_name() {
        let agent = NamedAgent { id: AgentId("agt_1".to_owned()), name: "Zoë".to_owned() };
        for said in ["agt_1", "Zoë"] {
            assert!(agent.is_said_by(said.as_bytes()), "{said}");
        }
        for said in ["", "agt_", "agt_10", "zoë", "Zo", "Zoë ", "agt_1, agt_2"] {
            assert!(!agent.is_said_by(said.as_bytes()), "{said}");
        }
    }
}
