//! The schema's history. One change each; never edited once landed.
//!
//! Columns are of the few types both databases read alike: text, whole numbers, booleans
//! and bytes. Times are whole seconds since 1970 (`big_integer`), digests are 32 bytes.

mod m20261122_000001_accounts;
mod m20261122_000002_approvals;
mod m20261122_000003_sessions;
mod m20261122_000004_records;
mod m20261122_000005_clients;
mod m20261122_000006_doors;
mod m20261122_000007_replay;
mod m20261122_000008_live_sessions;
mod m20261122_000009_pushed_requests;
mod m20261122_000010_step_up;
mod m20261122_000011_machine_sessions;
mod m20261122_000012_cut_from;
mod m20261123_000013_api_keys;
mod m20261123_000014_unanswered_approvals;

use sea_orm_migration::prelude::*;

/// Every migration, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_accounts::Migration),
            Box::new(m20261122_000002_approvals::Migration),
            Box::new(m20261122_000003_sessions::Migration),
            Box::new(m20261122_000004_records::Migration),
            Box::new(m20261122_000005_clients::Migration),
            Box::new(m20261122_000006_doors::Migration),
            Box::new(m20261122_000007_replay::Migration),
            Box::new(m20261122_000008_live_sessions::Migration),
            Box::new(m20261122_000009_pushed_requests::Migration),
            Box::new(m20261122_000010_step_up::Migration),
            Box::new(m20261122_000011_machine_sessions::Migration),
            Box::new(m20261122_000012_cut_from::Migration),
            Box::new(m20261123_000013_api_keys::Migration),
            Box::new(m20261123_000014_unanswered_approvals::Migration),
        ]
    }
}

/// A table under construction.
fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).take()
}

/// A plain index over one column, named after both.
async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    let name = format!("{table}_{column}");
    manager.create_index(Index::create().name(name).table(table).col(column).take()).await
}

/// Drops tables in the order given: those that point at others first.
async fn drop_tables(manager: &SchemaManager<'_>, names: &[&'static str]) -> Result<(), DbErr> {
    for name in names {
        manager.drop_table(Table::drop().table(*name).take()).await?;
    }
    Ok(())
}

/// Adds columns one by one: SQLite takes no more at a time.
async fn add_columns<const N: usize>(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: [ColumnDef; N],
) -> Result<(), DbErr> {
    for mut column in columns {
        manager.alter_table(Table::alter().table(table).add_column(&mut column).take()).await?;
    }
    Ok(())
}

/// Drops columns one by one.
async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    names: &[&'static str],
) -> Result<(), DbErr> {
    for name in names {
        manager.alter_table(Table::alter().table(table).drop_column(*name).take()).await?;
    }
    Ok(())
}
