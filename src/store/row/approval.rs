//! `approval`: questions to humans. The ask and the state are kept as JSON, as the domain
//! spells them; what queries look at has columns of its own.

use std::sync::LazyLock;

use sea_orm::entity::prelude::*;
use sea_orm::{DbBackend, IntoActiveModel as _};

use super::{Stored, columns, seconds, step, time};
use crate::domain::approval::{Approval, KeyedCode, State};
use crate::domain::id::ApprovalId;
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
    /// Whose answer is wanted, where the agent named somebody.
    pub expected_email: Option<String>,
    /// Since when that person needs no letter about it.
    pub noticed_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every column of `approval a`, beside those of another table.
pub static COLUMNS: LazyLock<String> = LazyLock::new(|| columns::<Entity>("a", PREFIX));

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

/// What is settled: the first [`ASKED`] by the question, all of it by the answer.
const SETTLED: [Column; 15] = [
    Column::LinkDigest,
    Column::Door,
    Column::RegistrationId,
    Column::Ask,
    Column::AgentCode,
    Column::CreatedAt,
    Column::ExpiresAt,
    Column::UserCodeDigest,
    Column::ClientId,
    Column::PolledAt,
    Column::PollInterval,
    Column::ExpectedEmail,
    Column::NoticedAt,
    Column::AccountId,
    Column::HandleDigest,
];
const ASKED: usize = 13;

impl Stored for Approval {
    type Row = ActiveModel;

    /// What was asked stays as it is (promise P5), and so does what finds it; the polls keep
    /// their pace themselves. A collection moves the state alone: who answered, and what it is
    /// collected with, were settled by the yes.
    fn apart(&self) -> &'static [Column] {
        match self.state {
            State::Collected { .. } => &SETTLED,
            _ => SETTLED.split_at(ASKED).0,
        }
    }

    fn row(&self, revision: i64) -> Result<ActiveModel, StoreError> {
        let row = Model {
            id: self.id.0.clone(),
            revision,
            link_digest: self.link.0.to_vec(),
            door: self.ask.door.name().to_owned(),
            registration_id: self.ask.registration.as_ref().map(|id| id.0.clone()),
            account_id: self.answered_by().map(|id| id.0.clone()),
            ask: serde_json::to_string(&self.ask).map_err(|_| CORRUPT)?,
            state: serde_json::to_string(&self.state).map_err(|_| CORRUPT)?,
            state_name: state_name(&self.state).to_owned(),
            agent_code: self.agent_code.as_ref().map(|code| code.0.clone()),
            created_at: self.created_at.0,
            expires_at: self.expires_at.0,
            handle_digest: self.handle.map(|digest| digest.0.to_vec()),
            user_code_digest: self.user_code.as_ref().map(|code| code.0.clone()),
            client_id: self.ask.client.as_ref().map(|client| client.id.0.clone()),
            polled_at: seconds(self.pace.polled_at),
            poll_interval: self.pace.interval.0,
            expected_email: self.ask.expected.as_ref().map(|email| email.as_str().to_owned()),
            noticed_at: None,
        };
        Ok(row.into_active_model())
    }

    fn stored_as(self, revision: i64) -> Self {
        Self { revision, ..self }
    }
}

/// A letter about a question is written once, whichever node writes it.
pub(in crate::store) fn notice(id: &ApprovalId, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE approval SET noticed_at = $2 WHERE id = $1 AND noticed_at IS NULL";
    step(backend, sql, [id.as_str().into(), at.0.into()], Expect::One("notice"))
}
