//! `passkey`: what people sign in with.

use sea_orm::entity::prelude::*;

use super::time;
use crate::domain::id::AccountId;
use crate::domain::passkey::Passkey;
use crate::protocol::timestamp::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkey")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account_id: String,
    pub relying_party: String,
    pub name: String,
    pub credential: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Passkey {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            account: AccountId(row.account_id),
            relying_party: row.relying_party,
            name: row.name,
            credential: row.credential,
            created_at: Timestamp(row.created_at),
            last_used_at: time(row.last_used_at),
        }
    }
}

impl From<Passkey> for Model {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            account_id: passkey.account.0,
            relying_party: passkey.relying_party,
            name: passkey.name,
            credential: passkey.credential,
            created_at: passkey.created_at.0,
            last_used_at: passkey.last_used_at.map(|at| at.0),
        }
    }
}
