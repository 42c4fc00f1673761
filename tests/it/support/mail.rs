//! Where letters arrive: a mail server of the test's own, and a folder.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Longer than any letter of these tests takes.
const LONG: Duration = Duration::from_secs(40);

/// A letter as it arrived.
#[derive(Debug, Clone)]
pub struct Letter {
    /// From the envelope; empty in a folder.
    pub recipients: Vec<String>,
    pub head: String,
    /// As a person reads it.
    pub text: String,
}

impl Letter {
    fn parse(recipients: Vec<String>, raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").expect("a head and a body");
        Self { recipients, head: head.replace("\r\n ", " "), text: decoded(body) }
    }

    /// A header's value; there is exactly one.
    pub fn header(&self, name: &str) -> &str {
        let of = |line: &'_ str| line.split_once(": ").is_some_and(|(found, _)| found == name);
        let lines: Vec<&str> = self.head.lines().filter(|line| of(line)).collect();
        assert_eq!(lines.len(), 1, "{name}: {}", self.head);
        lines[0].split_once(": ").expect("a value").1
    }

    /// Every address in the text.
    pub fn links(&self) -> Vec<&str> {
        self.text.split_whitespace().filter(|word| word.contains("://")).collect()
    }

    /// The path of the address that stands alone on a line.
    pub fn path(&self, issuer: &str) -> String {
        let alone = self.text.lines().find_map(|line| line.strip_prefix(issuer));
        alone.filter(|path| path.starts_with('/')).expect("a link of ours").to_owned()
    }
}

/// Quoted-printable (RFC 2045 §6.7).
fn decoded(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first == b'=' {
            let digits = std::str::from_utf8(&tail[..2]).expect("digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("a byte"));
            rest = &tail[2..];
        } else {
            bytes.push(first);
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// A folder that letters are written to.
pub struct Mailbox(TempDir);

impl Mailbox {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn settings(&self) -> String {
        let folder = self.0.path().display();
        format!("[mail]\nfolder = \"{folder}\"\nfrom = \"no-reply@example.com\"\n")
    }

    /// What has arrived, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        // What is still being written has another name.
        let is_whole = |name: &str| !name.starts_with('.');
        files.retain(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(is_whole));
        files.sort();
        let read = |file: &_| std::fs::read_to_string(file).expect("a letter");
        files.iter().map(|file| Letter::parse(Vec::new(), &read(file))).collect()
    }

    /// Waits until somebody has so many letters; all of theirs, oldest first.
    pub async fn has(&self, to: &str, count: usize) -> Vec<Letter> {
        let began = Instant::now();
        loop {
            let mut letters = self.letters();
            letters.retain(|letter| letter.header("To") == to);
            if letters.len() >= count {
                return letters;
            }
            assert!(began.elapsed() < LONG, "{} of {count} for {to}", letters.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A mail server (RFC 5321); what it says to a letter can be changed.
pub struct MailServer {
    pub port: u16,
    arrived: Arc<Mutex<Vec<Letter>>>,
    /// Everything that was said to it.
    heard: Arc<Mutex<String>>,
    answer: Arc<Mutex<&'static str>>,
}

/// It takes letters.
pub const TAKEN: &str = "250 OK";
/// It greets nobody.
pub const SILENT: &str = "";

impl MailServer {
    pub async fn open(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let (arrived, heard) = (Arc::default(), Arc::default());
        let answer = Arc::new(Mutex::new(answer));
        let server = Self { port, arrived, heard, answer };
        let (kept, heard) = (Arc::clone(&server.arrived), Arc::clone(&server.heard));
        let said = Arc::clone(&server.answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, heard) = (Arc::clone(&kept), Arc::clone(&heard));
                tokio::spawn(converse(stream, kept, heard, Arc::clone(&said)));
            }
        });
        server
    }

    pub fn settings(&self) -> String {
        let port = self.port;
        format!("[mail]\nurl = \"smtp://127.0.0.1:{port}\"\nfrom = \"no-reply@example.com\"\n")
    }

    pub fn says(&self, answer: &'static str) {
        *self.answer.lock().expect("the answer") = answer;
    }

    pub fn arrived(&self) -> Vec<Letter> {
        self.arrived.lock().expect("what arrived").clone()
    }

    pub fn heard(&self) -> String {
        self.heard.lock().expect("what was heard").clone()
    }

    /// Waits until so many have arrived.
    pub async fn has(&self, count: usize) -> Vec<Letter> {
        let began = Instant::now();
        while self.arrived().len() < count {
            assert!(began.elapsed() < LONG, "{} of {count} arrived", self.arrived().len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.arrived()
    }
}

async fn converse(
    stream: TcpStream,
    arrived: Arc<Mutex<Vec<Letter>>>,
    heard: Arc<Mutex<String>>,
    answer: Arc<Mutex<&'static str>>,
) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let said = || *answer.lock().expect("the answer");
    if said() == SILENT {
        tokio::time::sleep(LONG).await;
    }
    writer.write_all(b"220 mail.example.com ESMTP\r\n").await.ok()?;
    let mut recipients = Vec::new();
    loop {
        let line = lines.next_line().await.ok()??;
        *heard.lock().expect("what was heard") += &(line.clone() + "\n");
        let word = line.get(..4).unwrap_or_default().to_uppercase();
        let reply = match word.as_str() {
            "EHLO" => String::from("250-mail.example.com\r\n250 8BITMIME"),
            "RCPT" => {
                if said() == TAKEN {
                    let between = line.split(['<', '>']).nth(1);
                    recipients.push(between.expect("a recipient").to_owned());
                }
                said().to_owned()
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut raw = String::new();
                loop {
                    let line = lines.next_line().await.ok()??;
                    if line == "." {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                    raw.push_str("\r\n");
                }
                let letter = Letter::parse(std::mem::take(&mut recipients), &raw);
                arrived.lock().expect("what arrived").push(letter);
                String::from(TAKEN)
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => String::from(TAKEN),
        };
        writer.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
}
