//! Authorization requests that wait for their browser (RFC 9126).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, text};

use super::{drop_tables, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(pushed_request()).await?;
        // What upkeep looks for.
        index(manager, "pushed_request", "expires_at").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["pushed_request"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn pushed_request() -> TableCreateStatement {
    table("pushed_request")
        .col(blob("digest").primary_key())
        .col(text("client_id"))
        .col(text("request"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .take()
}
