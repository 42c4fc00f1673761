//! Keys that people hand to programs, and what happened to them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, boolean, text, text_null};

use super::{add_columns, drop_columns, drop_tables, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(api_key()).await?;
        index(manager, "api_key", "account_id").await?;
        add_columns(manager, "event", [text_null("key_id")]).await?;
        // Most events are about something else, and cost no more than before.
        let of_key = Index::create()
            .name("event_key_id")
            .table("event")
            .col("key_id")
            .and_where(Expr::col("key_id").is_not_null())
            .take();
        manager.create_index(of_key).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("event_key_id").table("event").to_owned()).await?;
        drop_columns(manager, "event", &["key_id"]).await?;
        drop_tables(manager, &["api_key"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn api_key() -> TableCreateStatement {
    table("api_key")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("account_id"))
        .col(text("profile"))
        .col(text("resource"))
        .col(blob("digest").unique_key())
        .col(text("beginning"))
        .col(text("name"))
        .col(text("environment"))
        .col(text("scopes"))
        .col(boolean("sandbox"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer("uses"))
        .col(big_integer_null("ended_at"))
        .col(text_null("ended_cause"))
        .col(text_null("successor_id"))
        .take()
}
