//! Letters to people: written in the commit of what they tell of, sent by a task of the server
//! (docs/operating.md, "Mail"; docs/adr/0028).

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::id::AccountId;
use crate::domain::mail::{Letter, Mail, WaitingMail};
use crate::flow::error::PersonError;
use crate::metrics::MailOutcome;
use crate::outbound::{NotSent, Written};
use crate::protocol::email::EmailAddress;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// A letter in the reader's language (docs/operating.md, "Mail").
pub struct Words {
    pub subject: String,
    pub text: String,
}

/// Whether this server sends mail (docs/operating.md, "Mail").
#[must_use]
pub fn is_set(app: &App) -> bool {
    app.postman.is_some()
}

/// What puts a letter on its way with the change it tells of; nothing where no mail is set
/// (docs/operating.md, "Mail").
///
/// # Errors
///
/// It cannot be sealed.
pub fn post(
    app: &App,
    to: &EmailAddress,
    letter: Letter,
    now: Timestamp,
) -> Result<Option<Effect>, PersonError> {
    if !is_set(app) {
        return Ok(None);
    }
    let mail = Mail { to: to.clone(), letter };
    let plain = serde_json::to_vec(&mail).map_err(|error| PersonError::Internal(error.into()))?;
    let id = app.entropy.identifier("mail", now)?;
    let sealed = app.vault.seal(&id, &plain, &app.entropy);
    let sealed = sealed.map_err(|error| PersonError::Internal(error.into()))?;
    let waiting = WaitingMail { id, sealed, created_at: now, failures: 0, next_at: now };
    Ok(Some(Effect::Post(Box::new(waiting))))
}

/// A letter to an account, if it is open and its address is known to be its person's: what was done
/// in its name is nobody else's business. What it tells of happens with or without it
/// (docs/operating.md, "Mail").
pub async fn tell(
    app: &App,
    account: Option<&AccountId>,
    letter: Letter,
    now: Timestamp,
) -> Option<Effect> {
    let id = account.filter(|_| is_set(app))?;
    let posted = async {
        let account = app.store.account(id).await?;
        match account.filter(|one| one.is_open() && one.email_verified_at.is_some()) {
            Some(account) => post(app, &account.email, letter, now),
            None => Ok(None),
        }
    };
    posted.await.unwrap_or_else(|error: PersonError| {
        tracing::warn!(%error, "a letter could not be written");
        None
    })
}

/// Sends the next letter, if it is time for one. Whether there may be more to send at once is the
/// answer (docs/operating.md, "Mail").
///
/// # Errors
///
/// The database is away; nothing is lost.
pub async fn send_next(
    app: &App,
    words: impl Fn(&App, &Letter) -> Words,
) -> Result<bool, StoreError> {
    let Some(waiting) = app.store.next_mail(app.clock.now()).await? else { return Ok(false) };
    let held = waiting.held(app.clock.now());
    match app.store.put_mail_off(&waiting, &held).await {
        Ok(()) => {}
        // Another node sends it; the next may be ours.
        Err(StoreError::Stale(_)) => return Ok(true),
        Err(error) => return Err(error),
    }
    let sent = send(app, &waiting, words).await;
    let now = app.clock.now();
    match sent {
        Ok(()) => app.metrics.mail(MailOutcome::Sent),
        Err(error) => {
            let later = held.failed(now).filter(|_| !error.is_final());
            if let Some(later) = later {
                return put_off(app, (&held, &later), error).await;
            }
            tracing::error!(%error, id = waiting.id, "a letter is given up");
            app.metrics.mail(MailOutcome::GivenUp);
        }
    }
    app.store.forget_mail(&waiting.id).await?;
    Ok(true)
}

async fn put_off(
    app: &App,
    (held, later): (&WaitingMail, &WaitingMail),
    error: NotSent,
) -> Result<bool, StoreError> {
    tracing::warn!(%error, id = held.id, "a letter has to wait");
    app.metrics.mail(MailOutcome::Failed);
    match app.store.put_mail_off(held, later).await {
        // Stale only if it took longer than a turn, and another node has the letter by now.
        Ok(()) | Err(StoreError::Stale(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

async fn send(
    app: &App,
    waiting: &WaitingMail,
    words: impl Fn(&App, &Letter) -> Words,
) -> Result<(), NotSent> {
    let Some(postman) = &app.postman else { return Err(NotSent::NoWay) };
    let opened = app.vault.unseal(&waiting.id, &waiting.sealed);
    let opened = opened.map_err(|_| NotSent::Unreadable)?;
    let mail: Mail = serde_json::from_slice(&opened).map_err(|_| NotSent::Unreadable)?;
    let Words { subject, text } = words(app, &mail.letter);
    let written = Written { id: &waiting.id, at: waiting.created_at, to: &mail.to, subject, text };
    postman.carry(written).await
}
