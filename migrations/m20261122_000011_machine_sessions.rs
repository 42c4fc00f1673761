//! Sessions of machines: an index over those that are nobody's history, by their end, so that
//! the upkeep finds what it removes without reading everybody else's.
//!
//! Both conditions are one expression: of two, SQLite takes the index of either column alone,
//! which names all of these sessions and says nothing of their end.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, Index};

use super::{Statements, drop_index};

pub(super) fn up() -> Statements {
    let machines = Index::create()
        .name("session_machine")
        .table("session")
        .col("expires_at")
        .and_where(Expr::cust("COALESCE(account_id, registration_id) IS NULL"))
        .take();
    vec![Box::new(machines)]
}

pub(super) fn down() -> Statements {
    vec![drop_index("session", "machine")]
}
