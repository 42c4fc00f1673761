//! Handing over what a human approved, whatever the agent collects with: once, and for half
//! a minute again to whoever repeats the same request ([RFC 8628 §3.5], auth.md section 3).
//!
//! [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5

use crate::app::App;
use crate::domain::approval::{Approval, Approved, Replayed};
use crate::domain::change::{Change, Effect};
use crate::domain::claim::{Collection, NotCollected};
use crate::domain::id::ApprovalId;
use crate::domain::origin::Occasion;
use crate::domain::session::{Session, Standing};
use crate::flow::delivery::{self, Binding, Granted, Pair};
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
            StoreError::Replayed => Self::Refused(error.into()),
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

/// A collection that is decided, and what it takes to make it true.
pub(in crate::flow) struct Decided<'a> {
    pub approval: ApprovalId,
    /// That of the yes, if there was one.
    pub session: Option<Session>,
    pub collection: Result<Collection, NotCollected>,
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
    let Decided { approval, session, collection, binding, occasion } = decided;
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
        Ok(Collection::Again { approval, at }) => {
            let session = session.ok_or(CollectError::NotCollected(NotCollected::Spent))?;
            if !session.is_live(occasion.at) {
                return Err(spent(app, approval, occasion).await);
            }
            let pair = derived.pair(app, &session, at)?;
            let beside = beside(&session, &pair).await?;
            note(app, approval.replayed(Replayed::Answered, occasion), pair.spend()).await?;
            Ok((pair, beside))
        }
        Ok(Collection::Spent(approval)) => Err(spent(app, approval, occasion).await),
        Ok(Collection::WrongCode(change)) => {
            app.store.commit(change).await?;
            Err(CollectError::WrongCode)
        }
        Err(reason) => Err(CollectError::NotCollected(reason)),
    }
}

/// There is nothing more to collect, and somebody tried.
async fn spent(app: &App, approval: Approval, occasion: &Occasion) -> CollectError {
    match note(app, approval.replayed(Replayed::Refused, occasion), None).await {
        Ok(()) => CollectError::NotCollected(NotCollected::Spent),
        Err(error) => error.into(),
    }
}

/// Records a second use, if it is to be recorded, and uses up the proof that came with it.
async fn note(
    app: &App,
    noted: Option<Change<Approval>>,
    spend: Option<Effect>,
) -> Result<(), StoreError> {
    match (noted, spend) {
        (Some(mut change), spend) => {
            change.effects.extend(spend);
            app.store.commit(change).await.map(drop)
        }
        (None, Some(spend)) => app.store.apply(vec![spend]).await,
        (None, None) => Ok(()),
    }
}

/// The session that a human's yes opened or widens.
pub(in crate::flow) async fn of_the_yes(
    app: &App,
    approval: &Approval,
) -> Result<Option<Session>, StoreError> {
    match approval.approved() {
        Some(approved) => app.store.session(&approved.session).await,
        None => Ok(None),
    }
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
        // More for a session that rests: it can be had when that goes on.
        (Standing::Paused, true) => Err(CollectError::Refused(OAuthError::Paused)),
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
