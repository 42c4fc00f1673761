//! What Countersign is measured against: the least a server can do. Each is started by the
//! benchmark from its own executable, so that it has a process and an allocator like ours.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use actix_web::web::{Bytes, Data, ServiceConfig, get, post};
use actix_web::{App, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::entropy::Entropy;
use countersign::protocol::secret::{Digest, Secret, SecretKind};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{mpsc, oneshot};

/// The hidden argument that turns this executable into a yardstick, and whether it was one.
pub fn serve(arguments: &[String]) -> bool {
    let of = |at: usize| arguments.get(at).map(String::as_str).unwrap_or_default();
    actix_web::rt::System::new().block_on(async {
        match of(0) {
            "serve-limit" => serve_limit().await,
            "serve-floor" => read_from_sqlite(of(1)).await,
            "serve-postgres-floor" => read_from_postgres(of(1)).await,
            "serve-grouped-floor" => write_grouped(of(1), of(2)).await,
            _ => return false,
        }
        true
    })
}

async fn listen(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) {
    let server = HttpServer::new(move || App::new().configure(routes.clone()));
    let server = server.bind("127.0.0.1:0").expect("bound");
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await.expect("served");
}

async fn serve_limit() {
    listen(|routes| {
        routes.route("/", get().to(limit));
    })
    .await;
}

/// Two hundred bytes, always the same.
async fn limit() -> HttpResponse {
    const BODY: &str = r#"{"active":true,"scope":"demo:read demo:write","client_id":"reg_00000001","sub":"acc_00000001","aud":"http://127.0.0.1:8080/demo","iss":"http://127.0.0.1:8080","exp":1800000000,"token_type":"Bearer"  }"#;
    const { assert!(BODY.len() == 200) };
    HttpResponse::Ok().content_type("application/json").body(BODY)
}

const LOOKUP: &str = "SELECT session_id, scopes, expires_at FROM token WHERE digest = $1";

type Row = (String, String, i64);

fn token(body: &[u8]) -> Digest {
    Digest::of(body.strip_prefix(b"token=").expect("a token"))
}

fn answer((session, scopes, end): Row) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(format!(r#"{{"active":true,"scope":"{scopes}","sub":"{session}","exp":{end}}}"#))
}

/// One indexed lookup in SQLite.
async fn read_from_sqlite(file: &str) {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let options = options.pragma("cache_size", "-2000").disable_statement_logging();
    let pool = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
    let pool = pool.connect_lazy_with(options);
    listen(move |routes| {
        routes.app_data(Data::new(pool.clone())).route("/introspect", post().to(in_sqlite));
    })
    .await;
}

async fn in_sqlite(body: Bytes, pool: Data<SqlitePool>) -> HttpResponse {
    let digest = token(&body);
    let row: Row =
        sqlx::query_as(LOOKUP).bind(&digest.0[..]).fetch_one(pool.get_ref()).await.expect("a row");
    answer(row)
}

/// The same in PostgreSQL, over as many connections as ours.
async fn read_from_postgres(url: &str) {
    let pool = PgPoolOptions::new().max_connections(8).test_before_acquire(false);
    let pool = pool.connect_lazy(url).expect("a URL");
    listen(move |routes| {
        routes.app_data(Data::new(pool.clone())).route("/introspect", post().to(in_postgres));
    })
    .await;
}

async fn in_postgres(body: Bytes, pool: Data<PgPool>) -> HttpResponse {
    let digest = token(&body);
    let row: Row =
        sqlx::query_as(LOOKUP).bind(&digest.0[..]).fetch_one(pool.get_ref()).await.expect("a row");
    answer(row)
}

/// What an answer leaves in the database, and who waits for it.
struct Insert {
    change: Change,
    done: oneshot::Sender<()>,
}

enum Change {
    /// An access token.
    Issue(Digest),
    /// A spent refresh token, and its successors.
    Rotate(Pair),
    /// A collected approval, its session, and their first tokens.
    Collect(Pair),
}

/// The digests of what was presented and of what is issued for it.
struct Pair {
    presented: Digest,
    access: Digest,
    refresh: Digest,
}

/// What the handler of the grouped floor needs.
struct Issuer {
    point: Vec<u8>,
    entropy: Entropy,
    inserts: mpsc::Sender<Insert>,
}

/// Grouped durable writes of the rows that a token issued leaves, and one verification; of
/// those that a refresh leaves; or of those that a code redeemed leaves.
async fn write_grouped(file: &str, point: &str) {
    let mut bytes = vec![4];
    for half in point.split('.') {
        bytes.extend(URL_SAFE_NO_PAD.decode(half).expect("a point"));
    }
    let (inserts, waiting) = mpsc::channel(1_024);
    let file = file.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(insert(Path::new(&file), waiting));
    });
    let issuer = Data::new(Issuer { point: bytes, entropy: Entropy::system(), inserts });
    listen(move |routes| {
        routes.app_data(issuer.clone()).route("/token", post().to(grant));
    })
    .await;
}

impl Issuer {
    fn secret(&self, kind: SecretKind) -> Secret {
        self.entropy.secret(kind).expect("entropy")
    }

    async fn store(&self, change: Change) {
        let (done, stored) = oneshot::channel();
        self.inserts.send(Insert { change, done }).await.expect("the writer lives");
        stored.await.expect("stored");
    }
}

