//! The whole server on a throwaway database: real HTTP, a clock we hold, agents and people
//! to drive it with. `COUNTERSIGN_TEST_DATABASE` chooses SQLite (the default) or PostgreSQL.

pub mod agent;
pub mod authenticator;
pub mod client;
pub mod database;
pub mod keys;
pub mod mail;
pub mod person;
pub mod process;
pub mod proof;
pub mod reply;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use countersign::app::App;
use countersign::clock::{Clock, ManualClock};
use countersign::config::{self, Flags, Sources};
use countersign::entropy::Entropy;
use countersign::flow::account::{self, NewPerson};
use countersign::flow::start::start;
use countersign::outbound::Fetcher;
use countersign::protocol::timestamp::{Seconds, Timestamp};
use countersign::web::server::listen;
use tempfile::TempDir;

use self::agent::Agent;
use self::database::TestDatabase;
use self::person::Person;
use self::reply::Reply;

/// When every test begins: 2027-01-15T08:00:00Z, the start of an hour.
pub const START: Timestamp = Timestamp(1_800_000_000);

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// An API beside the demo, with a resource server of its own; lines that follow are about it.
pub const EVENTS_API: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example API"
introspection = [{ client_id = "example-api", client_secret = "example-api-secret" }]
scope = [
    { name = "events:read", title = "Read your events", default = true, pre_claim = true },
    { name = "events:write", title = "Write events" },
]
"#;

/// Another, as above.
pub const FILES_API: &str = r#"
[[resource]]
identifier = "https://files.example.com"
introspection = [{ client_id = "files-api", client_secret = "files-api-secret" }]
scope = [{ name = "files:read", default = true, pre_claim = true }]
"#;

/// One running server and its outside world.
pub struct Site {
    pub url: String,
    pub clock: ManualClock,
    pub app: Arc<App>,
    pub client: reqwest::Client,
    node: Node,
    folder: Arc<TempDir>,
    database: Arc<TestDatabase>,
    settings: String,
    fetch: Option<Fetcher>,
}

/// Where every node listens.
const HERE: &str = "127.0.0.1";

/// What stays when a node goes.
struct Outside {
    folder: Arc<TempDir>,
    database: Arc<TestDatabase>,
    settings: String,
    clock: ManualClock,
    /// The first node's address.
    issuer: Option<String>,
    /// The host of the issuer, and its path where it has one.
    named: (&'static str, &'static str),
    /// Who answers for what strangers' URLs name, if not the network.
    fetch: Option<Fetcher>,
}

struct Node {
    stop: Option<actix_web::dev::ServerHandle>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    async fn stop(&mut self) {
        if let Some(handle) = self.stop.take() {
            handle.stop(true).await;
        }
        if let Some(thread) = self.thread.take() {
            tokio::task::spawn_blocking(move || thread.join().expect("the server ends well"))
                .await
                .expect("joined");
        }
    }
}

impl Site {
    /// A server with the default settings and the demo resource.
    pub async fn open() -> Self {
        Self::open_with("").await
    }

    /// A server with these settings on top (TOML; tables such as `[agents]` welcome).
    pub async fn open_with(settings: &str) -> Self {
        Self::open_with_fetch(settings, None).await
    }

    /// A server whose issuer has this path.
    pub async fn open_below(path: &'static str) -> Self {
        Self::open_outside("", None, (HERE, path)).await
    }

    /// A server whose issuer has a name: what is made for a name can be had there.
    pub async fn open_named(settings: &str) -> Self {
        Self::open_outside(settings, None, ("localhost", "")).await
    }

    /// A server with these settings, and with these answers to what strangers' URLs name.
    pub async fn open_with_fetch(settings: &str, fetch: Option<Fetcher>) -> Self {
        Self::open_outside(settings, fetch, (HERE, "")).await
    }

