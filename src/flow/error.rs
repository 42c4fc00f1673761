//! From the rooms below to what a caller is told.

use crate::entropy::NoEntropy;
use crate::jose::JoseError;
use crate::protocol::agent_error::{AgentError, AgentErrorCode};
use crate::protocol::error::{Cause, OAuthError};
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// How often a decision that found its row moved is taken again.
pub const RETRIES: usize = 2;

/// What a person is told when their request cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// There is no such thing, or not for this person.
    #[error("not found")]
    NotFound,
    #[error("too many requests")]
    Limited(Seconds),
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    #[error("the server could not complete the request")]
    Internal(#[source] Cause),
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Stale(_) => {
                Self::TemporarilyUnavailable(error.into())
            }
            StoreError::Limited => Self::RateLimited(Seconds::HOUR),
            // Of what may be used once, a proof of possession alone is used up by a commit of
            // something else (RFC 9449 §11.1).
            StoreError::Replayed => Self::InvalidDpopProof("it was used before".to_owned()),
            StoreError::Closed => Self::InvalidGrant,
            StoreError::Corrupt(_) | StoreError::NoEntropy(_) => Self::ServerError(error.into()),
        }
    }
}

impl From<JoseError> for OAuthError {
    fn from(error: JoseError) -> Self {
        Self::ServerError(error.into())
    }
}

impl From<NoEntropy> for OAuthError {
    fn from(error: NoEntropy) -> Self {
        Self::ServerError(error.into())
    }
}

fn failed(code: AgentErrorCode, cause: Cause) -> AgentError {
    AgentError { cause: Some(cause), ..AgentError::new(code) }
}

impl From<StoreError> for AgentError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Unavailable(_) | StoreError::Stale(_) => {
                AgentErrorCode::TemporarilyUnavailable
            }
            StoreError::Limited => AgentErrorCode::RateLimitExceeded,
            StoreError::Replayed
            | StoreError::Closed
            | StoreError::Corrupt(_)
            | StoreError::NoEntropy(_) => AgentErrorCode::ServerError,
        };
        failed(code, error.into())
    }
}

impl From<JoseError> for AgentError {
    fn from(error: JoseError) -> Self {
        failed(AgentErrorCode::ServerError, error.into())
    }
}

impl From<NoEntropy> for AgentError {
    fn from(error: NoEntropy) -> Self {
        failed(AgentErrorCode::ServerError, error.into())
    }
}

impl From<StoreError> for PersonError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Limited => Self::Limited(Seconds::HOUR),
            // Their browser has been signed out with it.
            StoreError::Closed => Self::NotFound,
            StoreError::Unavailable(_) | StoreError::Stale(_) => Self::Unavailable(error.into()),
            StoreError::Replayed | StoreError::Corrupt(_) | StoreError::NoEntropy(_) => {
                Self::Internal(error.into())
            }
        }
    }
}

impl From<NoEntropy> for PersonError {
    fn from(error: NoEntropy) -> Self {
        Self::Internal(error.into())
    }
}

/// What a client is told of a commit that counts by the hour: 429 until the window opens again.
#[must_use]
pub fn too_often(error: StoreError, now: Timestamp) -> OAuthError {
    match error {
        StoreError::Limited => OAuthError::RateLimited(until_next_hour(now)),
        error => error.into(),
    }
}

/// Seconds until the hour's window opens again.
#[must_use]
pub fn until_next_hour(now: Timestamp) -> Seconds {
    Seconds(Seconds::HOUR.0 - now.0.rem_euclid(Seconds::HOUR.0))
}
