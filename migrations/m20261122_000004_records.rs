//! Remembering: what happened, what was counted, which keys sign, and the server's own facts.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, text, text_null};

use super::{drop_tables, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(event()).await?;
        index(manager, "event", "session_id").await?;
        index(manager, "event", "account_id").await?;
        index(manager, "event", "at").await?;
        manager.create_table(counter()).await?;
        manager.create_table(signing_key()).await?;
        manager.create_table(meta()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["meta", "signing_key", "counter", "event"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn event() -> TableCreateStatement {
    table("event")
        .col(text("id").primary_key())
        .col(big_integer("at"))
        .col(text("kind"))
        .col(text_null("account_id"))
        .col(text_null("session_id"))
        .col(text_null("registration_id"))
        .col(text_null("approval_id"))
        .col(text("address"))
        .col(text_null("detail"))
        .take()
}

/// Guesses and requests per window, so that a restart or a second node forgets none.
fn counter() -> TableCreateStatement {
    table("counter")
        .col(text("name"))
        .col(big_integer("window_start"))
        .col(big_integer("count"))
        .col(big_integer("expires_at"))
        .primary_key(Index::create().col("name").col("window_start"))
        .take()
}

fn signing_key() -> TableCreateStatement {
    table("signing_key")
        .col(text("kid").primary_key())
        .col(text("algorithm"))
        .col(blob("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer_null("retired_at"))
        .take()
}

fn meta() -> TableCreateStatement {
    table("meta").col(text("name").primary_key()).col(blob("value")).take()
}
