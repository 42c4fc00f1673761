//! Scopes that a session holds for a while only.

use super::{Statements, add_columns, big_integer_null, drop_columns, text_null};

pub(super) fn up() -> Statements {
    add_columns("session", [text_null("extra_scopes"), big_integer_null("extra_until")])
}

pub(super) fn down() -> Statements {
    drop_columns("session", &["extra_scopes", "extra_until"])
}
