//! Who manages keys (docs/credentials.md, "Management"): a person on a page, a script of that
//! person's, or a key itself. No agent's session is any of them (design promise P7).

use super::{KeyError, Offer};
use crate::domain::api_key::ApiKey;
use crate::domain::id::AccountId;
use crate::flow::principal::{Console, Human, KeyItself};
use crate::protocol::timestamp::Timestamp;

/// Whoever manages the keys of one account (docs/credentials.md, "Management").
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// On the pages, where all of the account's keys are.
    Person(&'a Human),
    /// At the routes of one kind of keys.
    Program(&'a Program, Offer<'a>),
}

/// What proves itself at a route for programs (docs/credentials.md, "Management").
#[derive(Debug, Clone)]
pub enum Program {
    Console(Console),
    Key(KeyItself),
}

impl Caller<'_> {
    #[must_use]
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Person(human) => &human.account().id,
            Self::Program(Program::Console(console), _) => &console.account().id,
            Self::Program(Program::Key(key), _) => &key.key().account,
        }
    }

    /// Whether there is this key for it. A key in the sandbox sees nothing of what is real.
    pub(super) fn sees(&self, key: &ApiKey) -> bool {
        let own = key.account == *self.account();
        own && match self {
            Self::Person(_) => true,
            Self::Program(program, offer) => {
                let kind = key.profile == offer.profile.name && key.kind == offer.rules.kind;
                kind && program.own().is_none_or(|own| own.mode == key.mode)
            }
        }
    }

    /// Refuses whoever may make no key: a person who signed in too long ago, and a key, because
    /// whoever has stolen one would outlive its end (ADR 25).
    pub(super) fn may_make(&self, now: Timestamp) -> Result<(), KeyError> {
        match self {
            Self::Person(human) if !human.is_fresh(now) => Err(KeyError::NotFresh),
            Self::Program(Program::Key(_), _) => Err(KeyError::NotForKeys),
            _ => Ok(()),
        }
    }

    /// Refuses whoever may not replace this key: a key replaces itself alone.
    pub(super) fn may_replace(&self, key: &ApiKey, now: Timestamp) -> Result<(), KeyError> {
        match self {
            Self::Program(Program::Key(own), _) if own.key().id != key.id => {
                Err(KeyError::NotForKeys)
            }
            Self::Program(..) => Ok(()),
            Self::Person(_) => self.may_make(now),
        }
    }
}

impl Program {
    /// The key that it is, if it is one.
    #[must_use]
    pub fn own(&self) -> Option<&ApiKey> {
        match self {
            Self::Console(_) => None,
            Self::Key(key) => Some(key.key()),
        }
    }
}
