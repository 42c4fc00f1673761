//! Asking for an agent session, and keeping it: the bodies of `/agent-sessions/*` and `/account*`
//! (contracts of Agent Analytics, section 1). Times are milliseconds since 1970, as numbers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::timestamp::Timestamp;

/// `POST /agent-sessions/start` (1.2). Whatever is null is as good as absent.
#[derive(Debug, Default, Deserialize)]
pub struct StartRequest {
    pub mode: Option<String>,
    pub client_type: Option<String>,
    pub client_name: Option<String>,
    pub client_instance_id: Option<String>,
    pub label: Option<String>,
    pub callback_url: Option<String>,
    pub scopes: Option<Vec<String>>,
    pub code_challenge: Option<String>,
    pub metadata: Option<Value>,
}

impl StartRequest {
    /// Whether nobody may make an account on the way (`metadata`, 1.4).
    #[must_use]
    pub fn requires_existing_account(&self) -> bool {
        let said = self.metadata.as_ref().and_then(|said| said.get("requires_existing_account"));
        said.and_then(Value::as_bool).unwrap_or(false)
    }
}

/// How the agent gets its finish code (1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A browser on the agent's machine brings it.
    Interactive,
    /// A person elsewhere hands it over, or the agent polls.
    Detached,
}

impl Mode {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Detached => "detached",
        }
    }

    /// The mode of this name; the first when none is named.
    #[must_use]
    pub fn named(name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or(Self::Interactive.name());
        [Self::Interactive, Self::Detached].into_iter().find(|mode| mode.name() == name)
    }
}

/// What the agent is told when it has asked (1.1).
#[derive(Debug, Serialize)]
pub struct StartResponse {
    pub ok: bool,
    pub auth_request_id: String,
    pub authorize_url: String,
    pub approval_code: String,
    pub poll_token: String,
    pub mode: &'static str,
    pub expires_at: i64,
    pub scopes: Vec<String>,
}

/// `POST /agent-sessions/poll` (1.5).
#[derive(Debug, Default, Deserialize)]
pub struct PollRequest {
    pub auth_request_id: Option<String>,
    pub poll_token: Option<String>,
}

/// Every member is always there, null when there is nothing to say: clients index them (1.5).
#[derive(Debug, Serialize)]
pub struct PollResponse {
    pub status: &'static str,
    pub exchange_code: Option<String>,
    pub account_id: Option<String>,
    pub approved_email: Option<String>,
    /// A request that is dead is an error as well.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

/// `POST /agent-sessions/exchange` (1.6).
#[derive(Debug, Default, Deserialize)]
pub struct ExchangeRequest {
    pub auth_request_id: Option<String>,
    pub exchange_code: Option<String>,
    pub code_verifier: Option<String>,
}

/// `POST /agent-sessions/refresh` (1.7).
#[derive(Debug, Default, Deserialize)]
pub struct RefreshRequest {
    pub refresh_token: Option<String>,
}

/// `POST /agent-sessions/revoke` (1.8).
#[derive(Debug, Default, Deserialize)]
pub struct RevokeRequest {
    pub session_id: Option<String>,
}

/// The answer to an exchange and to a refresh.
#[derive(Debug, Serialize)]
pub struct SessionResponse {
    pub ok: bool,
    pub agent_session: AgentSession,
    pub account: Account,
}

/// A session with its tokens: the only bodies that hold them (AA05). The identifier goes by
/// both names that clients know (1.1).
#[derive(Debug, Serialize)]
pub struct AgentSession {
    pub id: String,
    pub session_id: String,
    pub access_token: String,
    pub access_expires_at: i64,
    /// A session of one access token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<i64>,
    pub scopes: Vec<String>,
}

/// Whose session it is: clients show the first of login, name and address that is there, and
/// crash without `tier` (1.1).
#[derive(Debug, Serialize)]
pub struct Account {
    pub id: String,
    pub email: String,
    pub github_login: Option<String>,
    pub google_name: Option<String>,
    pub tier: String,
    pub created_at: i64,
    /// Where it is asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projects_count: Option<usize>,
    pub tier_limits: TierLimits,
    /// Nobody spends anything here.
    pub monthly_spend_cap_dollars: Option<i64>,
}

/// What a plan includes; null where it names no limit (1.1).
#[derive(Debug, Default, Serialize)]
pub struct TierLimits {
    pub max_events_per_month: Option<i64>,
    pub max_projects: Option<i64>,
    pub max_reads_per_month: Option<i64>,
    pub retention_days: Option<i64>,
    pub rate_limit_rpm: Option<i64>,
}

/// `200` of `POST /agent-sessions/revoke`.
#[derive(Debug, Serialize)]
pub struct RevokeResponse {
    pub ok: bool,
    pub session_id: String,
}

/// `GET /account/agent-sessions`.
#[derive(Debug, Serialize)]
pub struct SessionList {
    pub sessions: Vec<ListedSession>,
}

/// One session as its owner's agents see it (1.1); null where there is nothing.
#[derive(Debug, Serialize)]
pub struct ListedSession {
    pub id: String,
    pub client_type: Option<String>,
    pub client_name: Option<String>,
    pub client_instance_id: Option<String>,
    pub label: String,
    pub scopes: Vec<String>,
    pub status: &'static str,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub access_expires_at: Option<i64>,
    pub refresh_expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// The answer to `POST /demo/session` (1.1). What there is to look at is the product's to say.
#[derive(Debug, Serialize)]
pub struct DemoResponse {
    pub ok: bool,
    pub mode: &'static str,
    pub agent_session: DemoSession,
    pub projects: [(); 0],
}

/// A session that reads and cannot be renewed.
#[derive(Debug, Serialize)]
pub struct DemoSession {
    pub access_token: String,
    pub access_expires_at: i64,
    pub scopes: Vec<String>,
}

/// What the window that opened the approval page is told, if one did (1.4).
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum OpenerMessage<'a> {
    #[serde(rename = "agent-analytics-auth-callback", rename_all = "camelCase")]
    Callback { request_id: &'a str, exchange_code: &'a str },
    #[serde(rename = "agent-analytics-auth-error")]
    Error { code: &'a str, message: &'a str },
    #[serde(rename = "agent-analytics-auth-complete")]
    Complete,
}

/// An error in the words of this dialect and of both ways of reading it (1.11): the code by
/// `code` or `error`, the text by `message`.
#[derive(Debug, Serialize)]
pub struct Refused {
    pub error: &'static str,
    pub code: &'static str,
    pub message: &'static str,
}

/// Milliseconds since 1970 (1.1: seconds print as January of that year).
#[must_use]
pub const fn milliseconds(time: Timestamp) -> i64 {
    time.0.saturating_mul(1_000)
}
