//! One-time links: the first account, a new password.

use crate::app::App;
use crate::domain::account::{Account, is_acceptable_password};
use crate::domain::browser::{LinkPurpose, ONE_TIME_LINK, OneTimeLink};
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::origin::Occasion;
use crate::flow::account::{
    EntryError, NewPerson, SignedIn, Vouched, create, hash, new_account, open_browser,
};
use crate::flow::error::PersonError;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// What a one-time link lets its holder do.
pub enum Welcome {
    FirstAccount,
    SetPassword(Account),
}

/// Looks at a one-time link without using it.
///
/// # Errors
///
/// Used, over or unknown.
pub async fn welcome(app: &App, link: &str, now: Timestamp) -> Result<Welcome, EntryError> {
    match open_link(app, link, now).await?.purpose {
        LinkPurpose::FirstAccount => Ok(Welcome::FirstAccount),
        LinkPurpose::SetPassword(account) => {
            let account = app.store.account(&account).await?.ok_or(EntryError::NoLink)?;
            Ok(Welcome::SetPassword(account))
        }
    }
}

/// Uses the link that makes the first account: an administrator, with a verified address,
/// since the operator handed the link over.
///
/// # Errors
///
/// The link is used or over, an account exists, or the form is not acceptable.
pub async fn create_first(
    app: &App,
    link: &str,
    person: &NewPerson<'_>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let link = open_link(app, link, occasion.at).await?;
    if link.purpose != LinkPurpose::FirstAccount || app.store.has_accounts().await? {
        return Err(EntryError::NoLink);
    }
    let account = Account {
        administrator: true,
        ..new_account(app, person, Vouched::ByOperator, occasion.at).await?
    };
    let spend = Effect::SpendLink { digest: link.digest, at: occasion.at };
    create(app, account, vec![spend], occasion).await
}

/// Uses a link that sets a password; every browser of the account is signed out.
///
/// # Errors
///
/// The link is used or over, or the password is not acceptable.
pub async fn set_password(
    app: &App,
    link: &str,
    password: &str,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let link = open_link(app, link, occasion.at).await?;
    let LinkPurpose::SetPassword(id) = &link.purpose else { return Err(EntryError::NoLink) };
    let account = app.store.account(id).await?.ok_or(EntryError::NoLink)?;
    if !is_acceptable_password(password, &account.email) {
        return Err(EntryError::Password);
    }
    let hash = hash(app, password).await?;
    let event = Event::new(EventKind::PasswordSet, occasion).by(&account.id);
    let effects = vec![
        Effect::SpendLink { digest: link.digest, at: occasion.at },
        Effect::SignOutEverywhere(account.id.clone()),
        Effect::Record(event),
    ];
    let seen = account.revision;
    let next = Account { password_hash: Some(hash), ..account };
    let account = app.store.commit(Change { seen, next, effects }).await.map_err(|error| {
        if matches!(error, StoreError::Stale("one_time_link")) {
            EntryError::NoLink
        } else {
            error.into()
        }
    })?;
    open_browser(app, &account.id, Vec::new(), occasion).await
}

/// A link to set a new password; the person's browsers are signed out at once, and links
/// handed out before are worth nothing.
///
/// # Errors
///
/// Nobody has that address.
pub async fn reset(app: &App, email: &str, now: Timestamp) -> Result<Secret, EntryError> {
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    let account = app.store.account_by_email(&email).await?.ok_or(PersonError::NotFound)?;
    let (link, effect) = offer(app, LinkPurpose::SetPassword(account.id.clone()), now)?;
    let event =
        Event::new(EventKind::PasswordReset, &Occasion::at_the_machine(now)).by(&account.id);
    let effects = vec![
        Effect::WithdrawLinksOf(account.id.clone()),
        Effect::SignOutEverywhere(account.id),
        effect,
        Effect::Record(event),
    ];
    app.store.apply(effects).await?;
    Ok(link)
}

/// While nobody has an account: a fresh link to make the first one. Earlier ones end.
///
/// # Errors
///
/// The database is away.
pub async fn first_account_link(app: &App, now: Timestamp) -> Result<Option<Secret>, EntryError> {
    if app.store.has_accounts().await? {
        return Ok(None);
    }
    let (link, effect) = offer(app, LinkPurpose::FirstAccount, now)?;
    app.store.apply(vec![Effect::WithdrawFirstAccountLinks, effect]).await?;
    Ok(Some(link))
}

pub(super) fn offer(
    app: &App,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<(Secret, Effect), EntryError> {
    let link = app.entropy.secret(SecretKind::OneTimeLink).map_err(PersonError::from)?;
    let offered = OneTimeLink {
        digest: link.digest(),
        purpose,
        created_at: now,
        expires_at: now + ONE_TIME_LINK,
    };
    Ok((link, Effect::OfferLink(Box::new(offered))))
}

async fn open_link(app: &App, link: &str, now: Timestamp) -> Result<OneTimeLink, EntryError> {
    let link = Secret::parse(SecretKind::OneTimeLink, link).ok_or(EntryError::NoLink)?;
    app.store.one_time_link(&link.digest(), now).await?.ok_or(EntryError::NoLink)
}
