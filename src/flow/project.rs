//! Projects and their public tokens (docs/credentials.md, "Public tokens"): made, looked at,
//! revoked. Every use case takes the [`Human`] who does it.

use crate::app::App;
use crate::config::{Profile, PublicRules};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::id::ProjectId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::project::Project;
use crate::flow::api_key::{self, KeyError, LONGEST_NAME};
use crate::flow::error::{PersonError, until_next_hour};
use crate::flow::principal::Human;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::store::StoreError;

/// The public tokens of one profile, as the operator offers them (docs/credentials.md, "Public
/// tokens").
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    pub profile: &'a Profile,
    pub rules: &'a PublicRules,
}

/// What is offered, in the order of the settings (docs/credentials.md, "Public tokens").
pub fn offers(app: &App) -> impl Iterator<Item = Offer<'_>> {
    let offer = |profile| Some(Offer { profile, rules: profile.public.as_ref()? });
    app.settings.profiles.iter().filter_map(offer)
}

/// What the profile of this name offers (docs/credentials.md, "Public tokens").
pub fn offer<'a>(app: &'a App, profile: &str) -> Option<Offer<'a>> {
    offers(app).find(|offer| offer.profile.name == profile)
}

/// The profile whose public token this text can be, and what it is found by
/// (docs/credentials.md, "Public tokens").
#[must_use]
pub fn recognized<'a>(app: &'a App, presented: &str) -> Option<(&'a str, Digest)> {
    offers(app).find_map(|offer| {
        let digest = offer.rules.form.digest_of(presented)?;
        Some((offer.profile.name.as_str(), digest))
    })
}

/// Makes a project with a token (docs/credentials.md, "Public tokens").
///
/// # Errors
///
/// Not filled in, too many within the hour, or too many.
pub async fn create(
    app: &App,
    human: &Human,
    offer: &Offer<'_>,
    name: &str,
    occasion: &Occasion,
) -> Result<Project, KeyError> {
    if name.chars().count() > LONGEST_NAME {
        return Err(KeyError::TooLong);
    }
    let name = ToldText::clean(name, LONGEST_NAME).ok_or(KeyError::NameMissing)?;
    let token = app.entropy.key(&offer.rules.form)?;
    let project = Project {
        id: ProjectId(app.entropy.identifier(ProjectId::PREFIX, occasion.at)?),
        revision: UNSTORED,
        account: human.account().id.clone(),
        profile: offer.profile.name.clone(),
        resource: offer.profile.resource.clone(),
        name: name.to_string(),
        token: token.reveal().to_owned(),
        digest: token.digest(),
        created_at: occasion.at,
        revoked_at: None,
    };
    let limits = &app.settings.limits;
    let most = limits.projects_per_account_per_hour;
    let count = Count::hourly("project", project.account.as_str(), most.into(), occasion.at);
    let mut change = project.create(limits.projects_per_account.into(), occasion);
    change.effects.insert(0, Effect::Count(count));
    app.store.commit(change).await.map_err(|error| match error {
        StoreError::Limited => PersonError::Limited(until_next_hour(occasion.at)).into(),
        // Nothing else of what is new can have moved.
        StoreError::Stale(_) => KeyError::TooMany,
        error => error.into(),
    })
}

/// This person's projects, newest first, those that were revoked behind the others (docs/credentials.md, "Public tokens").
///
/// # Errors
///
/// The database is away.
pub async fn list(app: &App, human: &Human) -> Result<Vec<Project>, PersonError> {
    Ok(app.store.projects_of(&human.account().id).await?)
}

/// Revokes a project's token: its next use is refused, on every node. Revoking twice is no error;
/// somebody else's does not exist (docs/credentials.md, "Public tokens").
///
/// # Errors
///
/// Not found, or the database is away: then the token may still be good.
pub async fn revoke(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    if !api_key::is_word(id) {
        return Err(PersonError::NotFound);
    }
    let project = app.store.project(&ProjectId(id.to_owned())).await?;
    let own = project.filter(|project| project.account == human.account().id);
    let project = own.ok_or(PersonError::NotFound)?;
    Ok(app.store.apply(project.revoke(occasion)).await?)
}
