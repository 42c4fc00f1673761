//! A person's sessions: seen, found, renamed, made less, rested, ended. Never widened.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::budget::CallsLeft;
use crate::domain::change::Change;
use crate::domain::event::Event;
use crate::domain::id::SessionId;
use crate::domain::origin::Occasion;
use crate::domain::resource::{AccessTokenFormat, Resource};
use crate::domain::session::{
    EndCause, Less, LowerError, PauseError, SameAgent, Session, Standing, end,
};
use crate::flow::error::{PersonError, RETRIES};
use crate::flow::principal::Human;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// Why a session stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error("the session does not become less: {0:?}")]
    Lower(LowerError),
    #[error("the session neither rests nor goes on: {0:?}")]
    Pause(PauseError),
}

/// Which sessions end at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Of(SameAgent),
    Everything,
}

/// The sessions that can still act, or could if their owner let them go on, newest first; those
/// that have these words somewhere, if there are any.
///
/// # Errors
///
/// The database is away.
pub async fn list(
    app: &App,
    human: &Human,
    words: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Session>, PersonError> {
    let account = &human.account().id;
    let sessions = match words {
        Some(words) => app.store.sessions_with(account, now, words).await?,
        None => app.store.sessions_of(account, now).await?,
    };
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
    let by = &human.account().id;
    let rename = |session: Session| Ok(Some(session.rename(&label, by, occasion)));
    change(app, human, id, rename).await
}

/// Whether the calls of a session at this API can be counted: nobody asks about a token that says
/// by itself what it is worth.
#[must_use]
pub fn counts_calls(resource: Option<&Resource>) -> bool {
    resource.is_some_and(|resource| resource.access_token == AccessTokenFormat::Opaque)
}

/// Leaves a session with less; what its API always needs stays.
///
/// # Errors
///
/// Nothing changes then.
pub async fn lower(
    app: &App,
    human: &Human,
    id: &str,
    less: &Less,
    occasion: &Occasion,
) -> Result<(), Unchanged> {
    change(app, human, id, |session| {
        let resource = app.resource(&session.resource);
        if less.calls.is_some() && !counts_calls(resource) {
            return Err(Unchanged::Lower(LowerError::NotItsCalls));
        }
        let required = resource.map(Resource::required_scopes).unwrap_or_default();
        let less = Less { scopes: less.scopes.join(&required), ..less.clone() };
        session.lower(&less, &human.account().id, occasion).map_err(Unchanged::Lower)
    })
    .await
}

/// Lets a session rest: its agent gets nowhere with it until it goes on.
///
/// # Errors
///
/// Nothing changes then.
pub async fn pause(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), Unchanged> {
    let pause = |session: Session| session.pause(&human.account().id, occasion).map(Some);
    change(app, human, id, |session| pause(session).map_err(Unchanged::Pause)).await
}

/// Lets a session go on that rests. Its end is where it was.
///
/// # Errors
///
/// Nothing changes then.
pub async fn resume(
    app: &App,
    human: &Human,
    id: &str,
    occasion: &Occasion,
) -> Result<(), Unchanged> {
    let resume = |session: Session| session.resume(&human.account().id, occasion).map(Some);
    change(app, human, id, |session| resume(session).map_err(Unchanged::Pause)).await
}

/// Stores what is decided about one of this person's sessions, decided again when it moved.
async fn change<E: From<PersonError>>(
    app: &App,
    human: &Human,
    id: &str,
    decide: impl Fn(Session) -> Result<Option<Change<Session>>, E>,
) -> Result<(), E> {
    for _attempt in 0..=RETRIES {
        let Some(change) = decide(own(app, human, id).await?)? else { return Ok(()) };
        match app.store.commit(change).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(PersonError::from(error).into()),
        }
    }
    Err(PersonError::Unavailable("the session keeps changing".into()).into())
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

/// Disconnects one agent everywhere, or every agent.
///
/// # Errors
///
/// The database is away: then some of them may still live.
pub async fn disconnect_all(
    app: &App,
    human: &Human,
    which: &Which,
    occasion: &Occasion,
) -> Result<(), PersonError> {
    let account = &human.account().id;
    loop {
        let sessions = match which {
            Which::Of(agent) => app.store.sessions_of_agent(account, agent, occasion.at).await?,
            Which::Everything => app.store.sessions_of(account, occasion.at).await?,
        };
        if sessions.is_empty() {
            return Ok(());
        }
        let ends = sessions.iter().flat_map(|one| end(one, EndCause::Disconnected, occasion));
        app.store.apply(ends.collect()).await?;
    }
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
