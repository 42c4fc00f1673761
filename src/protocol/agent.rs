//! Bodies of the agent endpoints: one state machine, both live dialects of auth.md.
//!
//! Replies are supersets: dialect D2 reads the flat names, D3 the nested ones, and no two
//! collide. Requests accept every documented spelling of one meaning.

use serde::{Deserialize, Serialize};

/// `POST` to the identity endpoint.
#[derive(Debug, Deserialize)]
pub struct IdentityRequest {
    #[serde(rename = "type")]
    pub kind: String,
    pub login_hint: Option<String>,
    pub assertion_type: Option<String>,
    pub assertion: Option<String>,
    pub refresh_token: Option<String>,
    #[serde(alias = "scopes")]
    pub requested_scopes: Option<ScopeList>,
    /// RFC 8707: what the agent wants to reach.
    pub resource: Option<String>,
    pub client_name: Option<String>,
    pub client_type: Option<String>,
    pub reason: Option<String>,
}

/// Scopes as an array or as one space-separated string.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum ScopeList {
    Array(Vec<String>),
    Text(String),
}

impl ScopeList {
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Array(words) => words.join(" "),
            Self::Text(text) => text.clone(),
        }
    }
}

/// `POST` to the claim endpoint: start or renew an attempt. D2 sends no `type` and calls
/// the hint `email`.
#[derive(Debug, Deserialize)]
pub struct ClaimRequest {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub claim_token: Option<String>,
    pub login_hint: Option<String>,
    pub email: Option<String>,
    pub assertion: Option<String>,
}

/// `POST` to `/complete`: the agent hands back the code its human relayed.
#[derive(Debug, Deserialize)]
pub struct CompleteRequest {
    pub claim_token: Option<String>,
    #[serde(alias = "otp")]
    pub user_code: Option<String>,
}

/// A signed assertion and, for a claimed registration, the refresh token beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    pub assertion: String,
    pub expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Expiring>,
}

/// A secret with its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expiring {
    pub value: String,
    pub expires_at: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct ScopeSets {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_claim: Vec<String>,
    pub post_claim: Vec<String>,
}

/// A live attempt, in D3's words.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub id: String,
    pub verification_uri: String,
    pub expires_at: String,
}

/// A live attempt in D2's words, and nested in D3's.
#[derive(Debug, Clone, Serialize)]
pub struct Ceremony {
    /// Shown by the agent, typed by the human; absent when typed codes are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_code: Option<String>,
    pub verification_uri: String,
    /// Seconds.
    pub expires_in: i64,
    /// Seconds between two polls; absent when there is nothing to poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<i64>,
}

/// The `claim` block of a registration.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    pub token: String,
    pub expires_at: String,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<Ceremony>,
}

/// The answer to a registration, both dialects at once.
#[derive(Debug, Clone, Serialize)]
pub struct RegistrationResponse {
    pub id: String,
    pub registration_id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub registration_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_assertion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion_expires: Option<String>,
    pub scopes: ScopeSets,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_claim_scopes: Vec<String>,
    pub post_claim_scopes: Vec<String>,
    /// Requested scopes that do not exist here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_scopes: Vec<String>,
    pub resource: String,
    pub claim: Claim,
    pub claim_token: String,
    pub claim_token_expires: String,
    pub claim_url: String,
}

/// The answer to a started or renewed attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptResponse {
    pub id: String,
    pub registration_id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub status: &'static str,
    pub claim_attempt_id: String,
    pub expires_at: String,
    pub attempt: Attempt,
    pub claim_attempt: Ceremony,
}

/// The answer to `type: refresh` at the identity endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct RefreshResponse {
    pub id: String,
    pub registration_id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub identity: Identity,
    pub identity_assertion: String,
    pub assertion_expires: String,
}

/// The answer to `/complete`, delivered once.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteResponse {
    pub id: String,
    pub registration_id: String,
    pub status: &'static str,
    /// What the human granted, which may be less than was asked.
    pub scopes: Vec<String>,
    pub identity: Identity,
    pub identity_assertion: String,
    pub assertion_expires: String,
}
