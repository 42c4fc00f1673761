//! Named queries about clients that registered themselves.

use sea_orm::{DbBackend, EntityTrait as _};

use super::row::{client, step};
use super::upkeep::BATCH;
use super::{Store, StoreError};
use crate::domain::client::RegisteredClient;
use crate::domain::id::ClientId;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn client(&self, id: &ClientId) -> Result<Option<RegisteredClient>, StoreError> {
        let row = self.one(client::Entity::find_by_id(id.as_str())).await?;
        row.map(RegisteredClient::try_from).transpose()
    }

    /// Forgets clients that registered before `horizon` and that nobody ever approved.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn prune_clients(&self, horizon: Timestamp) -> Result<(), StoreError> {
        let sql = format!(
            "DELETE FROM client WHERE id IN (SELECT id FROM client \
             WHERE used_at IS NULL AND created_at < $1 LIMIT {BATCH}) AND used_at IS NULL"
        );
        self.write(vec![step(self.backend(), &sql, [horizon.0.into()], Expect::Any)]).await
    }
}

/// Notes that a client was approved. Clients of other kinds have no row.
pub(super) fn used(id: &ClientId, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE client SET used_at = $2 WHERE id = $1 AND COALESCE(used_at, 0) < $2";
    step(backend, sql, [id.as_str().into(), at.0.into()], Expect::Any)
}

pub(super) fn remove(id: &ClientId, backend: DbBackend) -> Step {
    let sql = "DELETE FROM client WHERE id = $1";
    step(backend, sql, [id.as_str().into()], Expect::One("client"))
}
