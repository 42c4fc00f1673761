//! Is this token good? The question every resource server asks on every request.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::domain::account_agent::NamedAgent;
use crate::domain::credential::{Credential, Holder};
use crate::domain::id::SessionId;
use crate::domain::owner::Owner;
use crate::domain::resource::Resource;
use crate::flow::access_token::token_type;
use crate::flow::acting;
use crate::flow::allowance::Allowance;
use crate::flow::error::RETRIES;
use crate::flow::plan;
use crate::flow::principal::{self, ResourceServer};
use crate::flow::recognized::{Recognized, look_up, recognized};
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Active;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::thumbprint::Confirmation;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{KeyUses, Live, Liveness, StoreError};

/// Answers about live tokens, by digest.
pub type LiveTokens = Liveness<Arc<LiveToken>>;

/// A live token or key and the answer it gets, written once.
#[derive(Debug)]
pub struct LiveToken {
    pub credential: Credential,
    /// The introspection answer as JSON.
    pub answer: String,
    /// When its use was last noted, so that most requests write nothing, not even to memory.
    noted_at: AtomicI64,
    /// How often a key was used since a batch last took the count.
    uses: AtomicI64,
    /// Where the last of them came from, as a proxy told.
    from: Mutex<Option<IpAddr>>,
    /// What its account may still use.
    pub(in crate::flow) allowance: Option<Arc<Allowance>>,
    /// Those of its owner's agents that it may act as.
    pub(in crate::flow) agents: Vec<NamedAgent>,
    /// The last day on which its owner was told of something.
    told: AtomicI64,
}

impl LiveToken {
    /// Remembers where it is used from, until a batch writes that.
    pub(in crate::flow) fn came_from(&self, address: Option<IpAddr>) {
        if address.is_some() {
            *self.from.lock().unwrap_or_else(PoisonError::into_inner) = address;
        }
    }

    /// Whether its owner has not been told of anything on this day yet.
    pub(in crate::flow) fn tell_once(&self, day: Timestamp) -> bool {
        self.told.swap(day.0, Ordering::AcqRel) != day.0
    }

    /// When it was last used, and from where if a proxy told since this was last asked.
    pub(in crate::flow) fn last_use(&self) -> (Timestamp, Option<String>) {
        let from = self.from.lock().unwrap_or_else(PoisonError::into_inner).take();
        let at = Timestamp(self.noted_at.load(Ordering::Relaxed));
        (at, from.map(|from| from.to_string()))
    }

    /// What no row tells of yet.
    pub(in crate::flow) fn take_uses(&self) -> Option<KeyUses> {
        let id = self.credential.holder.key()?;
        let count = self.uses.swap(0, Ordering::AcqRel);
        let (last, from) = self.last_use();
        Some(KeyUses { id: id.clone(), count, last, from })
    }
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
    let live = match recognized(app, token) {
        None => of_console(app, token, now).await?,
        Some(text) => match app.live.get(text.digest(), now) {
            Some(live) => Some(live),
            None => load(app, text, now).await?,
        },
    };
    let live = live.filter(|live| live.credential.resource == *resource);
    if let Some(live) = &live {
        note(app, live, now);
    }
    Ok(live)
}

/// Reads until what was read is what holds: a session may change under the reader's eyes.
async fn load(
    app: &App,
    text: Recognized<'_>,
    now: Timestamp,
) -> Result<Option<Arc<LiveToken>>, StoreError> {
    for _attempt in 0..RETRIES {
        let stamp = app.live.begin_load();
        let Some(credential) = look_up(app, text, now).await? else { return Ok(None) };
        let value = found(app, credential, now).await?;
        let Credential { holder, expires_at, .. } = &value.credential;
        if app.live.is_outdated(stamp, holder.id()) {
            continue;
        }
        // What is known of one month's use says nothing of the next.
        let month_end = value.allowance.as_ref().map(|allowance| allowance.month().end);
        let expires_at = expires_at.iter().copied().chain(month_end).min();
        let live = Live { session: holder.id(), expires_at, value: Arc::clone(&value) };
        return Ok(app.live.admit(stamp, *text.digest(), live));
    }
    Err(StoreError::Stale("session"))
}

/// A token that a person's browser handed out is good as long as that browser is signed in, which
/// nobody announces: so it is looked up each time, and never remembered.
async fn of_console(
    app: &App,
    token: &str,
    now: Timestamp,
) -> Result<Option<Arc<LiveToken>>, StoreError> {
    let Some(console) = principal::console(app, token, now).await? else { return Ok(None) };
    let claims = console.claims();
    let named = |resource: &&Resource| resource.identifier.as_str() == claims.aud;
    let Some(resource) = app.settings.resources.iter().find(named) else { return Ok(None) };
    let holder = Holder::Console { id: claims.jti.clone(), profile: claims.profile.clone() };
    let account = console.account().id.clone();
    let life = (Timestamp(claims.iat), Timestamp(claims.exp));
    let credential = Credential::of_console(holder, account, resource, life);
    found(app, credential, now).await.map(Some)
}

async fn found(
    app: &App,
    credential: Credential,
    now: Timestamp,
) -> Result<Arc<LiveToken>, StoreError> {
    Ok(Arc::new(LiveToken {
        answer: answer(app.issuer(), &credential)?,
        allowance: plan::allowance(app, &credential, now).await?,
        agents: acting::choice(app, &credential).await?,
        credential,
        noted_at: AtomicI64::new(i64::MIN),
        uses: AtomicI64::new(0),
        from: Mutex::new(None),
        told: AtomicI64::new(i64::MIN),
    }))
}

/// The answer about a live token ([RFC 7662 §2.2]).
///
/// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
fn answer(issuer: &str, credential: &Credential) -> Result<String, StoreError> {
    let holder = &credential.holder;
    let owner = credential.owner();
    let active = Active {
        active: true,
        scope: &credential.scopes.to_string(),
        client_id: credential.client(),
        sub: credential.subject(),
        aud: credential.resource.as_str(),
        iss: issuer,
        exp: credential.expires_at.map(|time| time.0),
        iat: credential.issued_at.0,
        token_type: token_type(credential.key.as_ref()),
        cnf: credential.key.as_ref().map(Confirmation::of),
        session_id: holder.session().map(SessionId::as_str),
        profile: holder.profile(),
        credential_type: holder.type_name(),
        credential_id: holder.id(),
        limited_to: holder.limited_to().map(|limited| limited.iter().collect()),
        agent_id: holder.agent().map(|agent| agent.id.as_str()),
        mode: holder.mode().name(),
        owner: owner.as_ref().map(Owner::as_str),
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

fn note(app: &App, live: &Arc<LiveToken>, now: Timestamp) {
    let session = match &live.credential.holder {
        Holder::Session(session) => session,
        Holder::Key { .. } | Holder::SessionToken { .. } => return count(app, live, now),
        Holder::Project { .. } | Holder::Console { .. } => return,
    };
    let noted = live.noted_at.load(Ordering::Relaxed);
    if now.0.saturating_sub(noted) >= NOTE_EVERY.0 {
        live.noted_at.store(now.0, Ordering::Relaxed);
        app.usage.note(session, Arc::clone(live));
    }
}

/// Every use of a key counts; the first since the last batch asks for the next one.
fn count(app: &App, live: &Arc<LiveToken>, now: Timestamp) {
    live.noted_at.fetch_max(now.0, Ordering::Relaxed);
    if live.uses.fetch_add(1, Ordering::AcqRel) == 0 {
        app.usage.count(Arc::clone(live));
    }
}
