//! Passkeys; and whether a browser's sign-in counts where a fresh one is asked for, which that of
//! a password does not once its account has a passkey.

use sea_orm::sea_query::{ColumnDef, TableCreateStatement};

use super::{
    Statements, add_columns, big_integer, big_integer_null, drop_columns, drop_tables, index,
    table, text,
};

pub(super) fn up() -> Statements {
    let mut statements: Statements = vec![Box::new(passkey()), index("passkey", "account_id")];
    let confirms = ColumnDef::new("confirms").boolean().not_null().default(true).take();
    statements.extend(add_columns("browser_session", [confirms]));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = drop_columns("browser_session", &["confirms"]);
    statements.extend(drop_tables(&["passkey"]));
    statements
}

fn passkey() -> TableCreateStatement {
    table("passkey")
        .col(text("id").primary_key())
        .col(text("account_id"))
        .col(text("relying_party"))
        .col(text("name"))
        .col(text("credential"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_used_at"))
        .take()
}
