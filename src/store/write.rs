//! A change as the store sees it: statements, and what must be true of each.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, Statement};

/// One statement of a change and what must be true of it.
#[derive(Debug, Clone)]
pub struct Step {
    pub statement: Statement,
    pub expect: Expect,
}

/// What a step must find, or the whole change is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Any number of rows.
    Any,
    /// Exactly one row, or the whole change is refused under this name: a guard that no
    /// longer holds, a limit that is reached, a key that is already taken.
    One(&'static str),
    /// `… RETURNING id` of the sessions that end here. They are denied before the caller is
    /// answered, and on PostgreSQL announced to the other nodes.
    Ends,
}

/// Why a change did not happen. In both cases nothing of it is stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// A step expected exactly one row and found none, or met a key already taken.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// Ours to fix, not the caller's. Log the source by its `Display`: PostgreSQL's `Debug`
    /// quotes the row. When the connection broke during the commit itself,
    /// the change may still have been stored.
    #[error("the database could not store the change")]
    Unavailable(#[source] DbErr),
}

impl WriteError {
    /// The store was closed, or its writer is gone.
    pub(super) fn closed() -> Self {
        Self::Unavailable(closed())
    }
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(exec_error(error))
    }
}

/// sqlx's error under sea-orm's name, so that callers meet one type.
pub(super) fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The database was closed, or its writer is gone.
pub(super) fn closed() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the store is closed".to_owned()))
}
