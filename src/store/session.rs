//! Named queries about sessions, their tokens and their history.

use std::sync::LazyLock;

use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, FromQueryResult as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::row::{event, holding, null_or, session, statement, step, token};
use super::{Store, StoreError};
use crate::domain::event::Event;
use crate::domain::id::{AccountId, ClientId, SessionId};
use crate::domain::session::{EndCause, SameAgent, Session, Token, TokenKind};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::write::Expect;

/// The most rows one page shows.
pub(super) const PAGE: u64 = 200;

static TOKEN_AND_SESSION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT t.kind AS t0, t.scopes AS t1, t.created_at AS t2, t.expires_at AS t3, \
         t.spent_at AS t4, t.key_thumbprint AS t5, {} \
         FROM token t JOIN session s ON s.id = t.session_id WHERE t.digest = $1",
        *session::COLUMNS
    )
});

/// When a session was last used, and from which address if a proxy told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUse {
    pub id: SessionId,
    pub at: Timestamp,
    pub from: Option<String>,
}

/// When a token of a session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEnd {
    pub session: SessionId,
    pub kind: TokenKind,
    pub ends_at: Timestamp,
}

impl Store {
    /// # Errors
    ///
    /// The database is away or the row does not read.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let row = self.one(session::Entity::find_by_id(id.as_str())).await?;
        row.map(Session::try_from).transpose()
    }

    /// A person's sessions that have neither ended nor expired, newest first.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn sessions_of(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        self.sessions_where(account, now, Condition::all()).await
    }

    /// Those of them that have these words in their name, their agent's, their API's, their scopes
    /// or their addresses, whatever the case.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn sessions_with(
        &self,
        account: &AccountId,
        now: Timestamp,
        words: &str,
    ) -> Result<Vec<Session>, StoreError> {
        use session::Column;
        let columns = [
            Column::Label,
            Column::AgentName,
            Column::ClientId,
            Column::Resource,
            Column::Scopes,
            Column::Address,
            Column::LastUsedFrom,
        ];
        let pattern = holding(&words.to_lowercase());
        let has = columns.into_iter().fold(Condition::any(), |any, column| {
            any.add(Func::lower(Expr::col(column)).like(pattern.clone()))
        });
        self.sessions_where(account, now, has).await
    }

    /// Those of them that are one agent's.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn sessions_of_agent(
        &self,
        account: &AccountId,
        agent: &SameAgent,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        use session::Column;
        let of = match agent {
            SameAgent::Client(id) => Condition::all().add(Column::ClientId.eq(id.as_str())),
            SameAgent::Named(name) => Condition::all()
                .add(Column::ClientId.is_null())
                .add(Column::AgentName.eq(name.as_str())),
            SameAgent::Unnamed => {
                Condition::all().add(Column::ClientId.is_null()).add(Column::AgentName.is_null())
            }
        };
        self.sessions_where(account, now, of).await
    }

    async fn sessions_where(
        &self,
        account: &AccountId,
        now: Timestamp,
        condition: Condition,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::AccountId.eq(account.as_str()))
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::ExpiresAt.gt(now.0))
            .filter(condition)
            .order_by_desc(session::Column::CreatedAt)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Session::try_from).collect()
    }

    /// A person's sessions that were ended after `since` for one of these causes, latest first.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn sessions_ended(
        &self,
        account: &AccountId,
        causes: &[EndCause],
        since: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::AccountId.eq(account.as_str()))
            .filter(session::Column::EndedAt.gt(since.0))
            .filter(session::Column::EndedCause.is_in(causes.iter().map(|cause| cause.name())))
            .order_by_desc(session::Column::EndedAt)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Session::try_from).collect()
    }

    /// The sessions that a person gave a client and that have not ended, newest first.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn sessions_between(
        &self,
        account: &AccountId,
        client: &ClientId,
    ) -> Result<Vec<Session>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::ClientId.eq(client.as_str()))
            .filter(session::Column::AccountId.eq(account.as_str()))
            .filter(session::Column::EndedAt.is_null())
            .order_by_desc(session::Column::CreatedAt)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().map(Session::try_from).collect()
    }

    /// The latest of what happened in one session, oldest first.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn history(&self, id: &SessionId) -> Result<Vec<Event>, StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::SessionId.eq(id.as_str()))
            .order_by_desc(event::Column::Id)
            .limit(PAGE)
            .all(self.reader())
            .await?;
        rows.into_iter().rev().map(Event::try_from).collect()
    }

    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn token(&self, digest: &Digest) -> Result<Option<Token>, StoreError> {
        let row = self.one(token::Entity::find_by_id(digest.0.to_vec())).await?;
        row.map(Token::try_from).transpose()
    }

    /// When the last unspent token of each kind ends, for each of these sessions.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn token_ends(&self, sessions: &[&SessionId]) -> Result<Vec<TokenEnd>, StoreError> {
        let rows = token::Entity::find()
            .filter(token::Column::SessionId.is_in(sessions.iter().map(|id| id.as_str())))
            .filter(token::Column::SpentAt.is_null())
            .order_by_desc(token::Column::ExpiresAt)
            .all(self.reader())
            .await?;
        let tokens: Result<Vec<Token>, StoreError> =
            rows.into_iter().map(Token::try_from).collect();
        let end = |token: Token| TokenEnd {
            session: token.session,
            kind: token.kind,
            ends_at: token.expires_at,
        };
        Ok(tokens?.into_iter().map(end).collect())
    }

    /// A token together with its session: all that a refresh asks, in one question.
    ///
    /// # Errors
    ///
    /// As [`session`](Self::session).
    pub async fn token_and_session(
        &self,
        digest: &Digest,
    ) -> Result<Option<(Token, Session)>, StoreError> {
        let query = statement(self.backend(), &TOKEN_AND_SESSION, [digest.0.to_vec().into()]);
        let Some(row) = self.reader().query_one_raw(query).await? else { return Ok(None) };
        let session = session::Model::from_query_result(&row, "")?;
        let token = token::Model {
            digest: digest.0.to_vec(),
            session_id: session.id.clone(),
            kind: row.try_get_by_index(0)?,
            scopes: row.try_get_by_index(1)?,
            created_at: row.try_get_by_index(2)?,
            expires_at: row.try_get_by_index(3)?,
            spent_at: row.try_get_by_index(4)?,
            key_thumbprint: row.try_get_by_index(5)?,
        };
        Ok(Some((token.try_into()?, session.try_into()?)))
    }

    /// Writes when sessions were last used, batched.
    ///
    /// # Errors
    ///
    /// The database is away.
    pub async fn touch(&self, used: Vec<SessionUse>) -> Result<(), StoreError> {
        let sql = "UPDATE session SET last_used_at = $2, \
                   last_used_from = COALESCE($3, last_used_from) \
                   WHERE id = $1 AND COALESCE(last_used_at, 0) < $2";
        let touched = |one: SessionUse| {
            let values = [one.id.0.into(), one.at.0.into(), null_or(one.from)];
            step(self.backend(), sql, values, Expect::Any)
        };
        self.write(used.into_iter().map(touched).collect()).await
    }
}
