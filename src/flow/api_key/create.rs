//! A person makes a key (docs/credentials.md, "Keys").

use super::{Caller, KeyError, Offer};
use crate::app::App;
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{ApiKey, Mode};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::id::{KeyId, OrganizationId};
use crate::domain::limit::Count;
use crate::domain::limited_to::LimitedTo;
use crate::domain::origin::Occasion;
use crate::domain::owner::Owner;
use crate::flow::account_agent;
use crate::flow::error::{PersonError, until_next_hour};
use crate::flow::organization;
use crate::protocol::api_key::{KeyForm, KeySecret};
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// The longest name and environment, in characters (docs/credentials.md, "Keys").
pub const LONGEST_NAME: usize = 80;

/// What ends later, nobody sees end; a key that is to last has no end.
const LONGEST_LIFE: Seconds = Seconds::DAY.times(36_500);

/// What a person fills in (docs/credentials.md, "Keys").
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub name: &'a str,
    pub environment: &'a str,
    /// Whose it is to be, by the slug, where it is not the person's own.
    pub organization: Option<&'a str>,
    /// The agent that it is given to, if to any.
    pub agent: Option<ForAgent<'a>>,
    pub scopes: Scopes,
    /// What it is good for alone; everything where nothing is written.
    pub limited_to: &'a str,
    pub mode: Mode,
    pub lasts: Lasts,
}

/// Which agent a key is given to (docs/credentials.md, "Agents").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForAgent<'a> {
    /// The one of this identifier.
    Known(&'a str),
    /// One that comes with the key, and is called as the key is (AG22).
    New,
}

impl<'a> ForAgent<'a> {
    /// The identifier, of one that is there already (docs/credentials.md, "Agents").
    #[must_use]
    pub const fn known(self) -> Option<&'a str> {
        match self {
            Self::Known(id) => Some(id),
            Self::New => None,
        }
    }
}

/// How long a key is to live (docs/credentials.md, "Keys").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    UntilRevoked,
    For(Seconds),
}

impl Lasts {
    /// None: no end (docs/credentials.md, "Keys").
    #[must_use]
    pub const fn span(self) -> Option<Seconds> {
        match self {
            Self::UntilRevoked => None,
            Self::For(span) => Some(span),
        }
    }
}

impl Offer<'_> {
    /// Whether a key may live so long (docs/credentials.md, "Keys").
    #[must_use]
    pub fn allows(&self, lasts: Lasts) -> bool {
        match (lasts, self.rules.longest) {
            (Lasts::UntilRevoked, longest) => longest.is_none(),
            (Lasts::For(span), longest) => {
                let most = longest.unwrap_or(LONGEST_LIFE);
                span >= Seconds::MINUTE && span <= most
            }
        }
    }

    /// The lives a person may choose from, the longest last: the usual ones, within what the
    /// operator allows (docs/credentials.md, "Keys").
    #[must_use]
    pub fn lives(&self) -> Vec<Lasts> {
        let usual = [30, 90, 365].map(|days| Seconds::DAY.times(days));
        let within = |span: &Seconds| self.rules.longest.is_none_or(|longest| *span < longest);
        let longest = self.rules.longest.map_or(Lasts::UntilRevoked, Lasts::For);
        usual.into_iter().filter(within).map(Lasts::For).chain([longest]).collect()
    }
}

/// Makes a key and returns it in the clear, this once (docs/credentials.md, "Keys").
///
/// # Errors
///
/// Not signed in lately, a key, not filled in, not offered, or too many within the hour.
pub async fn create(
    app: &App,
    caller: Caller<'_>,
    offer: &Offer<'_>,
    wanted: &Wanted<'_>,
    occasion: &Occasion,
) -> Result<(ApiKey, KeySecret), KeyError> {
    caller.may_make(occasion.at)?;
    let name = line(wanted.name)?.ok_or(KeyError::NameMissing)?;
    let environment = line(wanted.environment)?.unwrap_or_default();
    let limited_to = LimitedTo::read(wanted.limited_to).ok_or(KeyError::NotALimit)?;
    let form = offered(caller, offer, wanted, &limited_to)?;
    let organization = owned_by(app, caller, offer, wanted.organization).await?;
    let (agent, named) = given_to(app, caller, offer, (wanted, occasion)).await?;
    let secret = app.entropy.key(form)?;
    let key = ApiKey {
        id: new_id(app, occasion.at)?,
        revision: UNSTORED,
        account: caller.account().clone(),
        organization,
        made_by: caller.user_token().map(|token| token.id.clone()),
        profile: offer.profile.name.clone(),
        kind: offer.rules.kind,
        agent,
        resource: offer.resource.identifier.clone(),
        digest: secret.digest(),
        beginning: secret.beginning(offer.rules.display).to_owned(),
        name,
        environment,
        scopes: wanted.scopes.clone(),
        limited_to,
        mode: wanted.mode,
        created_at: occasion.at,
        expires_at: end(caller, wanted, occasion.at),
        last_used_at: None,
        last_used_from: None,
        uses: 0,
        ended: None,
        successor: None,
    };
    let mut change = key.create(occasion);
    let counted = counted(app, "api_key", &change.next.owner(), occasion.at);
    // The agent is there before the key is given to it.
    change.effects.splice(0..0, named.into_iter().chain([counted]));
    let key = app.store.commit(change).await.map_err(|error| limited(error, occasion.at))?;
    Ok((key, secret))
}

