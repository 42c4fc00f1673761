//! The generator: keep-alive connections on one thread, every answer read whole and checked.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use super::child::Server;

/// What one connection asks, and what it takes for a good answer.
pub trait Script {
    /// Writes the next request; `false` when there is none left.
    fn ask(&mut self, request: &mut Vec<u8>) -> bool;

    /// Whether this body answers the last request.
    fn is_good(&mut self, body: &[u8]) -> bool;

    /// Whether the whole answer says the right thing, where that is not in its body.
    fn is_right(&self, _answer: &[u8]) -> bool {
        true
    }

    /// The status of a good answer.
    fn status(&self) -> &'static str {
        "200"
    }

    /// How long to rest between an answer and the next request.
    fn rest(&self) -> Option<Duration> {
        None
    }
}

/// What a round measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Processor time of the server per good answer, in microseconds.
    pub cost: f64,
    /// Good answers per second.
    pub rate: f64,
    /// The 99th percentile of the time to an answer, in milliseconds.
    pub p99: f64,
}

/// Runs every script on a connection of its own until `span` is over or none has anything
/// left to ask.
pub async fn run(server: &Server, scripts: Vec<Box<dyn Script>>, span: Duration) -> Measured {
    run_beside(server, scripts, Vec::new(), span).await
}

/// As [`run`], while the scripts `beside` keep the server busy with something else: only the
/// answers to `scripts` are counted, but all the processor time.
pub async fn run_beside(
    server: &Server,
    scripts: Vec<Box<dyn Script>>,
    beside: Vec<Box<dyn Script>>,
    span: Duration,
) -> Measured {
    let before = server.processor_time();
    let began = Instant::now();
    let connections = LocalSet::new();
    let address = server.address();
    let mut running = Vec::new();
    for script in scripts {
        running.push(connections.spawn_local(converse(address, script, began + span)));
    }
    for script in beside {
        connections.spawn_local(converse(address, script, began + span));
    }
    connections.await;
    let elapsed = began.elapsed();
    let spent = server.processor_time().saturating_sub(before);
    let mut waits = Vec::new();
    for connection in running {
        waits.extend(connection.await.expect("a connection does not fail"));
    }
    assert!(!waits.is_empty(), "no answer at all");
    waits.sort_unstable();
    let good = waits.len() as f64;
    Measured {
        cost: spent.as_secs_f64() * 1e6 / good,
        rate: good / elapsed.as_secs_f64(),
        p99: waits[waits.len() * 99 / 100].as_secs_f64() * 1e3,
    }
}

/// Asks and checks until `end`; how long each answer took.
async fn converse(address: SocketAddr, mut script: Box<dyn Script>, end: Instant) -> Vec<Duration> {
    let mut connection = Connection::open(address).await;
    let mut request = Vec::with_capacity(2_048);
    let mut waits = Vec::new();
    loop {
        if let Some(rest) = script.rest() {
            tokio::time::sleep(rest).await;
        }
        let asked = Instant::now();
        request.clear();
        if asked >= end || !script.ask(&mut request) {
            return waits;
        }
        let (status, body) = connection.ask(&request).await;
        let good = status == script.status().as_bytes() && script.is_good(body);
        assert!(
            good && script.is_right(&connection.answer),
            "asked: {}\nanswered: {}",
            String::from_utf8_lossy(&request),
            String::from_utf8_lossy(&connection.answer)
        );
        waits.push(asked.elapsed());
    }
}

/// One connection, kept open.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("connected");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, answer: Vec::with_capacity(32_768) }
    }

    /// Sends a request and reads its answer whole: status and body.
    pub async fn ask(&mut self, request: &[u8]) -> (&[u8], &[u8]) {
        self.stream.write_all(request).await.expect("sent");
        let head = receive(&mut self.stream, &mut self.answer).await;
        let status = self.answer.strip_prefix(b"HTTP/1.1 ").expect("an HTTP answer");
        (&status[..3], &self.answer[head..])
    }
}

/// Reads one answer whole; the length of its head.
async fn receive(stream: &mut TcpStream, answer: &mut Vec<u8>) -> usize {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.expect("an answer");
        assert!(read > 0, "the server hung up");
        if let Some(head) = head(answer) {
            let whole = head + content_length(&answer[..head]);
            while answer.len() < whole {
                let read = stream.read_buf(answer).await.expect("the rest");
                assert!(read > 0, "the server hung up within an answer");
            }
            return head;
        }
    }
}

fn head(answer: &[u8]) -> Option<usize> {
    find(answer, b"\r\n\r\n").map(|at| at + 4)
}

fn content_length(head: &[u8]) -> usize {
    let at = find(head, b"content-length: ").expect("a length");
    let digits = head[at + 16..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
}

pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
