//! Keys that people hand to programs, and what happened to them.

use sea_orm::sea_query::{
    ConditionalStatement as _, Expr, ExprTrait as _, Index, TableCreateStatement,
};

use super::{
    Statements, add_columns, big_integer, big_integer_null, blob, boolean, drop_columns,
    drop_index, drop_tables, index, table, text, text_null,
};

pub(super) fn up() -> Statements {
    let mut statements: Statements = vec![Box::new(api_key()), index("api_key", "account_id")];
    statements.extend(add_columns("event", [text_null("key_id")]));
    // Most events are about something else, and cost no more than before.
    let of_key = Index::create()
        .name("event_key_id")
        .table("event")
        .col("key_id")
        .and_where(Expr::col("key_id").is_not_null())
        .take();
    statements.push(Box::new(of_key));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = vec![drop_index("event", "key_id")];
    statements.extend(drop_columns("event", &["key_id"]));
    statements.extend(drop_tables(&["api_key"]));
    statements
}

fn api_key() -> TableCreateStatement {
    table("api_key")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("account_id"))
        .col(text("profile"))
        .col(text("resource"))
        .col(blob("digest").unique_key())
        .col(text("beginning"))
        .col(text("name"))
        .col(text("environment"))
        .col(text("scopes"))
        .col(boolean("sandbox"))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer("uses"))
        .col(big_integer_null("ended_at"))
        .col(text_null("ended_cause"))
        .col(text_null("successor_id"))
        .take()
}
