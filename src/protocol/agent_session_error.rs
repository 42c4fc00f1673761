//! What `/agent-sessions/*` and `/account*` say when they refuse (contracts of Agent Analytics,
//! 1.11).

use super::agent_session::Refused;
use super::challenge::Refusal;
use super::error::Cause;
use super::timestamp::Seconds;

/// What went wrong; each has one status, one code and one sentence. Clients act on some of the
/// codes, and on "expired", "revoked" and "invalid auth request" in the sentence (1.5, 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentSessionErrorCode {
    MissingFields,
    InvalidRequest,
    InvalidMode,
    InvalidCallback,
    InvalidChallenge,
    InvalidScopes,
    /// The person has not answered yet.
    NotReady,
    InvalidAuthRequest,
    InvalidExchangeCode,
    AlreadyExchanged,
    Expired,
    Revoked,
    InvalidRefreshToken,
    AuthRequired,
    InvalidToken,
    Forbidden,
    NotFound,
    RateLimited,
    TemporarilyUnavailable,
    ServerError,
}

impl AgentSessionErrorCode {
    #[expect(clippy::too_many_lines, reason = "a table: one entry per code")]
    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::MissingFields => (400, "MISSING_FIELDS", "a required member is missing"),
            Self::InvalidRequest => {
                (400, "INVALID_REQUEST", "the request is not what this endpoint takes")
            }
            Self::InvalidMode => (400, "INVALID_MODE", "mode must be interactive or detached"),
            Self::InvalidCallback => (
                400,
                "INVALID_CALLBACK_URL",
                "callback_url must be http on 127.0.0.1, [::1] or localhost, or https where this \
                 server allows it",
            ),
            Self::InvalidChallenge => (
                400,
                "INVALID_CODE_CHALLENGE",
                "code_challenge must be the SHA-256 of the verifier, and a callback_url needs one",
            ),
            Self::InvalidScopes => (400, "INVALID_SCOPES", "no known scope is named"),
            Self::NotReady => (400, "INVALID_STATE", "auth request is not ready"),
            Self::InvalidAuthRequest => (401, "INVALID_AUTH_REQUEST", "invalid auth request"),
            Self::InvalidExchangeCode => {
                (401, "INVALID_EXCHANGE_CODE", "invalid exchange code or verifier")
            }
            Self::AlreadyExchanged => {
                (409, "AUTH_REQUEST_ALREADY_EXCHANGED", "auth request already exchanged")
            }
            Self::Expired => (410, "AUTH_REQUEST_EXPIRED", "auth request expired"),
            Self::Revoked => (410, "AUTH_REQUEST_REVOKED", "auth request revoked"),
            Self::InvalidRefreshToken => {
                (401, "INVALID_TOKEN", "the refresh token is invalid, expired or revoked")
            }
            Self::AuthRequired => (401, "AUTH_REQUIRED", "an agent session is required"),
            Self::InvalidToken => {
                (401, "INVALID_TOKEN", "the agent session is invalid, expired or revoked")
            }
            Self::Forbidden => (403, "FORBIDDEN", "this agent session may not do that"),
            Self::NotFound => (404, "NOT_FOUND", "there is no such thing"),
            Self::RateLimited => (429, "RATE_LIMITED", "too many requests"),
            Self::TemporarilyUnavailable => {
                (503, "TEMPORARILY_UNAVAILABLE", "the server is temporarily unable to answer")
            }
            Self::ServerError => (500, "SERVER_ERROR", "the server could not complete the request"),
        }
    }

    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0
    }

    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().2
    }

    /// The body that says so.
    #[must_use]
    pub const fn body(self) -> Refused {
        let (_, code, message) = self.row();
        Refused { error: code, code, message }
    }
}

/// A refusal of this family.
#[derive(Debug, thiserror::Error)]
#[error("{}", code.sentence())]
pub struct AgentSessionError {
    pub code: AgentSessionErrorCode,
    pub retry_after: Option<Seconds>,
    /// What the challenge of a 401 or 403 says of the bearer token (RFC 6750 §3).
    pub refusal: Option<Refusal>,
    #[source]
    pub cause: Option<Cause>,
}

impl From<AgentSessionErrorCode> for AgentSessionError {
    fn from(code: AgentSessionErrorCode) -> Self {
        let refusal = match code.status() {
            401 => Some(Refusal::NoToken),
            _ => None,
        };
        Self { code, retry_after: None, refusal, cause: None }
    }
}

impl AgentSessionError {
    /// What was presented, or was not, does not open this (RFC 6750 §3.1).
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NoToken => AgentSessionErrorCode::AuthRequired,
            Refusal::InsufficientScope(_) => AgentSessionErrorCode::Forbidden,
            _ => AgentSessionErrorCode::InvalidToken,
        };
        Self { refusal: Some(refusal), ..code.into() }
    }

    #[must_use]
    pub fn limited(retry_after: Seconds) -> Self {
        Self { retry_after: Some(retry_after), ..AgentSessionErrorCode::RateLimited.into() }
    }

    /// A failure of ours; the cause is for the log.
    #[must_use]
    pub fn failed(code: AgentSessionErrorCode, cause: Cause) -> Self {
        Self { cause: Some(cause), ..code.into() }
    }
}
