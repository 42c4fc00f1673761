//! Asking: an agent's registration, and the one question put to one human.

use sea_orm::sea_query::TableCreateStatement;

use super::{
    Statements, big_integer, big_integer_null, blob, blob_null, drop_tables, index, table, text,
    text_null,
};

pub(super) fn up() -> Statements {
    vec![
        Box::new(registration()),
        Box::new(approval()),
        index("approval", "registration_id"),
        index("approval", "account_id"),
    ]
}

pub(super) fn down() -> Statements {
    drop_tables(&["approval", "registration"])
}

fn registration() -> TableCreateStatement {
    table("registration")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("kind"))
        .col(text_null("client_name"))
        .col(text_null("client_type"))
        .col(text_null("reason"))
        .col(text("resource"))
        .col(text("scopes"))
        .col(text("pre_claim_scopes"))
        .col(text_null("login_hint"))
        .col(blob("claim_digest").unique_key())
        .col(big_integer("claim_expires_at"))
        .col(big_integer("generation"))
        .col(text_null("account_id"))
        .col(text_null("session_id"))
        .col(text_null("approval_id"))
        .col(big_integer_null("revoked_at"))
        .col(big_integer_null("polled_at"))
        .col(big_integer("poll_interval"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .col(big_integer("created_at"))
        .take()
}

fn approval() -> TableCreateStatement {
    table("approval")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(blob("link_digest").unique_key())
        .col(text("door"))
        .col(text_null("registration_id"))
        .col(text_null("account_id"))
        .col(text("ask"))
        .col(text("state"))
        .col(text("state_name"))
        .col(blob_null("agent_code"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .take()
}
