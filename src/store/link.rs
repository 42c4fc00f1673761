//! Named queries about one-time links.

use sea_orm::{DbBackend, EntityTrait as _, IntoActiveModel as _};

use super::row::{insert, one_time_link, step};
use super::{Store, StoreError};
use crate::domain::browser::{LinkPurpose, OneTimeLink};
use crate::domain::id::AccountId;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// A link that is neither used nor over.
    ///
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn one_time_link(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<OneTimeLink>, StoreError> {
        let row = self.one(one_time_link::Entity::find_by_id(digest.0.to_vec())).await?;
        let Some(row) = row.filter(|row| row.used_at.is_none() && now.0 < row.expires_at) else {
            return Ok(None);
        };
        let account = row.account_id.map(AccountId);
        let email = row.email.and_then(|email| email.parse().ok());
        let purpose = match (row.purpose.as_str(), account, email) {
            ("first_account", None, None) => LinkPurpose::FirstAccount,
            ("sign_up", None, Some(email)) => LinkPurpose::SignUp(email),
            ("set_password", Some(account), None) => LinkPurpose::SetPassword(account),
            ("reset_password", Some(account), None) => LinkPurpose::ResetPassword(account),
            ("verify_address", Some(account), None) => LinkPurpose::VerifyAddress(account),
            _ => return Err(StoreError::Corrupt("one_time_link")),
        };
        Ok(Some(OneTimeLink {
            digest: *digest,
            purpose,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
        }))
    }
}

pub(super) fn offer(link: &OneTimeLink, backend: DbBackend) -> Step {
    let (account, email) = match &link.purpose {
        LinkPurpose::FirstAccount => (None, None),
        LinkPurpose::SignUp(email) => (None, Some(email.as_str().to_owned())),
        LinkPurpose::SetPassword(account)
        | LinkPurpose::ResetPassword(account)
        | LinkPurpose::VerifyAddress(account) => (Some(account.0.clone()), None),
    };
    let row = one_time_link::Model {
        digest: link.digest.0.to_vec(),
        purpose: link.purpose.name().to_owned(),
        account_id: account,
        created_at: link.created_at.0,
        expires_at: link.expires_at.0,
        used_at: None,
        email,
    };
    insert(row.into_active_model(), backend)
}

pub(super) fn spend(digest: &Digest, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE one_time_link SET used_at = $2 \
               WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    step(backend, sql, [digest.0.to_vec().into(), at.0.into()], Expect::One("one_time_link"))
}

pub(super) fn withdraw_first(backend: DbBackend) -> Step {
    let sql = "DELETE FROM one_time_link WHERE purpose = 'first_account' AND used_at IS NULL";
    step(backend, sql, [], Expect::Any)
}

pub(super) fn withdraw_of(account: &AccountId, backend: DbBackend) -> Step {
    let sql = "DELETE FROM one_time_link WHERE account_id = $1 AND used_at IS NULL";
    step(backend, sql, [account.as_str().into()], Expect::Any)
}
