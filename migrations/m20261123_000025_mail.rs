//! Letters that wait to be sent: sealed, because they may hold one-time links.

use super::{Statements, big_integer, blob, drop_tables, index, table, text};

pub(super) fn up() -> Statements {
    let mail = table("mail")
        .col(text("id").primary_key())
        .col(blob("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer("failures"))
        .col(big_integer("next_at"))
        .take();
    vec![Box::new(mail), index("mail", "next_at")]
}

pub(super) fn down() -> Statements {
    drop_tables(&["mail"])
}
