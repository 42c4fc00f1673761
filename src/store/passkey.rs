//! Named queries about passkeys.

use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _,
};

use super::commit::LIMIT;
use super::row::{insert, passkey, step};
use super::{Store, StoreError};
use crate::domain::id::AccountId;
use crate::domain::passkey::{MOST, Passkey, PasskeyEffect};
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away.
    pub async fn passkey(&self, id: &str) -> Result<Option<Passkey>, StoreError> {
        let row = self.one(passkey::Entity::find_by_id(id)).await?;
        Ok(row.map(Passkey::from))
    }

    /// All of an account's, oldest first; a ceiling holds how many there can be.
    ///
    /// # Errors
    ///
    /// As [`passkey`](Self::passkey).
    pub async fn passkeys_of(&self, account: &AccountId) -> Result<Vec<Passkey>, StoreError> {
        let rows = passkey::Entity::find()
            .filter(passkey::Column::AccountId.eq(account.as_str()))
            .order_by_asc(passkey::Column::CreatedAt)
            .order_by_asc(passkey::Column::Id)
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(Passkey::from).collect())
    }
}

/// The steps of what happens to a passkey.
pub(super) fn apply(steps: &mut Vec<Step>, effect: PasskeyEffect, backend: DbBackend) {
    match effect {
        PasskeyEffect::Add(added) => {
            let (id, account) = (added.id.clone(), added.account.clone());
            steps.push(insert(passkey::Model::from(*added).into_active_model(), backend));
            steps.push(hold(&id, &account, backend));
        }
        PasskeyEffect::Use { id, credential, at } => {
            let sql = "UPDATE passkey SET credential = $2, last_used_at = $3 WHERE id = $1";
            let values = [id.into(), credential.into(), at.0.into()];
            steps.push(step(backend, sql, values, Expect::One("passkey")));
        }
        PasskeyEffect::Remove { id, account } => {
            let sql = "DELETE FROM passkey WHERE id = $1 AND account_id = $2";
            let values = [id.into(), account.0.into()];
            steps.push(step(backend, sql, values, Expect::One("passkey")));
        }
        PasskeyEffect::RemoveAllOf(account) => {
            let sql = "DELETE FROM passkey WHERE account_id = $1";
            steps.push(step(backend, sql, [account.0.into()], Expect::Any));
        }
    }
}

/// Finds the passkey that was just added, unless it is one too many.
fn hold(id: &str, account: &AccountId, backend: DbBackend) -> Step {
    let sql = "UPDATE passkey SET last_used_at = NULL WHERE id = $1 AND \
               (SELECT COUNT(*) FROM passkey WHERE account_id = $2) <= $3";
    let values = [id.into(), account.as_str().into(), MOST.into()];
    step(backend, sql, values, Expect::One(LIMIT))
}
