//! Questions that no person answered and no registration put: an index over them, by their
//! end, for the upkeep. One expression, as for the sessions of machines.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unanswered = Index::create()
            .name("approval_unanswered")
            .table("approval")
            .col("expires_at")
            .and_where(Expr::cust("COALESCE(account_id, registration_id) IS NULL"))
            .take();
        manager.create_index(unanswered).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("approval_unanswered").table("approval").to_owned())
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
