//! Decisions that others overtake are taken again.

use crate::domain::approval::TRIES;
use crate::flow::approval::DecideError;
use crate::flow::collection::CollectError;
use crate::flow::error::{PersonError, RETRIES};
use crate::protocol::error::{Cause, OAuthError};
use crate::store::StoreError;

/// A refusal that may mean no more than that what was read has changed meanwhile.
pub(in crate::flow) trait Overtaken {
    fn is_overtaken(&self) -> bool;
}

impl Overtaken for OAuthError {
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::TemporarilyUnavailable(cause) if is_stale(cause))
    }
}

impl Overtaken for CollectError {
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Unavailable(cause) if is_stale(cause))
    }
}

impl Overtaken for DecideError {
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Person(PersonError::Unavailable(cause)) if is_stale(cause))
    }
}

fn is_stale(cause: &Cause) -> bool {
    matches!(cause.downcast_ref(), Some(StoreError::Stale(_)))
}

/// Reads and decides again while others come first. A burst of wrong codes makes each
/// other's reading stale; every one of them must still be counted, so this is tried as often
/// as an attempt has tries, and twice more.
pub(in crate::flow) async fn repeated<T, E: Overtaken>(
    once: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    for _attempt in 0..RETRIES + TRIES as usize {
        // On the heap, so that whoever answers requests stays small.
        match Box::pin(once()).await {
            Err(error) if error.is_overtaken() => {}
            answer => return answer,
        }
    }
    Box::pin(once()).await
}
