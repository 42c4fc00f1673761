//! Projects with their public tokens.

use sea_orm::sea_query::TableCreateStatement;

use super::{Statements, big_integer, big_integer_null, blob, drop_tables, index, table, text};

pub(super) fn up() -> Statements {
    vec![Box::new(project()), index("project", "account_id")]
}

pub(super) fn down() -> Statements {
    drop_tables(&["project"])
}

fn project() -> TableCreateStatement {
    table("project")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("account_id"))
        .col(text("profile"))
        .col(text("resource"))
        .col(text("name"))
        .col(text("token"))
        .col(blob("digest").unique_key())
        .col(big_integer("created_at"))
        .col(big_integer_null("revoked_at"))
        .take()
}
