//! People: their accounts, their signed-in browsers, the links an operator hands them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, boolean, text, text_null};

use super::{drop_tables, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(account()).await?;
        manager.create_table(browser_session()).await?;
        index(manager, "browser_session", "account_id").await?;
        manager.create_table(one_time_link()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["one_time_link", "browser_session", "account"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn account() -> TableCreateStatement {
    table("account")
        .col(text("id").primary_key())
        .col(text("email").unique_key())
        .col(big_integer_null("email_verified_at"))
        .col(text("name"))
        .col(text_null("password_hash"))
        .col(boolean("administrator"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .take()
}

fn browser_session() -> TableCreateStatement {
    table("browser_session")
        .col(blob("digest").primary_key())
        .col(text("account_id"))
        .col(big_integer("created_at"))
        .col(big_integer("last_seen_at"))
        .col(big_integer("expires_at"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .foreign_key(
            ForeignKey::create()
                .name("browser_session_of_account")
                .from("browser_session", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn one_time_link() -> TableCreateStatement {
    table("one_time_link")
        .col(blob("digest").primary_key())
        .col(text("purpose"))
        .col(text_null("account_id"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .take()
}
