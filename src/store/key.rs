//! Signing keys, sealed, and the fingerprint that recognises the master secret.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::row::{signing_key, statement, step};
use super::{Store, StoreError};
use crate::protocol::timestamp::Timestamp;
use crate::store::write::Expect;

/// The name the master secret's fingerprint is kept under.
const FINGERPRINT: &str = "master_secret_fingerprint";

/// What a database with the table `meta` remembers of its master secret.
pub(super) async fn fingerprint(connection: &DatabaseConnection) -> Result<Option<Vec<u8>>, DbErr> {
    let sql = "SELECT value FROM meta WHERE name = $1";
    let query = statement(connection.get_database_backend(), sql, [FINGERPRINT.into()]);
    let row = connection.query_one_raw(query).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

impl Store {
    /// What the database remembers of its master secret; `None` in a new database.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn master_fingerprint(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(fingerprint(self.reader()).await?)
    }

    /// Remembers the master secret of a new database, unless another process was first.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn remember_master(&self, fingerprint: Vec<u8>) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        let values = [FINGERPRINT.into(), fingerprint.into()];
        self.write(vec![step(self.backend(), sql, values, Expect::Any)]).await
    }

    /// The sealed keys still published, newest first.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn signing_keys(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let rows = signing_key::Entity::find()
            .filter(signing_key::Column::RetiredAt.is_null())
            .order_by_asc(signing_key::Column::CreatedAt)
            .order_by_asc(signing_key::Column::Kid)
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(|row| (row.kid, row.sealed)).collect())
    }

    /// Keeps the first key of a new database, unless another process was first.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn keep_first_key(
        &self,
        kid: &str,
        sealed: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Writing the fingerprint over itself locks its row, so of two processes the second
        // looks for a key only after the first has kept one: on PostgreSQL the condition
        // below does not see what is not committed yet.
        let lock = "UPDATE meta SET value = value WHERE name = $1";
        let sql = "INSERT INTO signing_key (kid, algorithm, sealed, created_at) \
                   SELECT $1, 'ES256', $2, $3 \
                   WHERE NOT EXISTS (SELECT 1 FROM signing_key WHERE retired_at IS NULL)";
        let values = [kid.into(), sealed.into(), now.0.into()];
        let backend = self.backend();
        let alone = step(backend, lock, [FINGERPRINT.into()], Expect::One("meta"));
        self.write(vec![alone, step(backend, sql, values, Expect::Any)]).await
    }
}
