//! Links that go to a mailbox and prove it where they are used: a new account, a new password, an
//! address of an account (design decision 17, docs/adr/0028). What a stranger who typed an address
//! is told is the same whatever the address is; the letter says which.

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::browser::LinkPurpose;
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::flow::account::{EntryError, account_subject, limited, sign_up_is_open};
use crate::flow::error::PersonError;
use crate::flow::link::{offer, open_link, spent};
use crate::flow::mail;
use crate::flow::principal::Human;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// The path of a link (docs/operating.md, "People").
#[must_use]
pub fn path_of(link: &Secret) -> String {
    format!("/welcome/{}", link.reveal())
}

/// Somebody wants an account: the mailbox gets a link to make it, or is told that it has one
/// (design decision 17).
///
/// # Errors
///
/// Closed, no address, or too many from this network.
pub async fn ask_for_account(
    app: &App,
    email: &str,
    occasion: &Occasion,
) -> Result<(), EntryError> {
    if !sign_up_is_open(app) {
        return Err(EntryError::Closed);
    }
    let email = asked_for(app, email, occasion).await?;
    let (letter, mut effects) = if app.store.account_by_email(&email).await?.is_some() {
        (Letter::AccountExists, Vec::new())
    } else {
        let (link, effect) = offer(app, LinkPurpose::SignUp(email.clone()), occasion.at)?;
        (Letter::MakeAccount { path: path_of(&link) }, vec![effect])
    };
    effects.extend(mail::post(app, &email, letter, occasion.at)?);
    Ok(say(app, &email, effects, occasion.at).await?)
}

/// Somebody forgot a password: the mailbox gets a link to set another, if it is the verified
/// address of an account. Whoever signed up with somebody else's address, unverified, may have
/// let agents in already; nobody takes such an account over without the operator.
///
/// # Errors
///
/// No mail, no address, or too many from this network.
pub async fn ask_for_password(
    app: &App,
    email: &str,
    occasion: &Occasion,
) -> Result<(), EntryError> {
    let email = asked_for(app, email, occasion).await?;
    let account = app.store.account_by_email(&email).await?;
    let mut effects = Vec::new();
    if let Some(account) =
        account.filter(|account| account.is_open() && account.email_verified_at.is_some())
    {
        let purpose = LinkPurpose::ResetPassword(account.id.clone());
        let (link, effect) = offer(app, purpose, occasion.at)?;
        let letter = Letter::ResetPassword { path: path_of(&link) };
        let event = Event::new(EventKind::PasswordResetAsked, occasion).by(&account.id);
        effects.extend([effect, Effect::Record(event)]);
        effects.extend(mail::post(app, &email, letter, occasion.at)?);
    }
    Ok(say(app, &email, effects, occasion.at).await?)
}

/// Somebody signed in wants the account's address verified (design decision 17).
///
/// # Errors
///
/// No mail, or too many from this network.
pub async fn ask_to_verify(
    app: &App,
    human: &Human,
    occasion: &Occasion,
) -> Result<(), EntryError> {
    let account = human.account();
    let email = asked_for(app, account.email.as_str(), occasion).await?;
    if account.email_verified_at.is_some() {
        return Ok(());
    }
    let (link, effect) = offer(app, LinkPurpose::VerifyAddress(account.id.clone()), occasion.at)?;
    let letter = Letter::VerifyAddress { path: format!("/account/address/{}", link.reveal()) };
    let mut effects = vec![effect];
    effects.extend(mail::post(app, &email, letter, occasion.at)?);
    Ok(say(app, &email, effects, occasion.at).await?)
}

/// Whether this link verifies the address of whoever is signed in (design decision 17).
///
/// # Errors
///
/// Used, over, unknown or another account's: all the same.
pub async fn may_verify(
    app: &App,
    human: &Human,
    link: &str,
    now: Timestamp,
) -> Result<(), EntryError> {
    let link = open_link(app, link, now).await?;
    let own = LinkPurpose::VerifyAddress(human.account().id.clone());
    if link.purpose == own { Ok(()) } else { Err(EntryError::NoLink) }
}

/// Uses a link that verifies an address. It takes the mailbox and the account: a stranger who
/// signed up with somebody's address gets no yes out of that mailbox (design decision 17).
///
/// # Errors
///
/// As [`may_verify`].
pub async fn verify(
    app: &App,
    human: &Human,
    link: &str,
    occasion: &Occasion,
) -> Result<(), EntryError> {
    may_verify(app, human, link, occasion.at).await?;
    let link = open_link(app, link, occasion.at).await?;
    let account = human.account().clone();
    let event = Event::new(EventKind::AddressVerified, occasion).by(&account.id);
    let spend = Effect::SpendLink { digest: link.digest, at: occasion.at };
    let effects = vec![spend, Effect::Record(event)];
    let seen = account.revision;
    let next = Account { email_verified_at: Some(occasion.at), ..account };
    app.store.commit(Change { seen, next, effects }).await.map_err(spent)?;
    Ok(())
}

/// Counts who asks before anything is looked up, so that no answer is faster for some address.
async fn asked_for(
    app: &App,
    email: &str,
    occasion: &Occasion,
) -> Result<EmailAddress, EntryError> {
    if !mail::is_set(app) {
        return Err(PersonError::NotFound.into());
    }
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    let most = app.settings.limits.letters_asked_for_per_address_per_hour;
    let source = occasion.from.network();
    let count = Count::hourly("letter:address", &source, most.into(), occasion.at);
    let counted = app.store.apply(vec![Effect::Count(count)]).await;
    counted.map_err(|error| limited(error, occasion.at))?;
    Ok(email)
}

/// One change for every address, with a letter or without. A mailbox that got enough of them
/// within the hour gets no more, and whoever asks does not learn that.
pub(super) async fn say(
    app: &App,
    email: &EmailAddress,
    mut effects: Vec<Effect>,
    now: Timestamp,
) -> Result<(), PersonError> {
    let most = app.settings.limits.letters_per_mailbox_per_hour;
    let subject = account_subject(email);
    effects.push(Effect::Count(Count::hourly("letter:mailbox", &subject, most.into(), now)));
    match app.store.apply(effects).await {
        Ok(()) | Err(StoreError::Limited) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
