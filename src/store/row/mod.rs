//! Rows, and what they mean: each file maps one table to one domain type and back.
//!
//! A row that no longer reads as its type is [`StoreError::Corrupt`]: it fails closed.

pub mod account;
pub mod account_agent;
pub mod api_key;
pub mod approval;
pub mod browser_session;
pub mod client;
pub mod event;
pub mod one_time_link;
pub mod organization;
pub mod organization_invitation;
pub mod organization_member;
pub mod passkey;
pub mod project;
pub mod pushed_request;
pub mod registration;
pub mod session;
pub mod session_token;
pub mod signing_key;
pub mod token;

use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr, Nullable, ValueType};
use sea_orm::{
    ActiveModelTrait, DbBackend, EntityName as _, EntityTrait, IdenStatic as _, Insert,
    Iterable as _, QueryFilter as _, QueryTrait as _, Statement, Update, Value,
};

use crate::domain::change::UNSTORED;
use crate::domain::origin::{Agent, Origin};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

type Column<R> = <<R as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// A domain value that has a row of its own, guarded by its revision.
pub trait Stored: Sized {
    type Row: ActiveModelTrait;

    /// Columns that this change leaves as they are: what is written once, and what is written
    /// without a revision, by statements of its own. Whatever is set has its indexes written
    /// anew, even to what they were.
    fn apart(&self) -> &'static [Column<Self::Row>] {
        &[]
    }

    /// The row this is at `revision`.
    fn row(&self, revision: i64) -> Result<Self::Row, StoreError>;

    /// The revision this has once [`put`](Self::put) is committed.
    #[must_use]
    fn stored_as(self, revision: i64) -> Self;

    /// Writes this over revision `seen`, or anew when `seen` is [`UNSTORED`].
    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError> {
        let row = self.row(seen + 1)?;
        if seen == UNSTORED {
            return Ok(insert(row, backend));
        }
        let mut row = row.reset_all();
        for column in self.apart() {
            row.not_set(*column);
        }
        let update = Update::one(row).validate()?.filter(Expr::col("revision").eq(seen));
        Ok(Step { statement: update.build(backend), expect: one_of::<Self::Row>() })
    }
}

/// A row that is not there yet.
pub(in crate::store) fn insert<R: ActiveModelTrait>(row: R, backend: DbBackend) -> Step {
    let statement = Insert::one(row.reset_all()).build(backend);
    Step { statement, expect: one_of::<R>() }
}

/// One row, or the change is refused under the table's name.
fn one_of<R: ActiveModelTrait>() -> Expect {
    Expect::One(R::Entity::default().table_name())
}

/// Every column of the table that a statement calls `alias`, under its name after `prefix`:
/// `*` would break statements that another node keeps prepared while a migration adds one.
fn columns<E: EntityTrait>(alias: &str, prefix: &str) -> String {
    let named = |column: E::Column| {
        let name = column.as_str();
        format!("{alias}.{name} AS {prefix}{name}")
    };
    E::Column::iter().map(named).collect::<Vec<_>>().join(", ")
}

/// One statement with `$1`, `$2` … on either database.
pub(in crate::store) fn statement<V>(backend: DbBackend, sql: &str, values: V) -> Statement
where
    V: IntoIterator<Item = Value>,
{
    Statement::from_sql_and_values(backend, sql, values)
}

pub(in crate::store) fn step<V>(backend: DbBackend, sql: &str, values: V, expect: Expect) -> Step
where
    V: IntoIterator<Item = Value>,
{
    Step { statement: statement(backend, sql, values), expect }
}

/// A null of the type that `T` binds as.
pub(in crate::store) fn null_or<T: Into<Value> + ValueType + Nullable>(value: Option<T>) -> Value {
    value.map_or_else(T::null, Into::into)
}

fn told(text: Option<String>) -> Option<ToldText> {
    text.and_then(|text| ToldText::clean(&text, 500))
}

fn agent(name: Option<String>, kind: Option<String>, reason: Option<String>) -> Agent {
    Agent { name: told(name), kind: told(kind), reason: told(reason) }
}

fn text(told: Option<&ToldText>) -> Option<String> {
    told.map(ToString::to_string)
}

fn origin(address: String, user_agent: Option<String>) -> Origin {
    Origin { address, user_agent: told(user_agent) }
}

fn time(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(Timestamp)
}

fn seconds(time: Option<Timestamp>) -> Option<i64> {
    time.map(|time| time.0)
}

/// Text that holds `words`, of which each character stands for itself: a name of wildcards
/// would be one that everybody knows.
pub(in crate::store) fn holding(words: &str) -> LikeExpr {
    const ESCAPE: char = '!';
    let mut pattern = String::from("%");
    for character in words.chars() {
        if matches!(character, ESCAPE | '%' | '_') {
            pattern.push(ESCAPE);
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape(ESCAPE)
}
