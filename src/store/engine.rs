//! The database, whichever it is: opened, checked, read from, written to, closed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::denied::Denied;
use super::grouping::Writer;
use super::postgres::Node;
use super::write::{Step, WriteError};
use super::{postgres, sqlite};

/// Where the rows are.
#[derive(Clone)]
pub enum Location {
    /// A file, created if missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL.
    Postgres(String),
}

/// A PostgreSQL URL may hold a password.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

/// Told after each commit how many changes it made durable.
pub type GroupObserver = Arc<dyn Fn(usize) + Send + Sync>;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database file could not be created")]
    File(#[source] std::io::Error),
    #[error("the database could not be reached")]
    Unavailable(#[source] DbErr),
    /// An acknowledged change could be lost: `setting` is not what durability needs.
    #[error("the database does not keep what it acknowledges: {setting} is {found}")]
    NotDurable { setting: &'static str, found: String },
    /// A later version was here, and what it left is not for this one to read.
    #[error("the database was made by a later version: this one does not know {0}")]
    Newer(String),
    #[error("the database's writer could not be started")]
    Writer(#[source] std::io::Error),
}

impl From<DbErr> for OpenError {
    fn from(error: DbErr) -> Self {
        Self::Unavailable(error)
    }
}

/// An open database. Share it in an `Arc`; [`close`](Self::close) it before leaving.
#[derive(Debug)]
pub struct Database {
    engine: Engine,
    readers: DatabaseConnection,
    denied: Arc<Denied>,
}

#[derive(Debug)]
enum Engine {
    /// Changes go to the one writer, which groups them.
    Sqlite(Writer),
    /// Changes commit side by side; this node tells the others what ended.
    Postgres(Node),
}

impl Database {
    /// Opens the database and checks that it keeps what it acknowledges. The schema must be
    /// up to date: see [`migrate`](super::migrate).
    pub async fn open(location: &Location, observe: GroupObserver) -> Result<Self, OpenError> {
        let database = match location {
            Location::Sqlite(path) => {
                let denied = Arc::new(Denied::alone());
                let connection = sqlite::open_writer(path).await?;
                let writer = Writer::start(connection, Arc::clone(&denied), observe)?;
                let readers = sqlite::open_readers(path).await?;
                Self { engine: Engine::Sqlite(writer), readers, denied }
            }
            Location::Postgres(url) => {
                let denied = Arc::new(Denied::among_nodes());
                let readers = postgres::open(url).await?;
                let node = Node::join(url, Arc::clone(&denied), observe)?;
                Self { engine: Engine::Postgres(node), readers, denied }
            }
        };
        database.durable().await?;
        Ok(database)
    }

    /// Makes every step true in one transaction, or none. Returns once the commit is on disk
    /// and every session it ended is denied on this node.
    ///
    /// A caller that stops waiting does not stop a change that has begun.
    pub async fn write(&self, steps: Vec<Step>) -> Result<(), WriteError> {
        match &self.engine {
            Engine::Sqlite(writer) => writer.write(steps).await,
            Engine::Postgres(node) => node.write(&self.readers, steps).await,
        }
    }

    /// For reading only: entity finds and raw statements.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.readers
    }

    #[must_use]
    pub fn backend(&self) -> DbBackend {
        match self.engine {
            Engine::Sqlite(_) => DbBackend::Sqlite,
            Engine::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// The deny set that writes fill, for [`Liveness`](super::Liveness) to share.
    #[must_use]
    pub fn denied(&self) -> Arc<Denied> {
        Arc::clone(&self.denied)
    }

    /// Whether the database answers, and still keeps what it acknowledges.
    pub async fn durable(&self) -> Result<(), OpenError> {
        match &self.engine {
            Engine::Sqlite(writer) => {
                writer.inspect().await?;
                Ok(self.readers.ping().await?)
            }
            Engine::Postgres(_) => postgres::inspect(&self.readers).await,
        }
    }

    /// Stores what is already waiting, refuses what comes later, and lets go of the database.
    ///
    /// The readers go first: SQLite moves the log into the file when the last connection
    /// closes, and one that may only read cannot.
    pub async fn close(&self) {
        if let Err(error) = self.readers.close_by_ref().await {
            tracing::warn!(%error, "the database's readers did not close cleanly");
        }
        match &self.engine {
            Engine::Sqlite(writer) => writer.close().await,
            Engine::Postgres(node) => node.leave(),
        }
    }
}
