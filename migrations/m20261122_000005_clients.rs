//! Clients that registered themselves (RFC 7591).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, blob_null, text, text_null};

use super::{drop_tables, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(client()).await?;
        // What upkeep looks for: never used, and old.
        let mut unused = Index::create().name("client_unused").table("client").take();
        manager.create_index(unused.col("used_at").col("created_at").take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["client"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn client() -> TableCreateStatement {
    table("client")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("metadata"))
        .col(blob_null("secret_digest"))
        .col(blob("management_digest"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .col(big_integer("created_at"))
        .col(big_integer_null("used_at"))
        .take()
}
