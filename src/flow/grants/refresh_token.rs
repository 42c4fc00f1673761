//! Refresh, in both spellings: the standard grant ([RFC 6749 §6]) and `type: refresh` at
//! the identity endpoint (auth.md dialect D3). One family, one rotation.
//!
//! [RFC 6749 §6]: https://www.rfc-editor.org/rfc/rfc6749#section-6

use tokio::sync::OnceCell;

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::refresh::{Rotation, rotation};
use crate::domain::session::{EndCause, Session, Standing, Token, end};
use crate::flow::budget;
use crate::flow::client::authentication::{AuthenticatedClient, Presented, authenticate};
use crate::flow::delivery::{self, Binding, Granted, Pair, Subject};
use crate::flow::dpop::Proof;
use crate::flow::error::{RETRIES, too_often};
use crate::flow::mail;
use crate::jose::JoseError;
use crate::protocol::agent::{Identity, RefreshResponse};
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::error::OAuthError;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::token_response::TokenResponse;
use crate::store::StoreError;

/// Answers a refresh at the token endpoint.
///
/// # Errors
///
/// `invalid_grant`, `invalid_scope` beyond the session, `invalid_target`.
pub async fn refresh(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let token =
        form.get("refresh_token").ok_or(OAuthError::InvalidRequest("refresh_token is missing"))?;
    let narrow = |session: &Session| {
        super::pinned(form, &session.details)?;
        super::narrowed(form, &session.resource, &session.reach(occasion.at))
    };
    let proof = presented.proof.as_ref();
    let client = Some(presented);
    let asking = Asking { client, proven: OnceCell::new(), proof, narrow: &narrow };
    let (_, pair) = rotate(app, token, &asking, occasion).await?;
    Ok(pair.response(None))
}

/// Answers `type: refresh`: a fresh assertion and the next refresh token.
///
/// # Errors
///
/// `invalid_refresh_token`, whatever is wrong with it; beyond the session's limit it stays good.
pub async fn refresh_identity(
    app: &App,
    presented: &str,
    proof: Option<&Proof>,
    occasion: &Occasion,
) -> Result<RefreshResponse, AgentError> {
    let whole = |session: &Session| Ok(session.scopes.clone());
    let asking = Asking { client: None, proven: OnceCell::new(), proof, narrow: &whole };
    let (session, pair) =
        rotate(app, presented, &asking, occasion).await.map_err(|error| match error {
            OAuthError::TemporarilyUnavailable(cause) => {
                AgentError { cause: Some(cause), ..AgentErrorCode::TemporarilyUnavailable.into() }
            }
            OAuthError::ServerError(cause) => {
                AgentError { cause: Some(cause), ..AgentErrorCode::ServerError.into() }
            }
            OAuthError::Paused => AgentErrorCode::TemporarilyUnavailable.into(),
            OAuthError::RateLimited(wait) => {
                AgentError::limited(AgentErrorCode::RateLimitExceeded, wait)
            }
            _ => AgentErrorCode::InvalidRefreshToken.into(),
        })?;
    let invalid = || AgentError::new(AgentErrorCode::InvalidRefreshToken);
    let id = session.registration.as_ref().ok_or_else(invalid)?;
    let registration = app.store.registration(id).await?.ok_or_else(invalid)?;
    let account = session.account.as_ref().ok_or_else(invalid)?;
    let account = app.store.account(account).await?.ok_or_else(invalid)?;
    let context = ["refresh", presented];
    let (account, key) = (Some(&account), pair.access.key());
    let subject = Subject { registration: &registration, session: &session, account, key };
    let identity = delivery::assertion(app, subject, &context, pair.issued_at)?;
    let identity = Identity { refresh_token: pair.expiring(), ..identity };
    Ok(RefreshResponse {
        id: registration.id.0.clone(),
        registration_id: registration.id.0,
        kind: "refresh",
        identity_assertion: identity.assertion.clone(),
        assertion_expires: identity.expires_at.clone(),
        identity,
    })
}

/// Rotates the refresh token of an agent that is no client (contracts of Agent Analytics, 1.7).
/// What the session reaches stays what it is.
///
/// # Errors
///
/// `invalid_grant`, whatever is wrong with it; a client's or a key's is refused too.
pub async fn refresh_session(
    app: &App,
    presented: &str,
    occasion: &Occasion,
) -> Result<(Session, Pair), OAuthError> {
    let whole = |session: &Session| Ok(session.reach(occasion.at));
    let asking = Asking { client: None, proven: OnceCell::new(), proof: None, narrow: &whole };
    rotate(app, presented, &asking, occasion).await
}

type Narrow<'a> = dyn Fn(&Session) -> Result<Scopes, OAuthError> + Sync + 'a;

/// Who asks for a rotation, and how far it may reach.
struct Asking<'a> {
    /// None at the endpoint of agents that are no clients.
    client: Option<&'a Presented<'a>>,
    /// The proof is looked at once, however often the rotation is tried: an assertion is good
    /// for one use (RFC 7523 §3).
    proven: OnceCell<AuthenticatedClient>,
    /// The key whose possession the request proves.
    proof: Option<&'a Proof>,
    narrow: &'a Narrow<'a>,
}

impl Asking<'_> {
    /// Whether what is bound to this key, or to none, is in the right hands.
    fn holds(&self, bound: Option<&Thumbprint>) -> bool {
        bound == self.proof.map(Proof::key)
    }
}

