//! Which token a part of a session was handed on for: the part ends with that one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::blob_null;

use super::{add_columns, drop_columns};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, "session", [blob_null("cut_from")]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_columns(manager, "session", &["cut_from"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
