//! What accounts used in a month, and organizations: their identifiers begin differently.

use sea_orm::ConnectionTrait as _;

use super::row::{statement, step};
use super::{Store, StoreError};
use crate::domain::owner::Owner;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::Expect;

/// What somebody used of one profile's API in the month that begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanUses {
    pub owner: Owner,
    pub profile: String,
    pub month: Timestamp,
    pub requests: i64,
    pub events: i64,
}

impl Store {
    /// What is written of somebody's month, one for each profile.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn plan_uses(
        &self,
        owner: &Owner,
        month: Timestamp,
    ) -> Result<Vec<PlanUses>, StoreError> {
        let sql = "SELECT profile, requests, events FROM plan_use \
                   WHERE account_id = $1 AND month = $2";
        let question = statement(self.backend(), sql, [owner.as_str().into(), month.0.into()]);
        let rows = self.reader().query_all_raw(question).await?;
        let read = |row: &sea_orm::QueryResult| {
            Ok(PlanUses {
                owner: owner.clone(),
                profile: row.try_get("", "profile")?,
                month,
                requests: row.try_get("", "requests")?,
                events: row.try_get("", "events")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Adds what was used since the last time, batched.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn count_plan_uses(&self, used: &[PlanUses]) -> Result<(), StoreError> {
        let sql = "INSERT INTO plan_use (account_id, profile, month, requests, events) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, profile, month) \
                   DO UPDATE SET requests = plan_use.requests + $4, \
                   events = plan_use.events + $5";
        let counted = |one: &PlanUses| {
            let values = [
                one.owner.as_str().into(),
                one.profile.as_str().into(),
                one.month.0.into(),
                one.requests.into(),
                one.events.into(),
            ];
            step(self.backend(), sql, values, Expect::Any)
        };
        self.write(used.iter().map(counted).collect()).await
    }
}
