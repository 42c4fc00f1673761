//! People come in: first account, sign-up, sign-in, one-time links, sign-out.

use crate::app::App;
use crate::config::SignUp;
use crate::domain::account::{Account, is_acceptable_password};
use crate::domain::browser::{
    BROWSER_SESSION, BrowserSession, LinkPurpose, ONE_TIME_LINK, OneTimeLink,
};
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::flow::error::{PersonError, until_next_hour};
use crate::flow::principal::Human;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// What a new person types.
pub struct NewPerson<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub password: &'a str,
}

/// Why a form cannot be accepted; each names its field.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error("the address is not an e-mail address")]
    Email,
    #[error("the password is too short, too long or the address itself")]
    Password,
    #[error("the address has an account")]
    Taken,
    #[error("address or password is wrong")]
    WrongPassword,
    #[error("sign-up is closed")]
    Closed,
    #[error("the link is used, over or unknown")]
    NoLink,
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for EntryError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// A browser that has just been signed in: the cookie's new value.
pub struct SignedIn {
    pub cookie: Secret,
    pub lasts: Seconds,
}

/// Whether strangers may make accounts.
#[must_use]
pub fn sign_up_is_open(app: &App) -> bool {
    app.settings.accounts.sign_up == SignUp::Open
}

/// Signs a person in. A failure counts before the password is looked at, so parallel
/// guesses are all counted; a success takes its own count back.
///
/// # Errors
///
/// Wrong, or guessed too often for this account or from this address.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: &str,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let limits = &app.settings.limits;
    let email: EmailAddress = email.parse().map_err(|_| EntryError::WrongPassword)?;
    let subject = account_subject(&email);
    let (account_most, address_most) = (
        limits.sign_in_failures_per_account_per_hour,
        limits.sign_in_failures_per_address_per_hour,
    );
    let counts = [
        Count::hourly("sign_in:account", &subject, account_most.into(), occasion.at),
        Count::hourly("sign_in:address", &occasion.from.address, address_most.into(), occasion.at),
    ];
    app.store
        .apply(counts.iter().cloned().map(Effect::Count).collect())
        .await
        .map_err(|error| limited(error, occasion.at))?;
    let account = app.store.account_by_email(&email).await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let verified = app.hasher.verify(password, stored).await;
    let Some(account) = account.filter(|_| verified) else {
        let event = Event::new(EventKind::SignInFailed, occasion);
        app.store.apply(vec![Effect::Record(event)]).await?;
        return Err(EntryError::WrongPassword);
    };
    let forgiven = counts.into_iter().map(Effect::Forgive).collect();
    open_browser(app, &account.id, forgiven, occasion).await
}

/// Makes an account for whoever asks, where that is allowed. The address is not verified:
/// it answers no login hint.
///
/// # Errors
///
/// Closed, not acceptable, taken, or too many from this address.
pub async fn sign_up(
    app: &App,
    person: &NewPerson<'_>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    if !sign_up_is_open(app) {
        return Err(EntryError::Closed);
    }
    let most = app.settings.limits.sign_ups_per_address_per_hour;
    let count = Count::hourly("sign_up", &occasion.from.address, most.into(), occasion.at);
    let account = new_account(app, person, Vouched::ByNobody, occasion.at).await?;
    create(app, account, vec![Effect::Count(count)], occasion).await
}

/// Signs this browser out.
///
/// # Errors
///
/// The database is away: the browser is still signed in.
pub async fn sign_out(app: &App, human: &Human, occasion: &Occasion) -> Result<(), PersonError> {
    let event = Event::new(EventKind::SignedOut, occasion).by(&human.account().id);
    let effects = vec![Effect::SignOut(*human.browser()), Effect::Record(event)];
    Ok(app.store.apply(effects).await?)
}

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

/// Adds a person whom the operator vouches for: the address is verified. Without a
/// password the answer is a link to set one.
///
/// # Errors
///
/// Not acceptable, or taken.
pub async fn add(
    app: &App,
    person: &NewPerson<'_>,
    administrator: bool,
    now: Timestamp,
) -> Result<Option<Secret>, EntryError> {
    let with_password = !person.password.is_empty();
    let vouched = if with_password { Vouched::ByOperator } else { Vouched::WithoutPassword };
    let account = Account { administrator, ..new_account(app, person, vouched, now).await? };
    let event =
        Event::new(EventKind::AccountCreated, &Occasion::at_the_machine(now)).by(&account.id);
    let mut effects = vec![Effect::Record(event)];
    let link = if with_password {
        None
    } else {
        let purpose = LinkPurpose::SetPassword(account.id.clone());
        let (link, effect) = offer(app, purpose, now)?;
        effects.push(effect);
        Some(link)
    };
    let change = Change { seen: UNSTORED, next: account, effects };
    app.store.commit(change).await.map_err(taken)?;
    Ok(link)
}

