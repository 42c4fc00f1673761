//! `approval`: questions to humans. The ask and the state are kept as JSON, as the domain
//! spells them; what queries look at has columns of its own.

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _, QueryTrait as _};

use super::{Stored, null_or, seconds, step, time};
use crate::domain::approval::{Approval, KeyedCode, State};
use crate::domain::change::UNSTORED;
use crate::domain::id::{AccountId, ApprovalId};
use crate::domain::pace::Pace;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: i64,
    pub link_digest: Vec<u8>,
    pub door: String,
    pub registration_id: Option<String>,
    /// Who answered.
    pub account_id: Option<String>,
    pub ask: String,
    pub state: String,
    pub state_name: String,
    pub agent_code: Option<Vec<u8>>,
    pub created_at: i64,
    pub expires_at: i64,
    pub handle_digest: Option<Vec<u8>>,
    pub user_code_digest: Option<Vec<u8>>,
    pub client_id: Option<String>,
    pub polled_at: Option<i64>,
    pub poll_interval: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every column of `approval a`, beside those of another table.
pub const COLUMNS: &str = "\
     a.id AS a_id, a.revision AS a_revision, a.link_digest AS a_link_digest, \
     a.door AS a_door, a.registration_id AS a_registration_id, a.account_id AS a_account_id, \
     a.ask AS a_ask, a.state AS a_state, a.state_name AS a_state_name, \
     a.agent_code AS a_agent_code, a.created_at AS a_created_at, \
     a.expires_at AS a_expires_at, a.handle_digest AS a_handle_digest, \
     a.user_code_digest AS a_user_code_digest, a.client_id AS a_client_id, \
     a.polled_at AS a_polled_at, a.poll_interval AS a_poll_interval";

/// What [`COLUMNS`] begin with.
pub const PREFIX: &str = "a_";

const CORRUPT: StoreError = StoreError::Corrupt("approval");

/// The state's name as the JSON tags it.
fn state_name(state: &State) -> &'static str {
    match state {
        State::Waiting { .. } => "waiting",
        State::Approved(_) => "approved",
        State::Collected { .. } => "collected",
        State::Denied { .. } => "denied",
        State::Locked { .. } => "locked",
        State::Superseded { .. } => "superseded",
    }
}

impl TryFrom<Model> for Approval {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let handle = row.handle_digest.map(|bytes| Digest::stored(&bytes).ok_or(CORRUPT));
        Ok(Self {
            id: ApprovalId(row.id),
            revision: row.revision,
            link: Digest::stored(&row.link_digest).ok_or(CORRUPT)?,
            ask: serde_json::from_str(&row.ask).map_err(|_| CORRUPT)?,
            agent_code: row.agent_code.map(KeyedCode),
            user_code: row.user_code_digest.map(KeyedCode),
            handle: handle.transpose()?,
            pace: Pace { polled_at: time(row.polled_at), interval: Seconds(row.poll_interval) },
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            state: serde_json::from_str(&row.state).map_err(|_| CORRUPT)?,
        })
    }
}

fn answered_by(state: &State) -> Option<&AccountId> {
    match state {
        State::Waiting { viewer, .. } => viewer.as_ref(),
        State::Locked { by, .. } => by.as_ref(),
        State::Approved(approved) | State::Collected { approved, .. } => Some(&approved.by),
        State::Denied { by, .. } => Some(by),
        State::Superseded { .. } => None,
    }
}

fn state(approval: &Approval) -> Result<String, StoreError> {
    serde_json::to_string(&approval.state).map_err(|_| CORRUPT)
}

fn model(approval: &Approval, revision: i64) -> Result<Model, StoreError> {
    Ok(Model {
        id: approval.id.0.clone(),
        revision,
        link_digest: approval.link.0.to_vec(),
        door: approval.ask.door.name().to_owned(),
        registration_id: approval.ask.registration.as_ref().map(|id| id.0.clone()),
        account_id: answered_by(&approval.state).map(|id| id.0.clone()),
        ask: serde_json::to_string(&approval.ask).map_err(|_| CORRUPT)?,
        state: state(approval)?,
        state_name: state_name(&approval.state).to_owned(),
        agent_code: approval.agent_code.as_ref().map(|code| code.0.clone()),
        created_at: approval.created_at.0,
        expires_at: approval.expires_at.0,
        handle_digest: approval.handle.map(|digest| digest.0.to_vec()),
        user_code_digest: approval.user_code.as_ref().map(|code| code.0.clone()),
        client_id: approval.ask.client.as_ref().map(|client| client.id.0.clone()),
        polled_at: seconds(approval.pace.polled_at),
        poll_interval: approval.pace.interval.0,
    })
}

/// A decision moves the state and what follows from it. What was asked stays as it is
/// (promise P5), and so do the indexes over it; the polls keep their pace themselves.
fn decide(approval: &Approval, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
    let sql = "UPDATE approval SET revision = revision + 1, state = $3, state_name = $4, \
               account_id = $5, handle_digest = $6 WHERE id = $1 AND revision = $2";
    let values: [Value; 6] = [
        approval.id.as_str().into(),
        seen.into(),
        state(approval)?.into(),
        state_name(&approval.state).into(),
        null_or(answered_by(&approval.state).map(|id| id.0.clone())),
        null_or(approval.handle.map(|digest| digest.0.to_vec())),
    ];
    Ok(step(backend, sql, values, Expect::One(Approval::NAME)))
}

impl Stored for Approval {
    const NAME: &'static str = "approval";

    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
        if seen != UNSTORED {
            return decide(self, seen, backend);
        }
        let active = model(self, seen + 1)?.into_active_model().reset_all();
        let statement = Entity::insert(active).build(backend);
        Ok(Step { statement, expect: Expect::One(Self::NAME) })
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}
