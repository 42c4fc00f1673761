//! The schema's history, forwards and backwards, and the file it lives in.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Statement};

use super::support::{Place, count, note, on_each, open, step};
use crate::entropy::Entropy;
use crate::protocol::secret::Digest;
use crate::store::migration::HISTORY;
use crate::store::{
    Database, Expect, Location, OpenError, Store, StoreError, known_master, migrate, unmigrate,
};

const TABLES: [&str; 27] = [
    "account",
    "account_agent",
    "api_key",
    "approval",
    "browser_session",
    "client",
    "counter",
    "event",
    "history_chain",
    "mail",
    "meta",
    "one_time_link",
    "organization",
    "organization_invitation",
    "organization_member",
    "passkey",
    "plan_use",
    "project",
    "pushed_request",
    "registration",
    "replay",
    "session",
    "session_budget",
    "session_token",
    "signing_key",
    "token",
    "webhook",
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
        for _ in HISTORY {
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
                let all = i64::try_from(HISTORY.len()).expect("few");
                assert_eq!(migrations.expect("no panic"), all);
            }
        })
        .await;
    }
}

/// What sea-orm-migration made of an empty database, word for word.
const ITS_HISTORY: &str = "CREATE TABLE IF NOT EXISTS \"seaql_migrations\" \
     ( \"version\" varchar NOT NULL PRIMARY KEY, \"applied_at\" bigint NOT NULL )";

/// The names that databases remember from then.
const NAMES: [&str; 12] = [
    "m20261122_000001_accounts",
    "m20261122_000002_approvals",
    "m20261122_000003_sessions",
    "m20261122_000004_records",
    "m20261122_000005_clients",
    "m20261122_000006_doors",
    "m20261122_000007_replay",
    "m20261122_000008_live_sessions",
    "m20261122_000009_pushed_requests",
    "m20261122_000010_step_up",
    "m20261122_000011_machine_sessions",
    "m20261122_000012_cut_from",
];

async fn say(location: &Location, statements: &[&str]) {
    let database = sea_orm::Database::connect(url(location)).await.expect("the database answers");
    for sql in statements {
        database.execute_unprepared(sql).await.expect(sql);
    }
    database.close().await.expect("closes");
}

fn url(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => format!("sqlite:{}?mode=rwc", path.display()),
        Location::Postgres(url) => url.clone(),
    }
}

/// docs/adr/0020: a database that sea-orm-migration has brought as far as the eleventh
/// migration gets the later ones, and nothing twice.
#[tokio::test]
async fn a_history_that_the_crate_of_before_wrote_goes_on() {
    on_each(async |location| {
        migrate(&location).await.expect("up");
        unmigrate(&location, HISTORY.len() - 11).await.expect("down");
        let rows: Vec<_> = NAMES[..11].iter().map(|name| format!("('{name}', 1)")).collect();
        let rows = format!("INSERT INTO seaql_migrations VALUES {}", rows.join(", "));
        say(&location, &["DROP TABLE seaql_migrations", ITS_HISTORY, &rows]).await;

        let database = open(&location).await;
        let sql = "SELECT version FROM seaql_migrations ORDER BY version";
        let question = Statement::from_string(database.backend(), sql);
        let rows = database.reader().query_all_raw(question).await.expect("reads");
        let names: Vec<String> =
            rows.iter().map(|row| row.try_get_by_index(0).expect("a name")).collect();
        assert_eq!(names[..12], NAMES);
        assert_eq!(names.len(), HISTORY.len());
        let again = "SELECT COUNT(*) FROM seaql_migrations WHERE applied_at = 1";
        let question = Statement::from_string(database.backend(), again);
        let row = database.reader().query_one_raw(question).await.expect("reads").expect("a row");
        assert_eq!(row.try_get_by_index::<i64>(0).expect("a number"), 11);
        assert_eq!(count(&database, "session WHERE cut_from IS NULL").await, 0, "no column");
        database.close().await;
    })
    .await;
}

/// docs/operating.md, "Stopping, upgrading, migrating": an older version does not know a newer
/// schema, says so, and leaves it as it is.
#[tokio::test]
async fn a_later_version_s_database_is_refused_and_left_alone() {
    on_each(async |location| {
        migrate(&location).await.expect("up");
        unmigrate(&location, 1).await.expect("down");
        let later = "INSERT INTO seaql_migrations VALUES ('m20991231_000099_later', 1)";
        say(&location, &[later]).await;
        for refused in [migrate(&location).await, unmigrate(&location, 1).await] {
            let Err(OpenError::Newer(name)) = refused else { panic!("{refused:?}") };
            assert_eq!(name, "m20991231_000099_later");
        }
        let database = Database::open(&location, Arc::new(|_| {})).await.expect("opens");
        let kept = usize::try_from(count(&database, "seaql_migrations").await).expect("few");
        assert_eq!(kept, HISTORY.len(), "one less of ours, and theirs");
        database.close().await;
    })
    .await;
}

/// Whoever asks first leaves an empty database empty: its owner may yet refuse to start.
#[tokio::test]
async fn an_empty_database_knows_no_master_secret_and_stays_empty() {
    on_each(async |location| {
        assert_eq!(known_master(&location).await.expect("answers"), None);
        let database = Database::open(&location, Arc::new(|_| {})).await.expect("opens");
        let sql = match location {
            Location::Sqlite(_) => "sqlite_master",
            Location::Postgres(_) => "pg_tables WHERE schemaname = 'public'",
        };
        assert_eq!(count(&database, sql).await, 0);
        database.close().await;
    })
    .await;
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