/// A client's refresh token is good in that client's hands only (RFC 6749 §6), and a bound
/// one in those of its key (RFC 9449 §5). What the next pair is bound to.
async fn own(
    app: &App,
    (session, token): (&Session, &Token),
    asking: &Asking<'_>,
    occasion: &Occasion,
) -> Result<Binding, OAuthError> {
    let in_hand = token.is_good_with(asking.proof.map(Proof::key));
    if !in_hand || !budget::is_left(app, session).await? {
        return Err(OAuthError::InvalidGrant);
    }
    let Some(owner) = &session.client else { return Ok(Binding::of(asking.proof, None)) };
    let presented = asking.client.ok_or(OAuthError::InvalidGrant)?;
    let caller = asking.proven.get_or_try_init(|| authenticate(app, presented, occasion)).await?;
    if caller.client().id != *owner {
        return Err(OAuthError::InvalidGrant);
    }
    Ok(Binding::of(asking.proof, Some(caller.client())))
}

/// Rotates a refresh token: one successor, whoever asks how often.
async fn rotate(
    app: &App,
    presented: &str,
    asking: &Asking<'_>,
    occasion: &Occasion,
) -> Result<(Session, Pair), OAuthError> {
    let secret = Secret::parse(SecretKind::Refresh, presented).ok_or(OAuthError::InvalidGrant)?;
    for _attempt in 0..RETRIES {
        match rotate_once(app, &secret, asking, occasion).await {
            Err(RotateError::Stale) => {}
            Err(RotateError::Refused(error)) => return Err(error),
            Ok(rotated) => return Ok(rotated),
        }
    }
    match rotate_once(app, &secret, asking, occasion).await {
        Ok(rotated) => Ok(rotated),
        Err(RotateError::Refused(error)) => Err(error),
        // The session ended while we looked.
        Err(RotateError::Stale) => Err(OAuthError::InvalidGrant),
    }
}

enum RotateError {
    Stale,
    Refused(OAuthError),
}

impl From<OAuthError> for RotateError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<JoseError> for RotateError {
    fn from(error: JoseError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<StoreError> for RotateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale(_) => Self::Stale,
            error => Self::Refused(error.into()),
        }
    }
}

/// Spends the token and stores the pair that follows it.
async fn renew(
    app: &App,
    (session, token): (&Session, Token),
    pair: &Pair,
    occasion: &Occasion,
) -> Result<(), RotateError> {
    let most = app.settings.limits.refreshes_per_session_per_hour;
    let count = Count::hourly("refresh", session.id.as_str(), most.into(), occasion.at);
    let spend = Effect::SpendToken { digest: token.digest, at: occasion.at };
    let mut effects = vec![spend, Effect::Count(count)];
    effects.extend(pair.issue(session));
    effects.push(Effect::Record(Event::in_session(EventKind::TokenRefreshed, session, occasion)));
    app.store.apply(effects).await.map_err(|error| match error {
        StoreError::Stale(_) => RotateError::Stale,
        error => too_often(error, occasion.at).into(),
    })
}

async fn rotate_once(
    app: &App,
    presented: &Secret,
    asking: &Asking<'_>,
    occasion: &Occasion,
) -> Result<(Session, Pair), RotateError> {
    let found = app.store.token_and_session(&presented.digest()).await?;
    let (token, session) = found.ok_or(OAuthError::InvalidGrant)?;
    let binding = own(app, (&session, &token), asking, occasion).await?;
    let granted = Granted { scopes: (asking.narrow)(&session)?, binding };
    let context = ["rotate", presented.reveal()];
    let pair = Pair::derive(app, &session, &context, granted.clone(), occasion.at)?;
    match rotation(&session, &token, successor(app, &token, &pair).await?.as_ref(), occasion.at) {
        Rotation::Refuse => Err(refused(&session, occasion).into()),
        Rotation::Rotate => {
            renew(app, (&session, token), &pair, occasion).await?;
            Ok((session, pair))
        }
        Rotation::Again(issued_at) => {
            let issued = app.store.token(pair.access.digest()).await?;
            if issued.as_ref().is_some_and(|access| !asking.holds(access.key.as_ref())) {
                // It was bound to another key than this one, or to none.
                return Err(OAuthError::InvalidGrant.into());
            }
            let scopes = issued.map_or_else(|| session.scopes.clone(), |access| access.scopes);
            let granted = Granted { scopes: scopes.meet(&session.reach(occasion.at)), ..granted };
            let pair = Pair::derive(app, &session, &context, granted, issued_at)?;
            if let Some(spend) = pair.spend() {
                app.store.apply(vec![spend]).await?;
            }
            Ok((session, pair))
        }
        Rotation::Reuse => {
            shut_out(app, &session, occasion).await?;
            Err(OAuthError::InvalidGrant.into())
        }
    }
}

/// A spent token came back: the session ends, and its owner is told.
async fn shut_out(app: &App, session: &Session, occasion: &Occasion) -> Result<(), StoreError> {
    let mut effects = end(session, EndCause::RefreshReuse, occasion);
    let event = Event::in_session(EventKind::RefreshReuse, session, occasion);
    effects.push(Effect::Record(event));
    let letter = Letter::SessionReused { at: occasion.at, session: session.id.clone() };
    effects.extend(mail::tell(app, session.account.as_ref(), letter, occasion.at).await);
    app.store.apply(effects).await
}

/// What the token of a session that does not renew it is told: one that rests goes on later.
fn refused(session: &Session, occasion: &Occasion) -> OAuthError {
    match session.standing(occasion.at) {
        Standing::Paused => OAuthError::Paused,
        Standing::Live | Standing::Waiting | Standing::Over => OAuthError::InvalidGrant,
    }
}

/// The token that a spent one was exchanged for.
async fn successor(app: &App, token: &Token, pair: &Pair) -> Result<Option<Token>, StoreError> {
    match (&token.spent_at, &pair.refresh) {
        (Some(_), Some(refresh)) => app.store.token(&refresh.digest()).await,
        _ => Ok(None),
    }
}
