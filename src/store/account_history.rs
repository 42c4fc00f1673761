//! What happened in one account.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use sea_orm::{QuerySelect as _, QueryTrait as _};

use super::row::event;
use super::{Store, StoreError};
use crate::domain::account_history::{Recorded, Wanted};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;

impl Store {
    /// Entries of one account, newest first, at most so many. Whatever else is wanted, the
    /// account is in the condition.
    ///
    /// # Errors
    ///
    /// The database is away or a row does not read.
    pub async fn history_of(
        &self,
        account: &AccountId,
        wanted: &Wanted,
        most: u64,
    ) -> Result<Vec<Recorded>, StoreError> {
        let kinds = wanted.group.map(|group| group.kinds().into_iter().map(EventKind::name));
        let rows = event::Entity::find()
            .filter(event::Column::AccountId.eq(account.as_str()))
            .apply_if(kinds, |rows, kinds| rows.filter(event::Column::Kind.is_in(kinds)))
            .apply_if(wanted.session.as_ref(), |rows, session| {
                rows.filter(event::Column::SessionId.eq(session.as_str()))
            })
            .apply_if(wanted.before.as_deref(), |rows, before| {
                rows.filter(event::Column::Id.lt(before))
            })
            .order_by_desc(event::Column::Id)
            .limit(most)
            .all(self.reader())
            .await?;
        let recorded =
            |row: event::Model| Ok(Recorded { id: row.id.clone(), event: Event::try_from(row)? });
        rows.into_iter().map(recorded).collect()
    }
}
