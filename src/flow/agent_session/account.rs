//! What an agent may see and end of its owner's connections (contracts of Agent Analytics, 1.8
//! and 1.10): the account, its sessions, and of those the agent's own to give back.

use std::collections::HashMap;

use super::{Open, account_of, required};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::approval::Approval;
use crate::domain::credential::Credential;
use crate::domain::id::{AccountId, ApprovalId, SessionId};
use crate::domain::origin::Occasion;
use crate::domain::session::{EndCause, Session, Standing, TokenKind, end};
use crate::flow::principal;
use crate::protocol::agent_session::{
    self as wire, ListedSession, RevokeRequest, RevokeResponse, SessionList, milliseconds,
};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::challenge::Refusal;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::protocol::user_claimed::{ACCESS_TOKEN, GiveBackRequest, GivenBack};
use crate::store::TokenEnd;

/// What reading the account takes, where the resource has such a scope (1.10).
const READ_ACCOUNT: &str = "account:read";

/// For how long a session that ended is still listed.
const LISTED_FOR: Seconds = Seconds::DAY.times(30);

/// Whose agent asks: `GET /account`.
///
/// # Errors
///
/// No live session, one without the scope, or one without an owner.
pub async fn describe(
    app: &App,
    token: Option<&str>,
    now: Timestamp,
) -> Result<wire::Account, AgentSessionError> {
    let (_, account) = reader(app, token, now).await?;
    Ok(account_of(Open::of(app)?, &account))
}

/// Every connection of the account to this resource: `GET /account/agent-sessions`.
///
/// # Errors
///
/// As [`describe`].
pub async fn list(
    app: &App,
    token: Option<&str>,
    now: Timestamp,
) -> Result<SessionList, AgentSessionError> {
    let (credential, account) = reader(app, token, now).await?;
    let mut sessions = app.store.sessions_of(&account.id, now).await?;
    sessions.extend(app.store.sessions_ended(&account.id, &EndCause::ALL, now - LISTED_FOR).await?);
    sessions.retain(|session| session.resource == credential.resource);
    let ids: Vec<&SessionId> = sessions.iter().map(|session| &session.id).collect();
    let ends = app.store.token_ends(&ids).await?;
    let asked: Vec<&ApprovalId> =
        sessions.iter().filter_map(|session| session.approval.as_ref()).collect();
    let approvals = app.store.approvals(&asked).await?;
    let approvals: HashMap<&str, &Approval> =
        approvals.iter().map(|approval| (approval.id.as_str(), approval)).collect();
    let line = |session: &Session| {
        let asked = session.approval.as_ref().and_then(|id| approvals.get(id.as_str()).copied());
        listed(session, asked, &ends, now)
    };
    Ok(SessionList { sessions: sessions.iter().map(line).collect() })
}

fn listed(
    session: &Session,
    asked: Option<&Approval>,
    ends: &[TokenEnd],
    now: Timestamp,
) -> ListedSession {
    let told = |text: Option<&ToldText>| text.map(ToString::to_string);
    let end = |kind| {
        let own = |end: &&TokenEnd| end.session == session.id && end.kind == kind;
        ends.iter().find(own).map(|end| milliseconds(end.ends_at))
    };
    let asked = asked.and_then(|approval| approval.ask.agent_session.as_ref());
    let active = session.standing(now) != Standing::Over;
    ListedSession {
        id: session.id.0.clone(),
        client_type: told(session.agent.kind.as_ref()),
        client_name: told(session.agent.name.as_ref()),
        client_instance_id: told(asked.and_then(|asked| asked.instance.as_ref())),
        label: session.label.clone(),
        scopes: session.reach(now).to_vec(),
        status: if active { "active" } else { "revoked" },
        created_at: milliseconds(session.created_at),
        last_used_at: session.last_used_at.map(milliseconds),
        access_expires_at: end(TokenKind::Access),
        refresh_expires_at: end(TokenKind::Refresh),
        revoked_at: session.ended.map(|ended| milliseconds(ended.at)),
    }
}

