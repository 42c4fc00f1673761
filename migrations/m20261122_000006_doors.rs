//! The standard doors: what an approval is collected with and at which pace, whose client a
//! session belongs to and which session it descends from, which key a token is bound to.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob_null, text_null};

use super::{add_columns, drop_columns, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const APPROVAL: [&str; 5] =
    ["handle_digest", "user_code_digest", "client_id", "polled_at", "poll_interval"];
const SESSION: [&str; 3] = ["client_id", "parent_id", "claims"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            blob_null("handle_digest"),
            blob_null("user_code_digest"),
            text_null("client_id"),
            big_integer_null("polled_at"),
            big_integer("poll_interval").default(5).take(),
        ];
        add_columns(manager, "approval", columns).await?;
        unique(manager, "approval", "handle_digest").await?;
        unique(manager, "approval", "user_code_digest").await?;
        index(manager, "approval", "client_id").await?;
        let columns = [text_null("client_id"), text_null("parent_id"), text_null("claims")];
        add_columns(manager, "session", columns).await?;
        index(manager, "session", "client_id").await?;
        index(manager, "session", "parent_id").await?;
        add_columns(manager, "token", [text_null("key_thumbprint")]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("approval", "handle_digest"),
            ("approval", "user_code_digest"),
            ("approval", "client_id"),
            ("session", "client_id"),
            ("session", "parent_id"),
        ] {
            let name = format!("{table}_{column}");
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        drop_columns(manager, "token", &["key_thumbprint"]).await?;
        drop_columns(manager, "session", &SESSION).await?;
        drop_columns(manager, "approval", &APPROVAL).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// An index that also refuses a second row of the same value; nulls do not count.
async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    let name = format!("{table}_{column}");
    let index = Index::create().name(name).table(table).col(column).unique().take();
    manager.create_index(index).await
}
