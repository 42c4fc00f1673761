//! What makes the audit trail one that shows where it was changed (docs/adr/0027): each entry is
//! sealed as it is written and linked to the one before it a moment later, and each chain has a
//! signed head. Which agent, which resource and what led to it, on every entry.

use sea_orm::sea_query::{ConditionalStatement as _, Expr, Index, TableCreateStatement};

use super::{
    SchemaStatement, Statements, add_columns, big_integer, big_integer_null, drop_columns,
    drop_index, drop_tables, index, table, text, text_null,
};

pub(super) fn up() -> Statements {
    let columns = [
        text_null("agent"),
        text_null("resource"),
        text_null("cause"),
        text_null("seal"),
        big_integer_null("position"),
        text_null("link"),
    ];
    let mut statements = add_columns("event", columns);
    statements.push(over("event_unlinked", "id", "position IS NULL"));
    statements.push(over("event_position", "position", "position > 0"));
    statements.push(drop_index("event", "account_id"));
    let newest =
        Index::create().name("event_account").table("event").col("account_id").col("id").take();
    statements.push(Box::new(newest));
    statements.push(Box::new(chain()));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = drop_tables(&["history_chain"]);
    statements.push(drop_index("event", "account"));
    statements.push(index("event", "account_id"));
    statements.push(drop_index("event", "position"));
    statements.push(drop_index("event", "unlinked"));
    let columns = ["link", "position", "seal", "cause", "resource", "agent"];
    statements.extend(drop_columns("event", &columns));
    statements
}

fn over(name: &'static str, column: &'static str, condition: &'static str) -> SchemaStatement {
    let mut index = Index::create().name(name).table("event").col(column).take();
    Box::new(index.and_where(Expr::cust(condition)).take())
}

/// One row is the signed head of an account's chain; two have names of their own: the chain of
/// what no account did, and the sum of them all.
fn chain() -> TableCreateStatement {
    table("history_chain")
        .col(text("chain").primary_key())
        .col(big_integer("count"))
        .col(big_integer("position"))
        .col(text("link"))
        .col(big_integer("cut"))
        .col(text("cut_link"))
        .col(text("signature"))
        .take()
}
