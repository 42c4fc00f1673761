//! Questions that no person answered and no registration put: an index over them, by their
//! end, for the upkeep. One expression, as for the sessions of machines.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, Index};

use super::{Statements, drop_index};

pub(super) fn up() -> Statements {
    let unanswered = Index::create()
        .name("approval_unanswered")
        .table("approval")
        .col("expires_at")
        .and_where(Expr::cust("COALESCE(account_id, registration_id) IS NULL"))
        .take();
    vec![Box::new(unanswered)]
}

pub(super) fn down() -> Statements {
    vec![drop_index("approval", "unanswered")]
}
