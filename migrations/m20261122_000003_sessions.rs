//! Holding: the approved connection, and the tokens that hang from it.

use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, TableCreateStatement};

use super::{
    Statements, big_integer, big_integer_null, blob, boolean, drop_tables, index, small_integer,
    table, text, text_null,
};

pub(super) fn up() -> Statements {
    vec![
        Box::new(session()),
        index("session", "account_id"),
        index("session", "registration_id"),
        Box::new(token()),
        index("token", "session_id"),
        index("token", "expires_at"),
    ]
}

pub(super) fn down() -> Statements {
    drop_tables(&["token", "session"])
}

fn session() -> TableCreateStatement {
    table("session")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("door"))
        .col(text_null("account_id"))
        .col(text_null("registration_id"))
        .col(text_null("approval_id"))
        .col(text_null("agent_name"))
        .col(text_null("agent_kind"))
        .col(text("resource"))
        .col(text("scopes"))
        .col(text("label"))
        .col(big_integer("created_at"))
        .col(big_integer_null("approved_at"))
        .col(big_integer("expires_at"))
        .col(big_integer("idle_seconds"))
        .col(boolean("refreshable"))
        .col(big_integer_null("collect_before"))
        .col(big_integer_null("last_used_at"))
        .col(big_integer_null("ended_at"))
        .col(text_null("ended_cause"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .take()
}

/// An ordinary table on SQLite too. Without a row number a lookup is an eighth cheaper, but
/// measured over a million rows an insert costs 1.8 times as much: digests arrive in no order,
/// and every index would carry all 32 bytes of them.
fn token() -> TableCreateStatement {
    table("token")
        .col(blob("digest").primary_key())
        .col(text("session_id"))
        .col(small_integer("kind"))
        .col(text("scopes"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("spent_at"))
        .foreign_key(
            ForeignKey::create()
                .name("token_of_session")
                .from("token", "session_id")
                .to("session", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}