    async fn open_outside(
        settings: &str,
        fetch: Option<Fetcher>,
        named: (&'static str, &'static str),
    ) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let database = Arc::new(TestDatabase::create(folder.path()).await);
        let outside = Outside {
            folder,
            database,
            settings: settings.to_owned(),
            clock: ManualClock::at(START),
            issuer: None,
            named,
            fetch,
        };
        Self::node(outside).await
    }

    /// A second node on the same database, with the same issuer, master secret and clock.
    pub async fn second_node(&self) -> Self {
        Self::node(self.outside()).await
    }

    /// A second node whose operator has written other settings.
    pub async fn second_node_with(&self, settings: &str) -> Self {
        Self::node(Outside { settings: settings.to_owned(), ..self.outside() }).await
    }

    /// The same server after a stop; the outside world stays, and so does the issuer. It
    /// listens elsewhere.
    pub async fn restart(mut self) -> Self {
        self.node.stop().await;
        Self::node(self.outside()).await
    }

    fn outside(&self) -> Outside {
        Outside {
            folder: Arc::clone(&self.folder),
            database: Arc::clone(&self.database),
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            issuer: Some(self.app.settings.issuer.to_string()),
            named: (HERE, ""),
            fetch: self.fetch.clone(),
        }
    }

    async fn node(outside: Outside) -> Self {
        let Outside { folder, database, settings, clock, issuer, named, fetch } = outside;
        let port = free_port();
        let url = format!("http://{HERE}:{port}");
        let (host, below) = named;
        let issuer = issuer.unwrap_or_else(|| format!("http://{host}:{port}{below}"));
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\nissuer = \"{issuer}\"\ndatabase = \"{}\"\nsecrets_file = \"{}\"\n{settings}",
            database.url(),
            folder.path().join("countersign.key").display(),
        );
        let file = folder.path().join(format!("countersign-{port}.toml"));
        std::fs::write(&file, text).expect("settings");
        let sources =
            Sources { file: Some(file), environment: Vec::new(), flags: Flags::default() };
        let parsed = config::load(&sources).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("settings: {}", lines.join("; "))
        });
        let mut app = start(parsed, Clock::Manual(clock.clone()), Entropy::system())
            .await
            .expect("the server starts");
        if let Some(fetch) = &fetch {
            app.fetch = fetch.clone();
        }
        let app = Arc::new(app);
        let (sender, receiver) = std::sync::mpsc::channel();
        let served = Arc::clone(&app);
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listening = listen(served).expect("listening");
                sender.send(listening.handle()).expect("somebody waits");
                listening.run().await.expect("served");
            });
        });
        let stop = tokio::task::spawn_blocking(move || receiver.recv().expect("a handle"))
            .await
            .expect("a handle");
        // What the server logs as an error belongs to the report of a failing test.
        let _logging = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).try_init();
        let client = client();
        let node = Node { stop: Some(stop), thread: Some(thread) };
        Self { url, clock, app, client, node, folder, database, settings, fetch }
    }

    /// Stops the server; the database goes with the last site that uses it.
    pub async fn close(mut self) {
        self.node.stop().await;
    }

    pub fn advance(&self, span: Seconds) {
        self.clock.advance(span);
    }

    /// A person with a verified address, not signed in.
    pub async fn add_person(&self, email: &str) -> Person {
        let person = NewPerson { name: "", email, password: PASSWORD };
        account::add(&self.app, &person, false, self.clock.now()).await.expect("added");
        Person::new(self, email)
    }

    /// A person with a verified address, signed in.
    pub async fn person(&self, email: &str) -> Person {
        let mut person = self.add_person(email).await;
        let reply = person.sign_in().await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        person
    }

    /// An administrator, signed in.
    pub async fn administrator(&self, email: &str) -> Person {
        let person = NewPerson { name: "", email, password: PASSWORD };
        account::add(&self.app, &person, true, self.clock.now()).await.expect("added");
        self.again(email).await
    }

    /// Somebody who has an account, signed in with another browser.
    pub async fn again(&self, email: &str) -> Person {
        let mut person = Person::new(self, email);
        assert_eq!(person.sign_in().await.status, 303);
        person
    }

    /// An agent that knows nothing but this server's address.
    pub fn agent(&self) -> Agent {
        Agent::new(self)
    }

    /// A plain request.
    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.client.get(format!("{}{path}", self.url))).await
    }

    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Reply {
        Reply::of(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        Reply::of(self.client.post(format!("{}{path}", self.url)).form(fields)).await
    }

    /// What the demo's resource server learns about a token.
    pub async fn introspect(&self, token: &str) -> Reply {
        self.introspect_as("demo", token).await
    }

    /// What this resource server learns about a token. Its secret is its name and `-secret`.
    pub async fn introspect_as(&self, client: &str, token: &str) -> Reply {
        let request = self.client.post(format!("{}/introspect", self.url));
        let request = request.basic_auth(client, Some(format!("{client}-secret")));
        Reply::of(request.form(&[("token", token)])).await
    }

    /// The demo resource, asked with a token.
    pub async fn call(&self, token: &str) -> Reply {
        let request = self.client.get(format!("{}/demo/notes", self.url));
        Reply::of(request.bearer_auth(token)).await
    }

    /// A call that changes something.
    pub async fn write_note(&self, token: &str) -> Reply {
        let request = self.client.post(format!("{}/demo/notes", self.url)).bearer_auth(token);
        Reply::of(request.json(&serde_json::json!({ "text": "a note" }))).await
    }

    /// Asserts that a token is worth nothing: at introspection and at the resource.
    pub async fn assert_dead(&self, token: &str) {
        let reply = self.introspect(token).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"active":false}"#));
        assert_eq!(self.call(token).await.status, 401);
    }

    /// Asserts that a token is live at introspection.
    pub async fn assert_live(&self, token: &str) {
        let reply = self.introspect(token).await;
        assert_eq!(reply.json()["active"], true, "{}", reply.text);
    }

    /// Where the database is, with what it takes to connect.
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Changes the database behind the server's back.
    pub async fn tamper(&self, sql: &str) {
        self.database.execute(sql).await;
    }

    /// One number out of the database: `SELECT …` with a single column.
    pub async fn count(&self, sql: &str) -> i64 {
        self.database.count(sql).await
    }
}

/// How many rounds of a race to run: as many as were asked for, or else the default.
pub fn rounds(default: usize) -> usize {
    let asked = std::env::var("COUNTERSIGN_TEST_ROUNDS").ok();
    asked.map_or(default, |asked| asked.parse().expect("COUNTERSIGN_TEST_ROUNDS is a number"))
}

/// A client that follows nothing, so that tests see every answer.
fn client() -> reqwest::Client {
    client_builder().build().expect("a client")
}

pub fn client_builder() -> reqwest::ClientBuilder {
    // The second test of a process finds it installed.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}

/// Ports are taken from below the ephemeral range, so that no outgoing connection of a
/// parallel test can be given one between choosing and listening.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let spread = std::process::id().wrapping_mul(131);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + u16::try_from((spread + step) % 18_000).expect("a port");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
