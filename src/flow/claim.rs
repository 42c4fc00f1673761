//! A registration finds its human: attempts start and are renewed here, and the agent
//! collects the answer, by polling or by handing back a code. Both spend the claim token.

use crate::app::App;
use crate::domain::approval::{Approval, Approved, TRIES};
use crate::domain::change::Effect;
use crate::domain::claim::{Collect, Collection, Collector, NotCollected};
use crate::domain::event::EventKind;
use crate::domain::limit::Count;
use crate::domain::origin::Origin;
use crate::domain::registration::{ClaimRefused, Registration};
use crate::flow::agent::{AGENT_CODE, RELAYED_CODE, describe, login_hint, new_attempt};
use crate::flow::delivery::{self, Pair};
use crate::flow::error::{RETRIES, until_next_hour};
use crate::metrics::Funnel;
use crate::protocol::agent::{
    AttemptResponse, ClaimRequest, CompleteRequest, CompleteResponse, Identity,
};
use crate::protocol::code::Code;
use crate::protocol::error::{AgentError, AgentErrorCode, Cause};
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Starts or renews an attempt: the previous link and code end (auth.md, "Claim").
///
/// # Errors
///
/// The claim token is unknown or over, the hint is missing, or attempts come too fast.
pub async fn start(
    app: &App,
    request: &ClaimRequest,
    from: &Origin,
    now: Timestamp,
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
        match start_once(app, request, token, from, now).await {
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
    from: &Origin,
    now: Timestamp,
) -> Result<AttemptResponse, StartError> {
    let registration =
        by_claim_token(app, token).await?.ok_or(AgentErrorCode::InvalidClaimToken)?;
    let current = current_attempt(app, &registration).await?;
    registration.is_claimable(current.as_ref(), now).map_err(refusal)?;
    let hint = match request.login_hint.as_deref().or(request.email.as_deref()) {
        Some(hint) => login_hint(Some(hint))?,
        None => registration.login_hint.clone().ok_or(AgentErrorCode::InvalidLoginHint)?,
    };
    let attempt = new_attempt(app, &registration, hint, from, now)?;
    let id = registration.id.clone();
    let mut change = registration
        .start_attempt(current.as_ref(), attempt.approval.clone(), &from.address, now)
        .map_err(refusal)?;
    let most = app.settings.limits.claim_attempts_per_registration_per_hour;
    change.effects.push(Effect::Count(Count::hourly("attempt", id.as_str(), most.into(), now)));
    match app.store.commit(change).await {
        Ok(_) => {}
        Err(StoreError::Stale(_)) => return Err(StartError::Stale),
        Err(StoreError::Limited) => {
            let error = AgentError::limited(AgentErrorCode::TooManyAttempts, until_next_hour(now));
            return Err(StartError::Refused(error));
        }
        Err(error) => return Err(error.into()),
    }
    app.metrics.funnel(Funnel::Asked);
    let (described, ceremony) = describe(app, &attempt, now);
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

fn refusal(refused: ClaimRefused) -> AgentError {
    AgentError::new(match refused {
        ClaimRefused::AlreadyClaimed => AgentErrorCode::AlreadyClaimed,
        ClaimRefused::Expired => AgentErrorCode::ClaimExpired,
        ClaimRefused::Revoked => AgentErrorCode::ClaimRevoked,
    })
}

/// What a collection yields, in neither dialect's words yet.
pub struct Collected {
    pub registration: Registration,
    pub pair: Pair,
    pub identity: Identity,
}

/// Why there is nothing to collect.
#[derive(Debug)]
pub enum CollectError {
    UnknownToken,
    Revoked,
    NotCollected(NotCollected),
    WrongCode,
    Unavailable(Cause),
    Internal(Cause),
}

impl From<StoreError> for CollectError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Corrupt(_) | StoreError::NoEntropy(_) => Self::Internal(error.into()),
            error => Self::Unavailable(error.into()),
        }
    }
}

/// Collects for a claim token, by poll or by code.
///
/// # Errors
///
/// See [`CollectError`].
pub async fn collect(
    app: &App,
    claim_token: &str,
    code: Option<&str>,
    from: &Origin,
    now: Timestamp,
) -> Result<Collected, CollectError> {
    for _attempt in 0..COLLECTIONS {
        match collect_once(app, claim_token, code, from, now).await {
            Err(CollectError::Unavailable(cause)) if is_stale(&cause) => {}
            answer => return answer,
        }
    }
    collect_once(app, claim_token, code, from, now).await
}

/// A burst of wrong codes makes each other's reading stale; every one of them must still
/// be counted, so collecting is tried as often as an attempt has tries, and twice more.
const COLLECTIONS: usize = RETRIES + TRIES as usize;

fn is_stale(cause: &Cause) -> bool {
    matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::Stale(_)))
}

