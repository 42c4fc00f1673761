//! Sessions of machines: an index over those that are nobody's history, by their end, so that
//! the upkeep finds what it removes without reading everybody else's.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let machines = Index::create()
            .name("session_machine")
            .table("session")
            .col("expires_at")
            .and_where(Expr::col("account_id").is_null())
            .and_where(Expr::col("registration_id").is_null())
            .take();
        manager.create_index(machines).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("session_machine").table("session").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
