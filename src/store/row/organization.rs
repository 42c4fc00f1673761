//! `organization`: several people who own keys together.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::Stored;
use crate::domain::id::OrganizationId;
use crate::domain::organization::Organization;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub slug: String,
    pub name: String,
    pub plan: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Organization {
    fn from(row: Model) -> Self {
        Self {
            id: OrganizationId(row.id),
            revision: row.revision,
            slug: row.slug,
            name: row.name,
            plan: row.plan,
            created_at: Timestamp(row.created_at),
        }
    }
}

impl Stored for Organization {
    type Row = ActiveModel;

    fn apart(&self) -> &'static [Column] {
        &[Column::Slug, Column::CreatedAt]
    }

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            slug: self.slug.clone(),
            name: self.name.clone(),
            plan: self.plan.clone(),
            created_at: self.created_at.0,
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
