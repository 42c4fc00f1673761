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
mod m20261123_000017_projects;
mod m20261123_000018_plans;
mod m20261123_000019_key_kinds;
mod m20261123_000021_unanswered_events;
mod m20261123_000022_account_agents;
mod m20261123_000023_session_tokens;
mod m20261123_000024_key_places;
mod m20261123_000025_mail;
mod m20261123_000026_link_addresses;
mod m20261123_000027_history;
mod m20261123_000028_webhooks;
mod m20261123_000032_organizations;
mod m20261123_000033_made_by;
mod m20261123_000035_closed_accounts;
mod m20261123_000036_less;
mod m20261123_000037_inbox;
mod m20261123_000038_session_budgets;
mod m20261124_000039_passkeys;

use sea_orm::StatementBuilder;
use sea_orm::sea_query::{ColumnDef, Index, Table, TableCreateStatement};

/// One sentence to a database of either kind.
type SchemaStatement = Box<dyn StatementBuilder + Send>;

/// What is said to the database, in order.
pub(super) type Statements = Vec<SchemaStatement>;

/// One step of the history, and the way back.
#[derive(Debug)]
pub(in crate::store) struct Migration {
    /// Its file's name, by which a database remembers it.
    pub(super) name: &'static str,
    pub(super) up: fn() -> Statements,
    pub(super) down: fn() -> Statements,
}

macro_rules! migration {
    ($file:ident) => {
        Migration { name: stringify!($file), up: $file::up, down: $file::down }
    };
}

/// Every migration, oldest first.
pub(in crate::store) const HISTORY: &[Migration] = &[
    migration!(m20261122_000001_accounts),
    migration!(m20261122_000002_approvals),
    migration!(m20261122_000003_sessions),
    migration!(m20261122_000004_records),
    migration!(m20261122_000005_clients),
    migration!(m20261122_000006_doors),
    migration!(m20261122_000007_replay),
    migration!(m20261122_000008_live_sessions),
    migration!(m20261122_000009_pushed_requests),
    migration!(m20261122_000010_step_up),
    migration!(m20261122_000011_machine_sessions),
    migration!(m20261122_000012_cut_from),
    migration!(m20261123_000013_api_keys),
    migration!(m20261123_000014_unanswered_approvals),
    migration!(m20261123_000017_projects),
    migration!(m20261123_000018_plans),
    migration!(m20261123_000019_key_kinds),
    migration!(m20261123_000021_unanswered_events),
    migration!(m20261123_000022_account_agents),
    migration!(m20261123_000023_session_tokens),
    migration!(m20261123_000024_key_places),
    migration!(m20261123_000025_mail),
    migration!(m20261123_000026_link_addresses),
    migration!(m20261123_000027_history),
    migration!(m20261123_000028_webhooks),
    migration!(m20261123_000032_organizations),
    migration!(m20261123_000033_made_by),
    migration!(m20261123_000035_closed_accounts),
    migration!(m20261123_000036_less),
    migration!(m20261123_000037_inbox),
    migration!(m20261123_000038_session_budgets),
    migration!(m20261124_000039_passkeys),
];

/// A table under construction.
pub(super) fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).take()
}

/// A plain index over one column, named after both.
fn index(table: &'static str, column: &'static str) -> SchemaStatement {
    let name = format!("{table}_{column}");
    Box::new(Index::create().name(name).table(table).col(column).take())
}

fn drop_index(table: &'static str, column: &'static str) -> SchemaStatement {
    let name = format!("{table}_{column}");
    Box::new(Index::drop().name(name).table(table).to_owned())
}

/// Drops tables in the order given: those that point at others first.
fn drop_tables(names: &[&'static str]) -> Statements {
    let drop =
        |name: &&'static str| -> SchemaStatement { Box::new(Table::drop().table(*name).take()) };
    names.iter().map(drop).collect()
}

/// Adds columns one by one: SQLite takes no more at a time.
fn add_columns<const N: usize>(table: &'static str, columns: [ColumnDef; N]) -> Statements {
    let add = |column| -> SchemaStatement {
        Box::new(Table::alter().table(table).add_column(column).take())
    };
    columns.into_iter().map(add).collect()
}

/// Drops columns one by one.
fn drop_columns(table: &'static str, names: &[&'static str]) -> Statements {
    let drop = |name: &&'static str| -> SchemaStatement {
        Box::new(Table::alter().table(table).drop_column(*name).take())
    };
    names.iter().map(drop).collect()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

fn text_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

pub(super) fn big_integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

fn big_integer_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().take()
}

fn small_integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).small_integer().not_null().take()
}

fn blob(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().not_null().take()
}

fn blob_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).blob().null().take()
}

fn boolean(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().take()
}
