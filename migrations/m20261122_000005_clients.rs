//! Clients that registered themselves (RFC 7591).

use sea_orm::sea_query::{Index, TableCreateStatement};

use super::{
    Statements, big_integer, big_integer_null, blob, blob_null, drop_tables, table, text, text_null,
};

pub(super) fn up() -> Statements {
    // What upkeep looks for: never used, and old.
    let mut unused = Index::create().name("client_unused").table("client").take();
    unused.col("used_at").col("created_at");
    vec![Box::new(client()), Box::new(unused)]
}

pub(super) fn down() -> Statements {
    drop_tables(&["client"])
}

fn client() -> TableCreateStatement {
    table("client")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("metadata"))
        .col(blob_null("secret_digest"))
        .col(blob("management_digest"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .col(big_integer("created_at"))
        .col(big_integer_null("used_at"))
        .take()
}
