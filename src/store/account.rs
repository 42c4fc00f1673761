//! Named queries about people and their browsers.

use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _,
};

use super::row::{account, browser_session, insert, step};
use super::{Store, StoreError};
use crate::domain::account::Account;
use crate::domain::browser::BrowserSession;
use crate::domain::id::AccountId;
use crate::protocol::email::EmailAddress;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let row = self.one(account::Entity::find_by_id(id.as_str())).await?;
        row.map(Account::try_from).transpose()
    }

    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn account_by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Account>, StoreError> {
        let row = self
            .one(account::Entity::find().filter(account::Column::Email.eq(email.as_str())))
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// Whether anybody has an account yet.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        Ok(account::Entity::find().count(self.reader()).await? > 0)
    }

    /// The account signed in by this browser session, if it has not ended, and since when.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn signed_in(
        &self,
        browser: &Digest,
        now: Timestamp,
    ) -> Result<Option<(Account, Timestamp)>, StoreError> {
        let session = self
            .one(
                browser_session::Entity::find_by_id(browser.0.to_vec())
                    .filter(browser_session::Column::ExpiresAt.gt(now.0)),
            )
            .await?;
        match session {
            Some(session) => {
                let since = Timestamp(session.created_at);
                let account = self.account(&AccountId(session.account_id)).await?;
                Ok(account.map(|account| (account, since)))
            }
            None => Ok(None),
        }
    }
}

pub(super) fn sign_in(session: &BrowserSession, backend: DbBackend) -> Step {
    let row = browser_session::Model {
        digest: session.digest.0.to_vec(),
        account_id: session.account.0.clone(),
        created_at: session.created_at.0,
        last_seen_at: session.created_at.0,
        expires_at: session.expires_at.0,
        address: session.from.address.clone(),
        user_agent: session.from.user_agent.as_ref().map(ToString::to_string),
    };
    insert(row.into_active_model(), backend)
}

pub(super) fn sign_out(digest: &Digest, backend: DbBackend) -> Step {
    let sql = "DELETE FROM browser_session WHERE digest = $1";
    step(backend, sql, [digest.0.to_vec().into()], Expect::Any)
}

pub(super) fn sign_out_everywhere(account: &AccountId, backend: DbBackend) -> Step {
    let sql = "DELETE FROM browser_session WHERE account_id = $1";
    step(backend, sql, [account.as_str().into()], Expect::Any)
}
