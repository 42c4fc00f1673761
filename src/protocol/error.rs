//! What an endpoint says when it refuses. What the caller reads is here and fixed; what
//! the operator reads is the `source`, which never reaches the wire.

use std::error::Error as StdError;

use serde::Serialize;

use super::timestamp::Seconds;

/// A failure of ours, for the log.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// What a human who said no wants the agent to know (contracts of the approval page).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// `not_me`, `too_much`, `not_now` or `reported`.
    pub reason: &'static str,
    pub note: Option<String>,
    /// For `too_much`: the scopes that would be accepted.
    pub acceptable_scope: Option<String>,
}

/// Error codes of the token, revocation and introspection endpoints, each named as its
/// specification names it.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// A parameter is missing, repeated or malformed (RFC 6749 §5.2).
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The caller did not prove who it is (RFC 6749 §5.2).
    #[error("client authentication failed")]
    InvalidClient,
    /// The grant is unknown, spent, expired or revoked (RFC 6749 §5.2).
    #[error("the grant is unknown, spent, expired or revoked")]
    InvalidGrant,
    #[error("this grant type is not offered here")]
    UnsupportedGrantType,
    /// More was named than was granted (RFC 6749 §5.2).
    #[error("the scope exceeds what was granted")]
    InvalidScope,
    /// RFC 8707 §2.
    #[error("the session is for another resource")]
    InvalidTarget,
    /// The human has not decided yet (RFC 8628 §3.5).
    #[error("waiting for the human to decide")]
    AuthorizationPending,
    /// As above, and the agent asks too often (RFC 8628 §3.5).
    #[error("asked too often; wait five seconds longer between polls")]
    SlowDown,
    /// RFC 8628 §3.5.
    #[error("the human denied the request")]
    AccessDenied(Denial),
    /// RFC 8628 §3.5; auth.md: renewable at the claim endpoint while the claim token lives.
    #[error("the attempt has ended; start a new one at the claim endpoint")]
    ExpiredToken,
    #[error("too many requests")]
    RateLimited(Seconds),
    /// Ours to fix, not the caller's (RFC 6749 §4.1.2.1).
    #[error("the server could not complete the request")]
    ServerError(#[source] Cause),
    /// The database is away or busy; nothing has changed.
    #[error("the server is temporarily unable to answer")]
    TemporarilyUnavailable(#[source] Cause),
}

impl OAuthError {
    /// The `error` member.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied(_) => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::RateLimited(_) => "rate_limit_exceeded",
            Self::ServerError(_) => "server_error",
            Self::TemporarilyUnavailable(_) => "temporarily_unavailable",
        }
    }

    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::RateLimited(_) => 429,
            Self::ServerError(_) => 500,
            Self::TemporarilyUnavailable(_) => 503,
            _ => 400,
        }
    }
}

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

/// The JSON of every refusal: OAuth's members and auth.md's `message`, same text.
#[derive(Debug, Default, Serialize)]
pub struct ErrorBody {
    pub error: &'static str,
    pub error_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy_error: Option<&'static str>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denial_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denial_note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptable_scope: Option<String>,
}

impl ErrorBody {
    #[must_use]
    pub fn of_oauth(error: &OAuthError) -> Self {
        let mut body =
            Self { error: error.code(), error_description: error.to_string(), ..Self::default() };
        if let OAuthError::AccessDenied(denial) = error {
            body = body.with_denial(denial);
        }
        if let OAuthError::RateLimited(seconds) = error {
            body.retry_after = Some(seconds.0);
            body.legacy_error = Some("rate_limited");
        }
        body
    }

    /// `legacy` when the request was written in the older dialect.
    #[must_use]
    pub fn of_agent(error: &AgentError, legacy: bool) -> Self {
        let newest = error.code.name();
        let older = error.code.legacy_name();
        let body = Self {
            error: if legacy { older.unwrap_or(newest) } else { newest },
            error_description: error.to_string(),
            message: Some(error.to_string()),
            legacy_error: if legacy { None } else { older },
            retry_after: error.retry_after.map(|seconds| seconds.0),
            ..Self::default()
        };
        match &error.denial {
            Some(denial) => body.with_denial(denial),
            None => body,
        }
    }

    fn with_denial(mut self, denial: &Denial) -> Self {
        self.denial_reason = Some(denial.reason);
        self.denial_note.clone_from(&denial.note);
        self.acceptable_scope.clone_from(&denial.acceptable_scope);
        self
    }
}