/// Gives a session back: `POST /agent-sessions/revoke`. Every session may end itself; ending
/// another one takes its owner.
///
/// # Errors
///
/// No live session; another session of the same owner, or one that is not theirs at all.
pub async fn revoke(
    app: &App,
    token: Option<&str>,
    request: &RevokeRequest,
    occasion: &Occasion,
) -> Result<RevokeResponse, AgentSessionError> {
    let (credential, own) = holder(Open::of(app)?, token, occasion.at).await?;
    let named = required(request.session_id.as_ref())?;
    if own.id.as_str() != named {
        let sibling = is_sibling(app, named, credential.account.as_ref()).await?;
        let code = AgentSessionErrorCode::NotFound;
        return Err(if sibling { AgentSessionErrorCode::Forbidden } else { code }.into());
    }
    app.store.apply(end(&own, EndCause::Revoked, occasion)).await?;
    Ok(RevokeResponse { ok: true, session_id: own.id.0 })
}

/// Gives back the session of the bearer token, and no other: `POST /agent/auth/revoke` (1.14).
///
/// # Errors
///
/// Switched off, no live session, or something else than a session is to be revoked.
pub async fn give_back(
    app: &App,
    token: Option<&str>,
    request: &GiveBackRequest,
    occasion: &Occasion,
) -> Result<GivenBack, AgentSessionError> {
    let (_, own) = holder(Open::user_claimed(app)?, token, occasion.at).await?;
    if required(request.credential_type.as_ref())? != ACCESS_TOKEN {
        return Err(AgentSessionErrorCode::InvalidRequest.into());
    }
    app.store.apply(end(&own, EndCause::Revoked, occasion)).await?;
    Ok(GivenBack { status: "revoked" })
}

/// The bearer's own session.
async fn holder(
    open: Open<'_>,
    token: Option<&str>,
    now: Timestamp,
) -> Result<(Credential, Session), AgentSessionError> {
    let credential = bearer(open, token, now).await?;
    let holder = credential.holder.session().ok_or(AgentSessionErrorCode::Forbidden)?;
    let session = open.app.store.session(holder).await?;
    let own = session.ok_or_else(|| AgentSessionError::refused(Refusal::InvalidToken))?;
    Ok((credential, own))
}

/// Whether this is another session of the same owner.
async fn is_sibling(
    app: &App,
    named: &str,
    owner: Option<&AccountId>,
) -> Result<bool, AgentSessionError> {
    // PostgreSQL refuses a NUL in any text.
    if !named.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(false);
    }
    let session = app.store.session(&SessionId(named.to_owned())).await?;
    Ok(session.is_some_and(|session| owner.is_some() && session.account.as_ref() == owner))
}

/// The session behind a bearer token, and the person it acts for.
async fn reader(
    app: &App,
    token: Option<&str>,
    now: Timestamp,
) -> Result<(Credential, Account), AgentSessionError> {
    let open = Open::of(app)?;
    let credential = bearer(open, token, now).await?;
    let exists = open.resource.rule(READ_ACCOUNT).is_some();
    if exists && !credential.scopes.contains(READ_ACCOUNT) {
        let needed = Scopes::of([READ_ACCOUNT]).unwrap_or_default();
        return Err(AgentSessionError::refused(Refusal::InsufficientScope(needed)));
    }
    // A demo is nobody's.
    let account = credential.account.as_ref().ok_or(AgentSessionErrorCode::Forbidden)?;
    let account = app.store.account(account).await?.ok_or(AgentSessionErrorCode::Forbidden)?;
    Ok((credential, account))
}

/// The session behind a bearer token ([RFC 6750 §3.1]). One that is bound to a key proves
/// nothing without it (RFC 9449 §7.2).
///
/// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
async fn bearer(
    open: Open<'_>,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Credential, AgentSessionError> {
    let token = token.ok_or_else(|| AgentSessionError::refused(Refusal::NoToken))?;
    let live = principal::agent(open.app, &open.resource.identifier, token, now).await?;
    let live = live.ok_or_else(|| AgentSessionError::refused(Refusal::InvalidToken))?;
    let credential = &live.token().credential;
    if credential.key.is_some() {
        return Err(AgentSessionError::refused(Refusal::BoundToken));
    }
    Ok(credential.clone())
}
