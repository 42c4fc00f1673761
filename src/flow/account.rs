//! People come in: first account, sign-up, sign-in, one-time links, sign-out.

use crate::app::App;
use crate::config::SignUp;
use crate::domain::account::{Account, is_acceptable_password};
use crate::domain::browser::LinkPurpose;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::flow::browser::open_browser;
use crate::flow::error::{PersonError, until_next_hour};
use crate::flow::principal::Human;
use crate::flow::{link, mail};
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::{Digest, Secret};
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
    #[error("this is no proof with a passkey of an account, or it came too late")]
    WrongPasskey,
    #[error("sign-up is closed")]
    Closed,
    #[error("the link is used, over or unknown")]
    NoLink,
    #[error("the account is closed")]
    AccountClosed,
    #[error("it is so already")]
    Already,
    #[error("no profile has a plan of this name")]
    Plan,
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
        Count::hourly(
            "sign_in:address",
            &occasion.from.network(),
            address_most.into(),
            occasion.at,
        ),
    ];
    app.store
        .apply(counts.iter().cloned().map(Effect::Count).collect())
        .await
        .map_err(|error| limited(error, occasion.at))?;
    let account = app.store.account_by_email(&email).await?;
    let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let verified = app.hasher.verify(password, stored).await;
    let whose = account.as_ref().map(|account| account.id.clone());
    let Some(account) = account.filter(|account| verified && account.is_open()) else {
        let mut event = Event::new(EventKind::SignInFailed, occasion);
        event.account = whose;
        app.store.apply(vec![Effect::Record(event)]).await?;
        return Err(EntryError::WrongPassword);
    };
    let forgiven = counts.into_iter().map(Effect::Forgive).collect();
    open_browser(app, &account.id, forgiven, occasion).await
}

/// Makes an account for whoever asks, where that is allowed and no mailbox can be asked. The
/// address is not verified: it answers no login hint.
///
/// # Errors
///
/// Closed, by mail only ([`ask_for_account`](crate::flow::mailed_link::ask_for_account)), not acceptable, taken, or too many from this address.
pub async fn sign_up(
    app: &App,
    person: &NewPerson<'_>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    if !sign_up_is_open(app) || mail::is_set(app) {
        return Err(EntryError::Closed);
    }
    let most = app.settings.limits.sign_ups_per_address_per_hour;
    let count = Count::hourly("sign_up", &occasion.from.network(), most.into(), occasion.at);
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
        let (link, effect) = link::offer(app, purpose, now)?;
        effects.push(effect);
        Some(link)
    };
    let change = Change { seen: UNSTORED, next: account, effects };
    app.store.commit(change).await.map_err(taken)?;
    Ok(link)
}

/// Who says that an address belongs to its account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Vouched {
    ByNobody,
    ByOperator,
    /// By the mailbox that the link went to.
    ByMailbox,
    /// By the operator, and the person will choose a password over a link.
    WithoutPassword,
}

pub(super) async fn new_account(
    app: &App,
    person: &NewPerson<'_>,
    vouched: Vouched,
    now: Timestamp,
) -> Result<Account, EntryError> {
    let email: EmailAddress = person.email.parse().map_err(|_| EntryError::Email)?;
    let known = [person.name, app.settings.service.name.as_str()];
    let password_hash = if vouched == Vouched::WithoutPassword {
        None
    } else if is_acceptable_password(person.password, &email, known) {
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
        plan: None,
        created_at: now,
        closed_at: None,
    })
}

pub(super) async fn hash(app: &App, password: &str) -> Result<String, EntryError> {
    let hash = app.hasher.hash(password).await;
    hash.map_err(|error| EntryError::Person(PersonError::Internal(error.into())))
}

pub(super) async fn create(
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

/// Addresses are counted under their digest: counters name nobody.
pub(super) fn account_subject(email: &EmailAddress) -> String {
    Digest::of(email.as_str().as_bytes()).hex()
}

pub(super) fn limited(error: StoreError, now: Timestamp) -> EntryError {
    match error {
        StoreError::Limited => EntryError::Person(PersonError::Limited(until_next_hour(now))),
        error => error.into(),
    }
}

pub(super) fn taken(error: StoreError) -> EntryError {
    match error {
        StoreError::Stale("account") => EntryError::Taken,
        error => error.into(),
    }
}
