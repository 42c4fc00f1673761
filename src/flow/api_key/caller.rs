//! Who manages keys (docs/credentials.md, "Management"): a person on a page, a script of that
//! person's, or a key itself. No agent's session is any of them (design promise P7).

use super::{KeyError, Offer};
use crate::domain::api_key::{ApiKey, By, Mode};
use crate::domain::id::AccountId;
use crate::domain::owner::Owner;
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
    /// A person's own token, for the keys of that person's agents.
    UserToken(KeyItself),
}

impl Caller<'_> {
    #[must_use]
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Person(human) => &human.account().id,
            Self::Program(Program::Console(console), _) => &console.account().id,
            Self::Program(Program::Key(key) | Program::UserToken(key), _) => &key.key().account,
        }
    }

    /// The person who asks, on a page or by a program; a key of an organization's is nobody's.
    pub(super) fn person(&self) -> Option<&AccountId> {
        match self {
            Self::Person(_) | Self::Program(Program::Console(_), _) => Some(self.account()),
            Self::Program(Program::Key(key) | Program::UserToken(key), _) => key.key().person(),
        }
    }

    /// The person who asks, or the key.
    pub(super) fn by(&self) -> By<'_> {
        let key = match self {
            Self::Program(Program::Key(key) | Program::UserToken(key), _) => Some(&key.key().id),
            _ => None,
        };
        By { person: self.person(), key }
    }

    /// Whose keys it may look for: its own, or as a key those of its owner.
    pub(super) fn owner(&self) -> Owner {
        match self {
            Self::Program(Program::Key(key), _) => key.key().owner(),
            _ => Owner::Account(self.account().clone()),
        }
    }

    /// Whether there is this key for it, if whose it is does not stand in the way: of an
    /// organization's keys its roster says that. A key in the sandbox sees nothing of what is
    /// real.
    pub(super) fn sees(&self, key: &ApiKey) -> bool {
        let own = self.owner() == key.owner();
        let asks = matches!(self, Self::Person(_) | Self::Program(Program::Console(_), _));
        (own || (asks && key.organization.is_some()))
            && match self {
                Self::Person(_) => true,
                Self::Program(program, offer) => {
                    let kind = key.profile == offer.profile.name && key.kind == offer.rules.kind;
                    let alone = !offer.rules.managed.by.shows_others();
                    let shown = |own: &ApiKey| own.mode == key.mode && (!alone || own.id == key.id);
                    let token = program.user_token();
                    kind && program.own().is_none_or(shown)
                        && token
                            .is_none_or(|token| token.mode == Mode::Live || token.mode == key.mode)
                }
            }
    }

    /// Whether a key asks for itself.
    pub(super) const fn is_key(&self) -> bool {
        matches!(self, Self::Program(Program::Key(_), _))
    }

    /// Whether a person's script asks, with what the person's browser handed out.
    pub(super) const fn is_console(&self) -> bool {
        matches!(self, Self::Program(Program::Console(_), _))
    }

    /// The user token that asks, if one does.
    pub(super) fn user_token(&self) -> Option<&ApiKey> {
        match self {
            Self::Person(_) => None,
            Self::Program(program, _) => program.user_token(),
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
            Self::Program(Program::Key(own) | Program::UserToken(own), _)
                if own.key().id != key.id =>
            {
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
            Self::Key(key) => Some(key.key()),
            Self::Console(_) | Self::UserToken(_) => None,
        }
    }

    /// The user token that it is, if it is one: nothing that it makes opens more or lasts longer
    /// than it does (design promise P4).
    #[must_use]
    pub fn user_token(&self) -> Option<&ApiKey> {
        match self {
            Self::UserToken(token) => Some(token.key()),
            Self::Console(_) | Self::Key(_) => None,
        }
    }
}
