//! What may be used once and was made by somebody else: client assertions, proofs of
//! possession. One row per use, until it could not be used again anyway.

use super::{Statements, big_integer, drop_tables, index, table, text};

pub(super) fn up() -> Statements {
    let replay =
        table("replay").col(text("name").primary_key()).col(big_integer("expires_at")).take();
    vec![Box::new(replay), index("replay", "expires_at")]
}

pub(super) fn down() -> Statements {
    drop_tables(&["replay"])
}
