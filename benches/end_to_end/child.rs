//! A server in a process of its own, so that its processor time and memory can be read.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server. It is killed when dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    /// What it has left to say goes here; a closed pipe would stop it.
    _output: BufReader<ChildStdout>,
}

/// Clock ticks per second in `/proc` (`USER_HZ`, 100 on every Linux).
const TICKS: u64 = 100;

impl Server {
    /// Starts `command` and waits for its line "listening on http://…".
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("it said {line:?} instead of its address"));
        let address = address.parse().expect("an address");
        Self { child, address, _output: output }
    }

    /// Starts `command` and says how long its first answer at `path` took.
    pub fn time_to_first_answer(command: Command, path: &str) -> (Self, Duration) {
        let began = Instant::now();
        let server = Self::start(command);
        server.get(path);
        (server, began.elapsed())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One request outside any measurement; anything but 200 is a defect.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }

    /// Processor time so far, user and system together.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("its stat");
        // The name, in parentheses, may hold spaces; the state follows it.
        let (_, fields) = stat.rsplit_once(") ").expect("a name");
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |field: usize| fields[field].parse::<u64>().expect("ticks");
        Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / TICKS)
    }

    /// Resident memory in MiB: now, and the most it ever was.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("its status");
        let mebibytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
            let kibibytes = line.split_ascii_whitespace().nth(1).expect("a number");
            kibibytes.parse::<f64>().expect("a number") / 1_024.0
        };
        (mebibytes("VmRSS:"), mebibytes("VmHWM:"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has gone already.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
