//! What a person took away from a live session: since when it rests, when it last became less;
//! and the network it was last used from, where a proxy told.

use super::{Statements, add_columns, big_integer_null, drop_columns, text_null};

pub(super) fn up() -> Statements {
    let columns = [
        big_integer_null("paused_at"),
        big_integer_null("lowered_at"),
        text_null("last_used_from"),
    ];
    add_columns("session", columns)
}

pub(super) fn down() -> Statements {
    drop_columns("session", &["paused_at", "lowered_at", "last_used_from"])
}
