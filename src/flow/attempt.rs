//! Attempts: the question is put to a human, and put again when it has run out.

use crate::app::App;
use crate::domain::approval::{Approval, State};
use crate::domain::ask::{Ask, Door};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::event::EventKind;
use crate::domain::id::ApprovalId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::pace::{FIRST_INTERVAL, Pace};
use crate::domain::registration::{ClaimRefused, Registration};
use crate::flow::claim::{by_claim_token, current_attempt};
use crate::flow::error::{RETRIES, until_next_hour};
use crate::flow::inbox;
use crate::metrics::Funnel;
use crate::protocol::agent::{Attempt, AttemptResponse, Ceremony, ClaimRequest};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::code::Code;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Where attempts are started and renewed, below the issuer.
pub const CLAIM_PATH: &str = "/agent/identity/claim";

/// A question about to be put, with what only its first answer may show.
pub struct NewAttempt {
    pub approval: Approval,
    pub link: Secret,
    /// None when typed codes are switched off.
    pub code: Option<Code>,
}

/// Reads a login hint.
///
/// # Errors
///
/// Missing, or not an e-mail address.
pub fn login_hint(text: Option<&str>) -> Result<EmailAddress, AgentError> {
    let hint = text.ok_or(AgentErrorCode::InvalidLoginHint)?;
    Ok(hint.parse().map_err(|_| AgentErrorCode::InvalidLoginHint)?)
}

/// A question to the person of `hint`, with a fresh link and, where typed codes are on, a
/// fresh code.
///
/// # Errors
///
/// No entropy.
pub fn new_attempt(
    app: &App,
    registration: &Registration,
    hint: EmailAddress,
    occasion: &Occasion,
) -> Result<NewAttempt, AgentError> {
    let id = ApprovalId(app.entropy.identifier(ApprovalId::PREFIX, occasion.at)?);
    let link = inbox::link(app, &id);
    let code = if app.settings.agents.typed_codes { Some(app.entropy.code()?) } else { None };
    let keyed = |code: &Code| app.vault.keyed_code(AGENT_CODE, id.as_str(), code).into();
    let approval = Approval {
        agent_code: code.as_ref().map(keyed),
        id,
        revision: UNSTORED,
        link: link.digest(),
        ask: Ask {
            details: AuthorizationDetails::default(),
            door: Door::Claim,
            resource: registration.resource.clone(),
            scopes: registration.scopes.clone(),
            agent: registration.agent.clone(),
            expected: Some(hint),
            from: occasion.from.clone(),
            registration: Some(registration.id.clone()),
            client: None,
            redirection: None,
            agent_session: None,
        },
        user_code: None,
        handle: None,
        pace: Pace::FIRST,
        created_at: occasion.at,
        expires_at: (occasion.at + app.settings.agents.attempt_ttl)
            .min(registration.claim_expires_at),
        state: State::Waiting { wrong_codes: 0, viewer: None },
    };
    Ok(NewAttempt { approval, link, code })
}

/// Stores a question that came from an address, counted against what that address may bring
/// in an hour, and `effects` with it.
///
/// # Errors
///
/// Beyond the limit, or when one of the effects' own guards fails, nothing is stored.
pub(in crate::flow) async fn put(
    app: &App,
    approval: Approval,
    mut effects: Vec<Effect>,
    occasion: &Occasion,
) -> Result<(), StoreError> {
    let most = app.settings.limits.authorization_requests_per_address_per_hour;
    let from = occasion.from.network();
    let count = Count::hourly("authorization:address", &from, most.into(), occasion.at);
    let event = approval.record(EventKind::AuthorizationRequested, occasion);
    effects.extend([Effect::Count(count), Effect::Ask(Box::new(approval)), Effect::Record(event)]);
    app.store.apply(effects).await?;
    app.metrics.funnel(Funnel::Asked);
    Ok(())
}

/// Purpose of codes that agents show, in the vault.
pub const AGENT_CODE: &str = "agent code";

/// Purpose of codes that people relay, in the vault.
pub const RELAYED_CODE: &str = "relayed code";

