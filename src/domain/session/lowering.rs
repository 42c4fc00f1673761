//! A person takes back a part of what a live session holds, or lets it rest. Nothing here gives
//! an agent more than it had, and nothing brings back what has ended.

use super::{Session, Standing};
use crate::domain::budget::Budget;
use crate::domain::change::{Change, Effect};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::origin::Occasion;
use crate::domain::step_up::Extra;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Timestamp;

/// What a session is to be left with at most. What it never had it does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Less {
    pub scopes: Scopes,
    pub ends_at: Option<Timestamp>,
    /// So many calls from now on.
    pub calls: Option<i64>,
}

/// Why a session does not become less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LowerError {
    /// It is not live.
    NotLive,
    /// Nothing would be left: that is what disconnecting is for.
    Nothing,
    /// It uses up the calls of the session it is a part of.
    NotItsCalls,
}

/// Why a session does not rest, or does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseError {
    /// It is not live; or, to go on, it does not rest.
    NotLive,
    /// It rests with the session it is a part of.
    Part,
}

impl Session {
    /// Leaves the session with `less` at most. What was handed on of it ends: it may hold what
    /// was just taken. `None` where it holds no more than that already.
    ///
    /// # Errors
    ///
    /// Nothing changes then.
    pub fn lower(
        self,
        less: &Less,
        by: &AccountId,
        occasion: &Occasion,
    ) -> Result<Option<Change<Self>>, LowerError> {
        if !matches!(self.standing(occasion.at), Standing::Live | Standing::Paused) {
            return Err(LowerError::NotLive);
        }
        let scopes = self.scopes.meet(&less.scopes);
        if scopes.is_empty() || less.ends_at.is_some_and(|end| end <= occasion.at) {
            return Err(LowerError::Nothing);
        }
        let budget = less.calls.map(|calls| self.with_calls(calls)).transpose()?;
        let expires_at = less.ends_at.map_or(self.expires_at, |end| end.min(self.expires_at));
        let next = Self {
            extra: self.extra.as_ref().and_then(|extra| extra.less(&less.scopes)),
            budget: budget.as_ref().map(|(budget, _)| budget.clone()).or(self.budget.clone()),
            lowered_at: Some(occasion.at),
            scopes,
            expires_at,
            ..self.clone()
        };
        let limit = budget.map(|(_, limit)| limit);
        if limit.is_none() && next == (Self { lowered_at: next.lowered_at, ..self.clone() }) {
            return Ok(None);
        }
        let taken = self.reach(occasion.at).without(&next.reach(occasion.at));
        let event = Event::in_session(EventKind::SessionLowered, &self, occasion).by(by);
        let mut effects = vec![
            Effect::Reconsider(self.id.clone()),
            Effect::EndParts { id: self.id.clone(), at: occasion.at },
            Effect::Record(event.saying(said(&taken, less))),
        ];
        effects.extend(limit);
        Ok(Some(Change { seen: self.revision, next, effects }))
    }

    /// Its budget as it is called from now on, and what makes that true.
    fn with_calls(&self, calls: i64) -> Result<(Budget, Effect), LowerError> {
        if self.parent.is_some() {
            return Err(LowerError::NotItsCalls);
        }
        let limit = Effect::LimitCalls { id: self.id.clone(), calls };
        let new = || Budget { of: self.id.clone(), calls };
        Ok((self.budget.clone().unwrap_or_else(new), limit))
    }

    /// Lets the session rest, with all that was handed on of it.
    ///
    /// # Errors
    ///
    /// Nothing changes then.
    pub fn pause(self, by: &AccountId, occasion: &Occasion) -> Result<Change<Self>, PauseError> {
        if self.parent.is_some() {
            return Err(PauseError::Part);
        }
        if !self.is_live(occasion.at) {
            return Err(PauseError::NotLive);
        }
        let event = Event::in_session(EventKind::SessionPaused, &self, occasion).by(by);
        let parts = Effect::RestParts { id: self.id.clone(), since: Some(occasion.at) };
        let effects = vec![Effect::Reconsider(self.id.clone()), parts, Effect::Record(event)];
        let seen = self.revision;
        Ok(Change { seen, next: Self { paused_at: Some(occasion.at), ..self }, effects })
    }

    /// Lets a session go on that rests. Its end is where it was.
    ///
    /// # Errors
    ///
    /// Nothing changes then.
    pub fn resume(self, by: &AccountId, occasion: &Occasion) -> Result<Change<Self>, PauseError> {
        if self.parent.is_some() {
            return Err(PauseError::Part);
        }
        if self.standing(occasion.at) != Standing::Paused {
            return Err(PauseError::NotLive);
        }
        let event = Event::in_session(EventKind::SessionResumed, &self, occasion).by(by);
        let parts = Effect::RestParts { id: self.id.clone(), since: None };
        let effects = vec![Effect::Reconsider(self.id.clone()), parts, Effect::Record(event)];
        let seen = self.revision;
        Ok(Change { seen, next: Self { paused_at: None, ..self }, effects })
    }
}

impl Extra {
    fn less(&self, kept: &Scopes) -> Option<Self> {
        let scopes = self.scopes.meet(kept);
        (!scopes.is_empty()).then_some(Self { scopes, until: self.until })
    }
}

/// What the history tells: what it may no longer do, its new end, and its calls.
fn said(taken: &Scopes, less: &Less) -> String {
    let scopes = (!taken.is_empty()).then(|| format!("without {taken}"));
    let end = less.ends_at.map(|end| format!("until {end}"));
    let calls = less.calls.map(|calls| format!("{calls} calls"));
    let all: Vec<String> = [scopes, end, calls].into_iter().flatten().collect();
    all.join(", ")
}
