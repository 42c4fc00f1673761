//! What a human answers to an approval, as the page carries it.

use crate::domain::approval::KeyedCode;
use crate::domain::denial::DenialReason;
use crate::domain::id::SessionId;
use crate::domain::session::{Lifetimes, Session};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long the human lets the agent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// One access token and no refresh token.
    Once,
    For(Seconds),
}

/// What else the human holds the agent to, where anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// How often it may use the session.
    pub calls: Option<i64>,
    /// It ends when unused for so long.
    pub idle: Option<Seconds>,
}

/// The human's answer, as the page carries it.
#[derive(Debug)]
pub enum Answer {
    Approve(Consent),
    Deny {
        reason: DenialReason,
        note: Option<ToldText>,
        ticked: Scopes,
    },
    Report {
        end_sessions: bool,
    },
    /// Takes a yes back.
    Withdraw,
}

#[derive(Debug)]
pub struct Consent {
    pub code: CodeGiven,
    pub ticked: Scopes,
    pub lifetime: Lifetime,
    pub bounds: Bounds,
    /// When whoever consents signed in.
    pub signed_in_at: Timestamp,
    /// For the session this opens.
    pub session: SessionId,
    /// The session this widens instead, and until when.
    pub widens: Option<(Box<Session>, Option<Seconds>)>,
}

/// What the human did about codes.
#[derive(Debug)]
pub enum CodeGiven {
    /// Typed something; `None` when it cannot be a code, which spends a try all the same.
    Typed(Option<KeyedCode>),
    /// The agent shows none; this new one goes back to it.
    Relay(KeyedCode),
    /// The browser brought human and agent together; this is the digest of the
    /// authorization code it takes back.
    Redirect(Digest),
    /// The agent gets a finish code, whatever way it comes.
    Finish,
}

/// What policy says, beside what was asked.
#[derive(Debug, Clone)]
pub struct Policy {
    pub required: Scopes,
    pub lifetimes: Lifetimes,
}
