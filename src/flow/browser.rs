//! Where a person is signed in, and signing out there (contracts of the pages; design decision 17).

use crate::app::App;
use crate::domain::browser::BrowserSession;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::origin::Occasion;
use crate::flow::error::PersonError;
use crate::flow::principal::Human;
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
