//! What may be used once and was made by somebody else: client assertions, proofs of
//! possession. One row per use, until it could not be used again anyway.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text};

use super::{drop_tables, index, table};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let replay =
            table("replay").col(text("name").primary_key()).col(big_integer("expires_at")).take();
        manager.create_table(replay).await?;
        index(manager, "replay", "expires_at").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["replay"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
