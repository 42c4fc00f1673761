//! What sessions may still use. Each use is one guarded write, so that many at once get no more
//! than there is.

use sea_orm::{ConnectionTrait as _, DbBackend};

use super::row::{statement, step};
use super::{Store, StoreError};
use crate::domain::budget::{Budget, CallsLeft};
use crate::domain::id::SessionId;
use crate::store::write::{Expect, Step};

/// The name a use is refused under when there is nothing left.
const SPENT: &str = "session_budget";

impl Store {
    /// Takes one call of a budget, and says how many were left a moment later; `None` where there
    /// was none to take.
    ///
    /// # Errors
    ///
    /// The database is away: then nothing may be let in.
    pub async fn debit(&self, budget: &Budget) -> Result<Option<i64>, StoreError> {
        let sql = "UPDATE session_budget SET calls_left = calls_left - 1 \
                   WHERE session_id = $1 AND calls_left > 0";
        let taken = step(self.backend(), sql, [budget.of.as_str().into()], Expect::One(SPENT));
        match self.write(vec![taken]).await {
            Ok(()) => Ok(self.calls_left(&[&budget.of]).await?.first().map(|(_, one)| one.left)),
            Err(StoreError::Stale(SPENT)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the budgets of these sessions still hold.
    ///
    /// # Errors
    ///
    /// The database is away or a row does not read.
    pub async fn calls_left(
        &self,
        sessions: &[&SessionId],
    ) -> Result<Vec<(SessionId, CallsLeft)>, StoreError> {
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<String> = (1..=sessions.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT session_id, calls, calls_left FROM session_budget WHERE session_id IN ({})",
            places.join(", ")
        );
        let values = sessions.iter().map(|id| id.as_str().into());
        let question = statement(self.backend(), &sql, values);
        let rows = self.reader().query_all_raw(question).await?;
        let read = |row: &sea_orm::QueryResult| {
            let left =
                CallsLeft { calls: row.try_get_by_index(1)?, left: row.try_get_by_index(2)? };
            Ok((SessionId(row.try_get_by_index(0)?), left))
        };
        rows.iter().map(read).collect()
    }
}

/// The budget of the session that is issued with it.
pub(super) fn open(budget: &Budget, backend: DbBackend) -> Step {
    let sql = "INSERT INTO session_budget (session_id, calls, calls_left) VALUES ($1, $2, $2)";
    let values = [budget.of.as_str().into(), budget.calls.into()];
    step(backend, sql, values, Expect::One(SPENT))
}

/// So many calls from now on, unless fewer are left.
pub(super) fn limit(id: &SessionId, calls: i64, backend: DbBackend) -> Step {
    let sql = "INSERT INTO session_budget (session_id, calls, calls_left) VALUES ($1, $2, $2) \
               ON CONFLICT (session_id) DO UPDATE SET calls_left = excluded.calls_left \
               WHERE session_budget.calls_left > excluded.calls_left";
    step(backend, sql, [id.as_str().into(), calls.into()], Expect::Any)
}
