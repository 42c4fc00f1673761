//! Scopes that a session holds for a while only.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, text_null};

use super::{add_columns, drop_columns};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [text_null("extra_scopes"), big_integer_null("extra_until")];
        add_columns(manager, "session", columns).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "session", &["extra_scopes", "extra_until"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
