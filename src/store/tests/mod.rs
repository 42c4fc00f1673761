//! The store's contract, on SQLite always and on PostgreSQL where one is named by
//! `COUNTERSIGN_TEST_POSTGRES`.

mod endings;
mod schema;
mod support;
mod writes;
