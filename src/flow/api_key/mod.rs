//! The keys that people hand to programs (docs/credentials.md, "Keys"): made, looked at, revoked.
//! Every use case takes the [`Caller`] who does it, which no agent's session can become.

mod caller;
mod create;
mod leak;
mod managed;
mod rotate;

use crate::app::App;
use crate::config::{KeyRules, ManagedRoute, Profile};
use crate::domain::api_key::{ApiKey, KeyEnd, KeyKind};
use crate::domain::event::Event;
use crate::domain::id::KeyId;
use crate::domain::organization::{Organization, Role};
use crate::domain::origin::Occasion;
use crate::domain::owner::Owner;
use crate::domain::resource::Resource;
use crate::entropy::NoEntropy;
use crate::flow::error::PersonError;
use crate::flow::organization;
use crate::flow::principal::Human;
use crate::protocol::secret::Digest;
use crate::store::StoreError;

pub use caller::{Caller, Program};
pub use create::{ForAgent, LONGEST_NAME, Lasts, Wanted, create};
pub use leak::{belongs_on_a_server, exposure, report, tell_exposed, tell_of_page};
pub use managed::{NotAProgram, create_worded, is_of_agent, may_read, page, program};
pub(in crate::flow) use managed::{begins_as, is_of_another_kind};
pub use rotate::{Rotated, rotate};

/// The keys of one profile, as the operator offers them (docs/credentials.md, "Keys").
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    pub profile: &'a Profile,
    pub rules: &'a KeyRules,
    pub resource: &'a Resource,
}

impl<'a> Offer<'a> {
    /// Every address at which programs do something with its keys (docs/credentials.md,
    /// "Management", "Session tokens").
    pub fn routes(&self) -> impl Iterator<Item = &'a ManagedRoute> + use<'a> {
        let tokens = self.profile.session_tokens.as_ref();
        let tokens = tokens.filter(|_| self.rules.kind == KeyKind::AgentKey);
        self.rules.managed.routes.iter().chain(tokens.into_iter().flat_map(|one| &one.routes))
    }

    /// What its pages are found by: the profile's name, and behind it the kind where that is not
    /// the usual one. No name of a profile has an underscore (docs/credentials.md, "Keys").
    #[must_use]
    pub fn name(&self) -> String {
        let (profile, kind) = (&self.profile.name, self.rules.kind);
        match kind {
            KeyKind::Secret => profile.clone(),
            KeyKind::UserToken | KeyKind::AgentKey => format!("{profile}_{}", kind.name()),
        }
    }
}

/// Why a person gets no key (docs/credentials.md, "Keys").
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The person signed in too long ago to be given something that lasts.
    #[error("the sign-in is not fresh")]
    NotFresh,
    /// A key does this to none but itself.
    #[error("a key may not do this")]
    NotForKeys,
    #[error("the key lacks the scope")]
    LacksScope,
    /// There is none, the person does not belong to it, or these keys are never one's.
    #[error("there is no such organization")]
    NoOrganization,
    /// What the person is in the organization does not reach so far.
    #[error("the role does not reach so far")]
    NotAllowed,
    #[error("the name is missing")]
    NameMissing,
    #[error("a name is too long")]
    TooLong,
    #[error("no scope is ticked")]
    NothingTicked,
    /// Its kind is for agents, and none is named.
    #[error("no agent is chosen")]
    AgentMissing,
    #[error("what it is to be limited to is no list of names")]
    NotALimit,
    #[error("there are as many as there may be")]
    TooMany,
    /// Nothing that our own page sends.
    #[error("what is asked for is not offered")]
    NotOffered,
    /// It has ended, or was rotated before.
    #[error("the key can be rotated no more")]
    Over,
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for KeyError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

impl From<NoEntropy> for KeyError {
    fn from(error: NoEntropy) -> Self {
        Self::Person(error.into())
    }
}

/// What is offered, in the order of the settings (docs/credentials.md, "Keys").
pub fn offers(app: &App) -> impl Iterator<Item = Offer<'_>> {
    app.settings.profiles.iter().flat_map(|profile| {
        let offer =
            |rules| Some(Offer { profile, rules, resource: app.resource(&profile.resource)? });
        profile.keys.iter().filter_map(offer)
    })
}

/// What is offered under this name (docs/credentials.md, "Keys").
pub fn offer<'a>(app: &'a App, name: &str) -> Option<Offer<'a>> {
    offers(app).find(|offer| offer.name() == name)
}

/// What is offered of this kind by the profile of this name (docs/credentials.md, "Keys").
pub fn offer_of<'a>(app: &'a App, profile: &str, kind: KeyKind) -> Option<Offer<'a>> {
    offers(app).find(|offer| offer.profile.name == profile && offer.rules.kind == kind)
}

/// The profile whose key this text can be, and what it is found by: the anchored prefix says so,
/// never the header it came in (docs/credentials.md, "Keys").
#[must_use]
pub fn recognized<'a>(app: &'a App, presented: &str) -> Option<(&'a str, Digest)> {
    app.settings.profiles.iter().find_map(|profile| {
        let mut forms = profile.keys.iter().flat_map(KeyRules::forms);
        let digest = forms.find_map(|form| form.digest_of(presented))?;
        Some((profile.name.as_str(), digest))
    })
}

