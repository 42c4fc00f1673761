//! Whom a question is addressed to, so that they find it, and since when they need no letter.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, ExprTrait as _, Index};

use super::{Statements, add_columns, big_integer_null, drop_columns, drop_index, text_null};

pub(super) fn up() -> Statements {
    let mut statements: Statements =
        add_columns("approval", [text_null("expected_email"), big_integer_null("noticed_at")]);
    let expected = Index::create()
        .name("approval_expected_email")
        .table("approval")
        .col("expected_email")
        .and_where(Expr::col("state_name").eq("waiting"))
        .take();
    statements.push(Box::new(expected));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = vec![drop_index("approval", "expected_email")];
    statements.extend(drop_columns("approval", &["expected_email", "noticed_at"]));
    statements
}
