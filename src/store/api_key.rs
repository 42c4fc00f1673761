//! Named queries about keys.

use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, DbBackend, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::row::{api_key, event, statement, step};
use super::session::PAGE;
use super::{Store, StoreError};
use crate::domain::api_key::{ApiKey, KeyEnd, KeyKind, Mode};
use crate::domain::event::Event;
use crate::domain::id::{AccountId, KeyId};
use crate::domain::owner::Owner;
use crate::protocol::managed_key::Page;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

/// Uses of one key that no row tells of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUses {
    pub id: KeyId,
    pub count: i64,
    pub last: Timestamp,
    /// The address of the last one that a proxy told of.
    pub from: Option<String>,
}

/// The keys of one kind that somebody has.
#[derive(Debug)]
pub struct KeysOf<'a> {
    pub owner: &'a Owner,
    pub profile: &'a str,
    pub kind: KeyKind,
    /// Both where it is `None`.
    pub mode: Option<Mode>,
    pub beginning: &'a str,
}

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn api_key(&self, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        let row = self.one(api_key::Entity::find_by_id(id.as_str())).await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// The key of this digest, whether or not it is good.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn api_key_with(&self, digest: &Digest) -> Result<Option<ApiKey>, StoreError> {
        let by_digest = api_key::Column::Digest.eq(digest.0.to_vec());
        let row = self.one(api_key::Entity::find().filter(by_digest)).await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// The keys of these digests, whether or not they are good: one question, however many.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn api_keys_with(
        &self,
        digests: impl Iterator<Item = &Digest>,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let digests = digests.map(|digest| digest.0.to_vec());
        let by_digest = api_key::Column::Digest.is_in(digests);
        let rows = api_key::Entity::find().filter(by_digest).all(self.reader()).await?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// The environments that somebody's keys name, in their order.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn environments_of(&self, owner: &Owner) -> Result<Vec<String>, StoreError> {
        let named = api_key::Entity::find()
            .select_only()
            .column(api_key::Column::Environment)
            .distinct()
            .filter(is_of(owner))
            .filter(api_key::Column::Environment.ne(""))
            .order_by_asc(api_key::Column::Environment)
            .limit(PAGE);
        Ok(named.into_tuple().all(self.reader()).await?)
    }

    /// Somebody's keys that begin so, of one environment where one is named, newest first; those
    /// that ended too.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn api_keys_of(
        &self,
        owner: &Owner,
        beginning: &str,
        environment: Option<&str>,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let mut found = api_key::Entity::find().filter(is_of(owner)).filter(begins(beginning));
        if let Some(environment) = environment {
            found = found.filter(api_key::Column::Environment.eq(environment));
        }
        let rows = found
            // However many have ended, none of the others is ever off the page.
            .order_by_desc(Expr::col(api_key::Column::EndedAt).is_null())
            .order_by_desc(api_key::Column::CreatedAt)
            .order_by_desc(api_key::Column::Id)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// One page of the keys of one kind, newest first, those that ended too; and how many there
    /// are.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn page_of_api_keys(
        &self,
        wanted: &KeysOf<'_>,
        page: Page,
    ) -> Result<(Vec<ApiKey>, u64), StoreError> {
        let mut all = api_key::Entity::find()
            .filter(is_of(wanted.owner))
            .filter(api_key::Column::Profile.eq(wanted.profile))
            .filter(api_key::Column::Kind.eq(wanted.kind.name()))
            .filter(begins(wanted.beginning));
        if let Some(mode) = wanted.mode {
            all = all.filter(api_key::Column::Sandbox.eq(mode == Mode::Sandbox));
        }
        let count = all.clone().count(self.reader()).await?;
        let rows = all
            .order_by_desc(api_key::Column::CreatedAt)
            .order_by_desc(api_key::Column::Id)
            .offset((page.number - 1) * page.size)
            .limit(page.size)
            .all(self.reader())
            .await?;
        let keys = rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?;
        Ok((keys, count))
    }

    /// Whether any key is good that was made with this one, or with one that was.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn has_made_live(&self, id: &KeyId, now: Timestamp) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM api_key WHERE id IN ({MADE_BY}) AND ended_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)"
        );
        let question = statement(self.backend(), &sql, [id.as_str().into(), now.0.into()]);
        let row = self.reader().query_one_raw(question).await?;
        let count: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(count.is_some_and(|count| count > 0))
    }

    /// What happened to one key, oldest first.
    ///
    /// # Errors
    ///
    /// As [`api_key`](Self::api_key).
    pub async fn history_of_key(&self, id: &KeyId) -> Result<Vec<Event>, StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::KeyId.eq(id.as_str()))
            .order_by_asc(event::Column::Id)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// Writes how often keys were used and when last, batched.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn count_uses(&self, used: &[KeyUses]) -> Result<(), StoreError> {
        let sql = "UPDATE api_key SET uses = uses + $2, last_used_at = \
                   CASE WHEN COALESCE(last_used_at, 0) < $3 THEN $3 ELSE last_used_at END, \
                   last_used_from = COALESCE($4, last_used_from) WHERE id = $1";
        let counted = |one: &KeyUses| {
            let from = one.from.clone().into();
            let values = [one.id.as_str().into(), one.count.into(), one.last.0.into(), from];
            step(self.backend(), sql, values, Expect::Any)
        };
        self.write(used.iter().map(counted).collect()).await
    }
}

