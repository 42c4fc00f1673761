//! `account`: people.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::{Stored, seconds, time};
use crate::domain::account::Account;
use crate::domain::id::AccountId;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub email: String,
    pub email_verified_at: Option<i64>,
    pub name: String,
    pub password_hash: Option<String>,
    pub administrator: bool,
    pub created_at: i64,
    pub revision: i64,
    pub plan: Option<String>,
    pub closed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Account {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            email: row.email.parse().map_err(|_| StoreError::Corrupt("account"))?,
            id: AccountId(row.id),
            revision: row.revision,
            email_verified_at: time(row.email_verified_at),
            name: row.name,
            password_hash: row.password_hash,
            administrator: row.administrator,
            plan: row.plan,
            created_at: Timestamp(row.created_at),
            closed_at: time(row.closed_at),
        })
    }
}

impl Stored for Account {
    type Row = ActiveModel;

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            email: self.email.as_str().to_owned(),
            email_verified_at: seconds(self.email_verified_at),
            name: self.name.clone(),
            password_hash: self.password_hash.clone(),
            administrator: self.administrator,
            created_at: self.created_at.0,
            revision,
            plan: self.plan.clone(),
            closed_at: seconds(self.closed_at),
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
