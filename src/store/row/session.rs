//! `session`: approved connections.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _};
use serde::{Deserialize, Serialize};

use super::{Stored, agent, columns, null_or, origin, seconds, step, text, time};
use crate::domain::ask::Door;
use crate::domain::budget::Budget;
use crate::domain::id::{AccountId, ApprovalId, ClientId, RegistrationId, SessionId};
use crate::domain::session::{EndCause, Ended, Session};
use crate::domain::step_up::Extra;
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub door: String,
    pub account_id: Option<String>,
    pub registration_id: Option<String>,
    pub approval_id: Option<String>,
    pub agent_name: Option<String>,
    pub agent_kind: Option<String>,
    pub resource: String,
    pub scopes: String,
    pub label: String,
    pub created_at: i64,
    pub approved_at: Option<i64>,
    pub expires_at: i64,
    pub idle_seconds: i64,
    pub refreshable: bool,
    pub collect_before: Option<i64>,
    pub last_used_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub ended_cause: Option<String>,
    pub address: String,
    pub user_agent: Option<String>,
    pub client_id: Option<String>,
    pub parent_id: Option<String>,
    pub extra_scopes: Option<String>,
    pub extra_until: Option<i64>,
    pub claims: Option<String>,
    pub cut_from: Option<Vec<u8>>,
    pub paused_at: Option<i64>,
    pub lowered_at: Option<i64>,
    pub last_used_from: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every column of `session s`, under its own name.
pub static COLUMNS: LazyLock<String> = LazyLock::new(|| columns::<Entity>("s", ""));

const CORRUPT: StoreError = StoreError::Corrupt("session");

/// What introspection says of a session beside its columns, as one JSON object; null where
/// there is nothing of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct Claims {
    #[serde(default, skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Said with what is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

impl Claims {
    pub fn read(text: Option<&str>) -> Result<Self, StoreError> {
        text.map_or(Ok(Self::default()), |text| serde_json::from_str(text).map_err(|_| CORRUPT))
    }

    fn of(session: &Session) -> Option<String> {
        if session.details.is_empty() && session.actor.is_none() && session.budget.is_none() {
            return None;
        }
        let claims = Self {
            authorization_details: session.details.clone(),
            act: session.actor.clone(),
            budget: session.budget.clone(),
        };
        serde_json::to_string(&claims).ok()
    }
}

impl TryFrom<Model> for Session {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let ended = ended(row.ended_at, row.ended_cause.as_deref())?;
        let extra = extra(row.extra_scopes.as_deref(), row.extra_until)?;
        let claims = Claims::read(row.claims.as_deref())?;
        let cut_from = row.cut_from.map(|bytes| Digest::stored(&bytes).ok_or(CORRUPT));
        Ok(Self {
            id: SessionId(row.id),
            revision: row.revision,
            door: Door::named(&row.door).ok_or(CORRUPT)?,
            account: row.account_id.map(AccountId),
            registration: row.registration_id.map(RegistrationId),
            client: row.client_id.map(ClientId),
            parent: row.parent_id.map(SessionId),
            cut_from: cut_from.transpose()?,
            approval: row.approval_id.map(ApprovalId),
            agent: agent(row.agent_name, row.agent_kind, None),
            resource: row.resource.parse().map_err(|_| CORRUPT)?,
            scopes: Scopes::stored(&row.scopes).map_err(|_| CORRUPT)?,
            extra,
            actor: claims.act,
            label: row.label,
            created_at: Timestamp(row.created_at),
            approved_at: time(row.approved_at),
            expires_at: Timestamp(row.expires_at),
            idle: Seconds(row.idle_seconds),
            refreshable: row.refreshable,
            collect_before: time(row.collect_before),
            last_used_at: time(row.last_used_at),
            last_used_from: row.last_used_from,
            paused_at: time(row.paused_at),
            lowered_at: time(row.lowered_at),
            ended,
            from: origin(row.address, row.user_agent),
            details: claims.authorization_details,
            budget: claims.budget,
        })
    }
}

