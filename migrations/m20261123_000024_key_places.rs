//! Where keys were last used from, and what they are limited to. Those that exist open everything
//! that they did.

use super::{Statements, add_columns, drop_columns, text, text_null};

pub(super) fn up() -> Statements {
    let limited_to = text("limited_to").default("").take();
    add_columns("api_key", [text_null("last_used_from"), limited_to])
}

pub(super) fn down() -> Statements {
    drop_columns("api_key", &["last_used_from", "limited_to"])
}
