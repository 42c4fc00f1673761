//! `token`: digests of what was issued.

use sea_orm::DbBackend;
use sea_orm::entity::prelude::*;

use super::{null_or, step, time};
use crate::domain::id::SessionId;
use crate::domain::session::{Token, TokenKind};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;
use crate::store::write::{Expect, Step};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub session_id: String,
    pub kind: i16,
    pub scopes: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub spent_at: Option<i64>,
    pub key_thumbprint: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const CORRUPT: StoreError = StoreError::Corrupt("token");

impl TryFrom<Model> for Token {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let kind = match row.kind {
            1 => TokenKind::Access,
            2 => TokenKind::Refresh,
            _ => return Err(CORRUPT),
        };
        let key = row.key_thumbprint.map(|text| Thumbprint::parse(&text).ok_or(CORRUPT));
        Ok(Self {
            digest: Digest::stored(&row.digest).ok_or(CORRUPT)?,
            session: SessionId(row.session_id),
            kind,
            scopes: Scopes::stored(&row.scopes).map_err(|_| CORRUPT)?,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            spent_at: time(row.spent_at),
            key: key.transpose()?,
        })
    }
}

/// Issues a token of a session that is live at this moment, or nothing: a revocation that
/// came first is not undone by a token that came after.
pub(in crate::store) fn issue(token: &Token, backend: DbBackend) -> Step {
    let sql = "INSERT INTO token (digest, session_id, kind, scopes, created_at, expires_at, \
               key_thumbprint) SELECT $1, id, $3, $4, $5, $6, $7 FROM session \
               WHERE id = $2 AND ended_at IS NULL AND collect_before IS NULL AND expires_at > $5";
    let values: [Value; 7] = [
        token.digest.0.to_vec().into(),
        token.session.as_str().into(),
        (token.kind as i16).into(),
        token.scopes.to_string().into(),
        token.created_at.0.into(),
        token.expires_at.0.into(),
        null_or(token.key.as_ref().map(|key| key.as_str().to_owned())),
    ];
    step(backend, sql, values, Expect::One("session"))
}

/// Spends a refresh token, once.
pub(in crate::store) fn spend(digest: &Digest, at: Timestamp, backend: DbBackend) -> Step {
    let sql = "UPDATE token SET spent_at = $2 WHERE digest = $1 AND spent_at IS NULL";
    step(backend, sql, [digest.0.to_vec().into(), at.0.into()], Expect::One("token"))
}

/// Removes a session's unspent refresh tokens. Spent ones stay, to tell a copy by.
pub(in crate::store) fn drop_refresh(session: &SessionId, backend: DbBackend) -> Step {
    let sql = "DELETE FROM token WHERE session_id = $1 AND kind = 2 AND spent_at IS NULL";
    step(backend, sql, [session.as_str().into()], Expect::Any)
}

/// Ends one token; its digest goes to the deny set as an ended session's id would.
pub(in crate::store) fn drop_one(digest: &Digest, backend: DbBackend) -> Step {
    let sql = "DELETE FROM token WHERE digest = $1 RETURNING CAST($2 AS TEXT)";
    step(backend, sql, [digest.0.to_vec().into(), digest.hex().into()], Expect::Ends)
}
