//! Named queries about people and their browsers.

use sea_orm::{
    ColumnTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::row::{account, browser_session, insert, step};
use super::session::PAGE;
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

    /// Where somebody is signed in, latest first.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn browsers_of(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<BrowserSession>, StoreError> {
        let rows = browser_session::Entity::find()
            .filter(browser_session::Column::AccountId.eq(account.as_str()))
            .filter(browser_session::Column::ExpiresAt.gt(now.0))
            .order_by_desc(browser_session::Column::CreatedAt)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(BrowserSession::try_from).collect()
    }

    /// The account signed in by this browser session, if it has not ended, and the session.
    ///
    /// # Errors
    ///
    /// As [`account`](Self::account).
    pub async fn signed_in(
        &self,
        browser: &Digest,
        now: Timestamp,
    ) -> Result<Option<(Account, BrowserSession)>, StoreError> {
        let session = self
            .one(
                browser_session::Entity::find_by_id(browser.0.to_vec())
                    .filter(browser_session::Column::ExpiresAt.gt(now.0)),
            )
            .await?;
        match session {
            Some(session) => {
                let session = BrowserSession::try_from(session)?;
                let account = self.account(&session.account).await?;
                let open = account.filter(Account::is_open);
                Ok(open.map(|account| (account, session)))
            }
            None => Ok(None),
        }
    }
}

/// Whoever closes the account waits until this is done, or was first; then there is no row.
pub(super) fn while_open(id: &AccountId, backend: DbBackend) -> Step {
    let sql = "UPDATE account SET closed_at = NULL WHERE id = $1 AND closed_at IS NULL";
    step(backend, sql, [id.as_str().into()], Expect::One(CLOSED))
}

pub(super) fn by_administrator(id: &AccountId, backend: DbBackend) -> Step {
    let sql = "UPDATE account SET closed_at = NULL \
               WHERE id = $1 AND administrator AND closed_at IS NULL";
    step(backend, sql, [id.as_str().into()], Expect::One("administrator"))
}

pub(super) fn close(id: &AccountId, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE account SET closed_at = $2, administrator = FALSE, revision = revision + 1 \
               WHERE id = $1 AND closed_at IS NULL";
    step(backend, sql, [id.as_str().into(), at.0.into()], Expect::One("account"))
}

pub(super) fn reopen(id: &AccountId, backend: DbBackend) -> Step {
    let sql = "UPDATE account SET closed_at = NULL, revision = revision + 1 \
               WHERE id = $1 AND closed_at IS NOT NULL";
    step(backend, sql, [id.as_str().into()], Expect::One("account"))
}

pub(super) fn appoint(id: &AccountId, is: bool, backend: DbBackend) -> Step {
    let sql = "UPDATE account SET administrator = $2, revision = revision + 1 \
               WHERE id = $1 AND administrator <> $2 AND closed_at IS NULL";
    step(backend, sql, [id.as_str().into(), is.into()], Expect::One("account"))
}

/// The name under which what a closed account would do is refused.
pub(in crate::store) const CLOSED: &str = "closed_account";

pub(super) fn sign_in(session: &BrowserSession, backend: DbBackend) -> Step {
    let row = browser_session::Model {
        digest: session.digest.0.to_vec(),
        account_id: session.account.0.clone(),
        created_at: session.created_at.0,
        last_seen_at: session.created_at.0,
        expires_at: session.expires_at.0,
        address: session.from.address.clone(),
        user_agent: session.from.user_agent.as_ref().map(ToString::to_string),
        confirms: session.confirms,
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
