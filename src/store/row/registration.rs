//! `registration`: agents that asked through auth.md.

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _, NotSet, QueryTrait as _};

use super::{Stored, agent, origin, seconds, text, time};
use crate::domain::change::UNSTORED;
use crate::domain::id::{AccountId, ApprovalId, RegistrationId, SessionId};
use crate::domain::pace::Pace;
use crate::domain::registration::{Registration, RegistrationKind};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

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

fn model(registration: &Registration, revision: i64) -> Model {
    let told = &registration.agent;
    Model {
        id: registration.id.0.clone(),
        revision,
        kind: registration.kind.name().to_owned(),
        client_name: text(told.name.as_ref()),
        client_type: text(told.kind.as_ref()),
        reason: text(told.reason.as_ref()),
        resource: registration.resource.to_string(),
        scopes: registration.scopes.to_string(),
        pre_claim_scopes: registration.pre_claim.to_string(),
        login_hint: registration.login_hint.as_ref().map(|hint| hint.as_str().to_owned()),
        claim_digest: registration.claim.0.to_vec(),
        claim_expires_at: registration.claim_expires_at.0,
        generation: registration.generation,
        account_id: registration.account.as_ref().map(|id| id.0.clone()),
        session_id: registration.session.as_ref().map(|id| id.0.clone()),
        approval_id: registration.approval.as_ref().map(|id| id.0.clone()),
        revoked_at: seconds(registration.revoked_at),
        polled_at: seconds(registration.pace.polled_at),
        poll_interval: registration.pace.interval.0,
        address: registration.from.address.clone(),
        user_agent: text(registration.from.user_agent.as_ref()),
        created_at: registration.created_at.0,
    }
}

impl Stored for Registration {
    const NAME: &'static str = "registration";

    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
        let mut active = model(self, seen + 1).into_active_model().reset_all();
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
