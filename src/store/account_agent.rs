//! Named queries about the agents of accounts.

use sea_orm::{ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use super::row::{account_agent, step};
use super::{Store, StoreError};
use crate::domain::account_agent::AccountAgent;
use crate::domain::api_key::KeyEnd;
use crate::domain::id::{AccountId, AgentId};
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away.
    pub async fn agent_of_account(&self, id: &AgentId) -> Result<Option<AccountAgent>, StoreError> {
        let row = self.one(account_agent::Entity::find_by_id(id.as_str())).await?;
        Ok(row.map(AccountAgent::from))
    }

    /// All agents of an account, oldest first; a ceiling holds how many there can be.
    ///
    /// # Errors
    ///
    /// As [`agent_of_account`](Self::agent_of_account).
    pub async fn agents_of(&self, account: &AccountId) -> Result<Vec<AccountAgent>, StoreError> {
        let rows = account_agent::Entity::find()
            .filter(account_agent::Column::AccountId.eq(account.as_str()))
            .order_by_asc(account_agent::Column::Id)
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(AccountAgent::from).collect())
    }
}

/// A key is about to be this agent's. Whoever removes the agent waits for that, or was first;
/// then there is no row.
pub(super) fn give(id: &AgentId, backend: DbBackend) -> Step {
    let sql = "UPDATE account_agent SET revision = revision + 1 WHERE id = $1";
    step(backend, sql, [id.as_str().into()], Expect::One("account_agent"))
}

/// The agent goes, once, and then its keys end; their ids come back for the deny set, and so does
/// its own, because whoever acts as it may be remembered. Its keys are held first: whoever rotates
/// one holds it before the agent too, so that neither waits for the other for ever.
pub(super) fn remove(steps: &mut Vec<Step>, id: &AgentId, at: Timestamp, backend: DbBackend) {
    let held = "UPDATE api_key SET revision = revision WHERE agent_id = $1 AND ended_at IS NULL";
    steps.push(step(backend, held, [id.as_str().into()], Expect::Any));
    let denied = "UPDATE account_agent SET revision = revision + 1 WHERE id = $1 RETURNING id";
    steps.push(step(backend, denied, [id.as_str().into()], Expect::Ends));
    let gone = "DELETE FROM account_agent WHERE id = $1";
    steps.push(step(backend, gone, [id.as_str().into()], Expect::One("account_agent")));
    let keys = "UPDATE api_key SET ended_at = $1, ended_cause = $2, revision = revision + 1 \
                WHERE agent_id = $3 AND ended_at IS NULL RETURNING id";
    let values = [at.0.into(), KeyEnd::AgentRemoved.name().into(), id.as_str().into()];
    steps.push(step(backend, keys, values, Expect::Ends));
}
