//! Sessions of machines: an index over those that are nobody's history, by their end, so that
//! the upkeep finds what it removes without reading everybody else's.
//!
//! Both conditions are one expression: of two, SQLite takes the index of either column alone,
//! which names all of these sessions and says nothing of their end.

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
            .and_where(Expr::cust("COALESCE(account_id, registration_id) IS NULL"))
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
