//! Organizations (docs/credentials.md, "Organizations"): founded, joined, left, dissolved. Every use
//! case takes the [`Human`] who does it; what they are in the organization is read with its
//! revision, so that nothing is done in a role that was taken away meanwhile.

mod invitation;
mod member;

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, OrganizationId};
use crate::domain::limit::Count;
use crate::domain::organization::{
    Invitation, Member, Organization, Refused, Role, Roster, is_slug, slug_of,
};
use crate::domain::origin::Occasion;
use crate::flow::account::EntryError;
use crate::flow::api_key::{self, LONGEST_NAME};
use crate::flow::error::{PersonError, RETRIES, until_next_hour};
use crate::flow::plan;
use crate::flow::principal::Human;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

pub use invitation::{Asked, invitation, invite, join, join_path, withdraw};
pub use member::{dissolve, give_role, part};

/// Why nothing is done (docs/credentials.md, "Organizations").
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    #[error("the name is missing")]
    NameMissing,
    #[error("the name is too long")]
    TooLong,
    #[error("that is no slug")]
    Slug,
    #[error("another organization is called so")]
    Taken,
    #[error("there are as many as there may be")]
    TooMany,
    #[error("that is no e-mail address")]
    Email,
    /// The link is used or over, or is for another address.
    #[error("the invitation is not for this person")]
    NoInvitation,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for OrganizationError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// An organization as somebody who belongs sees it (docs/credentials.md, "Organizations").
#[derive(Debug)]
pub struct Shown {
    pub organization: Organization,
    /// What the person who looks is in it.
    pub role: Role,
    /// Everybody who belongs, the longest first.
    pub members: Vec<(Member, Account)>,
    /// Nobody who may not invite sees who is asked.
    pub invitations: Vec<Invitation>,
}

/// Whether any keys here can be an organization's (docs/credentials.md, "Organizations").
#[must_use]
pub fn are_offered(app: &App) -> bool {
    api_key::offers(app).any(|offer| offer.rules.organizations)
}

/// Founds an organization, which the person owns (docs/credentials.md, "Organizations"). Without a
/// slug it is called as its name comes to.
///
/// # Errors
///
/// Not filled in, taken, or the person owns as many as they may.
pub async fn found(
    app: &App,
    human: &Human,
    (name, slug): (&str, &str),
    occasion: &Occasion,
) -> Result<Organization, OrganizationError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(OrganizationError::TooLong);
    }
    let name = ToldText::clean(name, LONGEST_NAME).ok_or(OrganizationError::NameMissing)?;
    let slug = match slug.trim() {
        "" => slug_of(name.as_str()),
        slug => Some(slug.to_owned()).filter(|slug| is_slug(slug)),
    };
    let id = app.entropy.identifier(OrganizationId::PREFIX, occasion.at);
    let organization = Organization {
        id: OrganizationId(id.map_err(PersonError::from)?),
        revision: UNSTORED,
        slug: slug.ok_or(OrganizationError::Slug)?,
        name: name.to_string(),
        plan: None,
        created_at: occasion.at,
    };
    let (account, most) = (&human.account().id, app.settings.limits.organizations_per_account);
    let mut change = organization.found(account, most.into(), occasion);
    let count = Count::hourly("organization", account.as_str(), most.into(), occasion.at);
    change.effects.insert(0, Effect::Count(count));
    app.store.commit(change).await.map_err(|error| match error {
        StoreError::Stale("organization") => OrganizationError::Taken,
        StoreError::Stale(_) => OrganizationError::TooMany,
        error => limited(error, occasion.at),
    })
}

/// The organizations that this person belongs to, and as what (docs/credentials.md,
/// "Organizations").
///
/// # Errors
///
/// The database is away.
pub async fn list(app: &App, human: &Human) -> Result<Vec<(Organization, Role)>, PersonError> {
    Ok(app.store.organizations_of(&human.account().id).await?)
}

/// One organization. Nobody who does not belong learns whether there is one
/// (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn show(
    app: &App,
    human: &Human,
    slug: &str,
    now: Timestamp,
) -> Result<Shown, PersonError> {
    let (organization, role) = belonging(app, &human.account().id, slug).await?;
    let invitations = if role.invites() {
        app.store.invitations_of(&organization.id, now).await?
    } else {
        Vec::new()
    };
    let roster = app.store.roster(organization).await?;
    let accounts = app.store.accounts_on(&roster).await?;
    let with_account = |member: Member| {
        let own = accounts.iter().find(|account| account.id == member.account)?;
        Some((member, own.clone()))
    };
    let members = roster.members.into_iter().filter_map(with_account).collect();
    Ok(Shown { organization: roster.organization, role, members, invitations })
}

/// Gives an organization another plan (docs/credentials.md, "Plans").
///
/// # Errors
///
/// There is none of that slug, no profile has the plan, or the database is away.
pub async fn assign_plan(
    app: &App,
    slug: &str,
    plan: &str,
    now: Timestamp,
) -> Result<(), EntryError> {
    if !plan::is_offered(app, plan) {
        return Err(EntryError::Plan);
    }
    let organization = called(app, slug).await?.ok_or(PersonError::NotFound)?;
    let event = Event::new(EventKind::PlanAssigned, &Occasion::at_the_machine(now));
    let event = event.saying(format!("{} {plan}", organization.id));
    let seen = organization.revision;
    let next = Organization { plan: Some(plan.to_owned()), ..organization };
    let change = Change { seen, next, effects: vec![Effect::Record(event)] };
    app.store.commit(change).await.map_err(PersonError::from)?;
    Ok(())
}

/// The organization of this slug and what somebody is in it (docs/credentials.md,
/// "Organizations"). To whoever does not belong there is none.
///
/// # Errors
///
/// Not found, or the database is away.
pub(in crate::flow) async fn belonging(
    app: &App,
    account: &AccountId,
    slug: &str,
) -> Result<(Organization, Role), PersonError> {
    let organization = called(app, slug).await?.ok_or(PersonError::NotFound)?;
    let role = app.store.role_in(&organization.id, account).await?;
    Ok((organization, role.ok_or(PersonError::NotFound)?))
}

/// The organization of this slug (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// The database is away.
pub(in crate::flow) async fn called(
    app: &App,
    slug: &str,
) -> Result<Option<Organization>, PersonError> {
    if !is_slug(slug) {
        return Ok(None);
    }
    Ok(app.store.organization_called(slug).await?)
}

/// Decides about the organization as it is, and again where it moved meanwhile.
async fn change<F>(
    app: &App,
    human: &Human,
    slug: &str,
    now: Timestamp,
    decide: F,
) -> Result<(), OrganizationError>
where
    F: Fn(Roster) -> Result<Change<Organization>, Refused>,
{
    for _attempt in 0..=RETRIES {
        let (organization, _) = belonging(app, &human.account().id, slug).await?;
        let roster = app.store.roster(organization).await?;
        match app.store.commit(decide(roster)?).await {
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(limited(error, now)),
            Ok(_) => return Ok(()),
        }
    }
    Err(moving())
}

fn moving() -> OrganizationError {
    PersonError::Unavailable("the organization keeps changing".into()).into()
}

fn limited(error: StoreError, now: Timestamp) -> OrganizationError {
    match error {
        StoreError::Limited => PersonError::Limited(until_next_hour(now)).into(),
        error => error.into(),
    }
}
