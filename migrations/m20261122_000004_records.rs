//! Remembering: what happened, what was counted, which keys sign, and the server's own facts.

use sea_orm::sea_query::{Index, TableCreateStatement};

use super::{
    Statements, big_integer, big_integer_null, blob, drop_tables, index, table, text, text_null,
};

pub(super) fn up() -> Statements {
    vec![
        Box::new(event()),
        index("event", "session_id"),
        index("event", "account_id"),
        index("event", "at"),
        Box::new(counter()),
        Box::new(signing_key()),
        Box::new(meta()),
    ]
}

pub(super) fn down() -> Statements {
    drop_tables(&["meta", "signing_key", "counter", "event"])
}

fn event() -> TableCreateStatement {
    table("event")
        .col(text("id").primary_key())
        .col(big_integer("at"))
        .col(text("kind"))
        .col(text_null("account_id"))
        .col(text_null("session_id"))
        .col(text_null("registration_id"))
        .col(text_null("approval_id"))
        .col(text("address"))
        .col(text_null("detail"))
        .take()
}

/// Guesses and requests per window, so that a restart or a second node forgets none.
fn counter() -> TableCreateStatement {
    table("counter")
        .col(text("name"))
        .col(big_integer("window_start"))
        .col(big_integer("count"))
        .col(big_integer("expires_at"))
        .primary_key(Index::create().col("name").col("window_start"))
        .take()
}

fn signing_key() -> TableCreateStatement {
    table("signing_key")
        .col(text("kid").primary_key())
        .col(text("algorithm"))
        .col(blob("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer_null("retired_at"))
        .take()
}

fn meta() -> TableCreateStatement {
    table("meta").col(text("name").primary_key()).col(blob("value")).take()
}
