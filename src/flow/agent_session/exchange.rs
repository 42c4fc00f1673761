//! A finish code is traded for the session, and later its refresh token for the next pair
//! (contracts of Agent Analytics, 1.6 and 1.7).

use subtle::ConstantTimeEq as _;

use super::poll::{over, status};
use super::{Open, account_of, finish_code, request_id, required};
use crate::app::App;
use crate::domain::approval::{Approval, Phase};
use crate::domain::ask::Door;
use crate::domain::claim::{Collect, Collector, NotCollected};
use crate::domain::id::ApprovalId;
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::flow::collection::{CollectError, Decided, of_the_yes, settle};
use crate::flow::delivery::{Binding, Pair};
use crate::flow::grants::refresh_token::refresh_session;
use crate::flow::retry;
use crate::protocol::agent_session::{
    AgentSession, ExchangeRequest, RefreshRequest, SessionResponse, milliseconds,
};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::secret::{Secret, SecretKind};

/// Trades a finish code for its session, once. The code is looked for in whatever was pasted;
/// it and the verifier are looked at before the state, which they alone may learn (1.6).
///
/// # Errors
///
/// An unknown request, a wrong code or verifier, of which five end the request; not answered
/// yet; traded already, which harms nothing; over.
pub async fn exchange(
    app: &App,
    request: &ExchangeRequest,
    occasion: &Occasion,
) -> Result<SessionResponse, AgentSessionError> {
    Open::of(app)?;
    let id = request_id(required(request.auth_request_id.as_ref())?)?;
    let code = Secret::find(SecretKind::FinishCode, required(request.exchange_code.as_ref())?);
    let verifier = request.code_verifier.as_deref();
    let finishing = Finishing { id: &id, code, verifier };
    let once = async || exchange_once(app, &finishing, occasion).await;
    match retry::repeated(once).await {
        Ok((session, pair)) => delivered(app, &session, &pair).await,
        Err(error) => Err(refused(app, &id, error, occasion).await),
    }
}

/// What came to be traded.
struct Finishing<'a> {
    id: &'a ApprovalId,
    code: Option<Secret>,
    verifier: Option<&'a str>,
}

async fn exchange_once(
    app: &App,
    finishing: &Finishing<'_>,
    occasion: &Occasion,
) -> Result<(Session, Pair), CollectError> {
    let found = app.store.approval(finishing.id).await?;
    let found = found.filter(|approval| approval.ask.door == Door::AgentSession);
    let approval = found.ok_or(CollectError::UnknownToken)?;
    let proven = is_proven(app, &approval, finishing);
    // There is no try left to spend; before a yes there is no code that could be wrong.
    if proven == Some(false) && approval.phase(occasion.at) != Phase::Approved {
        return Err(CollectError::WrongCode);
    }
    let by = Collector::Finish { proven: proven == Some(true) };
    let decided = Decided {
        approval: approval.id.clone(),
        session: of_the_yes(app, &approval).await?,
        collection: approval.collect(&Collect { by, request: "finish code", occasion }),
        binding: Binding::of(None, None),
        occasion,
    };
    let beside = async |session: &Session, _: &Pair| Ok(session.clone());
    let (pair, session) = settle(app, decided, beside).await?;
    Ok((session, pair))
}

/// Whether code and verifier are the right ones; None while there is no code yet.
fn is_proven(app: &App, approval: &Approval, finishing: &Finishing<'_>) -> Option<bool> {
    let right = finish_code(app, approval, approval.approved()?);
    let same = finishing.code.as_ref().is_some_and(|code| {
        let same = code.digest().0.ct_eq(&right.digest().0);
        same.into()
    });
    let asked = approval.ask.agent_session.as_ref()?;
    Some(same && asked.is_proven_by(finishing.verifier))
}

async fn refused(
    app: &App,
    id: &ApprovalId,
    error: CollectError,
    occasion: &Occasion,
) -> AgentSessionError {
    match error {
        CollectError::UnknownToken => AgentSessionErrorCode::InvalidAuthRequest.into(),
        CollectError::WrongCode => AgentSessionErrorCode::InvalidExchangeCode.into(),
        CollectError::NotCollected(NotCollected::Pending) => AgentSessionErrorCode::NotReady.into(),
        CollectError::NotCollected(NotCollected::Spent) => {
            AgentSessionErrorCode::AlreadyExchanged.into()
        }
        CollectError::Revoked | CollectError::NotCollected(NotCollected::Denied(_)) => {
            AgentSessionErrorCode::Revoked.into()
        }
        CollectError::NotCollected(NotCollected::Over) => dead(app, id, occasion).await,
        // Nothing beside the code is said here, and nobody proves a key.
        CollectError::Refused(_) => AgentSessionErrorCode::InvalidRequest.into(),
        CollectError::Unavailable(cause) => {
            AgentSessionError::failed(AgentSessionErrorCode::TemporarilyUnavailable, cause)
        }
        CollectError::Internal(cause) => {
            AgentSessionError::failed(AgentSessionErrorCode::ServerError, cause)
        }
    }
}

/// Of what a request died: polling says the same.
async fn dead(app: &App, id: &ApprovalId, occasion: &Occasion) -> AgentSessionError {
    match app.store.approval(id).await {
        Ok(Some(approval)) => match of_the_yes(app, &approval).await {
            Ok(session) => over(status(&approval, session.as_ref(), occasion.at))
                .unwrap_or(AgentSessionErrorCode::Revoked)
                .into(),
            Err(error) => error.into(),
        },
        Ok(None) => AgentSessionErrorCode::InvalidAuthRequest.into(),
        Err(error) => error.into(),
    }
}

/// Answers a refresh (1.7): the same session, the same scopes, the next pair. Whoever comes
/// with the same token within the overlap gets the same pair.
///
/// # Errors
///
/// The token is missing, or not good any more.
pub async fn refresh(
    app: &App,
    request: &RefreshRequest,
    occasion: &Occasion,
) -> Result<SessionResponse, AgentSessionError> {
    Open::of(app)?;
    let token = required(request.refresh_token.as_ref())?;
    let (session, pair) = refresh_session(app, token, occasion).await?;
    delivered(app, &session, &pair).await
}

async fn delivered(
    app: &App,
    session: &Session,
    pair: &Pair,
) -> Result<SessionResponse, AgentSessionError> {
    let account = match &session.account {
        Some(id) => app.store.account(id).await?,
        None => None,
    };
    let account = account.ok_or(AgentSessionErrorCode::InvalidRefreshToken)?;
    let refresh = pair.refresh.as_ref();
    Ok(SessionResponse {
        ok: true,
        agent_session: AgentSession {
            id: session.id.0.clone(),
            session_id: session.id.0.clone(),
            access_token: pair.access.reveal().to_owned(),
            access_expires_at: milliseconds(pair.access.ends_at()),
            refresh_token: refresh.map(|refresh| refresh.reveal().to_owned()),
            refresh_expires_at: refresh.map(|_| milliseconds(pair.refresh_end)),
            scopes: pair.scopes.to_vec(),
        },
        account: account_of(Open::of(app)?, &account),
    })
}
