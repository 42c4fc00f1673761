//! The agent collects its human's answer, by polling or by handing back a code. Whichever
//! comes first spends the claim token.

use crate::app::App;
use crate::domain::approval::Approval;
use crate::domain::claim::{Collect, Collector, NotCollected};
use crate::domain::origin::Occasion;
use crate::domain::registration::Registration;
use crate::domain::session::Session;
use crate::flow::attempt::{AGENT_CODE, RELAYED_CODE};
use crate::flow::collection::{CollectError, Decided, of_the_yes, settle};
use crate::flow::delivery::{self, Binding, Pair, Subject};
use crate::flow::dpop::Proof;
use crate::flow::retry;
use crate::protocol::agent::{CompleteRequest, CompleteResponse, Identity};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::code::Code;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// What a collection yields, in neither dialect's words yet.
pub struct Collected {
    pub registration: Registration,
    pub pair: Pair,
    pub identity: Identity,
}

/// How an agent collects.
pub struct Way<'a> {
    /// The one its human relayed; whoever has none polls.
    pub code: Option<&'a str>,
    /// Of the key that the tokens are to be bound to (RFC 9449 §5).
    pub proof: Option<&'a Proof>,
}

/// Collects for a claim token, by poll or by code.
///
/// # Errors
///
/// See [`CollectError`].
pub async fn collect(
    app: &App,
    claim_token: &str,
    way: &Way<'_>,
    occasion: &Occasion,
) -> Result<Collected, CollectError> {
    retry::repeated(async || Box::pin(collect_once(app, claim_token, way, occasion)).await).await
}

async fn collect_once(
    app: &App,
    claim_token: &str,
    way: &Way<'_>,
    occasion: &Occasion,
) -> Result<Collected, CollectError> {
    let registration = by_claim_token(app, claim_token).await?.ok_or(CollectError::UnknownToken)?;
    if registration.revoked_at.is_some() {
        return Err(CollectError::Revoked);
    }
    let Some(approval) = current_attempt(app, &registration).await? else {
        let late = occasion.at >= registration.claim_expires_at;
        let reason = if late { NotCollected::Over } else { NotCollected::Pending };
        return Err(CollectError::NotCollected(reason));
    };
    let request = request_digest(claim_token, way);
    let by = collector(app, &approval, way);
    let collect = Collect { by, request: &request, occasion };
    let beside =
        async |session: &Session, pair: &Pair| identity(app, &registration, session, pair).await;
    let decided = Decided {
        approval: approval.id.clone(),
        session: of_the_yes(app, &approval).await?,
        collection: approval.collect(&collect),
        binding: Binding::of(way.proof, None),
        occasion,
    };
    let (pair, identity) = settle(app, decided, beside).await?;
    Ok(Collected { registration, pair, identity })
}

/// The assertion that goes along with the pair.
async fn identity(
    app: &App,
    registration: &Registration,
    session: &Session,
    pair: &Pair,
) -> Result<Identity, CollectError> {
    let missing = || CollectError::NotCollected(NotCollected::Spent);
    let account = session.account.as_ref().ok_or_else(missing)?;
    let account = app.store.account(account).await?.ok_or_else(missing)?;
    let context = ["collect", session.id.as_str()];
    let (account, key) = (Some(&account), pair.access.key());
    let subject = Subject { registration, session, account, key };
    let identity = delivery::assertion(app, subject, &context, pair.issued_at)?;
    Ok(Identity { refresh_token: pair.expiring(), ..identity })
}

fn collector(app: &App, approval: &Approval, way: &Way<'_>) -> Collector {
    let Some(text) = way.code else { return Collector::Poll };
    let Some(code) = Code::parse(text) else { return Collector::Nonsense };
    let id = approval.id.as_str();
    Collector::Code {
        relayed: app.vault.keyed_code(RELAYED_CODE, id, &code).into(),
        typed: app.vault.keyed_code(AGENT_CODE, id, &code).into(),
    }
}

/// What makes a retry identical: the same token, the same way, the same code, the same key.
fn request_digest(claim_token: &str, way: &Way<'_>) -> String {
    let by = match way.code {
        None => "poll".to_owned(),
        Some(text) => Code::parse(text)
            .map_or_else(|| format!("code {text}"), |code| format!("code {}", code.letters())),
    };
    let key = way.proof.map(|proof| format!(" {}", proof.key())).unwrap_or_default();
    Digest::of(format!("{claim_token} {by}{key}").as_bytes()).hex()
}

/// `POST` to `/complete`: the agent hands back the code its human relayed (dialect D3).
///
/// # Errors
///
/// The dialect's word for each refusal.
pub async fn complete(
    app: &App,
    request: &CompleteRequest,
    proof: Option<&Proof>,
    occasion: &Occasion,
) -> Result<CompleteResponse, AgentError> {
    let token = request.claim_token.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    let code = request.user_code.as_deref().ok_or(AgentErrorCode::InvalidRequest)?;
    let way = Way { code: Some(code), proof };
    let collected = match collect(app, token, &way, occasion).await {
        Ok(collected) => collected,
        Err(error) => return Err(completion_refused(app, token, error, occasion.at).await),
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
        // Nothing beside the code is said here but a proof, and that one was used before.
        CollectError::Refused(_) => AgentErrorCode::InvalidRequest.into(),
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

/// The attempt a registration is at, if it has started one.
///
/// # Errors
///
/// The database is away.
pub async fn current_attempt(
    app: &App,
    registration: &Registration,
) -> Result<Option<Approval>, StoreError> {
    match &registration.approval {
        Some(id) => app.store.approval(id).await,
        None => Ok(None),
    }
}
