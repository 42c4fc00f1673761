//! Named queries about pushed authorization requests.

use sea_orm::{DbBackend, EntityTrait as _, IntoActiveModel as _};

use super::row::{insert, pushed_request, step};
use super::{Store, StoreError};
use crate::domain::id::ClientId;
use crate::domain::pushed_request::PushedRequest;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away.
    pub async fn pushed_request(
        &self,
        digest: &Digest,
    ) -> Result<Option<PushedRequest>, StoreError> {
        let row = self.one(pushed_request::Entity::find_by_id(digest.0.to_vec())).await?;
        Ok(row.map(|row| PushedRequest {
            digest: *digest,
            client: ClientId(row.client_id),
            request: row.request,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            used_at: row.used_at.map(Timestamp),
        }))
    }
}

pub(super) fn push(pushed: &PushedRequest, backend: DbBackend) -> Step {
    let row = pushed_request::Model {
        digest: pushed.digest.0.to_vec(),
        client_id: pushed.client.0.clone(),
        request: pushed.request.clone(),
        created_at: pushed.created_at.0,
        expires_at: pushed.expires_at.0,
        used_at: pushed.used_at.map(|time| time.0),
    };
    insert(row.into_active_model(), backend)
}

/// A browser takes the request up: the first one.
pub(super) fn take_up(digest: &Digest, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE pushed_request SET used_at = $2 \
               WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    step(backend, sql, [digest.0.to_vec().into(), at.0.into()], Expect::One("pushed_request"))
}
