//! One-time links: the first account, a new password.

use crate::app::App;
use crate::domain::account::{Account, is_acceptable_password};
use crate::domain::browser::{LinkPurpose, OneTimeLink};
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::passkey::PasskeyEffect;
use crate::flow::account::{
    EntryError, NewPerson, SignedIn, Vouched, create, hash, new_account, sign_up_is_open,
};
use crate::flow::browser::open_browser;
use crate::flow::error::PersonError;
use crate::flow::mail;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// What a one-time link lets its holder do.
pub enum Welcome {
    FirstAccount,
    /// An account with this address.
    SignUp(EmailAddress),
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
        LinkPurpose::SignUp(email) => Ok(Welcome::SignUp(email)),
        LinkPurpose::VerifyAddress(_) => Err(EntryError::NoLink),
        LinkPurpose::SetPassword(account) | LinkPurpose::ResetPassword(account) => {
            let account = app.store.account(&account).await?.filter(Account::is_open);
            let account = account.ok_or(EntryError::NoLink)?;
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

/// Uses a link that went to a mailbox: an account with that address, which is verified.
///
/// # Errors
///
/// The link is used or over, the address has an account by now, or the form is not acceptable.
pub async fn sign_up(
    app: &App,
    link: &str,
    (name, password): (&str, &str),
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let link = open_link(app, link, occasion.at).await?;
    let LinkPurpose::SignUp(email) = &link.purpose else { return Err(EntryError::NoLink) };
    if !sign_up_is_open(app) {
        return Err(EntryError::Closed);
    }
    let person = NewPerson { name, email: email.as_str(), password };
    let account = new_account(app, &person, Vouched::ByMailbox, occasion.at).await?;
    let most = app.settings.limits.sign_ups_per_address_per_hour;
    let count = Count::hourly("sign_up", &occasion.from.network(), most.into(), occasion.at);
    let spend = Effect::SpendLink { digest: link.digest, at: occasion.at };
    create(app, account, vec![spend, Effect::Count(count)], occasion).await
}

/// Uses a link that sets a password; other links of the account are worth nothing, and every browser of it is signed
/// out.
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
    let (LinkPurpose::SetPassword(id) | LinkPurpose::ResetPassword(id)) = &link.purpose else {
        return Err(EntryError::NoLink);
    };
    let account = app.store.account(id).await?.filter(Account::is_open);
    let account = account.ok_or(EntryError::NoLink)?;
    let known = [account.name.as_str(), app.settings.service.name.as_str()];
    if !is_acceptable_password(password, &account.email, known) {
        return Err(EntryError::Password);
    }
    let hash = hash(app, password).await?;
    let event = Event::new(EventKind::PasswordSet, occasion).by(&account.id);
    let notice = Letter::PasswordSet { at: occasion.at };
    let mut effects = vec![
        Effect::SpendLink { digest: link.digest, at: occasion.at },
        Effect::WithdrawLinksOf(account.id.clone()),
        Effect::SignOutEverywhere(account.id.clone()),
        Effect::Record(event),
    ];
    effects.extend(mail::post(app, &account.email, notice, occasion.at)?);
    let seen = account.revision;
    let next = Account { password_hash: Some(hash), ..account };
    let account = app.store.commit(Change { seen, next, effects }).await.map_err(spent)?;
    open_browser(app, &account.id, Vec::new(), occasion).await
}

/// A link to set a new password, for somebody who lost what they sign in with: the person's
/// browsers are signed out at once, passkeys go, and links handed out before are worth nothing.
///
/// # Errors
///
/// Nobody has that address.
pub async fn reset(app: &App, email: &str, now: Timestamp) -> Result<Secret, EntryError> {
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    let account = app.store.account_by_email(&email).await?.ok_or(PersonError::NotFound)?;
    if !account.is_open() {
        return Err(EntryError::AccountClosed);
    }
    let (link, effect) = offer(app, LinkPurpose::SetPassword(account.id.clone()), now)?;
    let event =
        Event::new(EventKind::PasswordReset, &Occasion::at_the_machine(now)).by(&account.id);
    let effects = vec![
        Effect::WithdrawLinksOf(account.id.clone()),
        Effect::SignOutEverywhere(account.id.clone()),
        Effect::Passkey(PasskeyEffect::RemoveAllOf(account.id)),
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
    let expires_at = now + purpose.lasts();
    let offered = OneTimeLink { digest: link.digest(), purpose, created_at: now, expires_at };
    Ok((link, Effect::OfferLink(Box::new(offered))))
}

/// Somebody was faster with the link.
pub(super) fn spent(error: StoreError) -> EntryError {
    match error {
        StoreError::Stale("one_time_link") => EntryError::NoLink,
        error => error.into(),
    }
}

pub(super) async fn open_link(
    app: &App,
    link: &str,
    now: Timestamp,
) -> Result<OneTimeLink, EntryError> {
    let link = Secret::parse(SecretKind::OneTimeLink, link).ok_or(EntryError::NoLink)?;
    app.store.one_time_link(&link.digest(), now).await?.ok_or(EntryError::NoLink)
}
