//! The keys that people hand to programs (docs/credentials.md, "Keys"): made, looked at, revoked.
//! Every use case takes the [`Caller`] who does it, which no agent's session can become.

mod caller;
mod create;
mod leak;
mod managed;
mod rotate;

use crate::app::App;
use crate::config::{KeyRules, ManagedRoute, Profile};
use crate::domain::api_key::{ApiKey, KeyKind};
use crate::domain::event::Event;
use crate::domain::id::KeyId;
use crate::domain::origin::Occasion;
use crate::domain::resource::Resource;
use crate::entropy::NoEntropy;
use crate::flow::error::PersonError;
use crate::protocol::secret::Digest;
use crate::store::StoreError;

pub use caller::{Caller, Program};
pub use create::{LONGEST_NAME, Lasts, Wanted, create};
pub use leak::{exposure, report, tell_exposed};
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
    /// Nobody here has keys but people.
    #[error("there is no such organization")]
    NoOrganization,
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

/// This account's keys that begin so, of one environment where one is named, newest first (docs/credentials.md, "Keys"). What no key
/// begins with is not looked for.
///
/// # Errors
///
/// The database is away.
pub async fn list(
    app: &App,
    caller: Caller<'_>,
    beginning: &str,
    environment: Option<&str>,
) -> Result<Vec<ApiKey>, PersonError> {
    // PostgreSQL refuses a NUL in any text.
    if !is_word(beginning) || environment.is_some_and(|text| text.contains('\0')) {
        return Ok(Vec::new());
    }
    Ok(app.store.api_keys_of(caller.account(), beginning, environment).await?)
}

/// The environments that this account's keys name (AS15).
///
/// # Errors
///
/// The database is away.
pub async fn environments(app: &App, caller: Caller<'_>) -> Result<Vec<String>, PersonError> {
    Ok(app.store.environments_of(caller.account()).await?)
}

/// One of this account's keys with its history (docs/credentials.md, "Keys"). Somebody else's
/// does not exist.
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn show(
    app: &App,
    caller: Caller<'_>,
    id: &str,
) -> Result<(ApiKey, Vec<Event>), PersonError> {
    let key = own(app, caller, id).await?;
    let history = app.store.history_of_key(&key.id).await?;
    Ok((key, history))
}

/// Revokes a key: its next use is refused, on every node. Revoking twice is no error
/// (docs/credentials.md, "Keys").
///
/// # Errors
///
/// Not found, or the database is away: then the key may still be good.
pub async fn revoke(
    app: &App,
    caller: Caller<'_>,
    id: &str,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    let key = own(app, caller, id).await?;
    Ok(app.store.apply(key.revoke(occasion)).await?)
}

async fn own(app: &App, caller: Caller<'_>, id: &str) -> Result<ApiKey, PersonError> {
    if !is_word(id) {
        return Err(PersonError::NotFound);
    }
    let key = app.store.api_key(&KeyId(id.to_owned())).await?;
    key.filter(|key| caller.sees(key)).ok_or(PersonError::NotFound)
}

/// What cannot stand in any identifier is not looked for: PostgreSQL refuses a NUL in any text.
pub(in crate::flow) fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
