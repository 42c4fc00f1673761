//! A person's sessions: seen, renamed, ended. Never widened.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::budget::CallsLeft;
use crate::domain::event::Event;
use crate::domain::id::SessionId;
use crate::domain::origin::Occasion;
use crate::domain::session::{EndCause, Session, Standing, end};
use crate::flow::error::{PersonError, RETRIES};
use crate::flow::principal::Human;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// The sessions that can still act, newest first.
///
/// # Errors
///
/// The database is away.
pub async fn list(app: &App, human: &Human, now: Timestamp) -> Result<Vec<Session>, PersonError> {
    let sessions = app.store.sessions_of(&human.account().id, now).await?;
    Ok(sessions.into_iter().filter(|session| session.standing(now) != Standing::Over).collect())
}

/// What the budgets of sessions still hold.
pub type Left = HashMap<SessionId, CallsLeft>;

/// What is left of the calls of these sessions, where they are counted.
///
/// # Errors
///
/// The database is away.
pub async fn calls_left(app: &App, sessions: &[Session]) -> Result<Left, PersonError> {
    let budgets = sessions.iter().filter_map(|session| session.budget.as_ref());
    let of: Vec<&SessionId> = budgets.map(|budget| &budget.of).collect();
    Ok(app.store.calls_left(&of).await?.into_iter().collect())
}

/// For how long the owner is told of a session that was ended because a key of it had been
/// copied.
const TOLD_FOR: Seconds = Seconds::DAY.times(7);

/// The sessions that ended lately because what is good once came back ([RFC 9700 §4.14.2]):
/// their owner is told without having to look for it.
///
/// # Errors
///
/// The database is away.
///
/// [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
pub async fn shut_out(
    app: &App,
    human: &Human,
    now: Timestamp,
) -> Result<Vec<Session>, PersonError> {
    let causes = [EndCause::RefreshReuse, EndCause::CodeReuse];
    Ok(app.store.sessions_ended(&human.account().id, &causes, now - TOLD_FOR).await?)
}

/// The session that this one was cut from ([RFC 8693 §4.1]).
///
/// # Errors
///
/// The database is away.
///
/// [RFC 8693 §4.1]: https://www.rfc-editor.org/rfc/rfc8693#section-4.1
pub async fn parent(app: &App, session: &Session) -> Result<Option<Session>, PersonError> {
    let Some(id) = &session.parent else { return Ok(None) };
    let parent = app.store.session(id).await?;
    Ok(parent.filter(|parent| parent.account == session.account))
}

/// One of this person's sessions with its history. Somebody else's does not exist.
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn show(
    app: &App,
    human: &Human,
    id: &str,
) -> Result<(Session, Vec<Event>), PersonError> {
    let session = own(app, human, id).await?;
    let history = app.store.history(&session.id).await?;
    Ok((session, history))
}

/// Gives a session another name; an empty one changes nothing.
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn rename(
    app: &App,
    human: &Human,
    id: &str,
    label: &str,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    let Some(label) = ToldText::clean(label, 80) else { return Ok(()) };
    for _attempt in 0..=RETRIES {
        let session = own(app, human, id).await?;
        let change = session.rename(&label, &human.account().id, occasion);
        match app.store.commit(change).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PersonError::Unavailable("the session keeps changing".into()))
}

/// Disconnects an agent: its next request is refused. Disconnecting twice is no error.
///
/// # Errors
///
/// Not found, or the database is away: then the session may still live.
pub async fn disconnect(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    let session = own(app, human, id).await?;
    if session.ended.is_some() {
        return Ok(());
    }
    let effects = end(&session, EndCause::Disconnected, occasion);
    Ok(app.store.apply(effects).await?)
}

/// What cannot be an identifier is not looked for: PostgreSQL refuses a NUL in any text.
async fn own(app: &App, human: &Human, id: &str) -> Result<Session, PersonError> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(PersonError::NotFound);
    }
    let session = app.store.session(&SessionId(id.to_owned())).await?;
    session
        .filter(|session| session.account.as_ref() == Some(&human.account().id))
        .ok_or(PersonError::NotFound)
}