fn ended(at: Option<i64>, cause: Option<&str>) -> Result<Option<Ended>, StoreError> {
    let Some(at) = time(at) else { return Ok(None) };
    let cause = cause.and_then(EndCause::named).ok_or(CORRUPT)?;
    Ok(Some(Ended { at, cause }))
}

/// What a session holds for a while only.
fn extra(scopes: Option<&str>, until: Option<i64>) -> Result<Option<Extra>, StoreError> {
    let Some((scopes, until)) = scopes.zip(until) else { return Ok(None) };
    let scopes = Scopes::stored(scopes).map_err(|_| CORRUPT)?;
    Ok(Some(Extra { scopes, until: Timestamp(until) }))
}

/// A live session gains scopes, unless it moved since it was read.
pub(in crate::store) fn widen(
    id: &SessionId,
    seen: i64,
    scopes: &Scopes,
    extra: Option<&Extra>,
    backend: DbBackend,
) -> Step {
    let sql = "UPDATE session SET scopes = $3, extra_scopes = $4, extra_until = $5, \
               revision = revision + 1 WHERE id = $1 AND revision = $2 AND ended_at IS NULL";
    let values = [
        id.as_str().into(),
        seen.into(),
        scopes.to_string().into(),
        null_or(extra.map(|extra| extra.scopes.to_string())),
        null_or(extra.map(|extra| extra.until.0)),
    ];
    step(backend, sql, values, Expect::One("session"))
}

impl Stored for Session {
    type Row = ActiveModel;

    /// Written by batches.
    fn apart(&self) -> &'static [Column] {
        &[Column::LastUsedAt, Column::LastUsedFrom]
    }

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            door: self.door.name().to_owned(),
            account_id: self.account.as_ref().map(|id| id.0.clone()),
            registration_id: self.registration.as_ref().map(|id| id.0.clone()),
            approval_id: self.approval.as_ref().map(|id| id.0.clone()),
            agent_name: text(self.agent.name.as_ref()),
            agent_kind: text(self.agent.kind.as_ref()),
            resource: self.resource.to_string(),
            scopes: self.scopes.to_string(),
            label: self.label.clone(),
            created_at: self.created_at.0,
            approved_at: seconds(self.approved_at),
            expires_at: self.expires_at.0,
            idle_seconds: self.idle.0,
            refreshable: self.refreshable,
            collect_before: seconds(self.collect_before),
            last_used_at: seconds(self.last_used_at),
            ended_at: self.ended.map(|ended| ended.at.0),
            ended_cause: self.ended.map(|ended| ended.cause.name().to_owned()),
            address: self.from.address.clone(),
            user_agent: text(self.from.user_agent.as_ref()),
            client_id: self.client.as_ref().map(|id| id.0.clone()),
            parent_id: self.parent.as_ref().map(|id| id.0.clone()),
            extra_scopes: self.extra.as_ref().map(|extra| extra.scopes.to_string()),
            extra_until: self.extra.as_ref().map(|extra| extra.until.0),
            claims: Claims::of(self),
            cut_from: self.cut_from.map(|digest| digest.0.to_vec()),
            paused_at: seconds(self.paused_at),
            lowered_at: seconds(self.lowered_at),
            last_used_from: self.last_used_from.clone(),
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}

/// Holds the session that hands a part on, and the token that was shown for it: whoever ends
/// either, or takes something of it back, waits until the part is there to be ended with it, and
/// whoever did so before is seen here.
pub(in crate::store) fn hand_on(
    (id, seen): (&SessionId, i64),
    token: &Digest,
    at: Timestamp,
    backend: DbBackend,
) -> [Step; 2] {
    let session = "UPDATE session SET revision = revision \
                   WHERE id = $1 AND revision = $3 AND ended_at IS NULL \
                   AND collect_before IS NULL AND paused_at IS NULL AND expires_at > $2";
    let shown = "UPDATE token SET expires_at = expires_at \
                 WHERE digest = $1 AND session_id = $2 AND kind = 1 AND expires_at > $3";
    let held = [id.as_str().into(), at.0.into(), seen.into()];
    let values = [token.0.to_vec().into(), id.as_str().into(), at.0.into()];
    [
        step(backend, session, held, Expect::One("session")),
        step(backend, shown, values, Expect::One("token")),
    ]
}
