//! Authorization requests that wait for their browser (RFC 9126).

use sea_orm::sea_query::TableCreateStatement;

use super::{Statements, big_integer, big_integer_null, blob, drop_tables, index, table, text};

pub(super) fn up() -> Statements {
    // What upkeep looks for.
    vec![Box::new(pushed_request()), index("pushed_request", "expires_at")]
}

pub(super) fn down() -> Statements {
    drop_tables(&["pushed_request"])
}

fn pushed_request() -> TableCreateStatement {
    table("pushed_request")
        .col(blob("digest").primary_key())
        .col(text("client_id"))
        .col(text("request"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .take()
}