/// Whichever grant it is.
async fn grant(body: Bytes, issuer: Data<Issuer>) -> HttpResponse {
    let text = std::str::from_utf8(&body).expect("text");
    let after = |name: &str| text.split_once(name).map(|(_, value)| value);
    let answer = if let Some(assertion) = after("&assertion=") {
        exchange(assertion, &issuer).await
    } else if let Some(token) = after("&refresh_token=") {
        pair(token, Change::Rotate, &issuer).await
    } else {
        let code = after("&code=").or_else(|| after("&device_code=")).expect("a code");
        pair(code, Change::Collect, &issuer).await
    };
    HttpResponse::Ok().content_type("application/json").body(answer)
}

async fn exchange(assertion: &str, issuer: &Issuer) -> String {
    let (signed, signature) = assertion.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &issuer.point)
        .verify(signed.as_bytes(), &signature)
        .expect("verified");
    let access = issuer.secret(SecretKind::Access);
    issuer.store(Change::Issue(access.digest())).await;
    let access = access.reveal();
    format!(r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":3600}}"#)
}

async fn pair(presented: &str, change: fn(Pair) -> Change, issuer: &Issuer) -> String {
    let (access, refresh) = (issuer.secret(SecretKind::Access), issuer.secret(SecretKind::Refresh));
    let presented = Digest::of(presented.as_bytes());
    let pair = Pair { presented, access: access.digest(), refresh: refresh.digest() };
    issuer.store(change(pair)).await;
    let (access, refresh) = (access.reveal(), refresh.reveal());
    format!(
        r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":3600,"refresh_token":"{refresh}"}}"#
    )
}

const TOKEN: &str = "INSERT INTO token (digest, session_id, kind, scopes, created_at, expires_at) \
     VALUES ($1, $2, 1, 'demo:read demo:write', 1800000000, 1800003600)";
const SPEND: &str = "UPDATE token SET spent_at = 1800000000 WHERE digest = $1 AND spent_at IS NULL";
const COLLECT: &str = "UPDATE approval SET revision = revision + 1, state_name = 'collected', \
     state = replace(state, 'approved', 'collected') \
     WHERE handle_digest = $1 AND state_name = 'approved' RETURNING id";
const BEGIN: &str = "UPDATE session SET revision = revision + 1, collect_before = NULL \
     WHERE id = $1 AND collect_before IS NOT NULL";
const PAIR: &str = "INSERT INTO token (digest, session_id, kind, scopes, created_at, expires_at) \
     VALUES ($1, $3, 1, 'demo:read demo:write', 1800000000, 1800003600), \
            ($2, $3, 2, 'demo:read demo:write', 1800000000, 1800003600)";
const EVENT: &str = "INSERT INTO event (id, at, kind, account_id, session_id, registration_id, \
     address) VALUES ($1, 1800000000, 'token.issued', $2, $3, $4, '127.0.0.1')";

async fn insert(file: &Path, mut waiting: mpsc::Receiver<Insert>) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-8000")
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.expect("opened");
    let mut number = 0_u64;
    while let Some(first) = waiting.recv().await {
        let mut group = vec![first];
        while let Ok(another) = waiting.try_recv() {
            group.push(another);
        }
        connection.execute(sqlx::query("BEGIN IMMEDIATE")).await.expect("begun");
        for Insert { change, .. } in &group {
            number += 1;
            store(&mut connection, change, number).await;
        }
        connection.execute(sqlx::query("COMMIT")).await.expect("committed");
        for Insert { done, .. } in group {
            // Whoever waited may be gone.
            let _gone = done.send(());
        }
    }
}

/// The rows of one change, about one of the first thousand sessions or about the one that it
/// begins.
async fn store(connection: &mut SqliteConnection, change: &Change, number: u64) {
    let whose = number % 1_000;
    let mut session = format!("ses_{whose:08}");
    match change {
        Change::Issue(token) => {
            let token = sqlx::query(TOKEN).bind(&token.0[..]).bind(&session);
            token.execute(&mut *connection).await.expect("inserted");
        }
        Change::Rotate(pair) => {
            let statement = sqlx::query(SPEND).bind(&pair.presented.0[..]);
            let done = statement.execute(&mut *connection).await.expect("updated");
            assert_eq!(done.rows_affected(), 1, "each refresh token is spent once");
            issue(connection, pair, &session).await;
        }
        Change::Collect(pair) => {
            let statement = sqlx::query_scalar(COLLECT).bind(&pair.presented.0[..]);
            session = statement.fetch_one(&mut *connection).await.expect("each is collected once");
            let statement = sqlx::query(BEGIN).bind(&session);
            let done = statement.execute(&mut *connection).await.expect("updated");
            assert_eq!(done.rows_affected(), 1, "each session begins once");
            issue(connection, pair, &session).await;
        }
    }
    let event = sqlx::query(EVENT)
        .bind(format!("evt_floor_{number:022}"))
        .bind(format!("acc_{whose:08}"))
        .bind(&session)
        .bind(format!("reg_{whose:08}"));
    event.execute(connection).await.expect("inserted");
}

async fn issue(connection: &mut SqliteConnection, pair: &Pair, session: &str) {
    let statement = sqlx::query(PAIR).bind(&pair.access.0[..]).bind(&pair.refresh.0[..]);
    statement.bind(session).execute(connection).await.expect("inserted");
}

/// How this executable becomes the yardstick of these arguments.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("an executable"));
    command.args(arguments);
    command
}
