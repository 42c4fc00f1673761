//! PostgreSQL: one transaction per change, and word to the other nodes inside it.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    RuntimeErr, SqlErr, Statement, TransactionTrait,
};
use sqlx::Executor as _;
use sqlx::error::DatabaseError;
use tokio::task::JoinHandle;

use super::denied::Denied;
use super::engine::{GroupObserver, OpenError};
use super::listener::{self, ENDED};
use super::write::{Expect, Step, WriteError, closed};

const CONNECTIONS: u32 = 8;

/// How often a change that lost to a concurrent one is tried again.
const RETRIES: u32 = 4;

/// A payload of NOTIFY must stay below 8,000 bytes.
const PAYLOAD: usize = 7_000;

/// No statement may outlast the memory of the deny set, or hold a connection for ever.
const SETTINGS: &str = "SET statement_timeout = '10s'";

/// Opens the pool: every connection at once, kept, and asked whether it still lives only
/// after it has been idle.
pub(super) async fn open(url: &str) -> Result<DatabaseConnection, OpenError> {
    let mut options = quiet(url, CONNECTIONS);
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
        })
    });
    Ok(sea_orm::Database::connect(options).await?)
}

/// One pinned connection for migrations, which may take longer than a request may.
pub(super) async fn open_for_migration(url: &str) -> Result<DatabaseConnection, OpenError> {
    Ok(sea_orm::Database::connect(quiet(url, 1)).await?)
}

fn quiet(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(connections)
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Checks that a commit is on this server's disk before it is acknowledged.
pub(super) async fn inspect(readers: &DatabaseConnection) -> Result<(), OpenError> {
    for setting in ["synchronous_commit", "fsync"] {
        let question = Statement::from_string(DbBackend::Postgres, format!("SHOW {setting}"));
        let row = readers.query_one_raw(question).await?;
        let found: String = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        if found.is_empty() || found == "off" {
            return Err(OpenError::NotDurable { setting, found });
        }
    }
    Ok(())
}

/// This process as one node of possibly several on the same database.
pub(super) struct Node {
    denied: Arc<Denied>,
    observe: GroupObserver,
    listener: JoinHandle<()>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").finish_non_exhaustive()
    }
}

impl Node {
    /// Begins to listen for what other nodes end.
    pub(super) fn join(
        url: &str,
        denied: Arc<Denied>,
        observe: GroupObserver,
    ) -> Result<Self, OpenError> {
        let listener = tokio::spawn(listener::listen(listener::options(url)?, Arc::clone(&denied)));
        Ok(Self { denied, observe, listener })
    }

    /// Runs on a task of its own, so that a caller who hangs up between the commit and the
    /// deny set cannot leave the one without the other.
    pub(super) async fn write(
        &self,
        pool: &DatabaseConnection,
        steps: Vec<Step>,
    ) -> Result<(), WriteError> {
        let (pool, denied) = (pool.clone(), Arc::clone(&self.denied));
        let observe = Arc::clone(&self.observe);
        let task = tokio::spawn(async move {
            let ended = store_with_retries(&pool, &steps).await?;
            denied.deny(ended.iter().map(String::as_str));
            observe(1);
            Ok(())
        });
        task.await.map_err(|_| WriteError::Unavailable(closed()))?
    }

    /// Stops listening; nothing is believed from memory any more.
    pub(super) fn leave(&self) {
        self.listener.abort();
        self.denied.cut();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn store_with_retries(
    pool: &DatabaseConnection,
    steps: &[Step],
) -> Result<Vec<String>, WriteError> {
    let mut retries = RETRIES;
    loop {
        match store(pool, steps).await {
            Err(WriteError::Unavailable(error)) if retries > 0 && lost_to_another(&error) => {
                retries -= 1;
            }
            result => return result,
        }
    }
}

/// One change in one transaction. An early return drops the transaction, which rolls back.
async fn store(pool: &DatabaseConnection, steps: &[Step]) -> Result<Vec<String>, WriteError> {
    let transaction = pool.begin().await.map_err(WriteError::Unavailable)?;
    let mut ended = Vec::new();
    for step in steps {
        apply(&transaction, step, &mut ended).await?;
    }
    for payload in payloads(&ended) {
        let announce = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_notify($1, $2)",
            [ENDED.into(), payload.into()],
        );
        transaction.execute_raw(announce).await.map_err(WriteError::Unavailable)?;
    }
    transaction.commit().await.map_err(WriteError::Unavailable)?;
    Ok(ended)
}

async fn apply(
    transaction: &DatabaseTransaction,
    step: &Step,
    ended: &mut Vec<String>,
) -> Result<(), WriteError> {
    let statement = step.statement.clone();
    match step.expect {
        Expect::Any => transaction.execute_raw(statement).await.map(drop),
        Expect::One(name) => match transaction.execute_raw(statement).await {
            Ok(done) if done.rows_affected() != 1 => return Err(WriteError::Refused(name)),
            Err(error) if is_unique_violation(&error) => return Err(WriteError::Refused(name)),
            result => result.map(drop),
        },
        Expect::Ends => transaction.query_all_raw(statement).await.and_then(|rows| {
            for row in rows {
                ended.push(row.try_get_by_index(0)?);
            }
            Ok(())
        }),
    }
    .map_err(WriteError::Unavailable)
}

/// Identifiers, one per line, in as few payloads as fit.
fn payloads(ended: &[String]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for session in ended {
        match payloads.last_mut() {
            Some(payload) if payload.len() + session.len() < PAYLOAD => {
                payload.push('\n');
                payload.push_str(session);
            }
            _ => payloads.push(session.clone()),
        }
    }
    payloads
}

fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// A serialization failure or a deadlock: the same change may succeed when tried again.
fn lost_to_another(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_stay_below_what_notify_carries_and_lose_no_identifier() {
        let ended: Vec<_> = (0..1_000).map(|number| format!("ses_{number:036}")).collect();
        let payloads = payloads(&ended);
        assert!(payloads.iter().all(|payload| payload.len() < 8_000));
        let read: Vec<_> = payloads.iter().flat_map(|payload| payload.lines()).collect();
        assert_eq!(read, ended);
    }
}
