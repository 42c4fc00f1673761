//! What is kept: rows, named queries, the one commit.
//!
//! `engine` opens SQLite or PostgreSQL; `write` is the vocabulary of a change; `grouping`
//! and `postgres` make changes durable; `denied` and `liveness` keep answers honest from
//! memory; `migration` brings the schema up to date.

mod change;
mod denied;
mod engine;
mod grouping;
mod listener;
mod liveness;
mod migration;
mod postgres;
mod sqlite;
mod write;

#[cfg(test)]
mod tests;

pub use denied::{Denied, LoadStamp};
pub use engine::{Database, GroupObserver, Location, OpenError};
pub use liveness::{Live, Liveness};
pub use migration::{migrate, unmigrate};
pub use write::{Expect, Step, WriteError};
