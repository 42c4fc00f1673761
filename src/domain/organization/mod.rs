//! Organizations: several people who own keys together. What one of them may do is its role's, as
//! it is at the moment of the change: every change of who belongs moves the organization's
//! revision, and is refused where another came first.

mod roster;

use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, InvitationId, OrganizationId};
use crate::domain::origin::Occasion;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};

pub use roster::{Refused, Roster};

/// How long somebody may think about it.
pub const INVITATION: Seconds = Seconds::DAY.times(7);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: OrganizationId,
    pub revision: i64,
    /// What programs and addresses call it; it never changes.
    pub slug: String,
    pub name: String,
    /// What the operator assigned, by name; the first of each profile where there is none.
    pub plan: Option<String>,
    pub created_at: Timestamp,
}

/// What somebody may do for an organization; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees who belongs and which keys there are.
    Member,
    /// Makes and ends keys, and says who belongs.
    Administrator,
    /// Gives roles, and may dissolve it.
    Owner,
}

/// Somebody who belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub account: AccountId,
    pub role: Role,
    pub since: Timestamp,
}

/// A question to whoever has an address and holds a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub digest: Digest,
    pub organization: OrganizationId,
    pub email: EmailAddress,
    pub role: Role,
    pub invited_by: AccountId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Member, Self::Administrator, Self::Owner];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it makes, rotates and revokes keys.
    #[must_use]
    pub fn manages_keys(self) -> bool {
        self >= Self::Administrator
    }

    /// Whether it says who belongs.
    #[must_use]
    pub fn invites(self) -> bool {
        self >= Self::Administrator
    }

    /// Whether it sends somebody of this role away: an owner everybody, others whom they stand
    /// above.
    #[must_use]
    pub fn removes(self, other: Self) -> bool {
        self == Self::Owner || self > other
    }
}

/// Whether programs may call an organization so: letters, digits and hyphens between them.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let (first, last) = (text.bytes().next(), text.bytes().last());
    (2..=40).contains(&text.len())
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
        && first.is_some_and(plain)
        && last.is_some_and(plain)
        && !text.contains("--")
}

/// What a name comes to as a slug, if to anything.
#[must_use]
pub fn slug_of(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(40).collect();
    Some(slug.trim_end_matches('-').to_owned()).filter(|slug| is_slug(slug))
}

impl Organization {
    /// It begins with one owner, who owns so many at most.
    pub fn found(self, founder: &AccountId, most: i64, occasion: &Occasion) -> Change<Self> {
        let event = self.event(EventKind::OrganizationCreated, founder, occasion);
        let own = Effect::Join {
            organization: self.id.clone(),
            member: Member::owner(founder, occasion),
        };
        let (with, account) = (self.id.clone(), founder.clone());
        let hold = Effect::HoldOrganizations { with, account, most };
        Change { seen: UNSTORED, next: self, effects: vec![own, hold, Effect::Record(event)] }
    }

    fn event(&self, kind: EventKind, by: &AccountId, occasion: &Occasion) -> Event {
        Event::new(kind, occasion).by(by).saying(self.id.as_str())
    }
}

impl Member {
    fn owner(account: &AccountId, occasion: &Occasion) -> Self {
        Self { account: account.clone(), role: Role::Owner, since: occasion.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_and_made_of_a_name() {
        for good in ["acme", "a1", "acme-labs-2"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in
            ["", "a", "-acme", "acme-", "Acme", "ac me", "ac--me", "acmé", "a/b", &"a".repeat(41)]
        {
            assert!(!is_slug(bad), "{bad}");
        }
        assert_eq!(slug_of("Acme Labs, Inc.").as_deref(), Some("acme-labs-inc"));
        assert_eq!(slug_of("東京"), None);
        assert_eq!(slug_of(&"x y".repeat(40)).map(|slug| slug.len() <= 40), Some(true));
    }
}
