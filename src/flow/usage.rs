//! When sessions were last used: noted in memory, written in batches, so that a token
//! check writes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::app::App;
use crate::domain::id::SessionId;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// Uses that no batch has written yet.
#[derive(Default)]
pub struct Usage(Mutex<HashMap<SessionId, Timestamp>>);

/// The most sessions one batch writes.
const BATCH: usize = 200;

impl Usage {
    pub fn note(&self, session: &SessionId, now: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.insert(session.clone(), now);
    }

    fn take(&self) -> Vec<(SessionId, Timestamp)> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.drain().collect()
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
    Ok(())
}
