//! How far each webhook has been told what happened.

use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use sea_orm::{QueryOrder as _, QuerySelect as _};

use super::row::{event, statement, step};
use super::{Store, StoreError};
use crate::domain::account_history::Recorded;
use crate::domain::event::{Event, EventKind};
use crate::protocol::timestamp::Timestamp;
use crate::store::write::Expect;

/// Where one webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookState {
    /// Everything up to here was told.
    pub position: i64,
    /// How often telling what comes next has failed.
    pub failures: i64,
    /// Nobody tries before: another node is at it, or it failed a moment ago.
    pub next_at: Timestamp,
}

impl Store {
    /// A new webhook is told what happens from now on.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn begin_webhook(&self, url: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO webhook (url, position, failures, next_at) \
                   SELECT $1, COALESCE(MAX(position), 0), 0, 0 FROM history_chain WHERE TRUE \
                   ON CONFLICT DO NOTHING";
        self.write(vec![step(self.backend(), sql, [url.into()], Expect::Any)]).await
    }

    /// # Errors
    ///
    /// The database is away.
    pub async fn webhook(&self, url: &str) -> Result<Option<WebhookState>, StoreError> {
        let sql = "SELECT position, failures, next_at FROM webhook WHERE url = $1";
        let query = statement(self.backend(), sql, [url.into()]);
        let Some(row) = self.reader().query_one_raw(query).await? else { return Ok(None) };
        Ok(Some(WebhookState {
            position: row.try_get_by_index(0)?,
            failures: row.try_get_by_index(1)?,
            next_at: Timestamp(row.try_get_by_index(2)?),
        }))
    }

    /// The first linked entry of these kinds after a position, and its own.
    ///
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn event_after(
        &self,
        position: i64,
        kinds: &[EventKind],
    ) -> Result<Option<(i64, Recorded)>, StoreError> {
        let row = event::Entity::find()
            .filter(event::Column::Position.gt(position))
            .filter(event::Column::Position.gt(0))
            .filter(event::Column::Kind.is_in(kinds.iter().map(|kind| kind.name())))
            .order_by_asc(event::Column::Position)
            .limit(1)
            .one(self.reader())
            .await?;
        row.map(|row| {
            let (position, id) = (row.position.unwrap_or(position), row.id.clone());
            Ok((position, Recorded { id, event: Event::try_from(row)? }))
        })
        .transpose()
    }

    /// Moves a webhook from where it was `seen`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if another node has moved it meanwhile.
    pub async fn move_webhook(
        &self,
        url: &str,
        seen: &WebhookState,
        next: &WebhookState,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE webhook SET position = $2, failures = $3, next_at = $4 \
                   WHERE url = $1 AND position = $5 AND failures = $6 AND next_at = $7";
        let values = [
            url.into(),
            next.position.into(),
            next.failures.into(),
            next.next_at.0.into(),
            seen.position.into(),
            seen.failures.into(),
            seen.next_at.0.into(),
        ];
        self.write(vec![step(self.backend(), sql, values, Expect::One("webhook"))]).await
    }
}
