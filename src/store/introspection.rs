//! The hot paths: one select each, raw, narrow and without a bound limit, because the entity
//! path costs twice the processor time on SQLite.

use sea_orm::{ConnectionTrait as _, DbBackend};

use super::row::session::Claims;
use super::row::statement;
use super::{Store, StoreError};
use crate::domain::credential::{Credential, Delegation, Holder};
use crate::domain::id::{AccountId, ClientId, RegistrationId, SessionId};
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

const CORRUPT: StoreError = StoreError::Corrupt("session");

/// One narrow row: every column more is copied on every miss, so the three ends are one.
/// The function that takes the least of them is the only word the databases do not share.
macro_rules! credential_with {
    ($least:literal) => {
        concat!(
            "SELECT s.id, s.account_id, s.registration_id, s.client_id, s.agent_name, s.resource, \
             t.scopes, t.created_at, s.approved_at, t.key_thumbprint, s.claims, ",
            $least,
            "(t.expires_at, s.expires_at, \
             COALESCE(s.last_used_at, s.created_at) + s.idle_seconds), \
             CASE WHEN s.lowered_at IS NOT NULL \
             THEN s.scopes || ' ' || COALESCE(s.extra_scopes, '') END \
             FROM token t JOIN session s ON s.id = t.session_id \
             WHERE t.digest = $1 AND t.kind = 1 AND s.ended_at IS NULL \
             AND s.collect_before IS NULL AND s.paused_at IS NULL"
        )
    };
}

/// One row of it, in the order of its columns.
type Row = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    i64,
    Option<String>,
);

/// The conditions are those of [`Session::is_live`](crate::domain::session::Session::is_live).
const DELEGATION: &str = "SELECT s.id, s.account_id, s.resource, s.scopes, s.expires_at \
     FROM registration r JOIN session s ON s.id = r.session_id \
     WHERE r.id = $1 AND r.generation = $2 AND r.revoked_at IS NULL \
     AND s.ended_at IS NULL AND s.collect_before IS NULL AND s.paused_at IS NULL \
     AND s.expires_at > $3 \
     AND COALESCE(s.last_used_at, s.created_at) + s.idle_seconds > $3";

impl Store {
    /// The session that an assertion of this generation stands for, if both still hold.
    ///
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn delegation(
        &self,
        registration: &RegistrationId,
        generation: i64,
        now: Timestamp,
    ) -> Result<Option<Delegation>, StoreError> {
        let values = [registration.as_str().into(), generation.into(), now.0.into()];
        let query = statement(self.backend(), DELEGATION, values);
        let Some(row) = self.reader().query_one_raw(query).await? else { return Ok(None) };
        let resource: String = row.try_get_by_index(2)?;
        let scopes: String = row.try_get_by_index(3)?;
        Ok(Some(Delegation {
            session: SessionId(row.try_get_by_index(0)?),
            account: row.try_get_by_index::<Option<String>>(1)?.map(AccountId),
            resource: resource.parse().map_err(|_| CORRUPT)?,
            scopes: Scopes::stored(&scopes).map_err(|_| CORRUPT)?,
            ends_at: Timestamp(row.try_get_by_index(4)?),
        }))
    }

    /// The live access token of this digest, if it is one: unknown, spent, ended and
    /// expired are all `None`.
    ///
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn credential(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<Credential>, StoreError> {
        let Some(row) = self.credential_row(digest).await? else { return Ok(None) };
        let credential = read(row)?;
        Ok(Some(credential).filter(|credential| credential.expires_at.is_none_or(|end| now < end)))
    }

    /// Through the driver itself: a sea-orm statement owns its text and its values, and copies
    /// both for every question.
    async fn credential_row(&self, digest: &Digest) -> Result<Option<Row>, StoreError> {
        let (digest, reader) = (&digest.0[..], self.reader());
        let row = if self.backend() == DbBackend::Sqlite {
            let query = sqlx::query_as(credential_with!("MIN")).bind(digest);
            query.fetch_optional(reader.get_sqlite_connection_pool()).await
        } else {
            let query = sqlx::query_as(credential_with!("LEAST")).bind(digest);
            query.fetch_optional(reader.get_postgres_connection_pool()).await
        };
        row.map_err(|error| StoreError::Unavailable(Box::new(error)))
    }
}

fn read(row: Row) -> Result<Credential, StoreError> {
    let (
        session,
        account,
        registration,
        client,
        agent,
        resource,
        scopes,
        issued,
        approved,
        key,
        claims,
        end,
        reach,
    ) = row;
    let claims = Claims::read(claims.as_deref())?;
    let scopes = Scopes::stored(&scopes).map_err(|_| CORRUPT)?;
    let reach = reach.map(|reach| Scopes::of(reach.split_whitespace()).map_err(|_| CORRUPT));
    Ok(Credential {
        holder: Holder::Session(SessionId(session)),
        account: account.map(AccountId),
        organization: None,
        registration: registration.map(RegistrationId),
        client: client.map(ClientId),
        agent,
        resource: ResourceIdentifier::stored(resource),
        // A token from before the session became less reaches no further than the session.
        scopes: reach.transpose()?.map_or(scopes.clone(), |reach| scopes.meet(&reach)),
        issued_at: Timestamp(issued),
        approved_at: approved.map(Timestamp),
        actor: claims.act,
        key: key.map(|text| Thumbprint::parse(&text).ok_or(CORRUPT)).transpose()?,
        details: claims.authorization_details,
        budget: claims.budget,
        expires_at: Some(Timestamp(end)),
    })
}
