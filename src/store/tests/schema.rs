//! The schema's history, forwards and backwards, and the file it lives in.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait as _;

use super::support::{Place, count, note, on_each, open, step};
use crate::entropy::Entropy;
use crate::protocol::secret::Digest;
use crate::store::migration::Migrator;
use crate::store::{Database, Expect, Location, Store, StoreError, migrate, unmigrate};

const TABLES: [&str; 15] = [
    "account",
    "api_key",
    "approval",
    "browser_session",
    "client",
    "counter",
    "event",
    "meta",
    "one_time_link",
    "pushed_request",
    "registration",
    "replay",
    "session",
    "signing_key",
    "token",
];

async fn tables(location: &Location) -> Vec<String> {
    let database = Database::open(location, Arc::new(|_| {})).await.expect("opens");
    let sql = match location {
        Location::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Location::Postgres(_) => {
            "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = 'public'"
        }
    };
    let question = Statement::from_string(database.backend(), sql);
    let rows = database.reader().query_all_raw(question).await.expect("reads");
    database.close().await;
    let mut names: Vec<String> =
        rows.iter().map(|row| row.try_get_by_index(0).expect("a name")).collect();
    names.retain(|name| name != "seaql_migrations");
    names.sort();
    names
}

#[tokio::test]
async fn every_migration_goes_up_and_down_and_up_again() {
    on_each(async |location| {
        migrate(&location).await.expect("up");
        assert_eq!(tables(&location).await, TABLES);
        migrate(&location).await.expect("nothing left to do");
        let mut left = TABLES.len();
        for _ in Migrator::migrations() {
            unmigrate(&location, 1).await.expect("down");
            let now = tables(&location).await.len();
            assert!(now <= left, "going down adds no table");
            left = now;
        }
        assert_eq!(left, 0);
        migrate(&location).await.expect("up again");
        assert_eq!(tables(&location).await, TABLES);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_may_start_at_once_on_an_empty_database() {
    for _ in 0..3 {
        on_each(async |location| {
            let start = || {
                let location = location.clone();
                tokio::spawn(async move {
                    let database = open(&location).await;
                    let migrations = count(&database, "seaql_migrations").await;
                    database.close().await;
                    migrations
                })
            };
            let (first, second, third) = tokio::join!(start(), start(), start());
            for migrations in [first, second, third] {
                let all = Migrator::migrations().len();
                assert_eq!(migrations.expect("no panic"), i64::try_from(all).expect("few"));
            }
        })
        .await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_can_read_the_file_or_its_log() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::sqlite();
    let database = open(&place.location).await;
    let Location::Sqlite(path) = &place.location else { unreachable!("a SQLite place") };
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        let mode = std::fs::metadata(&file).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
    database.close().await;
    place.remove().await;
}

/// docs/operating.md, "Stopping": what was stored is in the one file that people copy.
#[tokio::test]
async fn a_closed_database_is_one_file() {
    let place = Place::sqlite();
    let database = open(&place.location).await;
    database.write(vec![note(&database, "kept")]).await.expect("stored");
    database.close().await;
    let Location::Sqlite(path) = &place.location else { unreachable!("a SQLite place") };
    let folder = path.parent().expect("a folder");
    let names: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["countersign.db"]);
    place.remove().await;
}

/// docs/operating.md, "Stopping, upgrading, migrating": while one node migrates, what the
/// others keep prepared goes on answering.
#[tokio::test]
async fn a_column_more_breaks_nothing_that_is_kept_prepared() {
    on_each(async |location| {
        let database = Arc::into_inner(open(&location).await).expect("nobody else holds it");
        let store = Store::new(database, Entropy::system());
        let unknown = Digest::of(b"unknown");
        // More often than there are connections, so that each of them has it prepared.
        let asked = async || {
            for _question in 0..32 {
                store.token_and_session(&unknown).await?;
            }
            Ok::<_, StoreError>(())
        };
        asked().await.expect("prepared");
        let sql = "ALTER TABLE session ADD COLUMN later TEXT";
        let migration = step(store.database(), Expect::Any, sql, []);
        store.database().write(vec![migration]).await.expect("migrated");
        let after = asked().await;
        assert!(after.is_ok(), "{after:?}");
        store.database().close().await;
    })
    .await;
}
