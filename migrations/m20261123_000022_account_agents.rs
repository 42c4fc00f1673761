//! Agents of accounts, and the keys that are given to one. Those that exist are nobody's.

use sea_orm::sea_query::{
    ConditionalStatement as _, Expr, ExprTrait as _, Index, TableCreateStatement,
};

use super::{
    Statements, add_columns, big_integer, drop_columns, drop_index, drop_tables, index, table,
    text, text_null,
};

pub(super) fn up() -> Statements {
    let mut statements: Statements =
        vec![Box::new(account_agent()), index("account_agent", "account_id")];
    statements.extend(add_columns("api_key", [text_null("agent_id"), text_null("agent_name")]));
    let of_agent = Index::create()
        .name("api_key_agent_id")
        .table("api_key")
        .col("agent_id")
        .and_where(Expr::col("agent_id").is_not_null())
        .take();
    statements.push(Box::new(of_agent));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = vec![drop_index("api_key", "agent_id")];
    statements.extend(drop_columns("api_key", &["agent_id", "agent_name"]));
    statements.extend(drop_tables(&["account_agent"]));
    statements
}

fn account_agent() -> TableCreateStatement {
    table("account_agent")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("account_id"))
        .col(text("name"))
        .col(big_integer("created_at"))
        .take()
}
