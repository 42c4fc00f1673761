//! Which key or user token made a key, where one did.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, ExprTrait as _, Index};

use super::{Statements, add_columns, drop_columns, drop_index, text_null};

pub(super) fn up() -> Statements {
    let mut statements: Statements = add_columns("api_key", [text_null("made_by")]);
    let made_by = Index::create()
        .name("api_key_made_by")
        .table("api_key")
        .col("made_by")
        .and_where(Expr::col("made_by").is_not_null())
        .take();
    statements.push(Box::new(made_by));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = vec![drop_index("api_key", "made_by")];
    statements.extend(drop_columns("api_key", &["made_by"]));
    statements
}
