//! What an account may still use (docs/credentials.md, "Plans"): counted in memory, so that a
//! check asks no database, and written in batches.

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::app::App;
use crate::config::{Plans, Profile};
use crate::domain::account::Account;
use crate::domain::api_key::Mode;
use crate::domain::change::{Change, Effect};
use crate::domain::credential::{Credential, Holder};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ProjectId;
use crate::domain::limit::Window;
use crate::domain::origin::Occasion;
use crate::domain::owner::Owner;
use crate::domain::plan::{Beyond, Plan};
use crate::flow::account::EntryError;
use crate::flow::allowance::{Allowance, Allowed, Charge};
use crate::flow::error::PersonError;
use crate::flow::introspect::LiveToken;
use crate::flow::principal::Human;
use crate::flow::project::{self, Offer};
use crate::protocol::email::EmailAddress;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// What accounts may still use, by profile, account, plan and month (docs/credentials.md,
/// "Plans").
pub struct Allowances(Cache<(String, String, String, i64), Arc<Allowance>>);

/// Longer than any window but a day's is remembered where nobody asks.
const KEPT: Duration = Duration::from_hours(25);

/// How many are remembered, at most.
const CAPACITY: u64 = 50_000;

impl Default for Allowances {
    fn default() -> Self {
        // Whoever asks now is remembered, however many others ask more often.
        let cache = Cache::builder().max_capacity(CAPACITY).eviction_policy(EvictionPolicy::lru());
        Self(cache.time_to_idle(KEPT).build())
    }
}

/// What a person has used of one profile's API this month (docs/credentials.md, "Plans").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used<'a> {
    pub profile: &'a str,
    pub plan: &'a Plan,
    pub requests: i64,
    pub events: i64,
    pub until: Timestamp,
}

/// What whoever holds this credential may still use, where its profile has plans
/// (docs/credentials.md, "Plans").
///
/// # Errors
///
/// The database is away.
pub async fn allowance(
    app: &App,
    credential: &Credential,
    now: Timestamp,
) -> Result<Option<Arc<Allowance>>, StoreError> {
    if let Holder::Project { id, profile } = &credential.holder {
        return Ok(allowance_of_project(app, id, profile, now));
    }
    let Some((profile, plans)) = plans_of(app, credential) else { return Ok(None) };
    let owner = credential.owner();
    let name = match &owner {
        Some(owner) => name_of(app, owner).await?,
        None => None,
    };
    let Some(plan) = plans.of(name.as_deref()) else { return Ok(None) };
    let month = Window::month(now);
    let is_live = credential.holder.mode() == Mode::Live;
    let allowed = Allowed {
        has_larger: plans.has_larger(plan),
        plan: plan.clone(),
        profile: profile.name.clone(),
        // What is only tried out uses nothing up that counts.
        owner: owner.clone().filter(|_| is_live),
        month,
        events_scope: plans.events_scope.clone(),
        is_told: plans.rate_headers,
    };
    let sandbox = || format!("{} sandbox", credential.subject());
    let subject = if is_live { credential.subject().to_owned() } else { sandbox() };
    let allowance = remembered(app, &subject, allowed);
    if let (Some(owner), Some(_), true) = (&owner, plan.events, is_live) {
        let written = app.store.plan_uses(owner, month.start).await?;
        let written = written.iter().find(|used| used.profile == profile.name);
        allowance.learn(written.map_or(0, |used| used.events));
    }
    Ok(Some(allowance))
}

/// The plan that somebody was given, by name.
async fn name_of(app: &App, owner: &Owner) -> Result<Option<String>, StoreError> {
    Ok(match owner {
        Owner::Account(id) => app.store.account(id).await?.and_then(|account| account.plan),
        Owner::Organization(id) => app.store.organization(id).await?.and_then(|own| own.plan),
    })
}

