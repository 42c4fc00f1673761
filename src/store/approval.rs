//! Named queries about approvals.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, FromQueryResult as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::registration::keep_pace;
use super::row::{approval, holding, session, statement};
use super::session::PAGE;
use super::{Store, StoreError};
use crate::domain::approval::{Approval, KeyedCode};
use crate::domain::id::{AccountId, ApprovalId};
use crate::domain::pace::Pace;
use crate::domain::session::Session;
use crate::protocol::email::EmailAddress;
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

    /// The approvals with these identifiers, in any order.
    ///
    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn approvals(&self, ids: &[&ApprovalId]) -> Result<Vec<Approval>, StoreError> {
        let rows = approval::Entity::find()
            .filter(approval::Column::Id.is_in(ids.iter().map(|id| id.as_str())))
            .all(self.reader())
            .await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// The approval whose agent collects with this, and the session of its yes, if there is
    /// one: all that a redemption asks, in one question.
    ///
    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn approval_and_session(
        &self,
        handle: &Digest,
    ) -> Result<Option<(Approval, Option<Session>)>, StoreError> {
        // A yes names its session in the state, and keeps it there when it is collected.
        let session = match self.backend() {
            DbBackend::Postgres => {
                "COALESCE(a.state::json ->> 'session', a.state::json #>> '{approved,session}')"
            }
            _ => "COALESCE(a.state ->> '$.session', a.state ->> '$.approved.session')",
        };
        let sql = format!(
            "SELECT {}, {} FROM approval a LEFT JOIN session s ON s.id = {session} \
             WHERE a.handle_digest = $1",
            *approval::COLUMNS,
            *session::COLUMNS
        );
        let query = statement(self.backend(), &sql, [handle.0.to_vec().into()]);
        let Some(row) = self.reader().query_one_raw(query).await? else { return Ok(None) };
        let approval = approval::Model::from_query_result(&row, approval::PREFIX)?;
        let session = session::Model::from_query_result_optional(&row, "")?;
        Ok(Some((approval.try_into()?, session.map(Session::try_from).transpose()?)))
    }

    /// The approval whose agent shows this code.
    ///
    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn approval_by_user_code(
        &self,
        code: &KeyedCode,
    ) -> Result<Option<Approval>, StoreError> {
        let by_code = approval::Column::UserCodeDigest.eq(code.0.clone());
        let row = self.one(approval::Entity::find().filter(by_code)).await?;
        row.map(Approval::try_from).transpose()
    }

    /// The questions that wait for whoever has this address, newest first.
    ///
    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn approvals_for(
        &self,
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        let rows = approval::Entity::find()
            .filter(approval::Column::ExpectedEmail.eq(email.as_str()))
            .filter(approval::Column::StateName.eq("waiting"))
            .filter(approval::Column::ExpiresAt.gt(now.0))
            .order_by_desc(approval::Column::CreatedAt)
            .order_by_desc(approval::Column::Id)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// Addressed questions that have waited since `before` without a letter about them, oldest
    /// first.
    ///
    /// # Errors
    ///
    /// As [`approval_by_link`](Self::approval_by_link).
    pub async fn unnoticed_approvals(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Approval>, StoreError> {
        let rows = approval::Entity::find()
            .filter(approval::Column::ExpectedEmail.is_not_null())
            .filter(approval::Column::StateName.eq("waiting"))
            .filter(approval::Column::NoticedAt.is_null())
            .filter(approval::Column::CreatedAt.lte(before.0))
            .filter(approval::Column::ExpiresAt.gt(now.0))
            .order_by_asc(approval::Column::CreatedAt)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// Keeps the pace of polling, with a guard of its own and no revision: polls must not make
    /// the human's answer stale. Of two polls at once, one finds the pace moved.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] when another poll came first.
    pub async fn keep_polling_pace(
        &self,
        id: &ApprovalId,
        seen: Pace,
        next: Pace,
    ) -> Result<(), StoreError> {
        let step = keep_pace("approval", id.as_str(), seen, next, self.backend());
        self.write(vec![step]).await
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
        let named = holding(&format!(r#""agent":{{"name":{told}"#));
        let mine = approval::Entity::find()
            .filter(approval::Column::AccountId.eq(account.as_str()))
            .filter(approval::Column::StateName.ne("waiting"))
            .filter(approval::Column::Ask.like(named));
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
