//! Letters that wait to be sent.

use sea_orm::{ConnectionTrait as _, DbBackend};

use super::row::{statement, step};
use super::{Store, StoreError};
use crate::domain::mail::WaitingMail;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// The letter that has waited longest of those whose time has come.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn next_mail(&self, now: Timestamp) -> Result<Option<WaitingMail>, StoreError> {
        let sql = "SELECT id, sealed, created_at, failures, next_at FROM mail \
                   WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1";
        let query = statement(self.backend(), sql, [now.0.into()]);
        let Some(row) = self.reader().query_one_raw(query).await? else { return Ok(None) };
        Ok(Some(WaitingMail {
            id: row.try_get_by_index(0)?,
            sealed: row.try_get_by_index(1)?,
            created_at: Timestamp(row.try_get_by_index(2)?),
            failures: row.try_get_by_index(3)?,
            next_at: Timestamp(row.try_get_by_index(4)?),
        }))
    }

    /// Puts a letter off from when it was `seen` to be due. Of two nodes that see one letter, one
    /// does so.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if another node was faster.
    pub async fn put_mail_off(
        &self,
        seen: &WaitingMail,
        next: &WaitingMail,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE mail SET failures = $2, next_at = $3 WHERE id = $1 AND next_at = $4";
        let values = [
            seen.id.as_str().into(),
            next.failures.into(),
            next.next_at.0.into(),
            seen.next_at.0.into(),
        ];
        self.write(vec![step(self.backend(), sql, values, Expect::One("mail"))]).await
    }

    /// A letter that was sent, or never will be, is forgotten.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn forget_mail(&self, id: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM mail WHERE id = $1";
        self.write(vec![step(self.backend(), sql, [id.into()], Expect::Any)]).await
    }
}

pub(super) fn post(mail: &WaitingMail, backend: DbBackend) -> Step {
    let sql = "INSERT INTO mail (id, sealed, created_at, failures, next_at) \
               VALUES ($1, $2, $3, $4, $5)";
    let values = [
        mail.id.as_str().into(),
        mail.sealed.clone().into(),
        mail.created_at.0.into(),
        mail.failures.into(),
        mail.next_at.0.into(),
    ];
    step(backend, sql, values, Expect::One("mail"))
}