/// Whether this text was a key of an account that is closed (AO17). Whoever has the whole of it may
/// know.
///
/// # Errors
///
/// The database is away.
pub async fn owner_is_gone(app: &App, text: &str) -> Result<bool, StoreError> {
    let Some((profile, digest)) = recognized(app, text) else { return Ok(false) };
    let key = app.store.api_key_with(&digest).await?.filter(|key| key.profile == profile);
    let ended = key.and_then(|key| key.ended);
    Ok(ended.is_some_and(|ended| ended.cause == KeyEnd::AccountClosed))
}

/// Which keys are looked for (docs/credentials.md, "Keys").
#[derive(Debug, Clone, Copy, Default)]
pub struct Search<'a> {
    /// Whose they are, by the slug, where they are not the person's own.
    pub organization: Option<&'a str>,
    pub beginning: &'a str,
    /// Every one where it is `None`.
    pub environment: Option<&'a str>,
}

/// The keys that are looked for, newest first, and the environments that any of their owner's names
/// (docs/credentials.md, "Keys"; AS15). What no key begins with is not looked for.
///
/// # Errors
///
/// The person does not belong to the organization, or the database is away.
pub async fn list(
    app: &App,
    human: &Human,
    search: Search<'_>,
) -> Result<(Vec<ApiKey>, Vec<String>), PersonError> {
    let account = &human.account().id;
    let owner = match search.organization {
        None => Owner::Account(account.clone()),
        Some(slug) => {
            let (organization, _) = organization::belonging(app, account, slug).await?;
            Owner::Organization(organization.id)
        }
    };
    let environments = app.store.environments_of(&owner).await?;
    let Search { beginning, environment, .. } = search;
    // PostgreSQL refuses a NUL in any text.
    if !is_word(beginning) || environment.is_some_and(|text| text.contains('\0')) {
        return Ok((Vec::new(), environments));
    }
    Ok((app.store.api_keys_of(&owner, beginning, environment).await?, environments))
}

/// One key with its history, and what may be done with it (docs/credentials.md, "Keys").
#[derive(Debug)]
pub struct Shown {
    pub key: ApiKey,
    pub history: Vec<Event>,
    /// The organization whose it is, if it is one's.
    pub organization: Option<Organization>,
    /// Whether this person may rotate and revoke it.
    pub may_change: bool,
}

/// One of this account's keys, or of an organization's that the person belongs to
/// (docs/credentials.md, "Keys"). Somebody else's does not exist.
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn show(app: &App, human: &Human, id: &str) -> Result<Shown, PersonError> {
    let own = own(app, Caller::Person(human), id).await?;
    let history = app.store.history_of_key(&own.key.id).await?;
    let organization = match &own.key.organization {
        Some(id) => app.store.organization(id).await?,
        None => None,
    };
    Ok(Shown { may_change: own.may_change(), key: own.key, history, organization })
}

/// Revokes a key, and what it put in its own place: the next use of either is refused, on every
/// node. Revoking twice is no error (docs/credentials.md, "Keys"); whether anything was good says
/// the answer.
///
/// # Errors
///
/// Not found, not for this role, or the database is away: then the key may still be good.
pub async fn revoke(
    app: &App,
    caller: Caller<'_>,
    id: &str,
    occasion: &Occasion,
) -> Result<bool, KeyError> {
    let key = own(app, caller, id).await?.changeable()?;
    let successor = match &key.successor {
        Some(successor) => app.store.api_key(successor).await?,
        None => None,
    };
    let has_gone_on = successor.is_some_and(|one| one.made_by.as_ref() == Some(&key.id));
    let has_gone_on = has_gone_on && app.store.has_made_live(&key.id, occasion.at).await?;
    let effects = key.revoke(caller.by(), has_gone_on, occasion);
    let ends = !effects.is_empty();
    app.store.apply(effects).await?;
    Ok(ends)
}

/// A key that is there for whoever asks.
struct Own {
    key: ApiKey,
    /// What the person who asks is in the organization whose it is; `None` where it is their own,
    /// or a key asks for those of its owner.
    role: Option<Role>,
}

impl Own {
    fn may_change(&self) -> bool {
        self.role.is_none_or(Role::manages_keys)
    }

    fn changeable(self) -> Result<ApiKey, KeyError> {
        if self.may_change() { Ok(self.key) } else { Err(KeyError::NotAllowed) }
    }
}

async fn own(app: &App, caller: Caller<'_>, id: &str) -> Result<Own, PersonError> {
    if !is_word(id) {
        return Err(PersonError::NotFound);
    }
    let key = app.store.api_key(&KeyId(id.to_owned())).await?;
    let key = key.filter(|key| caller.sees(key)).ok_or(PersonError::NotFound)?;
    let role = match (&key.organization, caller.person()) {
        (Some(organization), Some(person)) => {
            let role = app.store.role_in(organization, person).await?;
            Some(role.ok_or(PersonError::NotFound)?)
        }
        _ => None,
    };
    Ok(Own { key, role })
}

/// What cannot stand in any identifier is not looked for: PostgreSQL refuses a NUL in any text.
pub(in crate::flow) fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
