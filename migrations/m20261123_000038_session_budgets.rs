//! How often a session may still be used, where that is limited.

use super::{Statements, big_integer, drop_tables, table, text};

pub(super) fn up() -> Statements {
    let budget = table("session_budget")
        .col(text("session_id").primary_key())
        .col(big_integer("calls"))
        .col(big_integer("calls_left"))
        .take();
    vec![Box::new(budget)]
}

pub(super) fn down() -> Statements {
    drop_tables(&["session_budget"])
}
