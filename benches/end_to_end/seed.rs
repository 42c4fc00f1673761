//! A database as the server would have filled it: its own schema and keys, and sessions with
//! an access and a refresh token each, whose secrets follow from their number.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::clock::Clock;
use countersign::config::{self, Flags, Settings, Sources};
use countersign::entropy::Entropy;
use countersign::flow::start::start;
use countersign::jose::AssertionClaims;
use countersign::protocol::api_key::{KEY_ENTROPY, KeyForm, KeySecret};
use countersign::protocol::secret::{ENTROPY, Secret, SecretKind};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

/// How many sessions have a registration, and so an assertion to exchange.
pub const REGISTERED: usize = 1_000;

/// Tokens in use when the cache is warm. Fewer sessions than that hold several each.
pub const WARM: usize = 10_000;

/// Rows in one statement.
const ROWS: usize = 500;

const DAY: i64 = 86_400;

const SQLITE: &str = "countersign.db";

/// Wrong passwords are to cost hashes here, not to be refused before.
const LIMITS: &str = "[limits]\nsign_in_failures_per_account_per_hour = 1000000\n\
     sign_in_failures_per_address_per_hour = 1000000\n\
     [[profile]]\nname = \"bench\"\n[[profile.credential]]\nprefix = \"bk_\"\n";

/// A filled database and what reaches it.
pub struct Site {
    folder: PathBuf,
    pub database: String,
    pub sessions: usize,
    /// One for each of the first [`REGISTERED`] sessions.
    pub assertions: Vec<String>,
    /// The public key that verifies them: an uncompressed point, in base64url.
    pub point: String,
}

impl Site {
    /// Fills a new SQLite database in `folder`.
    pub async fn on_sqlite(folder: &Path, sessions: usize) -> Self {
        let database = format!("sqlite://{}", folder.join(SQLITE).display());
        Self::fill(folder, &database, sessions).await
    }

    /// The SQLite database.
    pub fn file(&self) -> PathBuf {
        self.folder.join(SQLITE)
    }

    /// Fills `database`, a URL; settings and the master secret go to `folder`.
    pub async fn fill(folder: &Path, database: &str, sessions: usize) -> Self {
        let folder = folder.to_owned();
        let settings = format!(
            "listen = \"127.0.0.1:0\"\nissuer = \"http://127.0.0.1:8080\"\n\
             database = \"{database}\"\nsecrets_file = \"{}/master.key\"\n{LIMITS}",
            folder.display()
        );
        let mut site = Self {
            folder,
            database: database.to_owned(),
            sessions,
            assertions: Vec::new(),
            point: String::new(),
        };
        std::fs::write(site.settings_file(), settings).expect("settings");
        let app =
            start(site.settings(), Clock::System, Entropy::system()).await.expect("it starts");
        let now = app.clock.now().0;
        let key = serde_json::to_value(app.keyring.published()).expect("JSON")["keys"][0].clone();
        site.point = format!("{}.{}", key["x"].as_str().expect("x"), key["y"].as_str().expect("y"));
        for number in 0..REGISTERED.min(sessions) {
            let claims = AssertionClaims {
                iss: app.issuer().to_owned(),
                aud: app.issuer().to_owned(),
                sub: format!("reg_{number:08}"),
                jti: format!("jti_{number:08}"),
                iat: now,
                exp: now + DAY,
                generation: 1,
                email: None,
                email_verified: None,
                cnf: None,
            };
            site.assertions.push(app.keyring.sign_assertion(&claims).expect("signed"));
        }
        let resource = app.default_resource().expect("a resource").identifier.to_string();
        app.store.database().close().await;
        site.insert(&resource, now).await;
        site
    }

    fn settings_file(&self) -> PathBuf {
        self.folder.join("countersign.toml")
    }

    /// The settings file as the server reads it.
    pub fn settings(&self) -> Settings {
        let sources = Sources {
            file: Some(self.settings_file()),
            environment: Vec::new(),
            flags: Flags::default(),
        };
        config::load(&sources).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("settings: {}", lines.join("; "))
        })
    }

    /// Countersign as it is shipped, on this database.
    pub fn countersign(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("serve").arg("--config").arg(self.settings_file()).current_dir(&self.folder);
        // It warns that the issuer names another port.
        command.env("RUST_LOG", "error");
        // A server refuses variables of its own prefix that it does not know.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COUNTERSIGN_") {
                command.env_remove(name);
            }
        }
        command
    }

    async fn insert(&self, resource: &str, now: i64) {
        let mut options = ConnectOptions::new(&self.database);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.expect("connected");
        if self.database.starts_with("sqlite") {
            // Nothing is lost when seeding fails: there is no database then.
            let fast = "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000";
            connection.execute_unprepared(fast).await.expect("set");
        }
        let hex = if self.database.starts_with("sqlite") { "X'" } else { "'\\x" };
        let insert = async |statement: String| {
            connection.execute_unprepared(&statement).await.expect("inserted");
        };
        for numbers in batches(self.sessions) {
            insert(rows(SESSION, numbers, |number| session(number, resource, now))).await;
        }
        for numbers in batches(self.sessions.max(WARM)) {
            let of = |number| tokens(number, number % self.sessions, hex, now);
            insert(rows(TOKEN, numbers, of)).await;
        }
        for numbers in batches(WARM) {
            insert(rows(API_KEY, numbers, |number| key_row(number, resource, hex, now))).await;
        }
        for numbers in batches(self.sessions.min(REGISTERED)) {
            let of = |number| registration(number, resource, hex, now);
            insert(rows(REGISTRATION, numbers, of)).await;
        }
        let finish = if self.database.starts_with("sqlite") {
            "PRAGMA wal_checkpoint(TRUNCATE)"
        } else {
            "ANALYZE"
        };
        connection.execute_unprepared(finish).await.expect("finished");
        connection.close().await.expect("closed");
    }
}

