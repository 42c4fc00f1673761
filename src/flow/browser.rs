//! Where a person is signed in: signing a browser in, and signing others out (contracts of the
//! pages; design decision 17).

use crate::app::App;
use crate::domain::browser::{BROWSER_SESSION, BrowserSession};
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::origin::Occasion;
use crate::flow::account::{EntryError, SignedIn};
use crate::flow::error::PersonError;
use crate::flow::passkey;
use crate::flow::principal::Human;
use crate::protocol::secret::SecretKind;
use crate::protocol::timestamp::Timestamp;

/// Which browsers are signed out; the one that asks never is (docs/operating.md, "People").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// By the name the page gave it.
    One(&'a str),
    Others,
}

/// The browsers that are signed in to this account, the latest first (docs/operating.md, "People").
///
/// # Errors
///
/// The database is away.
pub async fn list(
    app: &App,
    human: &Human,
    now: Timestamp,
) -> Result<Vec<BrowserSession>, PersonError> {
    Ok(app.store.browsers_of(&human.account().id, now).await?)
}

/// Signs other browsers of this person out: what they handed out ends with them
/// (docs/operating.md, "People").
///
/// # Errors
///
/// There is no such browser of theirs, or the database is away.
pub async fn sign_out(
    app: &App,
    human: &Human,
    which: Which<'_>,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    let others = list(app, human, occasion.at).await?.into_iter();
    let others = others.filter(|browser| browser.digest != *human.browser());
    let meant: Vec<BrowserSession> = match which {
        Which::Others => others.collect(),
        Which::One(name) => others.filter(|browser| browser.digest.hex() == name).collect(),
    };
    if meant.is_empty() && which != Which::Others {
        return Err(PersonError::NotFound);
    }
    let told = |browser: &BrowserSession| {
        let event = Event::new(EventKind::SignedOut, occasion).by(&human.account().id);
        let event = event.saying(format!("signed in from {}", browser.from.address));
        [Effect::SignOut(browser.digest), Effect::Record(event)]
    };
    Ok(app.store.apply(meant.iter().flat_map(told).collect()).await?)
}

/// Signs a browser in by whatever is no passkey.
pub(super) async fn open_browser(
    app: &App,
    account: &AccountId,
    mut effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<SignedIn, EntryError> {
    let (signed_in, opened) = admit(app, (account, By::Other), occasion).await?;
    effects.extend(opened);
    app.store.apply(effects).await?;
    Ok(signed_in)
}

/// What a person came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Passkey,
    Other,
}

/// A new cookie value at every sign-in, so a planted one is worth nothing.
pub(super) async fn admit(
    app: &App,
    (account, by): (&AccountId, By),
    occasion: &Occasion,
) -> Result<(SignedIn, [Effect; 2]), EntryError> {
    let confirms = by == By::Passkey || !passkey::are_held(app, account).await?;
    let cookie = app.entropy.secret(SecretKind::Browser).map_err(PersonError::from)?;
    let session = BrowserSession {
        digest: cookie.digest(),
        account: account.clone(),
        created_at: occasion.at,
        expires_at: occasion.at + BROWSER_SESSION,
        from: occasion.from.clone(),
        confirms,
    };
    let event = Event::new(EventKind::SignedIn, occasion).by(account);
    let event = if by == By::Passkey { event.saying("with a passkey") } else { event };
    let effects = [Effect::SignIn(Box::new(session)), Effect::Record(event)];
    Ok((SignedIn { cookie, lasts: BROWSER_SESSION }, effects))
}
