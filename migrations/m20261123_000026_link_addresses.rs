//! Links that are for an address which has no account yet.

use super::{Statements, add_columns, drop_columns, text_null};

pub(super) fn up() -> Statements {
    add_columns("one_time_link", [text_null("email")])
}

pub(super) fn down() -> Statements {
    drop_columns("one_time_link", &["email"])
}
