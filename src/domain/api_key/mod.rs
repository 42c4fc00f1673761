//! Keys: what a person hands to a program that cannot ask. People make, rotate and revoke them;
//! no agent's session reaches any of that (design promise P7).

mod kind;

use crate::domain::account_agent::NamedAgent;
use crate::domain::cause::Cause;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, KeyId, OrganizationId};
use crate::domain::limited_to::LimitedTo;
use crate::domain::origin::Occasion;
use crate::domain::owner::Owner;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};

pub use kind::{KeyKind, Mode};

/// One key of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: KeyId,
    pub revision: i64,
    /// Who made it, and whose it is where it is no organization's.
    pub account: AccountId,
    pub organization: Option<OrganizationId>,
    /// The key or user token that made it, where no person did: the one that it takes the place
    /// of, or one that makes keys for agents. Whoever has that one may have this one too.
    pub made_by: Option<KeyId>,
    /// The profile it is of, by name.
    pub profile: String,
    pub kind: KeyKind,
    /// Whose it is among its owner's agents; a key need not be any one's.
    pub agent: Option<NamedAgent>,
    /// What it opens.
    pub resource: ResourceIdentifier,
    pub digest: Digest,
    /// Its beginning, which is all that is ever shown of it again.
    pub beginning: String,
    /// What its owner calls it.
    pub name: String,
    /// Where it is used, in its owner's words; may be empty.
    pub environment: String,
    pub scopes: Scopes,
    pub limited_to: LimitedTo,
    pub mode: Mode,
    pub created_at: Timestamp,
    /// It lasts until it is revoked where there is none.
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// The address that a proxy last told, where one did.
    pub last_used_from: Option<String>,
    /// How often it was found good.
    pub uses: i64,
    pub ended: Option<KeyEnded>,
    /// The key that was made to take its place.
    pub successor: Option<KeyId>,
}

/// When a key ended, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyEnded {
    pub at: Timestamp,
    pub cause: KeyEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEnd {
    /// Its owner revoked it.
    Revoked,
    /// Another took its place at once.
    Rotated,
    /// Somebody who should not have it told us that he has.
    Leaked,
    /// The agent whose it was is gone.
    AgentRemoved,
    /// The organization whose it was is gone.
    OrganizationDissolved,
    /// The account whose it was is closed.
    AccountClosed,
}

/// Where a key was seen that belongs on a server, and nowhere that others can look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// A page in a browser sent it.
    Page,
    /// It came where public tokens go, as out of the snippet of a web site.
    PublicRoute,
    /// It travelled without encryption, past everybody on the way.
    PlainHttp,
}

impl Exposure {
    /// As the event says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::PublicRoute => "public_route",
            Self::PlainHttp => "plain_http",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Page, Self::PublicRoute, Self::PlainHttp].into_iter();
        all.find(|exposure| exposure.name() == name)
    }
}

/// Who does something with a key: a person, on a page or by a script, or a key.
#[derive(Debug, Clone, Copy, Default)]
pub struct By<'a> {
    pub person: Option<&'a AccountId>,
    pub key: Option<&'a KeyId>,
}

/// What becomes of a key when another takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It ends in the same moment.
    Atomic,
    /// It goes on for so long, so that programs can be changed over one by one.
    Overlapping(Seconds),
}