/// A link to set a new password; the person's browsers are signed out at once.
///
/// # Errors
///
/// Nobody has that address.
pub async fn reset(app: &App, email: &str, now: Timestamp) -> Result<Secret, EntryError> {
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    let account = app.store.account_by_email(&email).await?.ok_or(PersonError::NotFound)?;
    let (link, effect) = offer(app, LinkPurpose::SetPassword(account.id.clone()), now)?;
    app.store.apply(vec![Effect::SignOutEverywhere(account.id), effect]).await?;
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

fn offer(app: &App, purpose: LinkPurpose, now: Timestamp) -> Result<(Secret, Effect), EntryError> {
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

/// Who says that an address belongs to its account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vouched {
    ByNobody,
    ByOperator,
    /// By the operator, and the person will choose a password over a link.
    WithoutPassword,
}

async fn new_account(
    app: &App,
    person: &NewPerson<'_>,
    vouched: Vouched,
    now: Timestamp,
) -> Result<Account, EntryError> {
    let email: EmailAddress = person.email.parse().map_err(|_| EntryError::Email)?;
    let password_hash = if vouched == Vouched::WithoutPassword {
        None
    } else if is_acceptable_password(person.password, &email) {
        Some(hash(app, person.password).await?)
    } else {
        return Err(EntryError::Password);
    };
    let name = ToldText::clean(person.name, 80).map(|name| name.to_string());
    Ok(Account {
        id: AccountId(app.entropy.identifier(AccountId::PREFIX, now).map_err(PersonError::from)?),
        revision: UNSTORED,
        name: name.unwrap_or_default(),
        email,
        email_verified_at: (vouched != Vouched::ByNobody).then_some(now),
        password_hash,
        administrator: false,
        created_at: now,
    })
}

async fn hash(app: &App, password: &str) -> Result<String, EntryError> {
    let hash = app.hasher.hash(password).await;
    hash.map_err(|error| EntryError::Person(PersonError::Internal(error.into())))
}

async fn create(
    app: &App,
    account: Account,
    mut effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let event = Event::new(EventKind::AccountCreated, occasion).by(&account.id);
    effects.push(Effect::Record(event));
    let change = Change { seen: UNSTORED, next: account, effects };
    let account = app.store.commit(change).await.map_err(|error| match error {
        StoreError::Stale("one_time_link") => EntryError::NoLink,
        StoreError::Limited => limited(error, occasion.at),
        error => taken(error),
    })?;
    open_browser(app, &account.id, Vec::new(), occasion).await
}

/// A new cookie value at every sign-in, so a planted one is worth nothing.
async fn open_browser(
    app: &App,
    account: &AccountId,
    mut effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let cookie = app.entropy.secret(SecretKind::Browser).map_err(PersonError::from)?;
    effects.push(Effect::SignIn(Box::new(BrowserSession {
        digest: cookie.digest(),
        account: account.clone(),
        created_at: occasion.at,
        expires_at: occasion.at + BROWSER_SESSION,
        from: occasion.from.clone(),
    })));
    let event = Event::new(EventKind::SignedIn, occasion).by(account);
    effects.push(Effect::Record(event));
    app.store.apply(effects).await?;
    Ok(SignedIn { cookie, lasts: BROWSER_SESSION })
}

/// Addresses are counted under their digest: counters name nobody.
fn account_subject(email: &EmailAddress) -> String {
    Digest::of(email.as_str().as_bytes()).hex()
}

fn limited(error: StoreError, now: Timestamp) -> EntryError {
    match error {
        StoreError::Limited => EntryError::Person(PersonError::Limited(until_next_hour(now))),
        error => error.into(),
    }
}

fn taken(error: StoreError) -> EntryError {
    match error {
        StoreError::Stale("account") => EntryError::Taken,
        error => error.into(),
    }
}
