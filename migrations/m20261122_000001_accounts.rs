//! People: their accounts, their signed-in browsers, the links an operator hands them.

use sea_orm::sea_query::{ForeignKey, ForeignKeyAction, TableCreateStatement};

use super::{
    Statements, big_integer, big_integer_null, blob, boolean, drop_tables, index, table, text,
    text_null,
};

pub(super) fn up() -> Statements {
    vec![
        Box::new(account()),
        Box::new(browser_session()),
        index("browser_session", "account_id"),
        Box::new(one_time_link()),
    ]
}

pub(super) fn down() -> Statements {
    drop_tables(&["one_time_link", "browser_session", "account"])
}

fn account() -> TableCreateStatement {
    table("account")
        .col(text("id").primary_key())
        .col(text("email").unique_key())
        .col(big_integer_null("email_verified_at"))
        .col(text("name"))
        .col(text_null("password_hash"))
        .col(boolean("administrator"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .take()
}

fn browser_session() -> TableCreateStatement {
    table("browser_session")
        .col(blob("digest").primary_key())
        .col(text("account_id"))
        .col(big_integer("created_at"))
        .col(big_integer("last_seen_at"))
        .col(big_integer("expires_at"))
        .col(text("address"))
        .col(text_null("user_agent"))
        .foreign_key(
            ForeignKey::create()
                .name("browser_session_of_account")
                .from("browser_session", "account_id")
                .to("account", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

fn one_time_link() -> TableCreateStatement {
    table("one_time_link")
        .col(blob("digest").primary_key())
        .col(text("purpose"))
        .col(text_null("account_id"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .take()
}
