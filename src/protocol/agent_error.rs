//! What the agent endpoints of auth.md say when they refuse.

use super::error::{Cause, Denial};
use super::timestamp::Seconds;

/// What went wrong at an agent endpoint; each variant has one status and two names, the
/// newest dialect's and, where they differ, the older one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentErrorCode {
    InvalidRequest,
    InvalidLoginHint,
    InvalidRefreshToken,
    InvalidTarget,
    InvalidScope,
    AnonymousDisabled,
    ServiceAuthDisabled,
    IssuerNotEnabled,
    InvalidClaimToken,
    InvalidClaim,
    AlreadyClaimed,
    ClaimExpired,
    ClaimRevoked,
    ClaimDenied,
    ClaimNotConfirmed,
    TooManyAttempts,
    InvalidUserCode,
    UserCodeExpired,
    RateLimitExceeded,
    TemporarilyUnavailable,
    ServerError,
}

impl AgentErrorCode {
    /// Status, newest name, older name, and the sentence for whoever reads logs.
    #[expect(clippy::too_many_lines, reason = "a table: one entry per code")]
    const fn row(self) -> (u16, &'static str, Option<&'static str>, &'static str) {
        match self {
            Self::InvalidRequest => {
                (400, "invalid_request", None, "the request is not what this endpoint takes")
            }
            Self::InvalidLoginHint => {
                (400, "invalid_login_hint", None, "login_hint must be an e-mail address")
            }
            Self::InvalidRefreshToken => (
                400,
                "invalid_refresh_token",
                None,
                "the refresh token is unknown, spent, expired or revoked",
            ),
            Self::InvalidTarget => {
                (400, "invalid_target", None, "the resource is not one of this server's")
            }
            Self::InvalidScope => {
                (400, "invalid_scope", None, "requested_scopes are not scope tokens")
            }
            Self::AnonymousDisabled => (
                403,
                "anonymous_registration_disabled",
                Some("anonymous_not_enabled"),
                "anonymous registration is switched off",
            ),
            Self::ServiceAuthDisabled => (
                403,
                "service_auth_registration_disabled",
                Some("service_auth_not_enabled"),
                "service_auth registration is switched off",
            ),
            Self::IssuerNotEnabled => {
                (403, "issuer_not_enabled", None, "the assertion's issuer is not trusted here")
            }
            Self::InvalidClaimToken => {
                (401, "invalid_claim_token", None, "the claim token is unknown")
            }
            Self::InvalidClaim => (400, "invalid_claim", None, "the claim token is unknown"),
            Self::AlreadyClaimed => (
                409,
                "already_claimed",
                Some("claimed_or_in_flight"),
                "this registration has been claimed",
            ),
            Self::ClaimExpired => {
                (410, "claim_expired", None, "the claim token has expired; register again")
            }
            Self::ClaimRevoked => {
                (410, "claim_revoked", None, "this registration has been revoked; register again")
            }
            Self::ClaimDenied => {
                (403, "claim_denied", Some("access_denied"), "the human denied the request")
            }
            Self::ClaimNotConfirmed => (
                409,
                "claim_not_confirmed",
                Some("authorization_pending"),
                "the human has not approved yet",
            ),
            Self::TooManyAttempts => (
                429,
                "too_many_attempts",
                None,
                "too many attempts were started for this registration",
            ),
            Self::InvalidUserCode => (401, "invalid_user_code", None, "the code is wrong"),
            Self::UserCodeExpired => (
                410,
                "user_code_expired",
                None,
                "the code has ended; start a new attempt at the claim endpoint",
            ),
            Self::RateLimitExceeded => {
                (429, "rate_limit_exceeded", Some("rate_limited"), "too many requests")
            }
            Self::TemporarilyUnavailable => {
                (503, "temporarily_unavailable", None, "the server is temporarily unable to answer")
            }
            Self::ServerError => {
                (500, "server_error", None, "the server could not complete the request")
            }
        }
    }

    #[must_use]
    pub const fn status(self) -> u16 {
        self.row().0
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    #[must_use]
    pub const fn legacy_name(self) -> Option<&'static str> {
        self.row().2
    }

    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().3
    }
}

/// A refusal of an agent endpoint.
#[derive(Debug, thiserror::Error)]
#[error("{}", code.sentence())]
pub struct AgentError {
    pub code: AgentErrorCode,
    pub retry_after: Option<Seconds>,
    pub denial: Option<Denial>,
    #[source]
    pub cause: Option<Cause>,
}

impl AgentError {
    #[must_use]
    pub const fn new(code: AgentErrorCode) -> Self {
        Self { code, retry_after: None, denial: None, cause: None }
    }

    #[must_use]
    pub fn limited(code: AgentErrorCode, retry_after: Seconds) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(code) }
    }

    #[must_use]
    pub fn denied(denial: Denial) -> Self {
        Self { denial: Some(denial), ..Self::new(AgentErrorCode::ClaimDenied) }
    }
}

impl From<AgentErrorCode> for AgentError {
    fn from(code: AgentErrorCode) -> Self {
        Self::new(code)
    }
}
