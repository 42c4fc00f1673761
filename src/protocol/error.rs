//! What an endpoint says when it refuses. What the caller reads is here and fixed; what
//! the operator reads is the `source`, which never reaches the wire.

use std::error::Error as StdError;

use serde::Serialize;

use super::agent_error::AgentError;
use super::authorization_response::AuthorizationErrorCode;
use super::timestamp::Seconds;

/// A failure of ours, for the log.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// What a human who said no wants the agent to know (contracts of the approval page).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// `not_me`, `too_much`, `not_now`, `reported` or `withdrawn`.
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
    /// The session's owner lets it rest; the refresh token stays good.
    #[error("the session is paused by its owner; keep the refresh token and try again later")]
    Paused,
    /// The client did not register for this grant (RFC 6749 §5.2).
    #[error("the client may not use this grant")]
    UnauthorizedClient,
    #[error("this grant type is not offered here")]
    UnsupportedGrantType,
    /// More was named than was granted (RFC 6749 §5.2).
    #[error("the scope exceeds what was granted")]
    InvalidScope,
    /// RFC 9396 §5.
    #[error("authorization_details are not those that were granted")]
    InvalidAuthorizationDetails,
    /// What the authorization endpoint would send through the browser, told at once
    /// (RFC 9126 §2.3).
    #[error("{1}")]
    Authorization(AuthorizationErrorCode, &'static str),
    /// RFC 8707 §2.
    #[error("the session is for another resource")]
    InvalidTarget,
    /// The proof of possession does not hold; which part of it (RFC 9449 §5).
    #[error("the DPoP proof does not hold: {0}")]
    InvalidDpopProof(String),
    /// The proof must carry this nonce of ours (RFC 9449 §8).
    #[error("the DPoP proof must carry the nonce of the DPoP-Nonce header")]
    UseDpopNonce(String),
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
    #[error("the attempt has ended; start a new one where this one was started")]
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
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::Authorization(code, _) => code.name(),
            Self::InvalidTarget => "invalid_target",
            Self::InvalidDpopProof(_) => "invalid_dpop_proof",
            Self::UseDpopNonce(_) => "use_dpop_nonce",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied(_) => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::RateLimited(_) => "rate_limit_exceeded",
            Self::ServerError(_) => "server_error",
            Self::Paused | Self::TemporarilyUnavailable(_) => "temporarily_unavailable",
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
