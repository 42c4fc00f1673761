//! What administrators look for: pages of rows, and sums. No question reads a whole table.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use super::row::{account, holding, statement};
use super::upkeep::LIVE_SESSIONS;
use super::{Store, StoreError};
use crate::domain::account::Account;
use crate::domain::event::EventKind;
use crate::domain::id::AccountId;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// The most accounts that one page shows.
pub const ACCOUNTS: u64 = 50;

/// How many there are of what an account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    pub sessions: i64,
    pub keys: i64,
    pub projects: i64,
    pub organizations: i64,
    pub browsers: i64,
}

/// How many there are of what this server looks after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub accounts: i64,
    pub sessions: i64,
    pub keys: i64,
    pub clients: i64,
    pub waiting: i64,
}

/// How often something happened on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDay {
    /// The first second of it, UTC.
    pub day: Timestamp,
    pub kind: EventKind,
    pub count: i64,
}

impl Store {
    /// Accounts whose address has this in it, newest first, from behind `after` on.
    ///
    /// # Errors
    ///
    /// The database is away or a row does not read.
    pub async fn accounts_with(
        &self,
        in_address: &str,
        after: Option<&AccountId>,
    ) -> Result<Vec<Account>, StoreError> {
        let mut found = account::Entity::find();
        if !in_address.is_empty() {
            found = found.filter(account::Column::Email.like(holding(in_address)));
        }
        if let Some(after) = after {
            found = found.filter(account::Column::Id.lt(after.as_str()));
        }
        let rows =
            found.order_by_desc(account::Column::Id).limit(ACCOUNTS + 1).all(self.reader()).await?;
        rows.into_iter().map(Account::try_from).collect()
    }

    /// What an account has that is good.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn holdings_of(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Holdings, StoreError> {
        let sql = "SELECT \
            (SELECT COUNT(*) FROM session WHERE account_id = $1 AND ended_at IS NULL \
             AND expires_at > $2), \
            (SELECT COUNT(*) FROM api_key WHERE account_id = $1 AND organization_id IS NULL \
             AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2)), \
            (SELECT COUNT(*) FROM project WHERE account_id = $1 AND revoked_at IS NULL), \
            (SELECT COUNT(*) FROM organization_member WHERE account_id = $1), \
            (SELECT COUNT(*) FROM browser_session WHERE account_id = $1 AND expires_at > $2)";
        let [sessions, keys, projects, organizations, browsers] =
            self.sums(sql, vec![account.as_str().into(), now.0.into()]).await?;
        Ok(Holdings { sessions, keys, projects, organizations, browsers })
    }

    /// How many there are of everything that is good at this moment.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn everything(&self, now: Timestamp) -> Result<Sums, StoreError> {
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM account WHERE closed_at IS NULL), ({LIVE_SESSIONS}), \
             (SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $1)), \
             (SELECT COUNT(*) FROM client), \
             (SELECT COUNT(*) FROM approval WHERE state_name = 'waiting' AND expires_at > $1)"
        );
        let [accounts, sessions, keys, clients, waiting] =
            self.sums(&sql, vec![now.0.into()]).await?;
        Ok(Sums { accounts, sessions, keys, clients, waiting })
    }

    /// How often each of these kinds happened to a request for a person, day by day from `since` on, which begins one.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn happened(
        &self,
        kinds: &[EventKind],
        since: Timestamp,
    ) -> Result<Vec<OnDay>, StoreError> {
        let names: Vec<_> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
        let sql = format!(
            "SELECT (at - $1) / {day} AS past, kind, COUNT(*) FROM event \
             WHERE at >= $1 AND approval_id IS NOT NULL AND kind IN ({names}) GROUP BY past, kind",
            day = Seconds::DAY.0,
            names = names.join(", "),
        );
        let question = statement(self.backend(), &sql, [since.0.into()]);
        let rows = self.reader().query_all_raw(question).await?;
        let read = |row: &sea_orm::QueryResult| {
            let past: i64 = row.try_get_by_index(0)?;
            let kind: String = row.try_get_by_index(1)?;
            let count = row.try_get_by_index(2)?;
            let kind = EventKind::named(&kind).ok_or(StoreError::Corrupt("event"))?;
            let day = since + Seconds::DAY.times(past);
            Ok(OnDay { day, kind, count })
        };
        rows.iter().map(read).collect()
    }

    async fn sums<const N: usize>(
        &self,
        sql: &str,
        values: Vec<sea_orm::Value>,
    ) -> Result<[i64; N], StoreError> {
        let question = statement(self.backend(), sql, values);
        let row = self.reader().query_one_raw(question).await?;
        let mut sums = [0; N];
        if let Some(row) = row {
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum = row.try_get_by_index(index)?;
            }
        }
        Ok(sums)
    }
}
