//! When sessions and keys were last used: noted in memory, written in batches, so that a check
//! writes nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::domain::id::SessionId;
use crate::flow::allowance::Allowance;
use crate::flow::introspect::LiveToken;
use crate::store::{KeyUses, PlanUses, SessionUse, StoreError};

/// Uses that no batch has written yet.
#[derive(Default)]
pub struct Usage {
    sessions: Mutex<HashMap<SessionId, Arc<LiveToken>>>,
    /// Each once; it counts its own uses until a batch takes them.
    keys: Mutex<Vec<Arc<LiveToken>>>,
    /// Likewise.
    plans: Mutex<Vec<Arc<Allowance>>>,
}

/// The most rows one batch writes.
const BATCH: usize = 200;

impl Usage {
    /// Remembers a session by the token it was last used with.
    pub fn note(&self, session: &SessionId, token: Arc<LiveToken>) {
        let mut noted = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        noted.insert(session.clone(), token);
    }

    /// Remembers a key that counts from now on.
    pub fn count(&self, key: Arc<LiveToken>) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// Remembers what an account uses of its plan from now on.
    pub fn count_plan(&self, allowance: Arc<Allowance>) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).push(allowance);
    }

    fn take(&self) -> Vec<SessionUse> {
        let mut noted = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let last = |(id, token): (SessionId, Arc<LiveToken>)| {
            let (at, from) = token.last_use();
            SessionUse { id, at, from }
        };
        noted.drain().map(last).collect()
    }

    fn take_keys(&self) -> Vec<KeyUses> {
        let mut counting = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        counting.drain(..).filter_map(|key| key.take_uses()).collect()
    }

    fn take_plans(&self) -> Vec<PlanUses> {
        let mut counting = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        counting.drain(..).filter_map(|allowance| allowance.take_uses()).collect()
    }
}

/// Writes what was noted since the last time.
///
/// # Errors
///
/// The database is away; what was noted is lost, which costs minutes of "last used".
pub async fn write(app: &App) -> Result<(), StoreError> {
    for batch in app.usage.take().chunks(BATCH) {
        app.store.touch(batch.to_vec()).await?;
    }
    for batch in app.usage.take_keys().chunks(BATCH) {
        app.store.count_uses(batch).await?;
    }
    for batch in app.usage.take_plans().chunks(BATCH) {
        app.store.count_plan_uses(batch).await?;
    }
    Ok(())
}