/// A project's token has a rate of its own: anybody can read it, and must not be able to use up
/// what its owner's keys and agents need.
fn allowance_of_project(
    app: &App,
    id: &ProjectId,
    profile: &str,
    now: Timestamp,
) -> Option<Arc<Allowance>> {
    let Offer { profile, rules } = project::offer(app, profile)?;
    let plan = Plan { name: String::new(), rate: Some(rules.rate?), events: None, scopes: None };
    let allowed = Allowed {
        has_larger: false,
        plan,
        profile: profile.name.clone(),
        owner: None,
        month: Window::month(now),
        events_scope: None,
        is_told: profile.plans.as_ref().is_some_and(|plans| plans.rate_headers),
    };
    Some(remembered(app, id.as_str(), allowed))
}

fn remembered(app: &App, subject: &str, allowed: Allowed) -> Arc<Allowance> {
    let (plan, month) = (allowed.plan.name.clone(), allowed.month.start.0);
    let key = (allowed.profile.clone(), subject.to_owned(), plan, month);
    app.allowances.0.get_with(key, || Arc::new(Allowance::new(allowed)))
}

/// A key is of a profile; a session is of an API, and the first profile with plans for it counts.
fn plans_of<'a>(app: &'a App, credential: &Credential) -> Option<(&'a Profile, &'a Plans)> {
    let own = |profile: &&Profile| match &credential.holder {
        Holder::Key { profile: name, .. }
        | Holder::Console { profile: name, .. }
        | Holder::SessionToken { profile: name, .. } => profile.name == *name,
        Holder::Session(_) => profile.resource == credential.resource,
        Holder::Project { .. } => false,
    };
    let mut own = app.settings.profiles.iter().filter(own);
    own.find_map(|profile| Some((profile, profile.plans.as_ref()?)))
}

/// Takes one request that needs these scopes out of what its account may use (docs/credentials.md,
/// "Plans"). It counts once it is [kept](Charge::keep).
///
/// # Errors
///
/// There is nothing left, or the plan does not include it: then nothing is taken.
pub fn charge(live: &LiveToken, needed: &Scopes, now: Timestamp) -> Result<Option<Charge>, Beyond> {
    live.allowance.as_ref().map(|allowance| allowance.take(needed, now)).transpose()
}

/// Whether there are plans at all (docs/credentials.md, "Plans").
#[must_use]
pub fn are_offered(app: &App) -> bool {
    app.settings.profiles.iter().any(|profile| profile.plans.is_some())
}

/// Whether any profile has a plan of this name.
pub(in crate::flow) fn is_offered(app: &App, plan: &str) -> bool {
    let mut plans = app.settings.profiles.iter().filter_map(|profile| profile.plans.as_ref());
    plans.any(|plans| plans.has(plan))
}

/// What this person has used this month, and may use (docs/credentials.md, "Plans").
///
/// # Errors
///
/// The database is away.
pub async fn used<'a>(
    app: &'a App,
    human: &Human,
    now: Timestamp,
) -> Result<Vec<Used<'a>>, PersonError> {
    let month = Window::month(now);
    let account = human.account();
    let owner = Owner::Account(account.id.clone());
    let written = app.store.plan_uses(&owner, month.start).await?;
    let used = |profile: &'a Profile| {
        let plan = profile.plans.as_ref()?.of(account.plan.as_deref())?;
        let written = written.iter().find(|used| used.profile == profile.name);
        let (requests, events) = written.map_or((0, 0), |used| (used.requests, used.events));
        Some(Used { profile: &profile.name, plan, requests, events, until: month.end })
    };
    Ok(app.settings.profiles.iter().filter_map(used).collect())
}

/// Gives an account another plan (docs/credentials.md, "Plans").
///
/// # Errors
///
/// Nobody has the address, no profile has the plan, or the database is away.
pub async fn assign(app: &App, email: &str, plan: &str, now: Timestamp) -> Result<(), EntryError> {
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    if !is_offered(app, plan) {
        return Err(EntryError::Plan);
    }
    let account = app.store.account_by_email(&email).await.map_err(PersonError::from)?;
    let account = account.ok_or(PersonError::NotFound)?;
    let event = Event::new(EventKind::PlanAssigned, &Occasion::at_the_machine(now));
    let event = event.by(&account.id).saying(plan);
    let seen = account.revision;
    let next = Account { plan: Some(plan.to_owned()), ..account };
    let change = Change { seen, next, effects: vec![Effect::Record(event)] };
    app.store.commit(change).await.map_err(PersonError::from)?;
    Ok(())
}
