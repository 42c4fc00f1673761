//! Is this token good? The question every resource server asks on every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::app::App;
use crate::domain::credential::Credential;
use crate::flow::access_token::{self, token_type};
use crate::flow::principal::ResourceServer;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Active;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Confirmation;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{Live, Liveness, StoreError};

/// Answers about live tokens, by digest.
pub type LiveTokens = Liveness<Arc<LiveToken>>;

/// A live token and the answer it gets, written once.
pub struct LiveToken {
    pub credential: Credential,
    /// The introspection answer as JSON.
    pub answer: String,
    /// When its use was last noted, so that most requests write nothing, not even to memory.
    noted_at: AtomicI64,
}

/// How stale "last used" may be.
const NOTE_EVERY: Seconds = Seconds::MINUTE;

/// Says what a token is worth to the resource it was presented to ([RFC 7662 §2]).
///
/// Unknown, expired, revoked, malformed and another resource's are all `None`, so the
/// endpoint cannot be used to tell them apart (§4).
///
/// # Errors
///
/// The database is away: the caller must refuse, not guess.
///
/// [RFC 7662 §2]: https://www.rfc-editor.org/rfc/rfc7662#section-2
pub async fn introspect(
    app: &App,
    resource: &ResourceIdentifier,
    token: &str,
    now: Timestamp,
) -> Result<Option<Arc<LiveToken>>, StoreError> {
    let Some(digest) = access_token::digest_of(app, token) else { return Ok(None) };
    let live = match app.live.get(&digest, now) {
        Some(live) => Some(live),
        None => load(app, &digest, now).await?,
    };
    let live = live.filter(|live| live.credential.resource == *resource);
    if let Some(live) = &live {
        note(app, live, now);
    }
    Ok(live)
}

async fn load(
    app: &App,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<Arc<LiveToken>>, StoreError> {
    let stamp = app.live.begin_load();
    let Some(credential) = app.store.credential(digest, now).await? else { return Ok(None) };
    let value = Arc::new(LiveToken {
        answer: answer(app.issuer(), &credential)?,
        credential,
        noted_at: AtomicI64::new(i64::MIN),
    });
    let credential = &value.credential;
    let (session, expires_at) = (credential.session.as_str(), credential.expires_at);
    let live = Live { session, expires_at, value: Arc::clone(&value) };
    Ok(app.live.admit(stamp, *digest, live))
}

/// The answer about a live token ([RFC 7662 §2.2]).
///
/// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
fn answer(issuer: &str, credential: &Credential) -> Result<String, StoreError> {
    let active = Active {
        active: true,
        scope: &credential.scopes.to_string(),
        client_id: credential.client(),
        sub: credential.subject(),
        aud: credential.resource.as_str(),
        iss: issuer,
        exp: credential.expires_at.0,
        iat: credential.issued_at.0,
        token_type: token_type(credential.key.as_ref()),
        cnf: credential.key.as_ref().map(Confirmation::of),
        session_id: credential.session.as_str(),
        agent: credential.agent.as_deref(),
        approved_at: credential.approved_at.map(|time| time.0),
        act: credential.actor.as_ref(),
        authorization_details: credential.details.some(),
    };
    serde_json::to_string(&active).map_err(|_| StoreError::Corrupt("session"))
}

/// The same answer as evidence: signed for the resource server that asked ([RFC 9701 §5]).
///
/// # Errors
///
/// The cryptography failed.
///
/// [RFC 9701 §5]: https://www.rfc-editor.org/rfc/rfc9701#section-5
pub fn sign(
    app: &App,
    caller: &ResourceServer<'_>,
    answer: &str,
    now: Timestamp,
) -> Result<String, OAuthError> {
    Ok(app.keyring.sign_introspection(app.issuer(), caller.client_id(), answer, now)?)
}

fn note(app: &App, live: &LiveToken, now: Timestamp) {
    let noted = live.noted_at.load(Ordering::Relaxed);
    if now.0.saturating_sub(noted) >= NOTE_EVERY.0 {
        live.noted_at.store(now.0, Ordering::Relaxed);
        app.usage.note(&live.credential.session, now);
    }
}
