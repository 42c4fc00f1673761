//! Rows, and what they mean: each file maps one table to one domain type and back.
//!
//! A row that no longer reads as its type is [`StoreError::Corrupt`]: it fails closed.

pub mod account;
pub mod approval;
pub mod browser_session;
pub mod client;
pub mod event;
pub mod one_time_link;
pub mod pushed_request;
pub mod registration;
pub mod session;
pub mod signing_key;
pub mod token;

use sea_orm::sea_query::ValueType;
use sea_orm::{DbBackend, Statement, Value};

use crate::domain::origin::{Agent, Origin};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

/// A domain value that has a row of its own, guarded by its revision.
pub trait Stored {
    /// The name a stale guard is refused under.
    const NAME: &'static str;

    /// Writes this over revision `seen`, or anew when `seen` is
    /// [`UNSTORED`](crate::domain::change::UNSTORED).
    fn put(&self, seen: i64, backend: DbBackend) -> Result<Step, StoreError>;

    /// The revision this has once [`put`](Self::put) is committed.
    #[must_use]
    fn stored_as(self, revision: i64) -> Self;
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
pub(in crate::store) fn null_or<T: Into<Value> + ValueType + sea_orm::sea_query::Nullable>(
    value: Option<T>,
) -> Value {
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
