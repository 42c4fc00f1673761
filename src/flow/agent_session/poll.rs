//! An agent asks whether its person has answered (contracts of Agent Analytics, 1.5). However
//! often it asks, it is answered: its clients give up at the first refusal.

use super::{Open, finish, request_id, required};
use crate::app::App;
use crate::domain::agent_session::RequestStatus;
use crate::domain::approval::{Approval, Approved};
use crate::domain::session::{Session, Standing};
use crate::protocol::agent_session::{PollRequest, PollResponse};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;

/// Answers one poll. The finish code goes along once there is one, unless the operator leaves
/// it to the person.
///
/// # Errors
///
/// The request is unknown, or the token is another one's: the two are one answer.
pub async fn poll(
    app: &App,
    request: &PollRequest,
    now: Timestamp,
) -> Result<PollResponse, AgentSessionError> {
    let open = Open::of(app)?;
    let id = required(request.auth_request_id.as_ref())?;
    let token = required(request.poll_token.as_ref())?;
    let id = request_id(id)?;
    let (approval, session) = asked_with(app, token).await?;
    if approval.id != id {
        return Err(AgentSessionErrorCode::InvalidAuthRequest.into());
    }
    let status = status(&approval, session.as_ref(), now);
    let code = finish(app, &approval, now);
    let code = code.filter(|_| status == RequestStatus::Approved && !open.rules.finish_code_only);
    let account = match answered(&approval, status) {
        Some(approved) => app.store.account(&approved.by).await?,
        None => None,
    };
    Ok(PollResponse {
        status: status.name(),
        exchange_code: code.map(|code| code.reveal().to_owned()),
        account_id: account.as_ref().map(|account| account.id.0.clone()),
        approved_email: account.map(|account| account.email.as_str().to_owned()),
        refused: over(status).map(AgentSessionErrorCode::body),
    })
}

/// The request that this poll token is of, and the session of its yes.
pub(super) async fn asked_with(
    app: &App,
    token: &str,
) -> Result<(Approval, Option<Session>), AgentSessionError> {
    let unknown = AgentSessionErrorCode::InvalidAuthRequest;
    let token = Secret::parse(SecretKind::PollToken, token).ok_or(unknown)?;
    let found = app.store.approval_and_session(&token.digest()).await?;
    Ok(found.ok_or(unknown)?)
}

/// Who said yes, while that still means something.
fn answered(approval: &Approval, status: RequestStatus) -> Option<&Approved> {
    let said = matches!(status, RequestStatus::Approved | RequestStatus::Exchanged);
    approval.approved().filter(|_| said)
}

/// How a request stands. What the person has disconnected meanwhile cannot be had any more.
pub(super) fn status(
    approval: &Approval,
    session: Option<&Session>,
    now: Timestamp,
) -> RequestStatus {
    let standing = session.is_some_and(|session| session.standing(now) != Standing::Over);
    approval.request_status(standing, now)
}

/// The refusal of a request that is dead (1.5).
pub(super) const fn over(status: RequestStatus) -> Option<AgentSessionErrorCode> {
    match status {
        RequestStatus::Expired => Some(AgentSessionErrorCode::Expired),
        RequestStatus::Revoked => Some(AgentSessionErrorCode::Revoked),
        RequestStatus::Pending | RequestStatus::Approved | RequestStatus::Exchanged => None,
    }
}
