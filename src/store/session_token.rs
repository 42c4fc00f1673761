//! Named queries about the tokens that agents' keys were traded for.

use sea_orm::{ColumnTrait as _, DbBackend, EntityTrait as _, QueryFilter as _};

use super::row::{session_token, step};
use super::{Store, StoreError};
use crate::domain::api_key::ApiKey;
use crate::domain::session_token::SessionToken;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::{Expect, Step};

impl Store {
    /// The token of this digest and the key that it is of, if both are good.
    ///
    /// # Errors
    ///
    /// The database is away or a row does not read.
    pub async fn session_token_with(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<(SessionToken, ApiKey)>, StoreError> {
        let by_digest = session_token::Column::Digest.eq(digest.0.to_vec());
        let row = self.one(session_token::Entity::find().filter(by_digest)).await?;
        let token = row.map(SessionToken::try_from).transpose()?;
        let Some(token) = token.filter(|token| now < token.expires_at) else { return Ok(None) };
        let key = self.api_key(&token.key).await?;
        Ok(key.filter(|key| key.is_live(now)).map(|key| (token, key)))
    }
}

/// Issues a token of a key that is good at this moment, or nothing.
pub(super) fn issue(token: &SessionToken, backend: DbBackend) -> Step {
    let sql = "INSERT INTO session_token (digest, key_id, created_at, expires_at) \
               SELECT $1, id, $3, $4 FROM api_key WHERE id = $2 AND ended_at IS NULL \
               AND COALESCE(expires_at, $4) > $3";
    let values = [
        token.digest.0.to_vec().into(),
        token.key.as_str().into(),
        token.created_at.0.into(),
        token.expires_at.0.into(),
    ];
    step(backend, sql, values, Expect::One("api_key"))
}

/// Ends one token; its digest goes to the deny set as an ended session's id would.
pub(super) fn end(digest: &Digest, backend: DbBackend) -> Step {
    let sql = "DELETE FROM session_token WHERE digest = $1 RETURNING CAST($2 AS TEXT)";
    step(backend, sql, [digest.0.to_vec().into(), digest.hex().into()], Expect::Ends)
}
