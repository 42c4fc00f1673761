//! Named queries about registrations.

use sea_orm::{ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _};

use super::row::{registration, step};
use super::{Store, StoreError};
use crate::domain::id::RegistrationId;
use crate::domain::pace::Pace;
use crate::domain::registration::Registration;
use crate::protocol::secret::Digest;
use crate::store::row::null_or;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn registration(
        &self,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        let row = self.one(registration::Entity::find_by_id(id.as_str())).await?;
        row.map(Registration::try_from).transpose()
    }

    /// The registration a claim token belongs to.
    ///
    /// # Errors
    ///
    /// As [`registration`](Self::registration).
    pub async fn registration_by_claim(
        &self,
        claim: &Digest,
    ) -> Result<Option<Registration>, StoreError> {
        let row = self
            .one(
                registration::Entity::find()
                    .filter(registration::Column::ClaimDigest.eq(claim.0.to_vec())),
            )
            .await?;
        row.map(Registration::try_from).transpose()
    }

    /// Keeps the pace of polling. It has a guard of its own and no revision: polls must not
    /// make the human's answer stale. Of two polls at once, one finds the pace moved.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] when another poll came first.
    pub async fn keep_pace(
        &self,
        id: &RegistrationId,
        seen: Pace,
        next: Pace,
    ) -> Result<(), StoreError> {
        let step = keep_pace("registration", id.as_str(), seen, next, self.backend());
        self.write(vec![step]).await
    }
}

/// A poll moves the pace that it saw.
pub(super) fn keep_pace(table: &str, id: &str, seen: Pace, next: Pace, backend: DbBackend) -> Step {
    let sql = format!(
        "UPDATE {table} SET polled_at = $2, poll_interval = $3 \
         WHERE id = $1 AND COALESCE(polled_at, -1) = COALESCE($4, -1) AND poll_interval = $5"
    );
    let values = [
        id.into(),
        null_or(next.polled_at.map(|time| time.0)),
        next.interval.0.into(),
        null_or(seen.polled_at.map(|time| time.0)),
        seen.interval.0.into(),
    ];
    step(backend, &sql, values, Expect::One("pace"))
}
