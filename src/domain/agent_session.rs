//! Agents that ask for a session themselves, and finish with a code of their person's (contracts
//! of Agent Analytics, 1.2): it comes back by the browser, by polling, or by hand.

use serde::{Deserialize, Serialize};

use crate::domain::approval::{Approval, Phase};
use crate::protocol::pkce::HashedVerifier;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// What such an agent says beside what is asked at every door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Where the browser takes the finish code; without one it is the person who does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<RedirectUri>,
    /// Whoever finishes must know what this is the hash of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<HashedVerifier>,
    /// Which installation asks, as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<ToldText>,
    /// What the session is to be called, as told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<ToldText>,
    /// Nobody may make an account on the way to the answer.
    #[serde(default)]
    pub requires_existing_account: bool,
}

impl SessionRequest {
    /// Whether whoever finishes is the one that asked. A verifier where none was announced is
    /// another flow's.
    #[must_use]
    pub fn is_proven_by(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => challenge.is_of(verifier),
            _ => false,
        }
    }
}

/// How a request for a session stands, in the words of its agent (1.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStatus {
    Pending,
    Approved,
    Exchanged,
    Revoked,
    Expired,
}

impl RequestStatus {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Exchanged => "exchanged",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl Approval {
    /// How this request stands. `standing`: the session that a yes opened can still be had.
    #[must_use]
    pub fn request_status(&self, standing: bool, now: Timestamp) -> RequestStatus {
        match self.phase(now) {
            Phase::Waiting => RequestStatus::Pending,
            Phase::Approved if standing => RequestStatus::Approved,
            Phase::Collected => RequestStatus::Exchanged,
            Phase::Expired => RequestStatus::Expired,
            Phase::Approved | Phase::Denied | Phase::Locked | Phase::Superseded => {
                RequestStatus::Revoked
            }
        }
    }
}
