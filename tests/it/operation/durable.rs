//! Promises P2 and P6 on the real binary: a database that would lose what it acknowledged is
//! not served from, and one that is away makes the server say so and nothing else.

use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::support::agent::member;
use crate::support::database::TestDatabase;
use crate::support::process::{GENEROUS, Place, Process};

/// An answer that may be a 503: status, whether it says when to come back, and the body.
async fn ask(request: reqwest::RequestBuilder) -> (u16, bool, Value) {
    let answer = request.send().await.expect("an answer");
    let (status, wait) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
    let text = answer.text().await.expect("text");
    (status, wait, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn register(server: &Process) -> reqwest::RequestBuilder {
    let body = json!({ "type": "anonymous", "client_name": "Agent" });
    server.client.post(format!("{}/agent/identity", server.url)).json(&body)
}

/// Runs statements as the administrator of the test's PostgreSQL.
async fn administer(place: &Place, statements: &[&str]) {
    let TestDatabase::Postgres { admin, name } = &place.database else { panic!("PostgreSQL") };
    let pool = PgPoolOptions::new().max_connections(1).connect(admin).await.expect("PostgreSQL");
    for statement in statements {
        let statement = statement.replace("{name}", name);
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.expect("executed");
    }
    pool.close().await;
}

/// P2: "commit is on disk before the answer (…, PostgreSQL `synchronous_commit=on`, checked at
/// start)". On SQLite the server sets it itself, and says ready only where it holds.
#[tokio::test]
async fn a_database_that_forgets_what_it_acknowledged_is_not_served_from() {
    let place = Place::new().await;
    place.configure("");
    if !TestDatabase::is_postgres() {
        let server = place.serve(&[]).await;
        assert_eq!(server.get("/readyz").await.status, 200);
        server.stop().await;
        let options = SqliteConnectOptions::new().filename(place.path("countersign.db"));
        let mut file = options.connect().await.expect("the file");
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut file).await.expect("a mode");
        assert_eq!(mode, "wal");
        return;
    }
    administer(&place, &["ALTER DATABASE {name} SET synchronous_commit = off"]).await;
    let refused = place.run(&["serve"]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("synchronous_commit is off"), "{}", refused.stderr);
    administer(&place, &["ALTER DATABASE {name} SET synchronous_commit = on"]).await;
    let server = place.serve(&[]).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'";
    administer(&place, &["ALTER DATABASE {name} SET synchronous_commit = off", end]).await;
    let began = std::time::Instant::now();
    while ask(server.client.get(format!("{}/readyz", server.url))).await.0 != 503 {
        assert!(began.elapsed().as_secs() < 20, "it is switched off while the server runs");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    administer(&place, &["ALTER DATABASE {name} SET synchronous_commit = on", end]).await;
    while ask(server.client.get(format!("{}/readyz", server.url))).await.0 != 200 {
        assert!(began.elapsed().as_secs() < 40, "and on again");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    server.stop().await;
}

/// P6, PostgreSQL gone: not ready, no token is good, 503 with `Retry-After` in the endpoint's
/// own words; ready again without a restart once it is back, and what was acknowledged holds.
/// SQLite held by another process: the same for changes, while reading goes on.
#[tokio::test]
async fn a_database_that_is_away_is_said_to_be_and_found_again() {
    let place = Place::new().await;
    place.configure(GENEROUS);
    let server = place.serve(&[]).await;
    let agent = server.agent();
    let registered = agent.register_anonymous().await;
    let access = member(&agent.exchange(&registered.assertion()).await, "access_token");
    let mut browser = server.person("ada@example.com");
    assert_eq!(browser.get("/").await.status, 200);
    let cookie = browser.cookie.as_deref().expect("a cookie");
    let mut holder = None;
    if TestDatabase::is_postgres() {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'";
        administer(&place, &["ALTER DATABASE {name} ALLOW_CONNECTIONS false", end, end]).await;
        let (status, _, body) = ask(server.client.get(format!("{}/readyz", server.url))).await;
        assert_eq!((status, body["status"].as_str()), (503, Some("database")));
        let request = server.client.post(format!("{}/introspect", server.url));
        let request = request.basic_auth("demo", Some("demo-secret"));
        let (status, wait, body) = ask(request.form(&[("token", &access)])).await;
        assert_eq!((status, wait), (503, true), "{body}");
        assert_eq!(body["error"], "temporarily_unavailable");
        assert!(body.get("active").is_none(), "{body}");
        let call = server.client.get(format!("{}/demo/notes", server.url)).bearer_auth(&access);
        assert_eq!(ask(call).await.0, 503);
        for page in ["/", "/sign-in", "/account/sessions"] {
            let request = server.client.get(format!("{}{page}", server.url));
            let reply = request.header("cookie", cookie).send().await.expect("an answer");
            let headers = reply.headers().clone();
            assert_eq!((reply.status().as_u16(), &headers["retry-after"] == "1"), (503, true));
            assert!(!headers.contains_key("set-cookie"), "{page}: nobody is signed out by it");
            let text = reply.text().await.expect("text");
            assert!(text.contains("<h1>"), "a person reads what is wrong: {text}");
        }
    } else {
        let options = SqliteConnectOptions::new().filename(place.path("countersign.db"));
        let mut file = options.connect().await.expect("the file");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut file).await.expect("held");
        holder = Some(file);
        assert!(server.is_live(&access).await, "reading goes on");
    }
    let (status, wait, body) = ask(register(&server)).await;
    assert_eq!((status, wait), (503, true), "{body}");
    assert_eq!(body["error"], "temporarily_unavailable");
    let said = body.to_string().to_lowercase();
    for word in ["sql", "postgres", "lock", "busy", "connection", "pool"] {
        assert!(!said.contains(word), "what failed is the operator's to know: {said}");
    }
    let request = server.client.post(format!("{}/revoke", server.url));
    let (status, ..) = ask(request.form(&[("token", &access)])).await;
    assert_eq!(status, 503, "an end that was not stored is not acknowledged");
    assert_eq!(server.get("/healthz").await.status, 200, "the process lives");

    if let Some(mut file) = holder {
        sqlx::query("ROLLBACK").execute(&mut file).await.expect("let go");
        file.close().await.expect("closed");
    } else {
        administer(&place, &["ALTER DATABASE {name} ALLOW_CONNECTIONS true"]).await;
    }
    let began = std::time::Instant::now();
    while ask(server.client.get(format!("{}/readyz", server.url))).await.0 != 200 {
        assert!(began.elapsed().as_secs() < 20, "it does not find the database again");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(server.is_live(&access).await, "what was acknowledged holds");
    assert_eq!(ask(register(&server)).await.0, 200);
    assert_eq!(place.database.count("SELECT COUNT(*) FROM registration").await, 2);
    server.stop().await;
}
