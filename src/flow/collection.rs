//! Handing over what a human approved, whatever the agent collects with: once, and for half
//! a minute again to whoever repeats the same request ([RFC 8628 §3.5], auth.md section 3).
//!
//! [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5

use crate::app::App;
use crate::domain::approval::{Approved, TRIES};
use crate::domain::change::Effect;
use crate::domain::claim::{Collection, NotCollected};
use crate::domain::event::Event;
use crate::domain::id::ApprovalId;
use crate::domain::origin::Occasion;
use crate::domain::session::{Session, Standing};
use crate::flow::delivery::{self, Binding, Granted, Pair};
use crate::flow::error::RETRIES;
use crate::jose::JoseError;
use crate::metrics::Funnel;
use crate::protocol::error::{Cause, OAuthError};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Why there is nothing to collect.
#[derive(Debug)]
pub enum CollectError {
    UnknownToken,
    Revoked,
    NotCollected(NotCollected),
    WrongCode,
    /// Not what it comes with, but what it says beside that, or how often it asks.
    Refused(OAuthError),
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

impl From<OAuthError> for CollectError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<JoseError> for CollectError {
    fn from(error: JoseError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<CollectError> for OAuthError {
    /// The words of [RFC 8628 §3.5]. Who waits is told by the grant, which knows the pace.
    ///
    /// [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5
    fn from(error: CollectError) -> Self {
        match error {
            CollectError::NotCollected(NotCollected::Pending) => Self::AuthorizationPending,
            CollectError::NotCollected(NotCollected::Over) => Self::ExpiredToken,
            CollectError::NotCollected(NotCollected::Denied(denial)) => Self::AccessDenied(denial),
            CollectError::UnknownToken
            | CollectError::Revoked
            | CollectError::WrongCode
            | CollectError::NotCollected(NotCollected::Spent) => Self::InvalidGrant,
            CollectError::Refused(error) => error,
            CollectError::Unavailable(cause) => Self::TemporarilyUnavailable(cause),
            CollectError::Internal(cause) => Self::ServerError(cause),
        }
    }
}

/// A burst of wrong codes makes each other's reading stale; every one of them must still
/// be counted, so collecting is tried as often as an attempt has tries, and twice more.
const COLLECTIONS: usize = RETRIES + TRIES as usize;

/// Collects again while what was read has changed meanwhile.
pub(in crate::flow) async fn repeated<T>(
    collect_once: impl AsyncFn() -> Result<T, CollectError>,
) -> Result<T, CollectError> {
    for _attempt in 0..COLLECTIONS {
        match collect_once().await {
            Err(CollectError::Unavailable(cause))
                if matches!(cause.downcast_ref(), Some(StoreError::Stale(_))) => {}
            answer => return answer,
        }
    }
    collect_once().await
}

/// A collection that is decided, and what it takes to make it true.
pub(in crate::flow) struct Decided<'a> {
    pub approval: ApprovalId,
    /// That of the yes, if there was one.
    pub session: Option<Session>,
    pub collection: Result<Collection, NotCollected>,
    /// What a second use is recorded as.
    pub replayed: Event,
    pub binding: Binding,
    pub occasion: &'a Occasion,
}

/// Makes the decision true and hands over what it grants; `beside` makes, before anything is
/// stored, what a door adds to the pair.
pub(in crate::flow) async fn settle<T>(
    app: &App,
    decided: Decided<'_>,
    beside: impl AsyncFn(&Session, &Pair) -> Result<T, CollectError>,
) -> Result<(Pair, T), CollectError> {
    let Decided { approval, session, collection, replayed, binding, occasion } = decided;
    let derived = Derived { approval: &approval, binding };
    match collection {
        Ok(Collection::Deliver { mut change, approved }) => {
            let session = waiting(session, &approved, occasion)?;
            let session = delivery::widen(session, &approved, &mut change.effects, occasion);
            let pair = derived.pair(app, &session, occasion.at)?;
            let beside = beside(&session, &pair).await?;
            change.effects.extend(pair.issue(&session));
            app.store.commit(change).await?;
            app.metrics.funnel(Funnel::Collected);
            Ok((pair, beside))
        }
        Ok(Collection::Again { at }) => {
            let session = session.ok_or(CollectError::NotCollected(NotCollected::Spent))?;
            if session.is_live(occasion.at) {
                let pair = derived.pair(app, &session, at)?;
                let beside = beside(&session, &pair).await?;
                record(app, replayed.saying("answered again")).await?;
                return Ok((pair, beside));
            }
            record(app, replayed.saying("refused")).await?;
            Err(CollectError::NotCollected(NotCollected::Spent))
        }
        Ok(Collection::WrongCode(change)) => {
            app.store.commit(change).await?;
            Err(CollectError::WrongCode)
        }
        Err(NotCollected::Spent) => {
            record(app, replayed.saying("refused")).await?;
            Err(CollectError::NotCollected(NotCollected::Spent))
        }
        Err(reason) => Err(CollectError::NotCollected(reason)),
    }
}

async fn record(app: &App, event: Event) -> Result<(), StoreError> {
    app.store.apply(vec![Effect::Record(event)]).await
}

/// The session as long as it waits for its agent, or lives and waits for more.
fn waiting(
    session: Option<Session>,
    approved: &Approved,
    occasion: &Occasion,
) -> Result<Session, CollectError> {
    let session = session.ok_or(CollectError::NotCollected(NotCollected::Spent))?;
    match (session.standing(occasion.at), approved.widens()) {
        (Standing::Waiting, false) | (Standing::Live, true) => Ok(session),
        // Another request collected it after the approval was read.
        (Standing::Live, false) => Err(StoreError::Stale("session").into()),
        // The human disconnected it before the agent came.
        _ => Err(CollectError::NotCollected(NotCollected::Over)),
    }
}

/// What the tokens of a collection are derived from: the same words from the same approval,
/// however often they are asked for.
struct Derived<'a> {
    approval: &'a ApprovalId,
    binding: Binding,
}

impl Derived<'_> {
    fn pair(&self, app: &App, session: &Session, at: Timestamp) -> Result<Pair, JoseError> {
        let granted = Granted { scopes: session.reach(at), binding: self.binding.clone() };
        Pair::derive(app, session, &["collect", self.approval.as_str()], granted, at)
    }
}
