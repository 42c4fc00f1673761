//! `api_key`: what people handed to programs.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::{Stored, seconds, time};
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{ApiKey, KeyEnd, KeyEnded, KeyKind, Mode};
use crate::domain::id::{AccountId, AgentId, KeyId, OrganizationId};
use crate::domain::limited_to::LimitedTo;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub account_id: String,
    pub profile: String,
    pub kind: String,
    pub resource: String,
    pub digest: Vec<u8>,
    pub beginning: String,
    pub name: String,
    pub environment: String,
    pub scopes: String,
    pub sandbox: bool,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    pub uses: i64,
    pub ended_at: Option<i64>,
    pub ended_cause: Option<String>,
    pub successor_id: Option<String>,
    pub agent_id: Option<String>,
    pub agent_name: Option<String>,
    pub last_used_from: Option<String>,
    pub limited_to: String,
    pub organization_id: Option<String>,
    pub made_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("api_key");

impl TryFrom<Model> for ApiKey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let cause = row.ended_cause.map(|cause| KeyEnd::named(&cause).ok_or(CORRUPT));
        let ended = match (row.ended_at, cause.transpose()?) {
            (None, None) => None,
            (Some(at), Some(cause)) => Some(KeyEnded { at: Timestamp(at), cause }),
            _ => return Err(CORRUPT),
        };
        let agent = match (row.agent_id, row.agent_name) {
            (None, None) => None,
            (Some(id), Some(name)) => Some(NamedAgent { id: AgentId(id), name }),
            _ => return Err(CORRUPT),
        };
        Ok(Self {
            id: KeyId(row.id),
            revision: row.revision,
            account: AccountId(row.account_id),
            organization: row.organization_id.map(OrganizationId),
            made_by: row.made_by.map(KeyId),
            profile: row.profile,
            kind: KeyKind::named(&row.kind).ok_or(CORRUPT)?,
            agent,
            resource: row.resource.parse().map_err(|_| CORRUPT)?,
            digest: Digest::stored(&row.digest).ok_or(CORRUPT)?,
            beginning: row.beginning,
            name: row.name,
            environment: row.environment,
            scopes: Scopes::stored(&row.scopes).map_err(|_| CORRUPT)?,
            mode: if row.sandbox { Mode::Sandbox } else { Mode::Live },
            created_at: Timestamp(row.created_at),
            expires_at: time(row.expires_at),
            last_used_at: time(row.last_used_at),
            last_used_from: row.last_used_from,
            limited_to: LimitedTo::read(&row.limited_to).ok_or(CORRUPT)?,
            uses: row.uses,
            ended,
            successor: row.successor_id.map(KeyId),
        })
    }
}

impl Stored for ApiKey {
    type Row = ActiveModel;

    /// Uses are written by batches, and of the rest a rotation changes the end and the successor.
    fn apart(&self) -> &'static [Column] {
        &[
            Column::AccountId,
            Column::Profile,
            Column::Kind,
            Column::Resource,
            Column::Digest,
            Column::Beginning,
            Column::Name,
            Column::Environment,
            Column::Scopes,
            Column::Sandbox,
            Column::CreatedAt,
            Column::LastUsedAt,
            Column::Uses,
            Column::AgentId,
            Column::AgentName,
            Column::LastUsedFrom,
            Column::LimitedTo,
            Column::OrganizationId,
            Column::MadeBy,
        ]
    }

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            account_id: self.account.0.clone(),
            organization_id: self.organization.as_ref().map(|id| id.0.clone()),
            made_by: self.made_by.as_ref().map(|id| id.0.clone()),
            profile: self.profile.clone(),
            kind: self.kind.name().to_owned(),
            resource: self.resource.to_string(),
            digest: self.digest.0.to_vec(),
            beginning: self.beginning.clone(),
            name: self.name.clone(),
            environment: self.environment.clone(),
            scopes: self.scopes.to_string(),
            sandbox: self.mode == Mode::Sandbox,
            created_at: self.created_at.0,
            expires_at: seconds(self.expires_at),
            last_used_at: seconds(self.last_used_at),
            last_used_from: self.last_used_from.clone(),
            limited_to: self.limited_to.to_string(),
            uses: self.uses,
            ended_at: self.ended.map(|ended| ended.at.0),
            ended_cause: self.ended.map(|ended| ended.cause.name().to_owned()),
            agent_id: self.agent.as_ref().map(|agent| agent.id.0.clone()),
            agent_name: self.agent.as_ref().map(|agent| agent.name.clone()),
            successor_id: self.successor.as_ref().map(|id| id.0.clone()),
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
