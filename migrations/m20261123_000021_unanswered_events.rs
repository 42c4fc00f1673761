//! What is remembered of questions that no person answered: an index over it, by the question,
//! so that the upkeep removes the one with the other.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, Index};

use super::{Statements, drop_index};

pub(super) fn up() -> Statements {
    let unanswered = Index::create()
        .name("event_unanswered")
        .table("event")
        .col("approval_id")
        .and_where(Expr::cust("COALESCE(account_id, registration_id, session_id) IS NULL"))
        .take();
    vec![Box::new(unanswered)]
}

pub(super) fn down() -> Statements {
    vec![drop_index("event", "unanswered")]
}
