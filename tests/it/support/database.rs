//! A database of one test's own.

use std::path::{Path, PathBuf};

use countersign::store::Location;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// SQLite in the test's folder, or a PostgreSQL database that is dropped at the end.
pub enum TestDatabase {
    Sqlite(PathBuf),
    Postgres { admin: String, name: String },
}

impl TestDatabase {
    pub async fn create(folder: &Path) -> Self {
        match std::env::var("COUNTERSIGN_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite(folder.join("countersign.db")),
            Ok("postgres") => {
                let admin = std::env::var("COUNTERSIGN_TEST_POSTGRES")
                    .expect("COUNTERSIGN_TEST_POSTGRES names a PostgreSQL server");
                let folder = folder.file_name().expect("a name").to_string_lossy().to_lowercase();
                let letters = folder.chars().filter(char::is_ascii_alphanumeric);
                let name = format!("it_{}_{}", std::process::id(), letters.collect::<String>());
                execute(&admin, &format!("CREATE DATABASE {name}")).await;
                Self::Postgres { admin, name }
            }
            Ok(other) => panic!("no such test database: {other}"),
        }
    }

    pub fn is_postgres() -> bool {
        std::env::var("COUNTERSIGN_TEST_DATABASE").as_deref() == Ok("postgres")
    }

    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres { admin, name } => {
                let (server, _) = admin.rsplit_once('/').expect("a URL with a database");
                format!("{server}/{name}")
            }
        }
    }

    /// As the store names it.
    pub fn location(&self) -> Location {
        match self {
            Self::Sqlite(path) => Location::Sqlite(path.clone()),
            Self::Postgres { .. } => Location::Postgres(self.url()),
        }
    }

    /// What somebody does who can write the database, and nothing else.
    pub async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .busy_timeout(std::time::Duration::from_secs(5));
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
                let pool = pool.expect("the database opens");
                let sql = sqlx::AssertSqlSafe(sql.to_owned());
                sqlx::query(sql).execute(&pool).await.expect("executed");
                pool.close().await;
            }
            Self::Postgres { .. } => execute(&self.url(), sql).await,
        }
    }

    pub async fn count(&self, sql: &str) -> i64 {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
                let pool = pool.expect("the database opens");
                let count =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&pool).await;
                pool.close().await;
                count.expect("a number")
            }
            Self::Postgres { .. } => {
                let pool = PgPoolOptions::new().max_connections(1).connect(&self.url()).await;
                let pool = pool.expect("the database opens");
                let count =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&pool).await;
                pool.close().await;
                count.expect("a number")
            }
        }
    }
}

async fn execute(url: &str, sql: &str) {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.expect("PostgreSQL");
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.expect("executed");
    pool.close().await;
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Self::Postgres { admin, name } = self else { return };
        let (admin, sql) = (admin.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(execute(&admin, &sql));
        });
        let _best_effort = dropped.join();
    }
}
