//! What a person lets an agent use, beside for how long: so many calls.

use serde::{Deserialize, Serialize};

use crate::domain::id::SessionId;

/// How often a session may be used. A part that is handed on uses up what the whole has, so it
/// names the session that the budget was given to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    pub of: SessionId,
    /// As was granted.
    pub calls: i64,
}

/// More than anybody counts.
pub const MOST_CALLS: i64 = 1_000_000_000;

/// What a budget still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallsLeft {
    pub calls: i64,
    pub left: i64,
}
