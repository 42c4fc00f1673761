//! Counting what lives and removing what says nothing any more.

use sea_orm::ConnectionTrait as _;

use super::row::{statement, step};
use super::{Store, StoreError};
use crate::domain::limit::Count;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::Expect;

/// Rows removed by one statement, so that no sweep holds up the writes behind it.
pub(super) const BATCH: i64 = 500;

/// The conditions of the index `session_live` first, word for word, or it is not used.
pub(super) const LIVE_SESSIONS: &str = "SELECT COUNT(*) FROM session \
     WHERE ended_at IS NULL AND collect_before IS NULL AND expires_at > $1 \
     AND (created_at + idle_seconds > $1 OR last_used_at + idle_seconds > $1)";

/// Sessions of machines, and what was cut from them: no person approved them and none can see
/// them. Approvals that a browser or a device brought, and that no person answered. The
/// condition of the indexes `session_machine` and `approval_unanswered`, word for word, or they
/// are not used.
pub(super) const OF_NOBODY: &str = "COALESCE(account_id, registration_id) IS NULL";

/// What is remembered of such an approval. The condition of the index `event_unanswered`, word
/// for word, or it is not used.
pub(super) const NOBODYS_EVENT: &str = "COALESCE(account_id, registration_id, session_id) IS NULL";

impl Store {
    /// How many sessions are live, as [`Session::is_live`] says it: collected, not ended, and
    /// neither expired nor idle. A session that is used at all was used after it was made, so
    /// one younger than its idle time is known from the index alone.
    ///
    /// [`Session::is_live`]: crate::domain::session::Session::is_live
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn live_sessions(&self, now: Timestamp) -> Result<i64, StoreError> {
        self.count(LIVE_SESSIONS, vec![now.0.into()]).await
    }

    /// How many approvals ran out unanswered between two moments.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn approvals_expired(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM approval \
                   WHERE state_name = 'waiting' AND expires_at > $1 AND expires_at <= $2";
        self.count(sql, vec![since.0.into(), now.0.into()]).await
    }

    /// How many of a limited thing its window holds already.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn counted(&self, count: &Count) -> Result<i64, StoreError> {
        let sql = "SELECT count FROM counter WHERE name = $1 AND window_start = $2";
        self.count(sql, vec![count.name.as_str().into(), count.window.start.0.into()]).await
    }

    /// Until when a window of this thing is full, if one still stands that is.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn full_until(
        &self,
        count: &Count,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT COALESCE(MAX(expires_at), 0) FROM counter \
                   WHERE name = $1 AND count >= $2 AND expires_at > $3";
        let values = vec![count.name.as_str().into(), count.most.into(), now.0.into()];
        let until = self.count(sql, values).await?;
        Ok(Some(Timestamp(until)).filter(|until| now < *until))
    }

    async fn count(&self, sql: &str, values: Vec<sea_orm::Value>) -> Result<i64, StoreError> {
        let query = statement(self.backend(), sql, values);
        let row = self.reader().query_one_raw(query).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
    }

    /// Removes what expired before `horizon`: tokens, counters, browser sessions, links,
    /// pushed requests, and sessions and approvals that are part of nobody's history.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn sweep(&self, horizon: Timestamp) -> Result<(), StoreError> {
        self.prune("token", "digest", horizon).await?;
        self.prune("session_token", "digest", horizon).await?;
        self.prune("browser_session", "digest", horizon).await?;
        self.prune("one_time_link", "digest", horizon).await?;
        self.prune("organization_invitation", "digest", horizon).await?;
        self.prune("pushed_request", "digest", horizon).await?;
        self.prune_where("session", "id", OF_NOBODY, horizon).await?;
        self.prune_questions(horizon).await?;
        let sql = "DELETE FROM counter WHERE expires_at < $1";
        self.write(vec![step(self.backend(), sql, [horizon.0.into()], Expect::Any)]).await
    }

    /// Forgets uses of what nobody could use again anyway, because it had run out by
    /// `horizon`.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn forget_uses(&self, horizon: Timestamp) -> Result<(), StoreError> {
        self.prune("replay", "name", horizon).await
    }

    /// Removes approvals that nobody answered, and what was remembered of them.
    async fn prune_questions(&self, horizon: Timestamp) -> Result<(), StoreError> {
        let of_them = format!("SELECT id FROM approval WHERE {OF_NOBODY} AND expires_at < $1");
        let sql = format!(
            "DELETE FROM event WHERE {NOBODYS_EVENT} \
             AND approval_id IN ({of_them} ORDER BY expires_at, id LIMIT {BATCH})"
        );
        let events = step(self.backend(), &sql, [horizon.0.into()], Expect::Any);
        let sql = format!(
            "DELETE FROM approval WHERE id IN ({of_them} ORDER BY expires_at, id LIMIT {BATCH})"
        );
        let approvals = step(self.backend(), &sql, [horizon.0.into()], Expect::Any);
        let sql = format!("SELECT COUNT(*) FROM approval WHERE {OF_NOBODY} AND expires_at < $1");
        let sum = self.count(&sql, vec![horizon.0.into()]).await?;
        for _batch in 0..(sum + BATCH - 1) / BATCH {
            self.write(vec![events.clone(), approvals.clone()]).await?;
        }
        Ok(())
    }

    /// Removes the rows of a table that expired before `horizon`, batch by batch.
    async fn prune(&self, table: &str, key: &str, horizon: Timestamp) -> Result<(), StoreError> {
        self.prune_where(table, key, "TRUE", horizon).await
    }

    async fn prune_where(
        &self,
        table: &str,
        key: &str,
        condition: &str,
        horizon: Timestamp,
    ) -> Result<(), StoreError> {
        let expired = format!("FROM {table} WHERE {condition} AND expires_at < $1");
        let sql = format!("SELECT COUNT(*) {expired}");
        let sum = self.count(&sql, vec![horizon.0.into()]).await?;
        let sql =
            format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} {expired} LIMIT {BATCH})");
        for _batch in 0..(sum + BATCH - 1) / BATCH {
            self.write(vec![step(self.backend(), &sql, [horizon.0.into()], Expect::Any)]).await?;
        }
        Ok(())
    }
}
