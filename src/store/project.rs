//! Named queries about projects.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::row::{project, step};
use super::session::PAGE;
use super::{Store, StoreError};
use crate::domain::id::{AccountId, ProjectId};
use crate::domain::project::Project;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn project(&self, id: &ProjectId) -> Result<Option<Project>, StoreError> {
        let row = self.one(project::Entity::find_by_id(id.as_str())).await?;
        row.map(Project::try_from).transpose()
    }

    /// The project whose token has this digest, whether or not it is good.
    ///
    /// # Errors
    ///
    /// As [`project`](Self::project).
    pub async fn project_with(&self, digest: &Digest) -> Result<Option<Project>, StoreError> {
        let by_digest = project::Column::Digest.eq(digest.0.to_vec());
        let row = self.one(project::Entity::find().filter(by_digest)).await?;
        row.map(Project::try_from).transpose()
    }

    /// A person's projects, newest first, and behind them those that were revoked.
    ///
    /// # Errors
    ///
    /// As [`project`](Self::project).
    pub async fn projects_of(&self, account: &AccountId) -> Result<Vec<Project>, StoreError> {
        let rows = project::Entity::find()
            .filter(project::Column::AccountId.eq(account.as_str()))
            // However many were revoked, none of the others is ever off the page.
            .order_by_desc(Expr::col(project::Column::RevokedAt).is_null())
            .order_by_desc(project::Column::CreatedAt)
            .order_by_desc(project::Column::Id)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Project::try_from).collect()
    }
}

/// Finds the project that was just made, unless its account has more live ones than `most` with it.
/// Of two that are made at once, the other waits at its account's counter, which comes before.
pub(super) fn hold(with: &ProjectId, of: &AccountId, most: i64, backend: DbBackend) -> Step {
    let sql = "UPDATE project SET revision = revision WHERE id = $1 AND \
               (SELECT COUNT(*) FROM project WHERE account_id = $2 AND revoked_at IS NULL) <= $3";
    let values = [with.as_str().into(), of.as_str().into(), most.into()];
    step(backend, sql, values, Expect::One("project"))
}

/// Ends a project's token, unless it has ended. Its id comes back for the deny set.
pub(super) fn end(id: &ProjectId, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE project SET revoked_at = $1, revision = revision + 1 \
               WHERE id = $2 AND revoked_at IS NULL RETURNING id";
    step(backend, sql, [at.0.into(), id.as_str().into()], Expect::Ends)
}

/// Ends every project of an account.
pub(super) fn end_of(account: &AccountId, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE project SET revoked_at = $1, revision = revision + 1 \
               WHERE account_id = $2 AND revoked_at IS NULL RETURNING id";
    step(backend, sql, [at.0.into(), account.as_str().into()], Expect::Ends)
}
