//! People are asked to belong to an organization, and answer (docs/credentials.md,
//! "Organizations").

use super::{OrganizationError, change, moving};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::change::Effect;
use crate::domain::id::InvitationId;
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::organization::{INVITATION, Invitation, Organization, Role};
use crate::domain::origin::Occasion;
use crate::flow::api_key;
use crate::flow::error::{PersonError, RETRIES};
use crate::flow::principal::Human;
use crate::flow::{mail, mailed_link};
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// A question to somebody whether to belong (docs/credentials.md, "Organizations").
#[derive(Debug)]
pub struct Asked {
    pub invitation: Invitation,
    pub organization: Organization,
    pub invited_by: Account,
}

/// Asks whoever has this address to belong (docs/credentials.md, "Organizations"). The link is
/// returned in the clear, this once.
///
/// # Errors
///
/// No address, not for this role, or too many within the hour.
pub async fn invite(
    app: &App,
    human: &Human,
    slug: &str,
    (email, role): (&str, Role),
    occasion: &Occasion,
) -> Result<Secret, OrganizationError> {
    let email: EmailAddress = email.parse().map_err(|_| OrganizationError::Email)?;
    let link = app.entropy.secret(SecretKind::OneTimeLink).map_err(PersonError::from)?;
    let id = app.entropy.identifier(InvitationId::PREFIX, occasion.at);
    let id = InvitationId(id.map_err(PersonError::from)?);
    let most = app.settings.limits.invitations_per_organization_per_hour;
    change(app, human, slug, occasion.at, |roster| {
        let organization = roster.organization.id.clone();
        let count = Count::hourly("invitation", organization.as_str(), most.into(), occasion.at);
        let invitation = Invitation {
            id: id.clone(),
            digest: link.digest(),
            organization,
            email: email.clone(),
            role,
            invited_by: human.account().id.clone(),
            created_at: occasion.at,
            expires_at: occasion.at + INVITATION,
        };
        let mut change = roster.invite(invitation, occasion)?;
        change.effects.insert(0, Effect::Count(count));
        Ok(change)
    })
    .await?;
    // The link is shown as well, so whoever is asked gets it with or without the letter.
    let letter = Letter::JoinOrganization { path: join_path(&link) };
    if let Some(letter) = mail::post(app, &email, letter, occasion.at)? {
        mailed_link::say(app, &email, vec![letter], occasion.at).await?;
    }
    Ok(link)
}

/// The path of an invitation (docs/credentials.md, "Organizations").
#[must_use]
pub fn join_path(link: &Secret) -> String {
    format!("/account/join/{}", link.reveal())
}

/// Takes an invitation back (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// Not found, not for this role, or the database is away.
pub async fn withdraw(
    app: &App,
    human: &Human,
    (slug, id): (&str, &str),
    occasion: &Occasion,
) -> Result<(), OrganizationError> {
    if !api_key::is_word(id) {
        return Err(PersonError::NotFound.into());
    }
    let (id, by) = (InvitationId(id.to_owned()), &human.account().id);
    let now = occasion.at;
    change(app, human, slug, now, |roster| roster.withdraw(&id, by, occasion)).await
}

/// What an invitation is to, for the person whom it is for (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// Used, over, for another address, or the database is away.
pub async fn invitation(
    app: &App,
    human: &Human,
    link: &str,
    now: Timestamp,
) -> Result<Asked, OrganizationError> {
    let link = Secret::parse(SecretKind::OneTimeLink, link);
    let link = link.ok_or(OrganizationError::NoInvitation)?;
    let found = app.store.invitation(&link.digest(), now).await?;
    let own = found.filter(|invitation| invitation.email == human.account().email);
    let invitation = own.ok_or(OrganizationError::NoInvitation)?;
    let organization = app.store.organization(&invitation.organization).await?;
    let organization = organization.ok_or(OrganizationError::NoInvitation)?;
    let invited_by = app.store.account(&invitation.invited_by).await?;
    let invited_by = invited_by.ok_or(OrganizationError::NoInvitation)?;
    Ok(Asked { invitation, organization, invited_by })
}

/// Takes an invitation up, once (docs/credentials.md, "Organizations").
///
/// # Errors
///
/// As [`invitation`]; belongs already, or as many belong as may.
pub async fn join(
    app: &App,
    human: &Human,
    link: &str,
    occasion: &Occasion,
) -> Result<Organization, OrganizationError> {
    let most = usize::try_from(app.settings.limits.members_per_organization);
    let most = most.unwrap_or(usize::MAX);
    for _attempt in 0..=RETRIES {
        let asked = invitation(app, human, link, occasion.at).await?;
        let Asked { invitation, organization, .. } = asked;
        let roster = app.store.roster(organization).await?;
        let change = roster.join(&invitation, &human.account().id, most, occasion)?;
        match app.store.commit(change).await {
            Err(StoreError::Stale("organization")) => {}
            Err(StoreError::Stale(_)) => return Err(OrganizationError::NoInvitation),
            joined => return Ok(joined?),
        }
    }
    Err(moving())
}
