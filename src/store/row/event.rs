//! `event`: the audit trail, written with the change it tells of.

use sea_orm::DbBackend;
use sea_orm::entity::prelude::*;

use super::{null_or, step};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, ApprovalId, KeyId, RegistrationId, SessionId};
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub kind: String,
    pub account_id: Option<String>,
    pub session_id: Option<String>,
    pub registration_id: Option<String>,
    pub approval_id: Option<String>,
    pub address: String,
    pub detail: Option<String>,
    pub key_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Event {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            at: Timestamp(row.at),
            kind: EventKind::named(&row.kind).ok_or(StoreError::Corrupt("event"))?,
            account: row.account_id.map(AccountId),
            session: row.session_id.map(SessionId),
            registration: row.registration_id.map(RegistrationId),
            approval: row.approval_id.map(ApprovalId),
            key: row.key_id.map(KeyId),
            address: row.address,
            detail: row.detail,
        })
    }
}

pub(in crate::store) fn record(event: &Event, id: String, backend: DbBackend) -> Step {
    let sql = "INSERT INTO event (id, at, kind, account_id, session_id, registration_id, \
               approval_id, address, detail, key_id) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values: [Value; 10] = [
        id.into(),
        event.at.0.into(),
        event.kind.name().into(),
        null_or(event.account.as_ref().map(|id| id.0.clone())),
        null_or(event.session.as_ref().map(|id| id.0.clone())),
        null_or(event.registration.as_ref().map(|id| id.0.clone())),
        null_or(event.approval.as_ref().map(|id| id.0.clone())),
        event.address.as_str().into(),
        null_or(event.detail.clone()),
        null_or(event.key.as_ref().map(|id| id.0.clone())),
    ];
    step(backend, sql, values, Expect::One("event"))
}
