//! Accounts, as administrators see them (docs/operating.md, "Administration").

use crate::app::App;
use crate::domain::account::{Account, Operator};
use crate::domain::browser::LinkPurpose;
use crate::domain::cause::Cause;
use crate::domain::change::{Change, Effect, UNSTORED};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::flow::account::{EntryError, NewPerson, Vouched, new_account, taken};
use crate::flow::api_key;
use crate::flow::error::PersonError;
use crate::flow::link::offer;
use crate::flow::mail;
use crate::flow::mailed_link::path_of;
use crate::flow::principal::Administrator;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::store::{ACCOUNTS, Holdings, StoreError};

/// What is done to an account (docs/operating.md, "Administration").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Close,
    Reopen,
    /// Makes its person an administrator.
    Appoint,
    Dismiss,
    /// Ends its agent sessions.
    EndSessions,
    /// Signs its browsers out.
    SignOut,
}

/// One account and what it has (docs/operating.md, "Administration").
#[derive(Debug)]
pub struct Shown {
    pub account: Account,
    pub holdings: Holdings,
    /// The administrator's own: nobody takes from themselves what only another can give back.
    pub is_self: bool,
}

/// Why nothing was done (docs/operating.md, "Administration").
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The administrator signed in too long ago.
    #[error("the sign-in is not fresh")]
    NotFresh,
    /// Nobody closes or dismisses themselves: so somebody is always left who administers.
    #[error("an administrator does not do this to themselves")]
    Oneself,
    /// It is so already, or whoever asks administers no more.
    #[error("the account has changed meanwhile")]
    Moved,
    #[error(transparent)]
    Person(#[from] PersonError),
}

/// Why nobody was added (docs/operating.md, "Administration").
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The administrator signed in too long ago.
    #[error("the sign-in is not fresh")]
    NotFresh,
    #[error(transparent)]
    Entry(#[from] EntryError),
}

impl From<PersonError> for AddError {
    fn from(error: PersonError) -> Self {
        Self::Entry(error.into())
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale(_) => Self::Moved,
            error => Self::Person(error.into()),
        }
    }
}

impl Act {
    pub const ALL: [Self; 6] =
        [Self::Close, Self::Reopen, Self::Appoint, Self::Dismiss, Self::EndSessions, Self::SignOut];

    /// As the form says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Appoint => "appoint",
            Self::Dismiss => "dismiss",
            Self::EndSessions => "end_sessions",
            Self::SignOut => "sign_out",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    fn effects(self, account: &Account, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        match self {
            Self::Close => account.close(by, occasion),
            Self::Reopen => account.reopen(by, occasion),
            Self::Appoint => account.appoint(true, by, occasion),
            Self::Dismiss => account.appoint(false, by, occasion),
            Self::EndSessions => account.end_sessions(by, occasion),
            Self::SignOut => account.sign_out(by, occasion),
        }
    }
}

/// Accounts whose address has `text` in it, newest first, a page from behind `after`; and whether
/// more follow (docs/operating.md, "Administration").
///
/// # Errors
///
/// The database is away.
pub async fn list(
    app: &App,
    _by: &Administrator<'_>,
    text: &str,
    after: Option<&str>,
) -> Result<(Vec<Account>, bool), PersonError> {
    // Addresses are kept in small letters; PostgreSQL refuses a NUL in any text.
    let text = text.trim().to_lowercase().replace('\0', "");
    let after = after.filter(|id| api_key::is_word(id)).map(|id| AccountId(id.to_owned()));
    let mut found = app.store.accounts_with(&text, after.as_ref()).await?;
    let page = usize::try_from(ACCOUNTS).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    Ok((found, more))
}

/// One account (docs/operating.md, "Administration").
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn show(
    app: &App,
    by: &Administrator<'_>,
    id: &str,
    now: Timestamp,
) -> Result<Shown, PersonError> {
    let account = found(app, id).await?;
    let holdings = app.store.holdings_of(&account.id, now).await?;
    Ok(Shown { is_self: account.id == by.account().id, account, holdings })
}