/// Both dialects' words for one attempt.
#[must_use]
pub fn describe(app: &App, attempt: &NewAttempt, now: Timestamp) -> (Attempt, Ceremony) {
    let uri = app.settings.issuer.url(&format!("/approve/{}", attempt.link.reveal()));
    let polled = attempt.code.as_ref().map(|_| FIRST_INTERVAL.0);
    (
        Attempt {
            id: attempt.approval.id.0.clone(),
            verification_uri: uri.clone(),
            expires_at: attempt.approval.expires_at.iso(),
        },
        Ceremony {
            user_code: attempt.code.as_ref().map(Code::grouped),
            verification_uri: uri,
            expires_in: attempt.approval.expires_at.since(now).0,
            interval: polled,
        },
    )
}

/// Starts or renews an attempt: the previous link and code end (auth.md, "Claim").
///
/// # Errors
///
/// The claim token is unknown or over, the hint is missing, or attempts come too fast.
pub async fn start(
    app: &App,
    request: &ClaimRequest,
    occasion: &Occasion,
) -> Result<AttemptResponse, AgentError> {
    let token = request.claim_token.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    match request.kind.as_deref() {
        None | Some("service_auth" | "login_hint") => {}
        Some("identity_assertion") => return Err(AgentErrorCode::IssuerNotEnabled.into()),
        Some(_) => return Err(AgentErrorCode::InvalidRequest.into()),
    }
    // Of a burst, each start that is stored makes the others read again; the limit ends it.
    let most = app.settings.limits.claim_attempts_per_registration_per_hour as usize;
    for _attempt in 0..=most.saturating_add(RETRIES) {
        match start_once(app, request, token, occasion).await {
            Err(StartError::Stale) => {}
            Err(StartError::Refused(error)) => return Err(error),
            Ok(response) => return Ok(response),
        }
    }
    Err(AgentErrorCode::TemporarilyUnavailable.into())
}

enum StartError {
    Stale,
    Refused(AgentError),
}

impl<E: Into<AgentError>> From<E> for StartError {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

async fn start_once(
    app: &App,
    request: &ClaimRequest,
    token: &str,
    occasion: &Occasion,
) -> Result<AttemptResponse, StartError> {
    let registration =
        by_claim_token(app, token).await?.ok_or(AgentErrorCode::InvalidClaimToken)?;
    let current = current_attempt(app, &registration).await?;
    registration.is_claimable(current.as_ref(), occasion.at).map_err(refusal)?;
    let hint = hint(request, &registration)?;
    let attempt = new_attempt(app, &registration, hint, occasion)?;
    let id = registration.id.clone();
    let mut change = registration
        .start_attempt(current.as_ref(), attempt.approval.clone(), occasion)
        .map_err(refusal)?;
    let most = app.settings.limits.claim_attempts_per_registration_per_hour;
    change.effects.push(Effect::Count(Count::hourly(
        "attempt",
        id.as_str(),
        most.into(),
        occasion.at,
    )));
    app.store.commit(change).await.map_err(|error| not_started(error, occasion.at))?;
    app.metrics.funnel(Funnel::Asked);
    let (described, ceremony) = describe(app, &attempt, occasion.at);
    Ok(AttemptResponse {
        id: id.0.clone(),
        registration_id: id.0,
        kind: "service_auth",
        status: "initiated",
        claim_attempt_id: attempt.approval.id.0,
        expires_at: described.expires_at.clone(),
        attempt: described,
        claim_attempt: ceremony,
    })
}

fn not_started(error: StoreError, now: Timestamp) -> StartError {
    match error {
        StoreError::Stale(_) => StartError::Stale,
        StoreError::Limited => {
            let wait = until_next_hour(now);
            StartError::Refused(AgentError::limited(AgentErrorCode::TooManyAttempts, wait))
        }
        error => StartError::Refused(error.into()),
    }
}

/// The address this attempt is for: as the agent says now, or as it said before.
fn hint(request: &ClaimRequest, registration: &Registration) -> Result<EmailAddress, AgentError> {
    match request.login_hint.as_deref().or(request.email.as_deref()) {
        Some(hint) => login_hint(Some(hint)),
        None => Ok(registration.login_hint.clone().ok_or(AgentErrorCode::InvalidLoginHint)?),
    }
}

fn refusal(refused: ClaimRefused) -> AgentError {
    AgentError::new(match refused {
        ClaimRefused::AlreadyClaimed => AgentErrorCode::AlreadyClaimed,
        ClaimRefused::Expired => AgentErrorCode::ClaimExpired,
        ClaimRefused::Revoked => AgentErrorCode::ClaimRevoked,
    })
}
