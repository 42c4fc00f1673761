//! Named queries about approvals.

use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};

use super::row::approval;
use super::{Store, StoreError};
use crate::domain::approval::Approval;
use crate::domain::id::{AccountId, ApprovalId};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

impl Store {
    /// The approval behind a link.
    ///
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn approval_by_link(&self, link: &Digest) -> Result<Option<Approval>, StoreError> {
        let row = self
            .one(approval::Entity::find().filter(approval::Column::LinkDigest.eq(link.0.to_vec())))
            .await?;
        row.map(Approval::try_from).transpose()
    }

    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        let row = self.one(approval::Entity::find_by_id(id.as_str())).await?;
        row.map(Approval::try_from).transpose()
    }

    /// How often this account has answered an agent that calls itself so, ever and since
    /// a moment; names are told, so this says "a name you know", never "the agent you know".
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn answered(
        &self,
        account: &AccountId,
        agent: Option<&str>,
        since: Timestamp,
    ) -> Result<Answered, StoreError> {
        let told = serde_json::json!(agent.unwrap_or_default()).to_string();
        let mine = approval::Entity::find()
            .filter(approval::Column::AccountId.eq(account.as_str()))
            .filter(approval::Column::StateName.ne("waiting"))
            .filter(approval::Column::Ask.contains(format!(r#""agent":{{"name":{told}"#)));
        let recent = mine.clone().filter(approval::Column::CreatedAt.gte(since.0));
        Ok(Answered {
            ever: mine.count(self.reader()).await?,
            recently: recent.count(self.reader()).await?,
        })
    }
}

/// How often somebody has answered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    pub ever: u64,
    pub recently: u64,
}
