//! A real `countersign serve` in a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::database::TestDatabase;
use crate::support::free_port;

const BINARY: &str = env!("CARGO_BIN_EXE_countersign");

/// One process, stopped when it is dropped.
pub struct Process {
    /// Where it listens, whatever its issuer.
    pub url: String,
    pub first_account_link: Option<String>,
    child: Child,
    settings: PathBuf,
    log: PathBuf,
}

impl Process {
    /// Starts a server; `issuer` is where it listens when left out.
    pub fn serve(
        folder: &Path,
        database: &TestDatabase,
        issuer: Option<&str>,
        settings: &str,
    ) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\nissuer = \"{}\"\ndatabase = \"{}\"\nsecrets_file = \"{}\"\n{settings}",
            issuer.unwrap_or(&url),
            database.url(),
            folder.join("countersign.key").display(),
        );
        let (file, log) = (folder.join("countersign.toml"), folder.join("log"));
        std::fs::write(&file, text).expect("settings");
        private(&file);
        let mut command = command();
        command.arg("serve").arg("--config").arg(&file);
        command.env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(&log).expect("a log"));
        let mut child = command.spawn().expect("a process");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let mut lines = out.lines().map(|line| line.expect("a line"));
        let listening = lines.next().unwrap_or_else(|| panic!("{}", text_of(&log)));
        assert_eq!(listening, format!("listening on {url}"));
        let lines = lines.take_while(|line| !line.contains("agent sessions"));
        let first = lines.filter_map(|line| {
            line.split_once("/welcome/").map(|(_, link)| format!("/welcome/{link}"))
        });
        let first_account_link = first.last();
        Self { url, first_account_link, child, settings: file, log }
    }

    /// Runs another command with the same settings; what it printed.
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut command = command();
        command.args(arguments).arg("--config").arg(&self.settings);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("a process");
        let mut pipe = child.stdin.take().expect("its input");
        pipe.write_all(input.as_bytes()).expect("written");
        drop(pipe);
        let output = child.wait_with_output().expect("an end");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Kills it; everything it logged.
    pub fn kill(mut self) -> Vec<u8> {
        self.stop();
        std::fs::read(&self.log).expect("a log")
    }

    fn stop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Our own binary, without the variables that are meant for the tests.
fn command() -> Command {
    let mut command = Command::new(BINARY);
    command.env_remove("COUNTERSIGN_TEST_DATABASE").env_remove("COUNTERSIGN_TEST_POSTGRES");
    command
}

fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).expect("a private file");
}

fn text_of(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
