//! `event`: the audit trail, written with the change it tells of.

use std::sync::LazyLock;

use sea_orm::DbBackend;
use sea_orm::entity::prelude::*;

use super::{columns, null_or, step};
use crate::domain::cause::Cause;
use crate::domain::event::{Event, EventKind};
use crate::domain::history::{Entry, LOOSE, Seals};
use crate::domain::id::{AccountId, ApprovalId, KeyId, RegistrationId, SessionId};
use crate::protocol::resource_identifier::ResourceIdentifier;
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
    pub agent: Option<String>,
    pub resource: Option<String>,
    pub cause: Option<String>,
    /// Over all of the above (docs/adr/0027).
    pub seal: Option<String>,
    /// Its place among the entries of all chains, and its link to the one before in its own;
    /// written a moment after the rest.
    pub position: Option<i64>,
    pub link: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every column.
pub(in crate::store) static COLUMNS: LazyLock<String> =
    LazyLock::new(|| columns::<Entity>("event", ""));

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
            agent: row.agent,
            resource: row.resource.map(ResourceIdentifier::stored),
            cause: row.cause.as_deref().and_then(Cause::read),
            address: row.address,
            detail: row.detail,
        })
    }
}

impl Model {
    fn new(id: String, event: &Event) -> Self {
        Self {
            id,
            at: event.at.0,
            kind: event.kind.name().to_owned(),
            account_id: event.account.as_ref().map(|id| id.0.clone()),
            session_id: event.session.as_ref().map(|id| id.0.clone()),
            registration_id: event.registration.as_ref().map(|id| id.0.clone()),
            approval_id: event.approval.as_ref().map(|id| id.0.clone()),
            address: event.address.clone(),
            detail: event.detail.clone(),
            key_id: event.key.as_ref().map(|id| id.0.clone()),
            agent: event.agent.clone(),
            resource: event.resource.as_ref().map(ToString::to_string),
            cause: event.cause.as_ref().map(Cause::written),
            seal: None,
            position: event.is_of_a_question_alone().then_some(LOOSE),
            link: None,
        }
    }

    /// What its seal has to be.
    fn sealed(&self, seals: &Seals) -> String {
        let columns = [
            Some(self.kind.as_str()),
            self.account_id.as_deref(),
            self.session_id.as_deref(),
            self.registration_id.as_deref(),
            self.approval_id.as_deref(),
            Some(self.address.as_str()),
            self.detail.as_deref(),
            self.key_id.as_deref(),
            self.agent.as_deref(),
            self.resource.as_deref(),
            self.cause.as_deref(),
        ];
        seals.entry(&self.id, self.at, &columns)
    }

    /// As its chain sees it.
    pub(in crate::store) fn entry(self, seals: &Seals) -> Entry {
        let is_whole = self.seal.as_ref().is_some_and(|seal| *seal == self.sealed(seals));
        Entry {
            id: self.id,
            at: Timestamp(self.at),
            account: self.account_id.map(AccountId),
            position: self.position,
            seal: self.seal.unwrap_or_default(),
            is_whole,
            link: self.link.unwrap_or_default(),
        }
    }
}

pub(in crate::store) fn record(
    event: &Event,
    id: String,
    seals: Option<&Seals>,
    backend: DbBackend,
) -> Step {
    let row = Model::new(id, event);
    let seal = seals.map(|seals| row.sealed(seals));
    let sql = "INSERT INTO event (id, at, kind, account_id, session_id, registration_id, \
               approval_id, address, detail, key_id, agent, resource, cause, seal, position) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let values: [Value; 15] = [
        row.id.into(),
        row.at.into(),
        row.kind.into(),
        null_or(row.account_id),
        null_or(row.session_id),
        null_or(row.registration_id),
        null_or(row.approval_id),
        row.address.into(),
        null_or(row.detail),
        null_or(row.key_id),
        null_or(row.agent),
        null_or(row.resource),
        null_or(row.cause),
        null_or(seal),
        null_or(row.position),
    ];
    step(backend, sql, values, Expect::One("event"))
}
