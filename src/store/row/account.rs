//! `account`: people.

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _, NotSet, QueryTrait as _};

use super::{Stored, seconds, time};
use crate::domain::account::Account;
use crate::domain::change::UNSTORED;
use crate::domain::id::AccountId;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

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
            created_at: Timestamp(row.created_at),
        })
    }
}

impl Stored for Account {
    const NAME: &'static str = "account";

    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            email: self.email.as_str().to_owned(),
            email_verified_at: seconds(self.email_verified_at),
            name: self.name.clone(),
            password_hash: self.password_hash.clone(),
            administrator: self.administrator,
            created_at: self.created_at.0,
            revision: seen + 1,
        };
        let mut active = row.into_active_model().reset_all();
        let statement = if seen == UNSTORED {
            Entity::insert(active).build(backend)
        } else {
            active.id = NotSet;
            Entity::update_many()
                .set(active)
                .filter(Column::Id.eq(self.id.as_str()))
                .filter(Column::Revision.eq(seen))
                .build(backend)
        };
        Ok(Step { statement, expect: Expect::One(Self::NAME) })
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
