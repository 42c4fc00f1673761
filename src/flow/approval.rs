//! What the one approval page shows, whatever door the question came through.

use crate::app::App;
use crate::domain::approval::{Approval, Phase};
use crate::domain::ask::Door;
use crate::domain::decision::ApprovalRefused;
use crate::domain::session::Session;
use crate::flow::agent_session;
use crate::flow::code;
use crate::flow::device;
use crate::flow::error::PersonError;
use crate::flow::principal::Human;
use crate::flow::step_up::widened;
use crate::protocol::code::Code;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{Answered, StoreError};

/// What a signed-in person may see of a request.
pub struct Seen {
    pub approval: Approval,
    /// The session, once there is one.
    pub session: Option<Session>,
    /// How often this person has answered an agent of that name.
    pub answered: Answered,
    /// Something asked for spends or deletes, and this sign-in is too old for that.
    pub needs_fresh_sign_in: bool,
    /// The code to hand to the agent, while it is good.
    pub relayed: Option<Code>,
    /// The code that the agent may show, to compare it once more.
    pub compared: Option<Code>,
    /// What the agent trades for its session, while that can be done.
    pub finish: Option<Secret>,
    /// Where the browser takes the answer, while there is one to take.
    pub onward: Option<String>,
    /// The session that a yes would widen.
    pub widens: Option<Session>,
}

#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("there is no such request")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] ApprovalRefused),
    /// The code box was left empty; nothing was spent.
    #[error("the code is missing")]
    NoCode,
    /// The session to be widened is another than the page said: nothing was decided.
    #[error("the session changed meanwhile")]
    Moved,
    /// The agent carries a well-known name to a foreign place, and nobody has said that this
    /// is meant.
    #[error("the well-known name was not confirmed")]
    BrandUnconfirmed,
    /// What spends or deletes asks for a sign-in of the last five minutes.
    #[error("the sign-in is too old")]
    NotFresh,
    #[error("the code is wrong")]
    WrongCode { tries_left: u8 },
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// Shows a request to the person it is for. Reading changes nothing.
///
/// # Errors
///
/// Unknown link, or another account's: refused before any detail is read out.
pub async fn view(
    app: &App,
    link: &str,
    human: &Human,
    now: Timestamp,
) -> Result<Seen, DecideError> {
    let approval = by_link(app, link).await?;
    if !approval.is_for(human.account()) {
        return Err(ApprovalRefused::WrongAccount.into());
    }
    if !approval.began_in(human.mark()) {
        return Err(ApprovalRefused::OtherBrowser.into());
    }
    let session = match approval.approved() {
        Some(approved) => app.store.session(&approved.session).await?,
        None => None,
    };
    let name = approval.ask.agent.name.as_ref().map(ToldText::as_str);
    let today = now - Seconds::DAY;
    let answered = app.store.answered(&human.account().id, name, today).await?;
    let relayed = relayed_code(app, &approval, now);
    let ask = &approval.ask;
    let grave = app
        .resource(&ask.resource)
        .is_some_and(|one| one.is_grave(&ask.scopes) || one.is_grave_detail(&ask.details));
    let waiting = approval.phase(now) == Phase::Waiting;
    let stale = !ask.accepts_sign_in_of(human.signed_in_at()) || (grave && !human.is_fresh(now));
    let needs_fresh_sign_in = waiting && stale;
    let finish = agent_session::finish(app, &approval, now);
    let onward = code::onward(app, &approval, now);
    let onward = onward.or_else(|| agent_session::onward(app, &approval, now));
    let widens = widened(app, &approval, &human.account().id, now).await?;
    let compared = compared(app, &approval).filter(|_| waiting);
    Ok(Seen {
        approval,
        session,
        answered,
        needs_fresh_sign_in,
        relayed,
        compared,
        finish,
        onward,
        widens,
    })
}

/// The code that the agent may show, where the person does not type it on this page.
fn compared(app: &App, approval: &Approval) -> Option<Code> {
    match approval.ask.door {
        Door::Device => Some(device::user_code(app, &approval.id)),
        Door::AgentSession => Some(agent_session::approval_code(app, &approval.id)),
        _ => None,
    }
}

/// The code that goes back to the agent. It is derived, so a reload shows the same one.
fn relayed_code(app: &App, approval: &Approval, now: Timestamp) -> Option<Code> {
    let approved = approval.approved()?;
    if approval.phase(now) != Phase::Approved || !approved.is_relayed() {
        return None;
    }
    Some(app.vault.derive_code(&["relay", approval.id.as_str(), approved.session.as_str()]))
}

/// The approval behind a link.
///
/// # Errors
///
/// There is none, or the database is away.
pub async fn by_link(app: &App, link: &str) -> Result<Approval, DecideError> {
    let link = Secret::parse(SecretKind::Approval, link).ok_or(DecideError::NotFound)?;
    app.store.approval_by_link(&link.digest()).await?.ok_or(DecideError::NotFound)
}