/// Does something to an account, once, right after a sign-in (docs/operating.md, "Administration").
///
/// # Errors
///
/// See [`AdminError`]; nothing has changed then.
pub async fn act(
    app: &App,
    by: &Administrator<'_>,
    (id, act): (&str, Act),
    occasion: &Occasion,
) -> Result<(), AdminError> {
    if !by.is_fresh(occasion.at) {
        return Err(AdminError::NotFresh);
    }
    let account = found(app, id).await?;
    if account.id == by.account().id && matches!(act, Act::Close | Act::Dismiss) {
        return Err(AdminError::Oneself);
    }
    let operator = Operator::Administrator(&by.account().id);
    Ok(app.store.apply(act.effects(&account, operator, occasion)).await?)
}

/// Makes an account for somebody, who chooses a password by a link: a letter takes it to the
/// address, or, where no mail is set, the administrator does, who gets it in the clear this once
/// (docs/operating.md, "Administration").
///
/// # Errors
///
/// Not signed in lately, no address, or it has an account.
pub async fn add(
    app: &App,
    by: &Administrator<'_>,
    (name, email): (&str, &str),
    occasion: &Occasion,
) -> Result<Option<Secret>, AddError> {
    if !by.is_fresh(occasion.at) {
        return Err(AddError::NotFresh);
    }
    let person = NewPerson { name, email, password: "" };
    let account = new_account(app, &person, Vouched::WithoutPassword, occasion.at).await?;
    let (link, offered) = offer(app, LinkPurpose::SetPassword(account.id.clone()), occasion.at)?;
    let cause = Cause::Administrator(by.account().id.clone());
    let event = Event::new(EventKind::AccountCreated, occasion).by(&account.id).because(cause);
    let held = Effect::ByAdministrator(by.account().id.clone());
    let letter = Letter::AccountMade { path: path_of(&link) };
    let letter = mail::post(app, &account.email, letter, occasion.at)?;
    let is_sent = letter.is_some();
    let effects = [held, offered, Effect::Record(event)].into_iter().chain(letter).collect();
    let change = Change { seen: UNSTORED, next: account, effects };
    app.store.commit(change).await.map_err(taken)?;
    Ok((!is_sent).then_some(link))
}

async fn found(app: &App, id: &str) -> Result<Account, PersonError> {
    if !api_key::is_word(id) {
        return Err(PersonError::NotFound);
    }
    app.store.account(&AccountId(id.to_owned())).await?.ok_or(PersonError::NotFound)
}

/// Closes the account of this address, at the machine (docs/operating.md, "Administration").
///
/// # Errors
///
/// Nobody has the address, it is closed already, or the database is away.
pub async fn close(app: &App, email: &str, now: Timestamp) -> Result<(), EntryError> {
    at_the_machine(app, email, Act::Close, now).await
}

/// Opens it again (docs/operating.md, "Administration").
///
/// # Errors
///
/// Nobody has the address, it is open, or the database is away.
pub async fn reopen(app: &App, email: &str, now: Timestamp) -> Result<(), EntryError> {
    at_the_machine(app, email, Act::Reopen, now).await
}

async fn at_the_machine(
    app: &App,
    email: &str,
    act: Act,
    now: Timestamp,
) -> Result<(), EntryError> {
    let email: EmailAddress = email.parse().map_err(|_| EntryError::Email)?;
    let account = app.store.account_by_email(&email).await?.ok_or(PersonError::NotFound)?;
    if account.is_open() == (act == Act::Reopen) {
        return Err(EntryError::Already);
    }
    let occasion = Occasion::at_the_machine(now);
    Ok(app.store.apply(act.effects(&account, Operator::AtTheMachine, &occasion)).await?)
}
