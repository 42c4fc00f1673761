//! Keys of several kinds beside each other in one profile. Those that exist are programs' keys.

use super::{Statements, add_columns, drop_columns, text};

pub(super) fn up() -> Statements {
    add_columns("api_key", [text("kind").default("secret").take()])
}

pub(super) fn down() -> Statements {
    drop_columns("api_key", &["kind"])
}
