//! `client`: clients that registered themselves. What they said is kept as JSON, as the
//! protocol spells it.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::{Stored, origin, seconds, text, time};
use crate::domain::client::RegisteredClient;
use crate::domain::id::ClientId;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub metadata: String,
    pub secret_digest: Option<Vec<u8>>,
    pub management_digest: Vec<u8>,
    pub address: String,
    pub user_agent: Option<String>,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("client");

impl TryFrom<Model> for RegisteredClient {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let digest = |bytes: &[u8]| Digest::stored(bytes).ok_or(CORRUPT);
        Ok(Self {
            id: ClientId(row.id),
            revision: row.revision,
            metadata: serde_json::from_str(&row.metadata).map_err(|_| CORRUPT)?,
            secret: row.secret_digest.as_deref().map(digest).transpose()?,
            management: digest(&row.management_digest)?,
            from: origin(row.address, row.user_agent),
            created_at: Timestamp(row.created_at),
            used_at: time(row.used_at),
        })
    }
}

impl Stored for RegisteredClient {
    type Row = ActiveModel;

    /// Being used is no edit: it neither moves the revision nor is undone by one.
    fn apart(&self) -> &'static [Column] {
        &[Column::UsedAt]
    }

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            metadata: serde_json::to_string(&self.metadata).map_err(|_| CORRUPT)?,
            secret_digest: self.secret.map(|digest| digest.0.to_vec()),
            management_digest: self.management.0.to_vec(),
            address: self.from.address.clone(),
            user_agent: text(self.from.user_agent.as_ref()),
            created_at: self.created_at.0,
            used_at: seconds(self.used_at),
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