impl KeyEnd {
    pub const ALL: [Self; 6] = [
        Self::Revoked,
        Self::Rotated,
        Self::Leaked,
        Self::AgentRemoved,
        Self::OrganizationDissolved,
        Self::AccountClosed,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Rotated => "rotated",
            Self::Leaked => "leaked",
            Self::AgentRemoved => "agent_removed",
            Self::OrganizationDissolved => "organization_dissolved",
            Self::AccountClosed => "account_closed",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// What the event of a rotation says behind the successor, where the key asked for it itself.
pub const ITSELF: &str = " itself";

impl ApiKey {
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Since when it should be replaced, if it is that old: one that has a successor is being
    /// replaced already.
    #[must_use]
    pub fn due(&self, remind_after: Seconds, now: Timestamp) -> Option<Timestamp> {
        let due = self.created_at + remind_after;
        (self.is_live(now) && self.successor.is_none() && due <= now).then_some(due)
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        let account = || Owner::Account(self.account.clone());
        self.organization.clone().map_or_else(account, Owner::Organization)
    }

    /// The person whose it is, where it is one's.
    #[must_use]
    pub fn person(&self) -> Option<&AccountId> {
        self.organization.is_none().then_some(&self.account)
    }

    /// Makes it good, asked for by its owner or by a user token of theirs.
    pub fn create(self, occasion: &Occasion) -> Change<Self> {
        let event = self.made(Some(&self.account), occasion);
        let mut effects = self.given(Some(self.account.clone()));
        effects.push(Effect::Record(event));
        Change { seen: UNSTORED, next: self, effects }
    }

    /// Puts `successor` in its place, for this person where one asks. `None` where nothing is left
    /// to replace: it has ended, or was replaced before.
    #[must_use]
    pub fn rotate(
        self,
        successor: Self,
        rotation: Rotation,
        by: Option<&AccountId>,
        occasion: &Occasion,
    ) -> Option<Change<Self>> {
        if !self.is_live(occasion.at) || self.successor.is_some() {
            return None;
        }
        let itself = successor.made_by.as_ref().map_or("", |_| ITSELF);
        let mut event = self.event(EventKind::KeyRotated, by, occasion);
        event.cause = successor.made_by.clone().map(Cause::Key);
        let event = event.saying(format!("{}{itself}", successor.id));
        let (id, seen, at) = (self.id.clone(), self.revision, occasion.at);
        let mut next = Self { successor: Some(successor.id.clone()), ..self };
        let created = successor.made(by, occasion);
        let mut effects = successor.given(by.cloned());
        effects.push(Effect::IssueKey(Box::new(successor)));
        match rotation {
            Rotation::Atomic => effects.push(Effect::EndKey { id, cause: KeyEnd::Rotated, at }),
            Rotation::Overlapping(span) => {
                let end = at + span;
                next.expires_at = Some(next.expires_at.map_or(end, |before| before.min(end)));
            }
        }
        effects.extend([Effect::Record(event), Effect::Record(created)]);
        Some(Change { seen, next, effects })
    }

    /// A key is good while whoever it is of is there: an agent, and an organization or a person.
    fn given(&self, by: Option<AccountId>) -> Vec<Effect> {
        let agent = self.agent.as_ref().map(|agent| Effect::GiveToAgent(agent.id.clone()));
        let owner = match self.owner() {
            Owner::Account(id) => Effect::WhileOpen(id),
            Owner::Organization(id) => Effect::GiveToOrganization { id, by },
        };
        agent.into_iter().chain([owner]).collect()
    }

    /// Ends it at once, and with it what it put in its own place: whoever had the one has the
    /// other. One that has ended, and is not gone on with so, stays as it is.
    #[must_use]
    pub fn revoke(&self, by: By<'_>, has_gone_on: bool, occasion: &Occasion) -> Vec<Effect> {
        if self.ended.is_some() && !has_gone_on {
            return Vec::new();
        }
        let mut event = self.event(EventKind::KeyRevoked, by.person, occasion);
        event.detail = by.key.map(KeyId::to_string);
        event.cause = by.key.cloned().map(Cause::Key);
        self.end(KeyEnd::Revoked, Some(self.kind), event)
    }

    /// Ends it because it is known to a stranger, and with it whatever was made with it, because
    /// the stranger may have made that; its owner reads when and from where that was told. `has_made`
    /// says whether any of that is good, of a key that is over itself.
    #[must_use]
    pub fn leaked(&self, has_made: bool, occasion: &Occasion) -> Vec<Effect> {
        if !self.is_live(occasion.at) && !has_made {
            return Vec::new();
        }
        let event = self.event(EventKind::KeyLeaked, self.person(), occasion);
        self.end(KeyEnd::Leaked, None, event)
    }

    /// Ends it, and what was made with it: of one kind, or of any.
    fn end(&self, cause: KeyEnd, kind: Option<KeyKind>, event: Event) -> Vec<Effect> {
        let (id, at) = (self.id.clone(), event.at);
        let made = Effect::EndKeysMadeBy { id: id.clone(), kind, cause, at };
        vec![Effect::EndKey { id, cause, at }, made, Effect::Record(event)]
    }

    fn made(&self, by: Option<&AccountId>, occasion: &Occasion) -> Event {
        let mut event = self.event(EventKind::KeyCreated, by, occasion);
        event.detail = self.made_by.as_ref().map(KeyId::to_string);
        event.cause = self.made_by.clone().map(Cause::Key);
        event
    }

    fn event(&self, kind: EventKind, by: Option<&AccountId>, occasion: &Occasion) -> Event {
        let event = Event::new(kind, occasion).of_key(&self.id).at_resource(&self.resource);
        let event = Event { account: by.cloned(), ..event };
        match &self.agent {
            Some(agent) => event.of_agent(agent.id.as_str()),
            None => event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::origin::Origin;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn occasion(at: Timestamp) -> Occasion {
        let from = Origin { address: "203.0.113.24".to_owned(), user_agent: None };
        Occasion { at, from }
    }

    fn key(id: &str) -> ApiKey {
        ApiKey {
            id: KeyId(id.to_owned()),
            revision: 1,
            account: AccountId("acc_1".to_owned()),
            organization: None,
            made_by: None,
            profile: "example".to_owned(),
            kind: KeyKind::Secret,
            agent: None,
            resource: "https://api.example.com".parse().expect("a resource"),
            digest: Digest::of(id.as_bytes()),
            beginning: "as_abcdef".to_owned(),
            name: "Nightly build".to_owned(),
            environment: String::new(),
            scopes: Scopes::of(["read"]).expect("scopes"),
            mode: Mode::Live,
            created_at: NOW,
            expires_at: None,
            last_used_at: None,
            last_used_from: None,
            limited_to: LimitedTo::default(),
            uses: 0,
            ended: None,
            successor: None,
        }
    }

    /// AS14, AG14: the reminder comes with the ninetieth day, and not for what is over.
    #[test]
    fn a_key_is_due_from_its_ninetieth_day_until_it_is_replaced() {
        let ninety = Seconds::DAY.times(90);
        assert_eq!(key("key_1").due(ninety, NOW + ninety - Seconds(1)), None);
        assert_eq!(key("key_1").due(ninety, NOW + ninety), Some(NOW + ninety));
        let replaced = ApiKey { successor: Some(KeyId("key_2".to_owned())), ..key("key_1") };
        assert_eq!(replaced.due(ninety, NOW + ninety), None);
        let over = ApiKey { expires_at: Some(NOW + ninety), ..key("key_1") };
        assert_eq!(over.due(ninety, NOW + ninety), None);
    }

    /// AG12: the old key ends with the statement that makes the new one.
    #[test]
    fn an_atomic_rotation_ends_the_old_key_in_the_same_change() {
        let change = key("key_1").rotate(key("key_2"), Rotation::Atomic, None, &occasion(NOW));
        let change = change.expect("a change");
        let ends = |effect: &Effect| matches!(effect, Effect::EndKey { id, cause: KeyEnd::Rotated, .. } if id.0 == "key_1");
        assert!(change.effects.iter().any(ends));
        assert_eq!((change.seen, change.next.successor), (1, Some(KeyId("key_2".to_owned()))));
    }

    /// AS14: both keys are good for a while, and never longer than the old one was anyway.
    #[test]
    fn an_overlapping_rotation_shortens_the_old_key_and_never_lengthens_it() {
        let overlap = Rotation::Overlapping(Seconds::DAY);
        for (before, after) in [
            (None, NOW + Seconds::DAY),
            (Some(NOW + Seconds::HOUR), NOW + Seconds::HOUR),
            (Some(NOW + Seconds::DAY.times(9)), NOW + Seconds::DAY),
        ] {
            let old = ApiKey { expires_at: before, ..key("key_1") };
            let change = old.rotate(key("key_2"), overlap, None, &occasion(NOW)).expect("a change");
            assert_eq!(change.next.expires_at, Some(after));
            assert!(!change.effects.iter().any(|one| matches!(one, Effect::EndKey { .. })));
        }
    }

    /// Promise P1: a key is replaced once, and never after its end.
    #[test]
    fn what_has_ended_or_was_replaced_is_not_replaced() {
        let ended = Some(KeyEnded { at: NOW, cause: KeyEnd::Revoked });
        for old in [
            ApiKey { ended, ..key("key_1") },
            ApiKey { expires_at: Some(NOW), ..key("key_1") },
            ApiKey { successor: Some(KeyId("key_3".to_owned())), ..key("key_1") },
        ] {
            assert!(old.rotate(key("key_2"), Rotation::Atomic, None, &occasion(NOW)).is_none());
        }
        let over = ApiKey { ended, ..key("key_1") };
        assert!(over.revoke(By::default(), false, &occasion(NOW)).is_empty());
    }
}
