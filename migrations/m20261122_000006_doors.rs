//! The standard doors: what an approval is collected with and at which pace, whose client a
//! session belongs to and which session it descends from, which key a token is bound to.

use sea_orm::sea_query::Index;

use super::{
    SchemaStatement, Statements, add_columns, big_integer, big_integer_null, blob_null,
    drop_columns, drop_index, index, text_null,
};

const APPROVAL: [&str; 5] =
    ["handle_digest", "user_code_digest", "client_id", "polled_at", "poll_interval"];
const SESSION: [&str; 3] = ["client_id", "parent_id", "claims"];

pub(super) fn up() -> Statements {
    let columns = [
        blob_null("handle_digest"),
        blob_null("user_code_digest"),
        text_null("client_id"),
        big_integer_null("polled_at"),
        big_integer("poll_interval").default(5).take(),
    ];
    let mut statements = add_columns("approval", columns);
    statements.push(unique("approval", "handle_digest"));
    statements.push(unique("approval", "user_code_digest"));
    statements.push(index("approval", "client_id"));
    let columns = [text_null("client_id"), text_null("parent_id"), text_null("claims")];
    statements.extend(add_columns("session", columns));
    statements.push(index("session", "client_id"));
    statements.push(index("session", "parent_id"));
    statements.extend(add_columns("token", [text_null("key_thumbprint")]));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements = vec![
        drop_index("approval", "handle_digest"),
        drop_index("approval", "user_code_digest"),
        drop_index("approval", "client_id"),
        drop_index("session", "client_id"),
        drop_index("session", "parent_id"),
    ];
    statements.extend(drop_columns("token", &["key_thumbprint"]));
    statements.extend(drop_columns("session", &SESSION));
    statements.extend(drop_columns("approval", &APPROVAL));
    statements
}

/// An index that also refuses a second row of the same value; nulls do not count.
fn unique(table: &'static str, column: &'static str) -> SchemaStatement {
    let name = format!("{table}_{column}");
    Box::new(Index::create().name(name).table(table).col(column).unique().take())
}