async fn collect_once(
    app: &App,
    claim_token: &str,
    code: Option<&str>,
    from: &Origin,
    now: Timestamp,
) -> Result<Collected, CollectError> {
    let registration = by_claim_token(app, claim_token).await?.ok_or(CollectError::UnknownToken)?;
    if registration.revoked_at.is_some() {
        return Err(CollectError::Revoked);
    }
    let Some(approval) = current_attempt(app, &registration).await? else {
        let late = now >= registration.claim_expires_at;
        let reason = if late { NotCollected::Over } else { NotCollected::Pending };
        return Err(CollectError::NotCollected(reason));
    };
    let request = request_digest(claim_token, code);
    let by = collector(app, &approval, code);
    let collect = Collect { by, request: &request, address: &from.address };
    let replayed = approval.record(EventKind::ClaimReplayed, &from.address, now);
    match approval.collect(&collect, now) {
        Ok(Collection::Deliver { mut change, approved }) => {
            let delivered = deliver(app, registration, &approved, now).await?;
            let (session, collected) = delivered;
            change.effects.extend(collected.pair.issue(&session));
            app.store.commit(change).await?;
            app.metrics.funnel(Funnel::Collected);
            Ok(collected)
        }
        Ok(Collection::Again { approved, at }) => {
            let (session, collected) = deliver(app, registration, &approved, at).await?;
            if session.is_live(now) {
                return Ok(collected);
            }
            Err(CollectError::NotCollected(NotCollected::Spent))
        }
        Ok(Collection::WrongCode(change)) => {
            app.store.commit(change).await?;
            Err(CollectError::WrongCode)
        }
        Err(NotCollected::Spent) => {
            app.store.apply(vec![Effect::Record(replayed)]).await?;
            Err(CollectError::NotCollected(NotCollected::Spent))
        }
        Err(reason) => Err(CollectError::NotCollected(reason)),
    }
}

/// The same words from the same approval, however often they are asked for.
async fn deliver(
    app: &App,
    registration: Registration,
    approved: &Approved,
    at: Timestamp,
) -> Result<(crate::domain::session::Session, Collected), CollectError> {
    let missing = || CollectError::NotCollected(NotCollected::Spent);
    let session = app.store.session(&approved.session).await?.ok_or_else(missing)?;
    let account = app.store.account(&approved.by).await?.ok_or_else(missing)?;
    let context = ["collect", session.id.as_str()];
    let pair = Pair::derive(app, &session, &context, session.scopes.clone(), at);
    let identity = delivery::assertion(app, &registration, &session, Some(&account), &context, at)
        .map_err(|error| CollectError::Internal(error.into()))?;
    let identity = Identity { refresh_token: pair.expiring(), ..identity };
    Ok((session, Collected { registration, pair, identity }))
}

fn collector(app: &App, approval: &Approval, code: Option<&str>) -> Collector {
    let Some(text) = code else { return Collector::Poll };
    let Some(code) = Code::parse(text) else { return Collector::Nonsense };
    let id = approval.id.as_str();
    Collector::Code {
        relayed: app.vault.keyed_code(RELAYED_CODE, id, &code).into(),
        typed: app.vault.keyed_code(AGENT_CODE, id, &code).into(),
    }
}

/// What makes a retry identical: the same token, the same way, the same code.
fn request_digest(claim_token: &str, code: Option<&str>) -> String {
    let code = code.map(|text| {
        Code::parse(text).map_or_else(|| text.to_owned(), |code| code.letters().to_owned())
    });
    let way = code.map_or_else(|| "poll".to_owned(), |code| format!("code {code}"));
    Digest::of(format!("{claim_token} {way}").as_bytes()).hex()
}

/// `POST` to `/complete`: the agent hands back the code its human relayed (dialect D3).
///
/// # Errors
///
/// The dialect's word for each refusal.
pub async fn complete(
    app: &App,
    request: &CompleteRequest,
    from: &Origin,
    now: Timestamp,
) -> Result<CompleteResponse, AgentError> {
    let token = request.claim_token.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    let code = request.user_code.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    let collected = match collect(app, token, Some(code), from, now).await {
        Ok(collected) => collected,
        Err(error) => return Err(completion_refused(app, token, error, now).await),
    };
    Ok(CompleteResponse {
        id: collected.registration.id.0.clone(),
        registration_id: collected.registration.id.0,
        status: "claimed",
        scopes: collected.pair.scopes.to_vec(),
        identity_assertion: collected.identity.assertion.clone(),
        assertion_expires: collected.identity.expires_at.clone(),
        identity: collected.identity,
    })
}

async fn completion_refused(
    app: &App,
    token: &str,
    error: CollectError,
    now: Timestamp,
) -> AgentError {
    let over = || async {
        let registration = by_claim_token(app, token).await.ok().flatten();
        let outer = registration.is_some_and(|registration| now >= registration.claim_expires_at);
        if outer { AgentErrorCode::ClaimExpired } else { AgentErrorCode::UserCodeExpired }
    };
    match error {
        CollectError::UnknownToken => AgentErrorCode::InvalidClaim.into(),
        CollectError::Revoked => AgentErrorCode::ClaimRevoked.into(),
        CollectError::WrongCode => AgentErrorCode::InvalidUserCode.into(),
        CollectError::NotCollected(NotCollected::Pending) => {
            AgentErrorCode::ClaimNotConfirmed.into()
        }
        CollectError::NotCollected(NotCollected::Over) => over().await.into(),
        CollectError::NotCollected(NotCollected::Denied(denial)) => AgentError::denied(denial),
        CollectError::NotCollected(NotCollected::Spent) => AgentErrorCode::AlreadyClaimed.into(),
        CollectError::Unavailable(cause) => {
            AgentError { cause: Some(cause), ..AgentErrorCode::TemporarilyUnavailable.into() }
        }
        CollectError::Internal(cause) => {
            AgentError { cause: Some(cause), ..AgentErrorCode::ServerError.into() }
        }
    }
}

/// The registration a claim token opens; shape is checked before the database is asked.
///
/// # Errors
///
/// The database is away.
pub async fn by_claim_token(app: &App, token: &str) -> Result<Option<Registration>, StoreError> {
    match Secret::parse(SecretKind::Claim, token) {
        Some(secret) => app.store.registration_by_claim(&secret.digest()).await,
        None => Ok(None),
    }
}

async fn current_attempt(
    app: &App,
    registration: &Registration,
) -> Result<Option<Approval>, StoreError> {
    match &registration.approval {
        Some(id) => app.store.approval(id).await,
        None => Ok(None),
    }
}
