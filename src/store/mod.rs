//! What is kept: rows, named queries, and the one commit.
//!
//! The public functions of [`Store`] are the contract; they are tested on both databases.
//! `engine` opens SQLite or PostgreSQL; `write` is the vocabulary of a change; `grouping`
//! and `postgres` make changes durable; `denied` and `liveness` keep answers honest from
//! memory; `migration` brings the schema up to date. `row` maps tables to domain types,
//! `commit` effects to statements, and each other file holds one feature's queries.

mod account;
mod account_agent;
mod account_history;
mod admin;
mod api_key;
mod approval;
mod budget;
mod change;
mod client;
mod commit;
mod denied;
mod ending;
mod engine;
mod grouping;
mod history;
mod introspection;
mod key;
mod link;
mod listener;
mod liveness;
mod mail;
mod migration;
mod organization;
mod passkey;
mod plan;
mod postgres;
mod project;
mod pushed_request;
mod registration;
mod resting;
pub mod row;
mod session;
mod session_token;
mod sqlite;
mod upkeep;
mod webhook;
mod write;

#[cfg(test)]
mod tests;

pub use admin::{ACCOUNTS, Holdings, Sums};
pub use api_key::{KeyUses, KeysOf};
pub use approval::Answered;
pub use denied::{Denied, LoadStamp};
pub use engine::{Database, GroupObserver, Location, OpenError};
pub use history::{BATCH as HISTORY_BATCH, Which};
pub use liveness::{Live, Liveness};
pub use migration::{known_master, migrate, unmigrate};
pub use plan::PlanUses;
pub use session::{SessionUse, TokenEnd};
pub use webhook::WebhookState;
pub use write::{Expect, Step, WriteError};

use std::sync::atomic::AtomicU32;

use sea_orm::{DatabaseConnection, DbBackend, DbErr, EntityTrait, QueryTrait as _, Select};

use crate::domain::history::Seals;
use crate::entropy::{Entropy, NoEntropy};

/// The database, as the rest of the house sees it.
pub struct Store {
    database: Database,
    entropy: Entropy,
    /// What seals the audit trail, once the master secret is known.
    seals: Option<Seals>,
    /// How many events were recorded, so that their identifiers are in that order.
    recorded: AtomicU32,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What was read has changed meanwhile: read again, decide again.
    #[error("{0} has changed meanwhile")]
    Stale(&'static str),
    /// A limit kept in the database is reached.
    #[error("a limit is reached")]
    Limited,
    /// Something that may be used once was used before.
    #[error("used before")]
    Replayed,
    /// The account that this is for has been closed meanwhile.
    #[error("the account is closed")]
    Closed,
    /// A row does not read as what it should be.
    #[error("a row of {0} cannot be read")]
    Corrupt(&'static str),
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(commit::LIMIT) => Self::Limited,
            WriteError::Refused(commit::REPLAY) => Self::Replayed,
            WriteError::Refused(account::CLOSED) => Self::Closed,
            WriteError::Refused(name) => Self::Stale(name),
            WriteError::Unavailable(cause) => Self::Unavailable(Box::new(cause)),
        }
    }
}

impl Store {
    #[must_use]
    pub fn new(database: Database, entropy: Entropy) -> Self {
        Self { database, entropy, seals: None, recorded: AtomicU32::new(0) }
    }

    /// From now on what is recorded is sealed.
    #[must_use]
    pub fn sealing(self, seals: Seals) -> Self {
        Self { seals: Some(seals), ..self }
    }

    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    fn reader(&self) -> &DatabaseConnection {
        self.database.reader()
    }

    fn backend(&self) -> DbBackend {
        self.database.backend()
    }

    /// The row that a key finds. sea-orm's own `one` binds a limit, and SQLite plans a statement
    /// anew whenever a limit is bound, which costs more than finding the row.
    async fn one<E: EntityTrait>(&self, by_key: Select<E>) -> Result<Option<E::Model>, DbErr> {
        let statement = by_key.build(self.backend());
        E::find().from_raw_sql(statement).one(self.reader()).await
    }

    async fn write(&self, steps: Vec<Step>) -> Result<(), StoreError> {
        Ok(self.database.write(steps).await?)
    }
}
