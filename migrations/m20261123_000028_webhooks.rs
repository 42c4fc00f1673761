//! How far each webhook of the operator's has been told what happened.

use super::{Statements, big_integer, drop_tables, table, text};

pub(super) fn up() -> Statements {
    let webhook = table("webhook")
        .col(text("url").primary_key())
        .col(big_integer("position"))
        .col(big_integer("failures"))
        .col(big_integer("next_at"))
        .take();
    vec![Box::new(webhook)]
}

pub(super) fn down() -> Statements {
    drop_tables(&["webhook"])
}
