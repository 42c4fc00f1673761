//! The store's contract, on SQLite always and on PostgreSQL where one is named by
//! `COUNTERSIGN_TEST_POSTGRES`.

#![expect(
    clippy::disallowed_methods,
    clippy::unreachable,
    reason = "these tests use real databases, real time, and settings of their own"
)]

mod delegation;
mod endings;
mod figures;
mod replay;
mod schema;
mod support;
mod writes;