/// What an organization has is no person's, whoever made it.
fn is_of(owner: &Owner) -> Condition {
    match owner {
        Owner::Account(id) => Condition::all()
            .add(api_key::Column::AccountId.eq(id.as_str()))
            .add(api_key::Column::OrganizationId.is_null()),
        Owner::Organization(id) => {
            Condition::all().add(api_key::Column::OrganizationId.eq(id.as_str()))
        }
    }
}

/// Nothing in a beginning is a wildcard, and no collation has a say.
fn begins(beginning: &str) -> sea_orm::sea_query::SimpleExpr {
    let length = i32::try_from(beginning.len()).unwrap_or(i32::MAX);
    let start = Func::cust("SUBSTR").args([
        Expr::col(api_key::Column::Beginning),
        Expr::val(1),
        Expr::val(length),
    ]);
    Expr::expr(start).eq(beginning)
}

/// Ends a key that has not ended. Its id comes back for the deny set, as that of a session does.
pub(super) fn end(id: &KeyId, cause: KeyEnd, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE api_key SET ended_at = $1, ended_cause = $2, revision = revision + 1 \
               WHERE id = $3 AND ended_at IS NULL RETURNING id";
    let values = [at.0.into(), cause.name().into(), id.as_str().into()];
    step(backend, sql, values, Expect::Ends)
}

/// Ends every key that is a person's own.
pub(super) fn end_of(id: &AccountId, cause: KeyEnd, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE api_key SET ended_at = $1, ended_cause = $2, revision = revision + 1 \
               WHERE account_id = $3 AND organization_id IS NULL AND ended_at IS NULL RETURNING id";
    let values = [at.0.into(), cause.name().into(), id.as_str().into()];
    step(backend, sql, values, Expect::Ends)
}

/// The keys that were made with `$1`, those that were made with them, and so on.
const MADE_BY: &str = "WITH RECURSIVE line (id) AS (SELECT id FROM api_key WHERE made_by = $1 \
     UNION SELECT k.id FROM api_key k JOIN line ON k.made_by = line.id) SELECT id FROM line";

/// Ends them all. PostgreSQL's statements see what was committed when each of them began, and one
/// of these keys may be making another just then: whoever waited for it looks again.
pub(super) fn end_made_by(
    steps: &mut Vec<Step>,
    (id, kind): (&KeyId, Option<KeyKind>),
    (cause, at): (KeyEnd, Timestamp),
    backend: DbBackend,
) {
    let of_kind = if kind.is_some() { "AND kind = $4" } else { "" };
    let sql = format!(
        "UPDATE api_key SET ended_at = $2, ended_cause = $3, revision = revision + 1 \
         WHERE ended_at IS NULL AND id IN ({MADE_BY}) {of_kind} RETURNING id"
    );
    let rounds = if backend == DbBackend::Sqlite { 1 } else { 3 };
    for _round in 0..rounds {
        let values: [sea_orm::Value; 3] = [id.as_str().into(), at.0.into(), cause.name().into()];
        let values = values.into_iter().chain(kind.map(|kind| kind.name().into()));
        steps.push(step(backend, &sql, values, Expect::Ends));
    }
}
