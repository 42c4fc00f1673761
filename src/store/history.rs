//! The chains of the audit trail: their heads, what is still to be linked, and what is read
//! again when they are examined (docs/adr/0027).

use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult as _};
use serde_json::json;

use super::row::{event, statement, step};
use super::{Store, StoreError};
use crate::domain::history::{ALL, Entry, Head, Linked, REFUSED, Seals};
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

/// Rows read or written at once.
pub const BATCH: usize = 500;

/// The columns of a head, in the order they are read.
const HEAD: &str = "SELECT chain, count, position, link, cut, cut_link, signature \
                    FROM history_chain";

/// Which entries are read.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// Linked, after this position.
    Linked(i64),
    /// Not linked yet, after this identifier.
    Unlinked(&'a str),
    /// In no chain, after this identifier.
    Apart(&'a str),
}

impl Store {
    /// # Errors
    ///
    /// The database is away.
    pub async fn history_heads(&self) -> Result<Vec<Head>, StoreError> {
        self.heads_where("chain <> ''", Vec::new()).await
    }

    /// The heads of these chains, as far as there are any.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn history_heads_of(&self, chains: &[&str]) -> Result<Vec<Head>, StoreError> {
        let among = match self.backend() {
            DbBackend::Postgres => {
                "chain IN (SELECT one.value #>> '{}' FROM json_array_elements($1::json) AS one(value))"
            }
            _ => "chain IN (SELECT one.value FROM json_each($1) AS one)",
        };
        self.heads_where(among, vec![json!(chains).to_string().into()]).await
    }

    async fn heads_where(
        &self,
        condition: &str,
        values: Vec<sea_orm::Value>,
    ) -> Result<Vec<Head>, StoreError> {
        let query = statement(self.backend(), &format!("{HEAD} WHERE {condition}"), values);
        let rows = self.reader().query_all_raw(query).await?;
        let head = |row: &sea_orm::QueryResult| {
            Ok(Head {
                chain: row.try_get_by_index(0)?,
                count: row.try_get_by_index(1)?,
                position: row.try_get_by_index(2)?,
                link: row.try_get_by_index(3)?,
                cut: row.try_get_by_index(4)?,
                cut_link: row.try_get_by_index(5)?,
                signature: row.try_get_by_index(6)?,
            })
        };
        rows.iter().map(head).collect()
    }

    /// Writes the head that sums up all chains, if there is none.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn begin_history(&self, all: &Head) -> Result<(), StoreError> {
        let sql = "INSERT INTO history_chain \
                   (chain, count, position, link, cut, cut_link, signature) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let values = [
            all.chain.as_str().into(),
            all.count.into(),
            all.position.into(),
            all.link.as_str().into(),
            all.cut.into(),
            all.cut_link.as_str().into(),
            all.signature.as_str().into(),
        ];
        self.write(vec![step(self.backend(), sql, values, Expect::Any)]).await
    }

    /// A batch of entries, in order.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn history_entries(
        &self,
        which: Which<'_>,
        seals: &Seals,
    ) -> Result<Vec<Entry>, StoreError> {
        let (condition, order, after) = match which {
            Which::Linked(position) => {
                ("position > 0 AND position > $1", "position", position.into())
            }
            Which::Unlinked(id) => ("position IS NULL AND id > $1", "id", id.into()),
            Which::Apart(id) => ("position <= 0 AND id > $1", "id", id.into()),
        };
        let sql = format!(
            "SELECT {} FROM event WHERE {condition} ORDER BY {order} LIMIT {BATCH}",
            *event::COLUMNS
        );
        let query = statement(self.backend(), &sql, [after]);
        let rows = self.reader().query_all_raw(query).await?;
        let entry =
            |row: &sea_orm::QueryResult| Ok(event::Model::from_query_result(row, "")?.entry(seals));
        rows.iter().map(entry).collect()
    }

    /// Links a batch, if the sum is as it was `seen`: nobody else linked or removed anything since it was read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if somebody did.
    pub async fn link_history(&self, seen: &Head, links: Linked) -> Result<(), StoreError> {
        let linked = links
            .linked
            .iter()
            .map(|entry| json!({ "id": entry.id, "position": entry.position, "link": entry.link }));
        let linked = json!(linked.collect::<Vec<_>>()).to_string();
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "UPDATE event SET position = (one.value ->> 'position')::bigint, \
                 link = one.value ->> 'link' FROM json_array_elements($1::json) AS one(value) \
                 WHERE event.id = one.value ->> 'id' AND event.position IS NULL"
            }
            _ => {
                "UPDATE event SET position = one.value ->> 'position', \
                 link = one.value ->> 'link' FROM json_each($1) AS one \
                 WHERE event.id = one.value ->> 'id' AND event.position IS NULL"
            }
        };
        let mut steps = self.move_heads(seen, &links);
        steps.push(step(self.backend(), sql, [linked.into()], Expect::Any));
        self.write(steps).await
    }

    /// Removes linked entries up to a position; the heads say what was there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`] if the heads have moved since they were read.
    pub async fn cut_history(&self, seen: &Head, links: Linked) -> Result<(), StoreError> {
        let sql = "DELETE FROM event WHERE position > 0 AND position <= $1";
        let cut = links.all.cut;
        let mut steps = self.move_heads(seen, &links);
        steps.push(step(self.backend(), sql, [cut.into()], Expect::Any));
        self.write(steps).await
    }

    fn move_heads(&self, seen: &Head, links: &Linked) -> Vec<Step> {
        let all = &links.all;
        let sum = "UPDATE history_chain SET count = $2, position = $3, cut = $4, signature = $5 \
                   WHERE chain = $1 AND count = $6 AND cut = $7";
        let values = [
            ALL.into(),
            all.count.into(),
            all.position.into(),
            all.cut.into(),
            all.signature.as_str().into(),
            seen.count.into(),
            seen.cut.into(),
        ];
        let sum = step(self.backend(), sum, values, Expect::One("history_chain"));
        let heads = links.heads.iter().map(|head| {
            json!({
                "chain": head.chain, "count": head.count, "position": head.position,
                "link": head.link, "cut": head.cut, "cut_link": head.cut_link,
                "signature": head.signature,
            })
        });
        let heads = json!(heads.collect::<Vec<_>>()).to_string();
        vec![sum, step(self.backend(), &upsert(self.backend()), [heads.into()], Expect::Any)]
    }

    /// Removes entries of questions alone that are older than `horizon`.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn forget_loose(&self, horizon: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM event WHERE position = 0 AND at < $1";
        self.write(vec![step(self.backend(), sql, [horizon.0.into()], Expect::Any)]).await
    }

    /// Sets an entry apart whose seal did not hold: it is in no chain, and stays to be found.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn refuse_entry(&self, id: &str) -> Result<(), StoreError> {
        let sql = "UPDATE event SET position = $2 WHERE id = $1 AND position IS NULL";
        let values = [id.into(), REFUSED.into()];
        self.write(vec![step(self.backend(), sql, values, Expect::Any)]).await
    }
}

/// Every head of a JSON array, written anew or over what is there.
fn upsert(backend: DbBackend) -> String {
    let (of, number) = match backend {
        DbBackend::Postgres => ("json_array_elements($1::json) AS one(value)", "::bigint"),
        _ => ("json_each($1) AS one", ""),
    };
    format!(
        "INSERT INTO history_chain (chain, count, position, link, cut, cut_link, signature) \
         SELECT one.value ->> 'chain', (one.value ->> 'count'){number}, \
         (one.value ->> 'position'){number}, one.value ->> 'link', \
         (one.value ->> 'cut'){number}, one.value ->> 'cut_link', one.value ->> 'signature' \
         FROM {of} WHERE TRUE ON CONFLICT (chain) DO UPDATE SET count = excluded.count, \
         position = excluded.position, link = excluded.link, cut = excluded.cut, \
         cut_link = excluded.cut_link, signature = excluded.signature"
    )
}
