//! An agent asks for a session (contracts of Agent Analytics, 1.2), and a browser opens its link.

use super::{AUTHORIZE_PATH, Open, REQUEST_PREFIX, approval_code, required};
use crate::app::App;
use crate::domain::agent_session::SessionRequest;
use crate::domain::approval::{Approval, Phase, State};
use crate::domain::ask::{Ask, Door};
use crate::domain::change::UNSTORED;
use crate::domain::id::ApprovalId;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::pace::Pace;
use crate::flow::approval::{DecideError, by_link};
use crate::flow::attempt;
use crate::flow::error::{PersonError, until_next_hour};
use crate::protocol::agent_session::{Mode, StartRequest, StartResponse, milliseconds};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::pkce::HashedVerifier;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Puts the question of a start request (1.2). Unknown scopes are dropped, and never granted
/// (1.10).
///
/// # Errors
///
/// A member is missing or wrong, no known scope is left, the callback is not one that may be
/// sent an answer; beyond the hourly limit of an address nothing is stored.
pub async fn start(
    app: &App,
    request: &StartRequest,
    occasion: &Occasion,
) -> Result<StartResponse, AgentSessionError> {
    let open = Open::of(app)?;
    let mode = Mode::named(request.mode.as_deref()).ok_or(AgentSessionErrorCode::InvalidMode)?;
    let ask = ask(open, request, mode, occasion)?;
    let (link, poll_token) =
        (app.entropy.secret(SecretKind::Approval)?, app.entropy.secret(SecretKind::PollToken)?);
    let lasts = match mode {
        Mode::Interactive => open.rules.interactive_ttl,
        Mode::Detached => open.rules.detached_ttl,
    };
    let approval = Approval {
        id: ApprovalId(app.entropy.identifier(REQUEST_PREFIX, occasion.at)?),
        revision: UNSTORED,
        link: link.digest(),
        ask,
        agent_code: None,
        user_code: None,
        handle: Some(poll_token.digest()),
        pace: Pace::FIRST,
        created_at: occasion.at,
        expires_at: occasion.at + lasts,
        state: State::Waiting { wrong_codes: 0, viewer: None },
    };
    let response = answer(app, &approval, mode, (&link, &poll_token));
    attempt::put(app, approval, Vec::new(), occasion).await.map_err(|error| match error {
        StoreError::Limited => AgentSessionError::limited(until_next_hour(occasion.at)),
        error => error.into(),
    })?;
    Ok(response)
}

fn ask(
    open: Open<'_>,
    request: &StartRequest,
    mode: Mode,
    occasion: &Occasion,
) -> Result<Ask, AgentSessionError> {
    let kind = required(request.client_type.as_ref())?;
    let agent = Agent::told(request.client_name.as_deref(), Some(kind), None);
    if agent.kind.is_none() {
        return Err(AgentSessionErrorCode::MissingFields.into());
    }
    let told = |text: Option<&str>| text.and_then(|text| ToldText::clean(text, 80));
    let challenge = request.code_challenge.as_deref().map(HashedVerifier::parse);
    if challenge == Some(None) {
        return Err(AgentSessionErrorCode::InvalidChallenge.into());
    }
    let agent_session = SessionRequest {
        callback: callback(open, request, mode)?,
        challenge: challenge.flatten(),
        instance: told(request.client_instance_id.as_deref()),
        label: told(request.label.as_deref()),
        requires_existing_account: request.requires_existing_account(),
    };
    // What a browser carries can be picked up on the way (RFC 7636 §1).
    if agent_session.callback.is_some() && agent_session.challenge.is_none() {
        return Err(AgentSessionErrorCode::InvalidChallenge.into());
    }
    Ok(Ask {
        door: Door::AgentSession,
        resource: open.resource.identifier.clone(),
        scopes: scopes(open, request)?,
        details: AuthorizationDetails::default(),
        agent,
        expected: None,
        from: occasion.from.clone(),
        registration: None,
        client: None,
        redirection: None,
        agent_session: Some(agent_session),
    })
}

/// Where a browser may bring the finish code (1.4): a program on its own computer, or a site
/// over https where the operator allows its host. A person who is elsewhere brings it himself.
fn callback(
    open: Open<'_>,
    request: &StartRequest,
    mode: Mode,
) -> Result<Option<RedirectUri>, AgentSessionError> {
    let Some(text) = request.callback_url.as_deref().filter(|_| mode == Mode::Interactive) else {
        return Ok(None);
    };
    let callback: Option<RedirectUri> = text.parse().ok();
    let allowed = |uri: &RedirectUri| {
        let listed = |hosts: &Vec<String>| uri.host().is_some_and(|host| hosts.contains(&host));
        let site = !uri.is_private_use() && open.rules.callback_hosts.as_ref().is_none_or(listed);
        uri.is_loopback() || site
    };
    Ok(Some(callback.filter(allowed).ok_or(AgentSessionErrorCode::InvalidCallback)?))
}

fn scopes(open: Open<'_>, request: &StartRequest) -> Result<Scopes, AgentSessionError> {
    let Some(named) = &request.scopes else { return Ok(open.resource.ask(None).scopes) };
    let known = named.iter().map(String::as_str).filter(|name| open.resource.rule(name).is_some());
    let known = Scopes::of(known).unwrap_or_default();
    if known.is_empty() {
        return Err(AgentSessionErrorCode::InvalidScopes.into());
    }
    Ok(open.resource.ask(Some(&known)).scopes)
}

fn answer(
    app: &App,
    approval: &Approval,
    mode: Mode,
    (link, poll_token): (&Secret, &Secret),
) -> StartResponse {
    StartResponse {
        ok: true,
        auth_request_id: approval.id.0.clone(),
        authorize_url: app.settings.issuer.url(&format!("{AUTHORIZE_PATH}/{}", link.reveal())),
        approval_code: approval_code(app, &approval.id).grouped(),
        poll_token: poll_token.reveal().to_owned(),
        mode: mode.name(),
        expires_at: milliseconds(approval.expires_at),
        scopes: approval.ask.scopes.to_vec(),
    }
}

/// The question behind a link on which nobody may make an account on the way (1.4).
///
/// # Errors
///
/// The database is away.
pub async fn existing_account_only(app: &App, link: &str) -> Result<Option<Ask>, PersonError> {
    match by_link(app, link).await {
        Ok(approval) => {
            let asked = approval.ask.agent_session.as_ref();
            let only = asked.is_some_and(|asked| asked.requires_existing_account);
            Ok(only.then_some(approval.ask))
        }
        Err(DecideError::Person(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// What a browser that opens the link of a request is in for (1.13).
pub enum Begun {
    /// There is something to read on the approval page.
    Readable,
    /// Nobody can answer any more.
    Over,
}

/// Looks at the request behind a link. It decides nothing.
///
/// # Errors
///
/// There is none behind it, or the database is away.
pub async fn begun(app: &App, link: &str, now: Timestamp) -> Result<Begun, DecideError> {
    let approval = by_link(app, link).await?;
    if approval.ask.door != Door::AgentSession {
        return Err(DecideError::NotFound);
    }
    Ok(match approval.phase(now) {
        Phase::Waiting | Phase::Approved | Phase::Collected => Begun::Readable,
        Phase::Denied | Phase::Expired | Phase::Locked | Phase::Superseded => Begun::Over,
    })
}
