//! Which token a part of a session was handed on for: the part ends with that one.

use super::{Statements, add_columns, blob_null, drop_columns};

pub(super) fn up() -> Statements {
    add_columns("session", [blob_null("cut_from")])
}

pub(super) fn down() -> Statements {
    drop_columns("session", &["cut_from"])
}
