//! Bringing the schema up to date, whichever of several starting processes comes first.

#[path = "../../migrations/mod.rs"]
mod migrations;

use std::collections::HashSet;

use sea_orm::sea_query::ColumnDef;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

pub(super) use self::migrations::HISTORY;
use self::migrations::{Statements, big_integer, table};
use super::engine::{Location, OpenError};
use super::row::statement;
use super::{key, postgres, sqlite};

/// Any number, as long as every version of ours takes the same.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7308332187419268211)";

/// Where a database remembers what was applied to it, in the shape that sea-orm-migration gave
/// it (docs/adr/0020).
const APPLIED: &str = "seaql_migrations";

/// Applies every pending migration, or none. Processes that start at once wait for each other.
pub async fn migrate(location: &Location) -> Result<(), OpenError> {
    let connection = connect(location).await?;
    let transaction = begin(&connection).await?;
    let applied = applied(&transaction).await?;
    for migration in HISTORY.iter().filter(|migration| !applied.contains(migration.name)) {
        run(&transaction, (migration.up)()).await?;
        remember(&transaction, migration.name).await?;
    }
    finish(transaction, connection).await
}

/// What a database remembers of its master secret before it is brought up to date; `None` if
/// there is nothing in it yet.
pub async fn known_master(location: &Location) -> Result<Option<Vec<u8>>, OpenError> {
    let connection = connect(location).await?;
    let has_meta = match location {
        Location::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
        Location::Postgres(_) => {
            "SELECT 1 FROM pg_tables WHERE schemaname = CURRENT_SCHEMA() AND tablename = 'meta'"
        }
    };
    let question = statement(connection.get_database_backend(), has_meta, []);
    let known = match connection.query_one_raw(question).await? {
        Some(_) => key::fingerprint(&connection).await?,
        None => None,
    };
    connection.close().await?;
    Ok(known)
}

/// Takes the latest `steps` migrations back, and what they held with them.
pub async fn unmigrate(location: &Location, steps: usize) -> Result<(), OpenError> {
    let connection = connect(location).await?;
    let transaction = begin(&connection).await?;
    let applied = applied(&transaction).await?;
    let latest = HISTORY.iter().rev().filter(|migration| applied.contains(migration.name));
    for migration in latest.take(steps) {
        run(&transaction, (migration.down)()).await?;
        forget(&transaction, migration.name).await?;
    }
    finish(transaction, connection).await
}

async fn connect(location: &Location) -> Result<DatabaseConnection, OpenError> {
    match location {
        Location::Sqlite(path) => sqlite::open_for_migration(path).await,
        Location::Postgres(url) => postgres::open_for_migration(url).await,
    }
}

/// One transaction around them all, and the lock that others wait for: on SQLite the write
/// lock that `IMMEDIATE` takes, on PostgreSQL an advisory one that ends with the transaction.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, OpenError> {
    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    let isolation = is_postgres.then_some(IsolationLevel::ReadCommitted);
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        // Whoever waited for the lock must see what was committed meanwhile, whatever level the
        // database was set to begin with.
        isolation_level: isolation,
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if is_postgres {
        transaction.execute_unprepared(LOCK).await?;
    }
    Ok(transaction)
}

/// The names of what was applied. One that is not ours was written by a version that knows
/// more than this one, whose schema this one must not touch.
async fn applied(transaction: &DatabaseTransaction) -> Result<HashSet<String>, OpenError> {
    let history = table(APPLIED)
        .if_not_exists()
        .col(ColumnDef::new("version").string().not_null().primary_key())
        .col(big_integer("applied_at"))
        .take();
    transaction.execute(&history).await?;
    let sql = format!("SELECT version FROM {APPLIED}");
    let question = statement(transaction.get_database_backend(), &sql, []);
    let rows = transaction.query_all_raw(question).await?;
    let names = rows.iter().map(|row| row.try_get_by_index(0));
    let applied = names.collect::<Result<HashSet<String>, DbErr>>()?;
    let is_ours = |name: &str| HISTORY.iter().any(|migration| migration.name == name);
    match applied.iter().find(|name| !is_ours(name)) {
        Some(unknown) => Err(OpenError::Newer(unknown.clone())),
        None => Ok(applied),
    }
}

async fn run(transaction: &DatabaseTransaction, statements: Statements) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    for statement in statements {
        transaction.execute_raw(statement.build(&backend)).await?;
    }
    Ok(())
}

/// The database says when: nothing of ours reads it.
async fn remember(transaction: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let now = match backend {
        DbBackend::Postgres => "EXTRACT(EPOCH FROM now())::BIGINT",
        _ => "unixepoch()",
    };
    let sql = format!("INSERT INTO {APPLIED} (version, applied_at) VALUES ($1, {now})");
    transaction.execute_raw(statement(backend, &sql, [name.into()])).await?;
    Ok(())
}

async fn forget(transaction: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    let sql = format!("DELETE FROM {APPLIED} WHERE version = $1");
    let backend = transaction.get_database_backend();
    transaction.execute_raw(statement(backend, &sql, [name.into()])).await?;
    Ok(())
}

async fn finish(
    transaction: DatabaseTransaction,
    connection: DatabaseConnection,
) -> Result<(), OpenError> {
    transaction.commit().await?;
    Ok(connection.close().await?)
}
