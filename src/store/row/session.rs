//! `session`: approved connections.

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _, NotSet, QueryTrait as _};
use serde::{Deserialize, Serialize};

use super::{Stored, agent, null_or, origin, seconds, step, text, time};
use crate::domain::ask::Door;
use crate::domain::change::UNSTORED;
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
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every column of `session s`, by name: `s.*` would break statements that another node keeps
/// prepared while a migration adds one.
pub const COLUMNS: &str = "\
     s.id, s.revision, s.door, s.account_id, s.registration_id, s.approval_id, s.agent_name, \
     s.agent_kind, s.resource, s.scopes, s.label, s.created_at, s.approved_at, s.expires_at, \
     s.idle_seconds, s.refreshable, s.collect_before, s.last_used_at, s.ended_at, \
     s.ended_cause, s.address, s.user_agent, s.client_id, s.parent_id, s.extra_scopes, \
     s.extra_until, s.claims";

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
}

impl Claims {
    pub fn read(text: Option<&str>) -> Result<Self, StoreError> {
        text.map_or(Ok(Self::default()), |text| serde_json::from_str(text).map_err(|_| CORRUPT))
    }

    fn of(session: &Session) -> Option<String> {
        if session.details.is_empty() && session.actor.is_none() {
            return None;
        }
        let claims =
            Self { authorization_details: session.details.clone(), act: session.actor.clone() };
        serde_json::to_string(&claims).ok()
    }
}

impl TryFrom<Model> for Session {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let ended = match (row.ended_at, row.ended_cause) {
            (None, _) => None,
            (Some(at), cause) => {
                let cause = cause.as_deref().and_then(EndCause::named).ok_or(CORRUPT)?;
                Some(Ended { at: Timestamp(at), cause })
            }
        };
        let extra = extra(row.extra_scopes.as_deref(), row.extra_until)?;
        let claims = Claims::read(row.claims.as_deref())?;
        Ok(Self {
            id: SessionId(row.id),
            revision: row.revision,
            door: Door::named(&row.door).ok_or(CORRUPT)?,
            account: row.account_id.map(AccountId),
            registration: row.registration_id.map(RegistrationId),
            client: row.client_id.map(ClientId),
            parent: row.parent_id.map(SessionId),
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
            ended,
            from: origin(row.address, row.user_agent),
            details: claims.authorization_details,
        })
    }
}

/// What a session holds for a while only.
fn extra(scopes: Option<&str>, until: Option<i64>) -> Result<Option<Extra>, StoreError> {
    let Some((scopes, until)) = scopes.zip(until) else { return Ok(None) };
    let scopes = Scopes::stored(scopes).map_err(|_| CORRUPT)?;
    Ok(Some(Extra { scopes, until: Timestamp(until) }))
}

fn model(session: &Session, revision: i64) -> Model {
    Model {
        id: session.id.0.clone(),
        revision,
        door: session.door.name().to_owned(),
        account_id: session.account.as_ref().map(|id| id.0.clone()),
        registration_id: session.registration.as_ref().map(|id| id.0.clone()),
        approval_id: session.approval.as_ref().map(|id| id.0.clone()),
        agent_name: text(session.agent.name.as_ref()),
        agent_kind: text(session.agent.kind.as_ref()),
        resource: session.resource.to_string(),
        scopes: session.scopes.to_string(),
        label: session.label.clone(),
        created_at: session.created_at.0,
        approved_at: seconds(session.approved_at),
        expires_at: session.expires_at.0,
        idle_seconds: session.idle.0,
        refreshable: session.refreshable,
        collect_before: seconds(session.collect_before),
        last_used_at: seconds(session.last_used_at),
        ended_at: session.ended.map(|ended| ended.at.0),
        ended_cause: session.ended.map(|ended| ended.cause.name().to_owned()),
        address: session.from.address.clone(),
        user_agent: text(session.from.user_agent.as_ref()),
        client_id: session.client.as_ref().map(|id| id.0.clone()),
        parent_id: session.parent.as_ref().map(|id| id.0.clone()),
        extra_scopes: session.extra.as_ref().map(|extra| extra.scopes.to_string()),
        extra_until: session.extra.as_ref().map(|extra| extra.until.0),
        claims: Claims::of(session),
    }
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
    step(backend, sql, values, Expect::One(Session::NAME))
}

impl Stored for Session {
    const NAME: &'static str = "session";

    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
        let mut active = model(self, seen + 1).into_active_model().reset_all();
        let statement = if seen == UNSTORED {
            Entity::insert(active).build(backend)
        } else {
            active.id = NotSet;
            // Written by batches, without a revision: never by a change of something else.
            active.last_used_at = NotSet;
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

/// Holds the session that hands a part on: whoever ends it waits until the part is there to
/// be ended with it, and whoever ended it before is seen here. Of the token that was shown,
/// too, something must be left.
pub(in crate::store) fn hand_on(
    id: &SessionId,
    token: &Digest,
    at: Timestamp,
    backend: DbBackend,
) -> Step {
    let sql = "UPDATE session SET revision = revision \
               WHERE id = $1 AND ended_at IS NULL AND collect_before IS NULL AND expires_at > $3 \
               AND EXISTS (SELECT 1 FROM token WHERE digest = $2 AND session_id = $1 \
               AND kind = 1 AND expires_at > $3)";
    let values = [id.as_str().into(), token.0.to_vec().into(), at.0.into()];
    step(backend, sql, values, Expect::One("session"))
}
