//! The door in the words of an earlier auth.md (contracts of Agent Analytics, 1.14): the same
//! question, the same page, the same trade. The claim token is the poll token, and the code that
//! completes a claim is the finish code.

use super::poll::{asked_with, over, status};
use super::{Open, exchange, finish, required, start};
use crate::app::App;
use crate::domain::agent_session::RequestStatus;
use crate::domain::approval::Approval;
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::protocol::agent_session::{ExchangeRequest, Mode, SessionResponse, StartRequest};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::timestamp::Timestamp;
use crate::protocol::user_claimed::{
    ACCESS_TOKEN, USER_CLAIMED, UserClaim, UserClaimRequest, UserClaimed, UserClaimedRequest,
};

/// What an agent is, that does not say.
const SOME_AGENT: &str = "agent";

/// What becomes of a request that was answered with a session.
const CLAIMED: &str = "claimed";

/// Puts the question of `POST /agent/auth` (1.14).
///
/// # Errors
///
/// Switched off, another type of agent or of credential, or as [`start`].
pub async fn ask(
    app: &App,
    request: &UserClaimedRequest,
    occasion: &Occasion,
) -> Result<UserClaim, AgentSessionError> {
    Open::user_claimed(app)?;
    let another = |kind: &String| kind != ACCESS_TOKEN;
    if required(request.kind.as_ref())? != USER_CLAIMED
        || request.requested_credential_type.as_ref().is_some_and(another)
    {
        return Err(AgentSessionErrorCode::InvalidRequest.into());
    }
    let asked = StartRequest {
        mode: Some(Mode::Detached.name().to_owned()),
        client_type: Some(request.client_type.clone().unwrap_or_else(|| SOME_AGENT.to_owned())),
        client_name: request.client_name.clone(),
        scopes: request.requested_scopes.clone(),
        ..StartRequest::default()
    };
    let begun = start(app, &asked, occasion).await?;
    Ok(UserClaim {
        registration_id: begun.auth_request_id,
        registration_type: USER_CLAIMED,
        status: RequestStatus::Pending.name(),
        claim_url: Some(begun.authorize_url),
        claim_token: Some(begun.poll_token),
        claim_token_expires: iso(begun.expires_at),
        post_claim_scopes: begun.scopes,
    })
}

/// How a claim stands: `POST /agent/auth/claim` (1.14).
///
/// # Errors
///
/// Switched off, an unknown claim token, or a claim that is dead.
pub async fn standing(
    app: &App,
    request: &UserClaimRequest,
    now: Timestamp,
) -> Result<UserClaim, AgentSessionError> {
    let (approval, session) = claimed_with(app, request).await?;
    let status = alive(&approval, session.as_ref(), now)?;
    Ok(UserClaim {
        registration_id: approval.id.0,
        registration_type: USER_CLAIMED,
        status: if status == RequestStatus::Exchanged { CLAIMED } else { status.name() },
        claim_url: None,
        claim_token: None,
        claim_token_expires: approval.expires_at.iso(),
        post_claim_scopes: approval.ask.scopes.to_vec(),
    })
}

/// Trades a claim for its session, once: `POST /agent/auth/claim/complete` (1.14). Without the
/// code that its person reads, where polling brings that code too.
///
/// # Errors
///
/// Switched off, an unknown claim token, a code that is missing or wrong; not answered yet, traded
/// already, or dead.
pub async fn complete(
    app: &App,
    request: &UserClaimRequest,
    occasion: &Occasion,
) -> Result<UserClaimed, AgentSessionError> {
    let open = Open::user_claimed(app)?;
    let (approval, session) = claimed_with(app, request).await?;
    let code = match &request.user_code {
        Some(code) => code.clone(),
        None => match alive(&approval, session.as_ref(), occasion.at)? {
            RequestStatus::Approved if open.rules.finish_code_only => {
                return Err(AgentSessionErrorCode::MissingFields.into());
            }
            RequestStatus::Exchanged => return Err(AgentSessionErrorCode::AlreadyExchanged.into()),
            _ => {
                let code = finish(app, &approval, occasion.at);
                code.ok_or(AgentSessionErrorCode::NotReady)?.reveal().to_owned()
            }
        },
    };
    let trade = ExchangeRequest {
        auth_request_id: Some(approval.id.0),
        exchange_code: Some(code),
        code_verifier: None,
    };
    Ok(claimed(&trade, exchange(app, &trade, occasion).await?))
}

fn claimed(trade: &ExchangeRequest, delivered: SessionResponse) -> UserClaimed {
    let session = delivered.agent_session;
    UserClaimed {
        registration_id: trade.auth_request_id.clone().unwrap_or_default(),
        registration_type: USER_CLAIMED,
        status: CLAIMED,
        credential_type: ACCESS_TOKEN,
        credential: session.access_token,
        credential_expires: iso(session.access_expires_at),
        refresh_token: session.refresh_token,
        refresh_token_expires: session.refresh_expires_at.map(iso),
        scopes: session.scopes,
    }
}

async fn claimed_with(
    app: &App,
    request: &UserClaimRequest,
) -> Result<(Approval, Option<Session>), AgentSessionError> {
    Open::user_claimed(app)?;
    let claimed = asked_with(app, required(request.claim_token.as_ref())?).await?;
    // Nobody says a verifier in these words: a request with a challenge was begun in others.
    let asked = claimed.0.ask.agent_session.as_ref();
    if asked.is_some_and(|asked| asked.challenge.is_some()) {
        return Err(AgentSessionErrorCode::InvalidAuthRequest.into());
    }
    Ok(claimed)
}

/// How a request stands that is not dead.
fn alive(
    approval: &Approval,
    session: Option<&Session>,
    now: Timestamp,
) -> Result<RequestStatus, AgentSessionError> {
    let status = status(approval, session, now);
    over(status).map_or(Ok(status), |dead| Err(dead.into()))
}

/// What the other words say in milliseconds.
fn iso(milliseconds: i64) -> String {
    Timestamp(milliseconds / 1_000).iso()
}
