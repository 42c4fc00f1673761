//! When an administrator closed an account, where one did.

use super::{Statements, add_columns, big_integer_null, drop_columns};

pub(super) fn up() -> Statements {
    add_columns("account", [big_integer_null("closed_at")])
}

pub(super) fn down() -> Statements {
    drop_columns("account", &["closed_at"])
}
