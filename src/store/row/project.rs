//! `project`: what public tokens are for.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::{Stored, seconds, time};
use crate::domain::id::{AccountId, ProjectId};
use crate::domain::project::Project;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub account_id: String,
    pub profile: String,
    pub resource: String,
    pub name: String,
    pub token: String,
    pub digest: Vec<u8>,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("project");

impl TryFrom<Model> for Project {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ProjectId(row.id),
            revision: row.revision,
            account: AccountId(row.account_id),
            profile: row.profile,
            resource: row.resource.parse().map_err(|_| CORRUPT)?,
            name: row.name,
            token: row.token,
            digest: Digest::stored(&row.digest).ok_or(CORRUPT)?,
            created_at: Timestamp(row.created_at),
            revoked_at: time(row.revoked_at),
        })
    }
}

impl Stored for Project {
    type Row = ActiveModel;

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            account_id: self.account.0.clone(),
            profile: self.profile.clone(),
            resource: self.resource.to_string(),
            name: self.name.clone(),
            token: self.token.clone(),
            digest: self.digest.0.to_vec(),
            created_at: self.created_at.0,
            revoked_at: seconds(self.revoked_at),
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
