//! What an agent may see and end of its owner's connections (contracts of Agent Analytics, 1.8
//! and 1.10): the account, its sessions, and of those the agent's own to give back. A key of the
//! account's own sees as much, and ends any of them (AA08).

use std::collections::HashMap;

use super::{Open, account_of, required};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::api_key::{KeyKind, Mode};
use crate::domain::approval::Approval;
use crate::domain::credential::{Credential, Holder};
use crate::domain::id::{ApprovalId, SessionId};
use crate::domain::origin::Occasion;
use crate::domain::session::{EndCause, Session, Standing, TokenKind, end};
use crate::flow::credential::{self, Place, Shown};
use crate::flow::forward_auth::Presented;
use crate::flow::introspect;
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
    shown: Shown<'_>,
    now: Timestamp,
) -> Result<wire::Account, AgentSessionError> {
    let (_, account) = reader(app, shown, now).await?;
    let projects = app.store.projects_of(&account.id).await?;
    let live = projects.iter().filter(|project| project.is_live()).count();
    Ok(wire::Account { projects_count: Some(live), ..account_of(Open::of(app)?, &account) })
}

/// Every connection of the account to this resource: `GET /account/agent-sessions`.
///
/// # Errors
///
/// As [`describe`].
pub async fn list(
    app: &App,
    shown: Shown<'_>,
    now: Timestamp,
) -> Result<SessionList, AgentSessionError> {
    let (credential, account) = reader(app, shown, now).await?;
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
    let active = !matches!(session.standing(now), Standing::Over | Standing::Paused);
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
/// another one takes its owner, or a key of its owner's (1.8).
///
/// # Errors
///
/// Nothing live; another session of the same owner, or one that is not theirs at all.
pub async fn revoke(
    app: &App,
    shown: Shown<'_>,
    request: &RevokeRequest,
    occasion: &Occasion,
) -> Result<RevokeResponse, AgentSessionError> {
    let credential = live(Open::of(app)?, shown, occasion.at).await?;
    let named = required(request.session_id.as_ref())?;
    let own = credential.holder.session();
    if own.is_some_and(|own| own.as_str() != named) {
        let sibling = sibling(app, named, &credential).await?;
        let code = AgentSessionErrorCode::NotFound;
        let known = sibling.map(|_| AgentSessionErrorCode::Forbidden);
        return Err(known.unwrap_or(code).into());
    }
    let session = sibling(app, named, &credential).await?;
    let session = session.ok_or(AgentSessionErrorCode::NotFound)?;
    app.store.apply(end(&session, EndCause::Revoked, occasion)).await?;
    Ok(RevokeResponse { ok: true, session_id: session.id.0 })
}

/// Gives back the session of the bearer token, and no other: `POST /agent/auth/revoke` (1.14).
///
/// # Errors
///
/// Switched off, no live session, or something else than a session is to be revoked.
pub async fn give_back(
    app: &App,
    shown: Shown<'_>,
    request: &GiveBackRequest,
    occasion: &Occasion,
) -> Result<GivenBack, AgentSessionError> {
    let credential = live(Open::user_claimed(app)?, shown, occasion.at).await?;
    let holder = credential.holder.session().ok_or(AgentSessionErrorCode::Forbidden)?;
    let own = app.store.session(holder).await?;
    let own = own.ok_or_else(|| AgentSessionError::refused(Refusal::InvalidToken))?;
    if required(request.credential_type.as_ref())? != ACCESS_TOKEN {
        return Err(AgentSessionErrorCode::InvalidRequest.into());
    }
    app.store.apply(end(&own, EndCause::Revoked, occasion)).await?;
    Ok(GivenBack { status: "revoked" })
}

/// The session of this name, if it is the credential's own or its owner's at the same resource.
async fn sibling(
    app: &App,
    named: &str,
    credential: &Credential,
) -> Result<Option<Session>, AgentSessionError> {
    // PostgreSQL refuses a NUL in any text.
    if !named.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(None);
    }
    let session = app.store.session(&SessionId(named.to_owned())).await?;
    Ok(session.filter(|session| {
        let own = credential.holder.session() == Some(&session.id);
        let owner = credential.account.is_some() && session.account == credential.account;
        own || (owner && session.resource == credential.resource)
    }))
}

/// The credential behind a request, and the person it acts for.
async fn reader(
    app: &App,
    shown: Shown<'_>,
    now: Timestamp,
) -> Result<(Credential, Account), AgentSessionError> {
    let open = Open::of(app)?;
    let credential = live(open, shown, now).await?;
    if open.resource.rule(READ_ACCOUNT).is_some() {
        reads_account(&credential)?;
    }
    // A demo is nobody's.
    let account = credential.account.as_ref().ok_or(AgentSessionErrorCode::Forbidden)?;
    let account = app.store.account(account).await?.ok_or(AgentSessionErrorCode::Forbidden)?;
    Ok((credential, account))
}

/// Refuses what may not read of the account.
fn reads_account(credential: &Credential) -> Result<(), AgentSessionError> {
    if credential.scopes.contains(READ_ACCOUNT) {
        return Ok(());
    }
    let needed = Scopes::of([READ_ACCOUNT]).unwrap_or_default();
    Err(AgentSessionError::refused(Refusal::InsufficientScope(needed)))
}

/// The session behind a bearer token ([RFC 6750 §3.1]), or the account's own key where its profile
/// says that it comes (AA08). A session that is bound to a key proves nothing without it (RFC 9449
/// §7.2), and neither what is in the sandbox nor what anybody can read tells of an account.
///
/// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
async fn live(
    open: Open<'_>,
    (presented, places): Shown<'_>,
    now: Timestamp,
) -> Result<Credential, AgentSessionError> {
    let invalid = || AgentSessionError::refused(Refusal::InvalidToken);
    let text = match presented {
        None => return Err(AgentSessionError::refused(Refusal::NoToken)),
        Some(Presented::Held(text)) if credential::may_come(open.app, text, places) => text,
        Some(_) => return Err(invalid()),
    };
    let live = introspect::introspect(open.app, &open.resource.identifier, text, now).await?;
    let live = live.ok_or_else(invalid)?;
    let counts = match &live.credential.holder {
        Holder::Session(_) => places.iter().all(|place| *place == Place::Bearer),
        Holder::Key { kind, mode, profile, .. } => {
            let own = *profile == open.profile.name && live.credential.account.is_some();
            own && (*kind, *mode) == (KeyKind::Secret, Mode::Live)
        }
        Holder::Project { .. } | Holder::Console { .. } | Holder::SessionToken { .. } => false,
    };
    if !counts {
        return Err(invalid());
    }
    if live.credential.key.is_some() {
        return Err(AgentSessionError::refused(Refusal::BoundToken));
    }
    if live.credential.holder.key().is_some() {
        // What it is good for alone is no account.
        if live.credential.holder.limited_to().is_some() {
            return Err(AgentSessionErrorCode::Forbidden.into());
        }
        reads_account(&live.credential)?;
    }
    Ok(live.credential.clone())
}
