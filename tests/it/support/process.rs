//! The real binary in a working directory of its own, as an operator runs it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::agent::Agent;
use super::database::TestDatabase;
use super::person::Person;
use super::reply::Reply;
use super::{PASSWORD, client_builder, free_port};

/// How long a command, a start or a stop may take before the test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Limits that no load of a test reaches.
pub const GENEROUS: &str = "
[limits]
anonymous_registrations_per_address_per_hour = 1000000
anonymous_registrations_per_hour = 1000000
service_auth_registrations_per_address_per_hour = 1000000
service_auth_registrations_per_hour = 1000000
claim_attempts_per_registration_per_hour = 1000000
";

/// A working directory, a database, and an address nobody else has.
pub struct Place {
    folder: TempDir,
    pub database: TestDatabase,
    pub port: u16,
    pub issuer: String,
}

/// What a command did.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A server that has said where it listens. Killed when dropped.
pub struct Process {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    pub url: String,
    pub client: reqwest::Client,
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = TestDatabase::create(folder.path()).await;
        let port = free_port();
        Self { folder, database, port, issuer: format!("http://127.0.0.1:{port}") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Names of everything in the working directory, the test's own outputs aside.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("a file").file_name());
        let mut names: Vec<String> =
            names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with("output-"));
        names.sort();
        names
    }

    pub fn mode(&self, name: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(self.path(name)).expect(name).permissions().mode() & 0o777
    }

    /// Writes `countersign.toml`: this place's address and database, then `settings`.
    pub fn configure(&self, settings: &str) {
        let Self { port, issuer, .. } = self;
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\nissuer = \"{issuer}\"\ndatabase = \"{}\"\n{settings}",
            self.database.url()
        );
        self.write("countersign.toml", &text);
    }

    /// The binary, here, with nothing of the tests' own environment in it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COUNTERSIGN_") {
                command.env_remove(name);
            }
        }
        command.env_remove("RUST_LOG").args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        finished(self.command(arguments)).await
    }

    /// As [`run`](Self::run), with `text` on standard input.
    pub async fn run_with_input(&self, arguments: &[&str], text: &str) -> Outcome {
        self.write("output-input", text);
        let mut command = self.command(arguments);
        command.stdin(File::open(self.path("output-input")).expect("the input"));
        finished(command).await
    }

    /// Starts the server and waits until it says where it listens.
    pub async fn serve(&self, arguments: &[&str]) -> Process {
        self.serve_command(self.command(arguments)).await
    }

    pub async fn serve_command(&self, command: Command) -> Process {
        self.start(command).listening().await
    }

    /// Starts the server and does not wait.
    pub fn start(&self, mut command: Command) -> Process {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (stdout, stderr) =
            (self.path(&format!("output-{number}")), self.path(&format!("output-{number}-errors")));
        command.stdout(File::create(&stdout).expect("a file"));
        command.stderr(File::create(&stderr).expect("a file"));
        let child = command.spawn().expect("started");
        let client = client_builder().build().expect("a client");
        Process { child, stdout, stderr, url: String::new(), client }
    }

    /// Adds a person who has the password of everybody.
    pub async fn add_person(&self, email: &str) {
        let arguments = ["account", "add", email, "--password-stdin"];
        let added = self.run_with_input(&arguments, PASSWORD).await;
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }
}

async fn finished(mut command: Command) -> Outcome {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("started");
    let finished = tokio::task::spawn_blocking(move || child.wait_with_output());
    let finished = tokio::time::timeout(PATIENCE, finished).await.expect("it ends");
    let output = finished.expect("joined").expect("output");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Process {
    /// Waits for the line that scripts wait for.
    pub async fn listening(mut self) -> Self {
        let began = Instant::now();
        loop {
            // A line counts once its end is there.
            let text = self.stdout();
            let lines = text.rsplit_once('\n').map_or("", |(whole, _)| whole).lines();
            let mut urls = lines.filter_map(|line| line.strip_prefix("listening on "));
            if let Some(url) = urls.next() {
                url.clone_into(&mut self.url);
                return self;
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("it ended with {status} instead of listening: {}", self.stderr());
            }
            assert!(began.elapsed() < PATIENCE, "it does not listen: {}", self.stderr());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn stdout(&self) -> String {
        read(&self.stdout)
    }

    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }

    /// Waits until `text` is logged after the first `after` bytes of the log.
    pub async fn logged(&self, after: usize, text: &str) {
        let began = Instant::now();
        while !self.stderr().get(after..).is_some_and(|log| log.contains(text)) {
            assert!(began.elapsed() < PATIENCE, "{text:?} is not in {}", self.stderr());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The address of the one-time link it printed, if it printed one. What a newcomer does
    /// next follows the line that scripts wait for, and ends with the page of agent sessions.
    pub async fn link(&self) -> Option<String> {
        let began = Instant::now();
        while !self.stdout().contains("/account/sessions\n") {
            assert!(began.elapsed() < PATIENCE, "it says too little: {}", self.stdout());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        link(&self.stdout())
    }

    /// The most memory it has held so far, in kilobytes.
    pub fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a process that lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a figure");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill");
        assert!(sent.success(), "SIG{name} was not sent");
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end: {}", self.stderr());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it as an operator does.
    pub async fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}", self.stderr());
    }

    /// Ends it as a power cut does, for the process.
    pub async fn kill(mut self) {
        self.signal("KILL");
        self.ended().await;
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.client.get(format!("{}{path}", self.url))).await
    }

    pub async fn introspect(&self, token: &str) -> Reply {
        self.introspect_as("demo", "demo-secret", token).await
    }

    /// What this resource server is told about a token.
    pub async fn introspect_as(&self, client_id: &str, secret: &str, token: &str) -> Reply {
        let request = self.client.post(format!("{}/introspect", self.url));
        Reply::of(request.basic_auth(client_id, Some(secret)).form(&[("token", token)])).await
    }

    /// What the demo's resource server is told: whether this token is live.
    pub async fn is_live(&self, token: &str) -> bool {
        let reply = self.introspect(token).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["active"] == true
    }

    pub fn agent(&self) -> Agent {
        Agent::at(&self.url, &self.client)
    }

    pub fn person(&self, email: &str) -> Person {
        Person::at(&self.url, &self.client, email)
    }

    /// A person who was added before, signed in.
    pub async fn signed_in(&self, email: &str) -> Person {
        let mut person = self.person(email);
        let reply = person.sign_in().await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        person
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The one-time link in what a command printed.
pub fn link(text: &str) -> Option<String> {
    let words = text.split_whitespace();
    words.filter(|word| word.contains("/welcome/")).map(ToOwned::to_owned).next()
}

/// Whether nothing answers at a port of this machine.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
