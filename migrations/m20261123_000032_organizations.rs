//! Organizations, who belongs to them, and who is asked to; keys that are theirs.

use sea_orm::sea_query::{Index, TableCreateStatement};

use super::{
    SchemaStatement, Statements, add_columns, big_integer, blob, drop_columns, drop_index,
    drop_tables, index, table, text, text_null,
};

pub(super) fn up() -> Statements {
    let mut statements: Statements = vec![
        Box::new(organization()),
        Box::new(member()),
        index("organization_member", "account_id"),
        Box::new(invitation()),
        index("organization_invitation", "organization_id"),
        index("organization_invitation", "expires_at"),
    ];
    statements.extend(add_columns("api_key", [text_null("organization_id")]));
    statements.push(index("api_key", "organization_id"));
    statements
}

pub(super) fn down() -> Statements {
    let mut statements: Vec<SchemaStatement> = vec![drop_index("api_key", "organization_id")];
    statements.extend(drop_columns("api_key", &["organization_id"]));
    let tables = ["organization_invitation", "organization_member", "organization"];
    statements.extend(drop_tables(&tables));
    statements
}

fn organization() -> TableCreateStatement {
    table("organization")
        .col(text("id").primary_key())
        .col(big_integer("revision"))
        .col(text("slug").unique_key())
        .col(text("name"))
        .col(text_null("plan"))
        .col(big_integer("created_at"))
        .take()
}

fn member() -> TableCreateStatement {
    table("organization_member")
        .col(text("organization_id"))
        .col(text("account_id"))
        .col(text("role"))
        .col(big_integer("joined_at"))
        .primary_key(Index::create().col("organization_id").col("account_id"))
        .take()
}

fn invitation() -> TableCreateStatement {
    table("organization_invitation")
        .col(blob("digest").primary_key())
        .col(text("id").unique_key())
        .col(text("organization_id"))
        .col(text("email"))
        .col(text("role"))
        .col(text("invited_by"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .take()
}
