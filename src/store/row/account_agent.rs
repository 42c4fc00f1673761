//! `account_agent`: what a person calls the programs that act for them.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::Stored;
use crate::domain::account_agent::{AccountAgent, NamedAgent};
use crate::domain::id::{AccountId, AgentId};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_agent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub account_id: String,
    pub name: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for AccountAgent {
    fn from(row: Model) -> Self {
        Self {
            named: NamedAgent { id: AgentId(row.id), name: row.name },
            revision: row.revision,
            account: AccountId(row.account_id),
            created_at: Timestamp(row.created_at),
        }
    }
}

impl Stored for AccountAgent {
    type Row = ActiveModel;

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.named.id.0.clone(),
            revision,
            account_id: self.account.0.clone(),
            name: self.named.name.clone(),
            created_at: self.created_at.0,
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
