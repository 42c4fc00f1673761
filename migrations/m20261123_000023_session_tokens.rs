//! Tokens that agents' keys were traded for.

use sea_orm::sea_query::TableCreateStatement;

use super::{Statements, big_integer, blob, drop_tables, index, table, text};

pub(super) fn up() -> Statements {
    vec![Box::new(session_token()), index("session_token", "expires_at")]
}

pub(super) fn down() -> Statements {
    drop_tables(&["session_token"])
}

fn session_token() -> TableCreateStatement {
    table("session_token")
        .col(blob("digest").primary_key())
        .col(text("key_id"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .take()
}