/// How the key is spelled, if such a one is offered.
fn offered<'a>(
    caller: Caller<'_>,
    offer: &Offer<'a>,
    wanted: &Wanted<'_>,
    limited_to: &LimitedTo,
) -> Result<&'a KeyForm, KeyError> {
    if wanted.organization.is_some() && wanted.agent.is_some() {
        return Err(KeyError::NotOffered);
    }
    if wanted.scopes.is_empty() {
        return Err(KeyError::NothingTicked);
    }
    if !offer.rules.scopes.covers(&wanted.scopes) || !offer.allows(wanted.lasts) {
        return Err(KeyError::NotOffered);
    }
    if offer.rules.resource_param.is_none() && !limited_to.is_everything() {
        return Err(KeyError::NotOffered);
    }
    if let Some(token) = caller.user_token() {
        let opens_more =
            !token.scopes.covers(&wanted.scopes) || !token.limited_to.covers(limited_to.iter());
        if opens_more || (token.mode == Mode::Sandbox && wanted.mode == Mode::Live) {
            return Err(KeyError::LacksScope);
        }
    }
    offer.rules.form(wanted.mode).ok_or(KeyError::NotOffered)
}

/// When it ends: as is wanted, and no later than the user token that makes it.
fn end(caller: Caller<'_>, wanted: &Wanted<'_>, now: Timestamp) -> Option<Timestamp> {
    let wanted = wanted.lasts.span().map(|span| now + span);
    let tokens = caller.user_token().and_then(|token| token.expires_at);
    wanted.into_iter().chain(tokens).min()
}

/// The organization that a key is made for (AV16).
async fn owned_by(
    app: &App,
    caller: Caller<'_>,
    offer: &Offer<'_>,
    wanted: Option<&str>,
) -> Result<Option<OrganizationId>, KeyError> {
    let Some(slug) = wanted else { return Ok(None) };
    let person = caller.person().filter(|_| caller.user_token().is_none());
    let Some(person) = person.filter(|_| offer.rules.organizations) else {
        return Err(KeyError::NoOrganization);
    };
    match organization::belonging(app, person, slug).await {
        Ok((organization, role)) if role.manages_keys() => Ok(Some(organization.id)),
        Ok(_) => Err(KeyError::NotAllowed),
        Err(PersonError::NotFound) => Err(KeyError::NoOrganization),
        Err(error) => Err(error.into()),
    }
}

/// The agent that a key is given to, among its owner's, and what makes it where it is new.
async fn given_to(
    app: &App,
    caller: Caller<'_>,
    offer: &Offer<'_>,
    (wanted, occasion): (&Wanted<'_>, &Occasion),
) -> Result<(Option<NamedAgent>, Vec<Effect>), KeyError> {
    match wanted.agent {
        None if offer.rules.must_be_given() => Err(KeyError::AgentMissing),
        None => Ok((None, Vec::new())),
        Some(_) if !offer.rules.may_be_given() => Err(KeyError::NotOffered),
        Some(ForAgent::Known(id)) => {
            let agent = account_agent::of_account(app, caller.account(), id).await?;
            Ok((Some(agent.named), Vec::new()))
        }
        Some(ForAgent::New) => new_agent(app, caller, wanted.name, occasion).await,
    }
}

/// An agent that comes with its key. What is in the sandbox makes nothing that is not.
async fn new_agent(
    app: &App,
    caller: Caller<'_>,
    name: &str,
    occasion: &Occasion,
) -> Result<(Option<NamedAgent>, Vec<Effect>), KeyError> {
    let token = caller.user_token();
    if token.is_some_and(|token| token.mode == Mode::Sandbox) {
        return Err(KeyError::LacksScope);
    }
    let most = app.settings.limits.agents_per_account;
    let has = app.store.agents_of(caller.account()).await?.len();
    if i64::try_from(has).is_ok_and(|has| has >= most.into()) {
        return Err(KeyError::TooMany);
    }
    let by = (caller.account(), token.map(|token| &token.id));
    let change = account_agent::named(app, by, name, occasion)?;
    let named = change.next.named.clone();
    let mut effects = vec![Effect::NameAgent(Box::new(change.next))];
    effects.extend(change.effects);
    Ok((Some(named), effects))
}

/// One readable line, cleaned of what deceives the eye; none where nothing is left.
fn line(text: &str) -> Result<Option<String>, KeyError> {
    if text.chars().count() > LONGEST_NAME {
        return Err(KeyError::TooLong);
    }
    Ok(ToldText::clean(text, LONGEST_NAME).map(|line| line.to_string()))
}

pub(super) fn new_id(app: &App, now: Timestamp) -> Result<KeyId, KeyError> {
    Ok(KeyId(app.entropy.identifier(KeyId::PREFIX, now)?))
}

/// One more key of this owner within the hour. What keys make of themselves is counted apart, or
/// whoever has stolen one would keep its owner from making another.
pub(super) fn counted(app: &App, what: &str, owner: &Owner, now: Timestamp) -> Effect {
    let most = app.settings.limits.api_keys_per_account_per_hour;
    Effect::Count(Count::hourly(what, owner.as_str(), most.into(), now))
}

pub(super) fn limited(error: StoreError, now: Timestamp) -> KeyError {
    match error {
        StoreError::Limited => KeyError::Person(PersonError::Limited(until_next_hour(now))),
        // Whoever it was to be given to has gone meanwhile.
        StoreError::Stale(_) => KeyError::Person(PersonError::NotFound),
        error => error.into(),
    }
}
