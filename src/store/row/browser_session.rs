//! `browser_session`: who is signed in where.

use sea_orm::entity::prelude::*;

use super::origin;
use crate::domain::browser::BrowserSession;
use crate::domain::id::AccountId;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "browser_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub account_id: String,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub address: String,
    pub user_agent: Option<String>,
    pub confirms: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for BrowserSession {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            digest: Digest::stored(&row.digest).ok_or(StoreError::Corrupt("browser_session"))?,
            account: AccountId(row.account_id),
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            from: origin(row.address, row.user_agent),
            confirms: row.confirms,
        })
    }
}
