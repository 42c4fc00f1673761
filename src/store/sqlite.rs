//! Opening a SQLite file: private, in WAL mode, durable at every commit.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection};
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::engine::OpenError;
use super::write::exec_error;

const READERS: u32 = 4;

/// Page cache of one reader and of the writer, in KiB (a negative number says so to SQLite).
/// The writer's holds the inner pages of a million tokens' indexes.
const READER_CACHE: &str = "-2000";
const WRITER_CACHE: &str = "-8000";

/// One statement per shape of change or read is kept prepared.
const STATEMENTS: usize = 128;

/// How often a file that another process is just converting to WAL is tried again.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Opens the one connection that writes, creating the file if it is missing.
pub(super) async fn open_writer(path: &Path) -> Result<SqliteConnection, OpenError> {
    create_private(path).map_err(OpenError::File)?;
    let options = options(path)
        .journal_mode(SqliteJournalMode::Wal)
        // Savepoints keep what they may have to put back; that need not reach a disk.
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITER_CACHE);
    let mut attempt = 0;
    loop {
        attempt += 1;
        match SqliteConnection::connect_with(&options).await {
            // The switch to WAL does not honour the busy timeout.
            Err(error) if is_busy(&error) && attempt < ATTEMPTS => tokio::time::sleep(PAUSE).await,
            result => return result.map_err(|error| exec_error(error).into()),
        }
    }
}

/// Opens the connections that read. They cannot write even by mistake.
pub(super) async fn open_readers(path: &Path) -> Result<DatabaseConnection, OpenError> {
    let sqlite = options(path).read_only(true);
    let mut connect = pool(READERS);
    connect.map_sqlx_sqlite_opts(move |_| sqlite.clone());
    Ok(sea_orm::Database::connect(connect).await?)
}

/// Opens a single connection under sea-orm's name, for migrations.
pub(super) async fn open_for_migration(path: &Path) -> Result<DatabaseConnection, OpenError> {
    // The file and its journal mode come first, where being busy is retried.
    let writer = open_writer(path).await?;
    let sqlite = options(path);
    let mut connect = pool(1);
    connect.map_sqlx_sqlite_opts(move |_| sqlite.clone());
    let connection = sea_orm::Database::connect(connect).await?;
    writer.close().await.map_err(exec_error)?;
    Ok(connection)
}

/// Checks on the writing connection that an acknowledged commit is on disk.
pub(super) async fn inspect(writer: &mut SqliteConnection) -> Result<(), OpenError> {
    let expected = [
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        ("synchronous", "PRAGMA synchronous", "2"),
        ("foreign_keys", "PRAGMA foreign_keys", "1"),
    ];
    for (setting, question, wanted) in expected {
        let row = sqlx::query(question).fetch_one(&mut *writer).await.map_err(exec_error)?;
        // Unchecked: SQLite prints the numbers among them as text.
        let found: String = row.try_get_unchecked(0).map_err(exec_error)?;
        if found != wanted {
            return Err(OpenError::NotDurable { setting, found });
        }
    }
    Ok(())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("cache_size", READER_CACHE)
        .statement_cache_capacity(STATEMENTS)
        .thread_name(|number| format!("sqlite-{number}"))
        .disable_statement_logging()
}

/// Every connection is opened at once and kept, and none is asked whether it still lives
/// before each use: a file does not hang up.
fn pool(connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new("sqlite:");
    options
        .min_connections(connections)
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Creates the file readable by its owner only. SQLite gives `-wal` and `-shm` the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// `SQLITE_BUSY` or `SQLITE_LOCKED`, in any of their extended forms.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let primary = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
    matches!(primary, Some(5 | 6))
}
