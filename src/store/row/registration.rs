//! `registration`: agents that asked through auth.md.

use sea_orm::IntoActiveModel as _;
use sea_orm::entity::prelude::*;

use super::{Stored, agent, origin, seconds, text, time};
use crate::domain::id::{AccountId, ApprovalId, RegistrationId, SessionId};
use crate::domain::pace::Pace;
use crate::domain::registration::{Registration, RegistrationKind};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub kind: String,
    pub client_name: Option<String>,
    pub client_type: Option<String>,
    pub reason: Option<String>,
    pub resource: String,
    pub scopes: String,
    pub pre_claim_scopes: String,
    pub login_hint: Option<String>,
    pub claim_digest: Vec<u8>,
    pub claim_expires_at: i64,
    pub generation: i64,
    pub account_id: Option<String>,
    pub session_id: Option<String>,
    pub approval_id: Option<String>,
    pub revoked_at: Option<i64>,
    pub polled_at: Option<i64>,
    pub poll_interval: i64,
    pub address: String,
    pub user_agent: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("registration");

impl TryFrom<Model> for Registration {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let hint = row.login_hint.map(|hint| hint.parse()).transpose().map_err(|_| CORRUPT)?;
        Ok(Self {
            id: RegistrationId(row.id),
            revision: row.revision,
            kind: RegistrationKind::named(&row.kind).ok_or(CORRUPT)?,
            agent: agent(row.client_name, row.client_type, row.reason),
            resource: row.resource.parse().map_err(|_| CORRUPT)?,
            scopes: Scopes::stored(&row.scopes).map_err(|_| CORRUPT)?,
            pre_claim: Scopes::stored(&row.pre_claim_scopes).map_err(|_| CORRUPT)?,
            login_hint: hint,
            claim: Digest::stored(&row.claim_digest).ok_or(CORRUPT)?,
            claim_expires_at: Timestamp(row.claim_expires_at),
            generation: row.generation,
            account: row.account_id.map(AccountId),
            session: row.session_id.map(SessionId),
            approval: row.approval_id.map(ApprovalId),
            revoked_at: time(row.revoked_at),
            pace: Pace { polled_at: time(row.polled_at), interval: Seconds(row.poll_interval) },
            from: origin(row.address, row.user_agent),
            created_at: Timestamp(row.created_at),
        })
    }
}

impl Stored for Registration {
    type Row = ActiveModel;

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let told = &self.agent;
        let row = Model {
            id: self.id.0.clone(),
            revision,
            kind: self.kind.name().to_owned(),
            client_name: text(told.name.as_ref()),
            client_type: text(told.kind.as_ref()),
            reason: text(told.reason.as_ref()),
            resource: self.resource.to_string(),
            scopes: self.scopes.to_string(),
            pre_claim_scopes: self.pre_claim.to_string(),
            login_hint: self.login_hint.as_ref().map(|hint| hint.as_str().to_owned()),
            claim_digest: self.claim.0.to_vec(),
            claim_expires_at: self.claim_expires_at.0,
            generation: self.generation,
            account_id: self.account.as_ref().map(|id| id.0.clone()),
            session_id: self.session.as_ref().map(|id| id.0.clone()),
            approval_id: self.approval.as_ref().map(|id| id.0.clone()),
            revoked_at: seconds(self.revoked_at),
            // A new attempt starts a new pace, so these are no columns apart.
            polled_at: seconds(self.pace.polled_at),
            poll_interval: self.pace.interval.0,
            address: self.from.address.clone(),
            user_agent: text(self.from.user_agent.as_ref()),
            created_at: self.created_at.0,
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
