//! Throwaway databases, and the few rows these tests need.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use tempfile::TempDir;
use uuid::Uuid;

use crate::store::{Database, Expect, Location, Step, migrate};

/// A database of one test's own, empty.
pub(super) struct Place {
    pub(super) location: Location,
    directory: Option<TempDir>,
}

impl Place {
    pub(super) fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let location = Location::Sqlite(directory.path().join("countersign.db"));
        Self { location, directory: Some(directory) }
    }

    /// `None` where no server is named.
    pub(super) async fn postgres() -> Option<Self> {
        let Ok(admin) = env::var("COUNTERSIGN_TEST_POSTGRES") else {
            eprintln!("COUNTERSIGN_TEST_POSTGRES names no server: not run on PostgreSQL");
            return None;
        };
        let name = format!("countersign_{}", Uuid::now_v7().simple());
        run_as_admin(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&admin).expect("a postgres:// URL");
        url.set_path(&name);
        Some(Self { location: Location::Postgres(url.into()), directory: None })
    }

    pub(super) async fn remove(self) {
        if let (Location::Postgres(url), Ok(admin)) =
            (&self.location, env::var("COUNTERSIGN_TEST_POSTGRES"))
        {
            let url = url::Url::parse(url).expect("a postgres:// URL");
            let name = url.path().trim_start_matches('/');
            run_as_admin(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        drop(self.directory);
    }
}

/// The network between a node and its PostgreSQL: freezing it keeps every connection open and
/// delivers nothing.
pub(super) struct Wire {
    pub(super) location: Location,
    pub(super) frozen: Arc<AtomicBool>,
}

impl Wire {
    pub(super) fn to(server: &Location) -> Self {
        let Location::Postgres(url) = server else { unreachable!("a file has no wire") };
        let mut url = url::Url::parse(url).expect("a postgres:// URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().unwrap_or(5_432);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own_port = listener.local_addr().expect("bound").port();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(own_port)).expect("a port");
        let frozen = Arc::new(AtomicBool::new(false));
        let switch = Arc::clone(&frozen);
        thread::spawn(move || {
            for node in listener.incoming() {
                let node = node.expect("accepted");
                let database = TcpStream::connect((host.as_str(), port)).expect("connected");
                let back = (database.try_clone().expect("clone"), node.try_clone().expect("clone"));
                carry(node, database, Arc::clone(&switch));
                carry(back.0, back.1, Arc::clone(&switch));
            }
        });
        Self { location: Location::Postgres(url.into()), frozen }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, frozen: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut bytes = [0; 8_192];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            while frozen.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(10));
            }
            if to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

pub(super) async fn run_as_admin(url: &str, sql: &str) {
    let admin = sea_orm::Database::connect(url).await.expect("the server answers");
    admin.execute_unprepared(sql).await.expect(sql);
    admin.close().await.expect("closes");
}

/// Runs a test on an empty database of each kind.
pub(super) async fn on_each<T: AsyncFn(Location)>(test: T) {
    let places = [Some(Place::sqlite()), Place::postgres().await];
    for place in places.into_iter().flatten() {
        test(place.location.clone()).await;
        place.remove().await;
    }
}

/// Opens the database with its schema in place.
pub(super) async fn open(location: &Location) -> Arc<Database> {
    open_observed(location).await.0
}

/// The same, with the size of the largest group committed so far.
pub(super) async fn open_observed(location: &Location) -> (Arc<Database>, Arc<AtomicUsize>) {
    migrate(location).await.expect("migrates");
    let largest = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&largest);
    let observe = Arc::new(move |size| {
        seen.fetch_max(size, Ordering::SeqCst);
    });
    (Arc::new(Database::open(location, observe).await.expect("opens")), largest)
}

pub(super) fn step<const N: usize>(
    database: &Database,
    expect: Expect,
    sql: &str,
    values: [Value; N],
) -> Step {
    let statement = Statement::from_sql_and_values(database.backend(), sql, values);
    Step { statement, expect }
}

/// Inserts a fact under a name that nothing else may have.
pub(super) fn note(database: &Database, name: &str) -> Step {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
    step(database, Expect::One("note"), sql, [name.into(), vec![1_u8, 2].into()])
}

/// Holds only while the counter stands at `seen`, and moves it on.
pub(super) fn guard(database: &Database, seen: i64) -> Step {
    let sql = "UPDATE counter SET count = $2 + 1 WHERE name = $1 AND count = $2";
    step(database, Expect::One("stale"), sql, ["guard".into(), seen.into()])
}

pub(super) async fn set_guard(database: &Database) {
    let sql = "INSERT INTO counter (name, window_start, count, expires_at) VALUES ($1, 0, 0, 9)";
    let insert = step(database, Expect::One("guard"), sql, ["guard".into()]);
    database.write(vec![insert]).await.expect("stored");
}

pub(super) fn begin_session(database: &Database, id: &str) -> Step {
    let sql = "INSERT INTO session (id, revision, door, agent_name, resource, scopes, label, \
               created_at, expires_at, idle_seconds, refreshable, address, user_agent) \
               VALUES ($1, 1, 'claim', 'Agent', 'https://api.example/', 'read', '', \
               0, 9, 0, $2, '', '')";
    step(database, Expect::One("session"), sql, [id.into(), true.into()])
}

pub(super) fn end_session(database: &Database, id: &str) -> Step {
    let sql = "UPDATE session SET ended_at = 5 WHERE id = $1 AND ended_at IS NULL RETURNING id";
    step(database, Expect::Ends, sql, [id.into()])
}

pub(super) async fn is_active(database: &Database, id: &str) -> bool {
    let sql = "SELECT 1 FROM session WHERE id = $1 AND ended_at IS NULL";
    let question = Statement::from_sql_and_values(database.backend(), sql, [id.into()]);
    database.reader().query_one_raw(question).await.expect("reads").is_some()
}

pub(super) async fn count(database: &Database, table: &str) -> i64 {
    let cast = match database.backend() {
        DbBackend::Postgres => "COUNT(*)::BIGINT",
        _ => "COUNT(*)",
    };
    let sql = format!("SELECT {cast} FROM {table}");
    let question = Statement::from_string(database.backend(), sql);
    let row = database.reader().query_one_raw(question).await.expect("reads").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

/// Waits until `holds`, at most `limit`; says whether it came to hold.
pub(super) async fn within(limit: Duration, holds: impl Fn() -> bool) -> bool {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(limit, waiting).await.is_ok()
}
