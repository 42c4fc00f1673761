//! Agents that ask for a session themselves (contracts of Agent Analytics, section 1): they
//! start, a person approves on the one page, and a finish code is traded for the session.
//!
//! The codes are derived, so that a page which is loaded again shows the same one and the
//! database knows none of them.

mod account;
mod demo;
mod exchange;
mod poll;
mod start;
mod user_claimed;

pub use account::{describe, give_back, list, revoke};
pub use demo::demo;
pub use exchange::{exchange, refresh};
pub use poll::poll;
pub use start::{Begun, begun, existing_account_only, start};
pub use user_claimed::{ask, complete, standing};

use crate::app::App;
use crate::config::{AgentSessions, Profile};
use crate::domain::account::Account;
use crate::domain::approval::{Approval, Approved, Phase};
use crate::domain::ask::Door;
use crate::domain::id::ApprovalId;
use crate::domain::plan::Rate;
use crate::domain::resource::Resource;
use crate::entropy::NoEntropy;
use crate::flow::error::PersonError;
use crate::jose::JoseError;
use crate::protocol::agent_session::{self as wire, TierLimits, milliseconds};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::protocol::code::Code;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Where a person reads such a request, below the issuer (1.4).
pub const AUTHORIZE_PATH: &str = "/agent-sessions/authorize";

/// What a request is called on the wire (1.1).
const REQUEST_PREFIX: &str = "req";

/// The door, where a profile opens it.
#[derive(Clone, Copy)]
struct Open<'a> {
    app: &'a App,
    resource: &'a Resource,
    rules: &'a AgentSessions,
    /// The profile that opens it.
    profile: &'a Profile,
}

impl<'a> Open<'a> {
    fn of(app: &'a App) -> Result<Self, AgentSessionError> {
        let (resource, rules) = app.agent_sessions().ok_or(AgentSessionErrorCode::NotFound)?;
        let own = |profile: &&Profile| profile.agent_sessions.is_some();
        let profile = app.settings.profiles.iter().find(own);
        let profile = profile.ok_or(AgentSessionErrorCode::NotFound)?;
        Ok(Self { app, resource, rules, profile })
    }

    /// The door in its other words, where they are switched on too (1.14).
    fn user_claimed(app: &'a App) -> Result<Self, AgentSessionError> {
        let open = Self::of(app)?;
        Ok(open.rules.user_claimed.then_some(open).ok_or(AgentSessionErrorCode::NotFound)?)
    }
}

/// The code that older agents show beside their link, for the person to compare (1.12).
#[must_use]
pub fn approval_code(app: &App, id: &ApprovalId) -> Code {
    app.vault.derive_code(&["agent session", id.as_str()])
}

/// What the agent trades for the session of this yes (1.6): 190 bits, good for minutes.
fn finish_code(app: &App, approval: &Approval, approved: &Approved) -> Secret {
    let context = ["finish code", approval.id.as_str(), approved.session.as_str()];
    app.vault.derive(SecretKind::FinishCode, &context)
}

/// The finish code of an approval while it can be traded.
#[must_use]
pub fn finish(app: &App, approval: &Approval, now: Timestamp) -> Option<Secret> {
    let approved = approval.approved()?;
    let waits = approval.ask.door == Door::AgentSession && approval.phase(now) == Phase::Approved;
    waits.then(|| finish_code(app, approval, approved))
}

/// Where the browser goes on to once a human has answered (1.4): the callback with the finish
/// code, or with the refusal.
#[must_use]
pub fn onward(app: &App, approval: &Approval, now: Timestamp) -> Option<String> {
    let callback = approval.ask.callback()?;
    let id = approval.id.as_str();
    if let Some(code) = finish(app, approval, now) {
        return Some(callback.with(&[("request_id", id), ("exchange_code", code.reveal())]));
    }
    let denied = approval.phase(now) == Phase::Denied && !approval.is_withdrawn();
    denied.then(|| callback.with(&[("request_id", id), ("error", "access_denied")]))
}

/// A required member of a body.
fn required(member: Option<&String>) -> Result<&str, AgentSessionError> {
    let member = member.map(String::as_str).filter(|text| !text.is_empty());
    Ok(member.ok_or(AgentSessionErrorCode::MissingFields)?)
}

/// The approval id that `text` is; what cannot be one is not looked for.
fn request_id(text: &str) -> Result<ApprovalId, AgentSessionError> {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let id = (is_word && text.starts_with(REQUEST_PREFIX)).then(|| ApprovalId(text.to_owned()));
    Ok(id.ok_or(AgentSessionErrorCode::InvalidAuthRequest)?)
}

/// Whose session it is. Its tier is the plan by which it is counted (AA23): what the operator
/// assigned once, and offers no more, is none.
fn account_of(open: Open<'_>, account: &Account) -> wire::Account {
    let plans = open.profile.plans.as_ref();
    let plan = plans.and_then(|plans| plans.of(account.plan.as_deref()));
    let tier = plan.map(|plan| &plan.name).or(account.plan.as_ref());
    let a_minute = |rate: Rate| i64::from(rate.most) * 60 / rate.span.0;
    wire::Account {
        projects_count: None,
        tier_limits: TierLimits {
            max_events_per_month: plan.and_then(|plan| plan.events),
            rate_limit_rpm: plan.and_then(|plan| plan.rate).map(a_minute),
            ..TierLimits::default()
        },
        monthly_spend_cap_dollars: None,
        id: account.id.0.clone(),
        email: account.email.as_str().to_owned(),
        github_login: None,
        google_name: None,
        tier: tier.cloned().unwrap_or_else(|| "free".to_owned()),
        created_at: milliseconds(account.created_at),
    }
}

impl From<StoreError> for AgentSessionError {
    fn from(error: StoreError) -> Self {
        PersonError::from(error).into()
    }
}

impl From<NoEntropy> for AgentSessionError {
    fn from(error: NoEntropy) -> Self {
        PersonError::from(error).into()
    }
}

impl From<JoseError> for AgentSessionError {
    fn from(error: JoseError) -> Self {
        Self::failed(AgentSessionErrorCode::ServerError, error.into())
    }
}

impl From<PersonError> for AgentSessionError {
    fn from(error: PersonError) -> Self {
        match error {
            PersonError::NotFound => AgentSessionErrorCode::NotFound.into(),
            PersonError::Limited(wait) => Self::limited(wait),
            PersonError::Unavailable(cause) => {
                Self::failed(AgentSessionErrorCode::TemporarilyUnavailable, cause)
            }
            PersonError::Internal(cause) => Self::failed(AgentSessionErrorCode::ServerError, cause),
        }
    }
}

/// What the rotation of a refresh token refuses with, in the words of this door.
impl From<OAuthError> for AgentSessionError {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::RateLimited(wait) => Self::limited(wait),
            OAuthError::TemporarilyUnavailable(cause) => {
                Self::failed(AgentSessionErrorCode::TemporarilyUnavailable, cause)
            }
            OAuthError::ServerError(cause) => {
                Self::failed(AgentSessionErrorCode::ServerError, cause)
            }
            _ => AgentSessionErrorCode::InvalidRefreshToken.into(),
        }
    }
}