const SESSION: &str = "session (id, revision, door, account_id, registration_id, agent_name, resource, \
     scopes, label, created_at, approved_at, expires_at, idle_seconds, refreshable, address)";
const TOKEN: &str = "token (digest, session_id, kind, scopes, created_at, expires_at)";
const REGISTRATION: &str = "registration (id, revision, kind, client_name, resource, scopes, \
     pre_claim_scopes, claim_digest, claim_expires_at, generation, account_id, session_id, \
     poll_interval, address, created_at)";
const API_KEY: &str = "api_key (id, revision, account_id, profile, kind, resource, digest, \
     beginning, name, environment, scopes, sandbox, created_at, uses, limited_to)";
pub const SCOPES: &str = "demo:read demo:write";

fn batches(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(ROWS).map(move |first| first..(first + ROWS).min(count))
}

fn rows(table: &str, numbers: Range<usize>, row: impl Fn(usize) -> String) -> String {
    let values: Vec<String> = numbers.map(row).collect();
    format!("INSERT INTO {table} VALUES {}", values.join(","))
}

fn session(number: usize, resource: &str, now: i64) -> String {
    let (approved, end) = (now - 60, now + 30 * DAY);
    format!(
        "('ses_{number:08}', 0, 'claim', 'acc_{number:08}', 'reg_{number:08}', 'Bench agent', \
         '{resource}', '{SCOPES}', 'Bench agent', {approved}, {approved}, {end}, {end}, TRUE, \
         '127.0.0.1')"
    )
}

fn tokens(number: usize, session: usize, hex: &str, now: i64) -> String {
    let (access, refresh) =
        (access_token(number).digest().hex(), refresh_token(number).digest().hex());
    let (access_end, refresh_end) = (now + DAY, now + 30 * DAY);
    format!(
        "({hex}{access}', 'ses_{session:08}', 1, '{SCOPES}', {now}, {access_end}), \
         ({hex}{refresh}', 'ses_{session:08}', 2, '{SCOPES}', {now}, {refresh_end})"
    )
}

fn registration(number: usize, resource: &str, hex: &str, now: i64) -> String {
    let claim = secret(SecretKind::Claim, number).digest().hex();
    let end = now + DAY;
    format!(
        "('reg_{number:08}', 0, 'anonymous', 'Bench agent', '{resource}', '{SCOPES}', 'demo:read', \
         {hex}{claim}', {end}, 1, 'acc_{number:08}', 'ses_{number:08}', 5, '127.0.0.1', {now})"
    )
}

fn key_row(number: usize, resource: &str, hex: &str, now: i64) -> String {
    let key = api_key(number);
    let (digest, beginning) = (key.digest().hex(), key.beginning(6));
    format!(
        "('key_{number:08}', 0, 'acc_{number:08}', 'bench', 'secret', '{resource}', {hex}{digest}', \
         '{beginning}', 'Bench key', '', '{SCOPES}', FALSE, {now}, 0, '')"
    )
}

/// The key of a number.
pub fn api_key(number: usize) -> KeySecret {
    let form = KeyForm::new("bk_", 24);
    drawn::<KEY_ENTROPY, _>((number as u64).wrapping_mul(4).wrapping_add(7) << 16, |bytes| {
        form.spell(bytes)
    })
}

pub fn access_token(number: usize) -> Secret {
    secret(SecretKind::Access, number)
}

pub fn refresh_token(number: usize) -> Secret {
    secret(SecretKind::Refresh, number)
}

/// The secret of a number.
pub fn secret(kind: SecretKind, number: usize) -> Secret {
    let seed = (number as u64).wrapping_mul(4).wrapping_add(kind as u64) << 16;
    drawn::<ENTROPY, _>(seed, |bytes| Secret::from_entropy(kind, bytes))
}

/// What `SplitMix64` makes of a number, so that nothing has to be kept.
fn drawn<const N: usize, T>(mut state: u64, make: impl Fn(&[u8; N]) -> Option<T>) -> T {
    loop {
        let mut bytes = [0; N];
        for eight in bytes.chunks_exact_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            eight.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
        }
        if let Some(made) = make(&bytes) {
            return made;
        }
    }
}
