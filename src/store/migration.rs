//! Bringing the schema up to date, whichever of several starting processes comes first.

#[path = "../../migrations/mod.rs"]
mod migrations;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

pub(super) use self::migrations::Migrator;
use super::engine::{Location, OpenError};
use super::{key, postgres, sqlite};

/// Any number, as long as every version of ours takes the same.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7308332187419268211)";

/// Applies every pending migration, or none. Processes that start at once wait for each other.
pub async fn migrate(location: &Location) -> Result<(), OpenError> {
    let connection = connect(location).await?;
    let transaction = begin(&connection).await?;
    Migrator::up(&transaction, None).await?;
    finish(transaction, connection).await
}

/// What a database remembers of its master secret before it is brought up to date; `None` if
/// there is nothing in it yet.
pub async fn known_master(location: &Location) -> Result<Option<Vec<u8>>, OpenError> {
    let connection = connect(location).await?;
    let known = if SchemaManager::new(&connection).has_table("meta").await? {
        key::fingerprint(&connection).await?
    } else {
        None
    };
    connection.close().await?;
    Ok(known)
}

/// Takes the latest `steps` migrations back, and what they held with them.
pub async fn unmigrate(location: &Location, steps: u32) -> Result<(), OpenError> {
    let connection = connect(location).await?;
    let transaction = begin(&connection).await?;
    Migrator::down(&transaction, Some(steps)).await?;
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
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if transaction.get_database_backend() == sea_orm::DbBackend::Postgres {
        transaction.execute_unprepared(LOCK).await?;
    }
    Ok(transaction)
}

async fn finish(
    transaction: DatabaseTransaction,
    connection: DatabaseConnection,
) -> Result<(), OpenError> {
    transaction.commit().await?;
    Ok(connection.close().await?)
}
