//! `organization_member`: who belongs, and as what.

use sea_orm::entity::prelude::*;

use crate::domain::id::AccountId;
use crate::domain::organization::{Member, Role};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: String,
    pub role: String,
    pub joined_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Member {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            account: AccountId(row.account_id),
            role: Role::named(&row.role).ok_or(StoreError::Corrupt("organization_member"))?,
            since: Timestamp(row.joined_at),
        })
    }
}
