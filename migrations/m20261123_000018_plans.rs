//! The plan of an account, and what it used in each month.

use sea_orm::sea_query::{Index, TableCreateStatement};

use super::{
    Statements, add_columns, big_integer, drop_columns, drop_tables, table, text, text_null,
};

pub(super) fn up() -> Statements {
    let mut statements = add_columns("account", [text_null("plan")]);
    statements.push(Box::new(plan_use()));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = drop_tables(&["plan_use"]);
    statements.extend(drop_columns("account", &["plan"]));
    statements
}

fn plan_use() -> TableCreateStatement {
    table("plan_use")
        .col(text("account_id"))
        .col(text("profile"))
        .col(big_integer("month"))
        .col(big_integer("requests"))
        .col(big_integer("events"))
        .primary_key(Index::create().col("account_id").col("profile").col("month"))
        .take()
}
