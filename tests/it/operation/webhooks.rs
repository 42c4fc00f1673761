//! Webhooks (docs/operating.md, "Webhooks"; Standard Webhooks): what receivers get, and what becomes of it when
//! they are slow, wrong or away.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign::protocol::timestamp::Seconds;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::Site;
use crate::support::process::Place;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT: &str = "whsec_bmV4dC1zZWNyZXQtb2YtMjQtYnl0ZXMhIQ==";

/// Longer than any message of these tests waits.
const LONG: Duration = Duration::from_secs(40);

/// One message as it arrived.
#[derive(Clone)]
struct Arrived {
    header: HeaderMap,
    body: String,
}

impl Arrived {
    fn of(&self, name: &str) -> String {
        self.header.get(name).expect(name).to_str().expect("text").to_owned()
    }

    fn kind(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        body["type"].as_str().expect("a type").to_owned()
    }
}

/// A receiver of the operator's; the status line it answers with can be changed.
struct Receiver {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answer: Arc<Mutex<&'static str>>,
    folder: TempDir,
}

const TAKEN: &str = "204 No Content";
/// It takes the connection and says nothing.
const SILENT: &str = "";

impl Receiver {
    async fn open(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("http://{}/in", listener.local_addr().expect("an address"));
        let (arrived, answer) = (Arc::default(), Arc::new(Mutex::new(answer)));
        let (kept, said) = (Arc::clone(&arrived), Arc::clone(&answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&kept), Arc::clone(&said)));
            }
        });
        Self { url, arrived, answer, folder: tempfile::tempdir().expect("a folder") }
    }

    fn settings(&self, secrets: &str, events: &str) -> String {
        let file = self.folder.path().join("webhook.secret");
        std::fs::write(&file, secrets).expect("written");
        let (url, file) = (&self.url, file.display());
        format!("[[webhook]]\nurl = \"{url}\"\nsecret_file = \"{file}\"\nevents = {events}\n")
    }

    fn says(&self, answer: &'static str) {
        *self.answer.lock().expect("the answer") = answer;
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("what arrived").clone()
    }

    /// Waits until so many have arrived.
    async fn has(&self, count: usize) -> Vec<Arrived> {
        let began = Instant::now();
        while self.arrived().len() < count {
            assert!(began.elapsed() < LONG, "{} of {count} arrived", self.arrived().len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.arrived()
    }
}

async fn take(
    mut stream: TcpStream,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    answer: Arc<Mutex<&'static str>>,
) {
    let (mut read, mut chunk) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut header = HeaderMap::new();
            for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                header.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
            let length = header.get("content-length").and_then(|length| length.to_str().ok());
            let length: usize = length.expect("a length").parse().expect("a number");
            if body.len() >= length {
                let body = body.to_owned();
                arrived.lock().expect("what arrived").push(Arrived { header, body });
                break;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(more) => read.extend_from_slice(&chunk[..more]),
        }
    }
    let answer = *answer.lock().expect("the answer");
    if answer == SILENT {
        tokio::time::sleep(LONG).await;
    }
    let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _whoever_hung_up = stream.write_all(text.as_bytes()).await;
}

/// Waits until the database says so of a receiver's failures in a row.
async fn has_failed(site: &Site, receiver: &Receiver, times: i64) {
    let sql = format!("SELECT failures FROM webhook WHERE url = '{}'", receiver.url);
    let began = Instant::now();
    while site.count(&sql).await != times {
        assert!(began.elapsed() < LONG, "{times} failures of {}", receiver.url);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn kinds(arrived: &[Arrived]) -> Vec<String> {
    arrived.iter().map(Arrived::kind).collect()
}

/// Standard Webhooks, "Signature scheme" and "Multiple signatures": the specification's own
/// verifier takes each message with either secret, and neither a changed nor a foreign one.
#[tokio::test]
async fn a_receiver_verifies_what_it_gets_and_refuses_what_is_forged() {
    let receiver = Receiver::open(TAKEN).await;
    let place = Place::new().await;
    place.configure(&receiver.settings(&format!("{SECRET}\n{NEXT}\n"), "['account.*']"));
    let server = place.serve(&[]).await;
    place.add_person("ada@example.com").await;
    server.signed_in("ada@example.com").await;
    let arrived = receiver.has(2).await;
    let mut told = kinds(&arrived);
    told.sort();
    assert_eq!(told, ["account.created", "account.signed_in"]);
    for message in &arrived {
        for secret in [SECRET, NEXT] {
            let verifier = Webhook::new(secret).expect("a secret");
            verifier.verify(message.body.as_bytes(), &message.header).expect("sound");
            let changed = message.body.replace("account.", "accounts.");
            assert!(verifier.verify(changed.as_bytes(), &message.header).is_err(), "changed");
            let mut header = message.header.clone();
            header.insert("webhook-id", HeaderValue::from_static("evt_another"));
            assert!(verifier.verify(message.body.as_bytes(), &header).is_err(), "another id");
        }
        let foreign = Webhook::new("whsec_Zm9yZWlnbi1zZWNyZXQtb2YtMjQtYnl0ZXMh").expect("one");
        assert!(foreign.verify(message.body.as_bytes(), &message.header).is_err());
        let body: Value = serde_json::from_str(&message.body).expect("JSON");
        assert_eq!(body["data"]["id"], message.of("webhook-id").as_str());
        assert!(body["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{body}");
        assert!(body["data"]["account"].as_str().is_some_and(|id| id.starts_with("acc_")));
        assert!(!message.body.contains("ada@example.com"), "no addresses: {}", message.body);
    }
    server.stop().await;
}

/// docs/operating.md, "Webhooks": a message that was not taken comes again under the same identifier, later and
/// later, and nothing overtakes it; only what was asked for comes.
#[tokio::test]
async fn what_is_refused_comes_again_in_order_under_the_same_identifier() {
    let receiver = Receiver::open("500 Internal Server Error").await;
    let hook = receiver.settings(SECRET, "['account.signed_in', 'account.signed_out']");
    let site = Site::open_with(&hook).await;
    let mut ada = site.person("ada@example.com").await;
    ada.post_from("/account/sessions", "/sign-out", &[]).await;
    has_failed(&site, &receiver, 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(receiver.arrived().len(), 1, "not before its time");
    site.advance(Seconds(5));
    has_failed(&site, &receiver, 2).await;
    receiver.says(TAKEN);
    site.advance(Seconds(20));
    let arrived = receiver.has(4).await;
    let expected = ["account.signed_in"; 3].into_iter().chain(["account.signed_out"]);
    assert_eq!(kinds(&arrived), expected.collect::<Vec<_>>());
    assert_eq!(arrived[0].of("webhook-id"), arrived[2].of("webhook-id"));
    assert_ne!(arrived[2].of("webhook-id"), arrived[3].of("webhook-id"));
    assert_ne!(arrived[0].of("webhook-timestamp"), arrived[2].of("webhook-timestamp"));
    site.close().await;
}

/// docs/operating.md, "Webhooks": what a receiver has not taken for a day is given up, and what comes after it is
/// not.
#[tokio::test]
async fn a_message_is_given_up_after_a_day_and_the_next_is_not() {
    let receiver = Receiver::open("500 Internal Server Error").await;
    let hook = receiver.settings(SECRET, "['account.signed_in', 'account.signed_out']");
    let site = Site::open_with(&hook).await;
    let mut ada = site.person("ada@example.com").await;
    has_failed(&site, &receiver, 1).await;
    site.advance(Seconds::DAY);
    has_failed(&site, &receiver, 0).await;
    assert_eq!(receiver.arrived().len(), 2);
    receiver.says(TAKEN);
    assert_eq!(ada.sign_in().await.status, 303);
    let arrived = receiver.has(3).await;
    assert_eq!(arrived[0].of("webhook-id"), arrived[1].of("webhook-id"));
    assert_ne!(arrived[1].of("webhook-id"), arrived[2].of("webhook-id"));
    site.close().await;
}

/// docs/operating.md, "Webhooks": a receiver that says nothing holds up nobody but itself, and a redirection
/// leads nowhere.
#[tokio::test]
async fn a_silent_receiver_delays_no_other_and_no_redirection_is_followed() {
    let (silent, well) = (Receiver::open(SILENT).await, Receiver::open(TAKEN).await);
    let elsewhere = Receiver::open(TAKEN).await;
    let line = format!("307 Temporary Redirect\r\nlocation: {}", elsewhere.url);
    let redirecting = Receiver::open(line.leak()).await;
    let hooks = [&silent, &well, &redirecting].map(|one| one.settings(SECRET, "['*']")).join("");
    let site = Site::open_with(&hooks).await;
    let began = Instant::now();
    site.person("ada@example.com").await;
    well.has(2).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    redirecting.has(1).await;
    assert_eq!(silent.arrived().len(), 1, "it is still waited for");
    assert_eq!(elsewhere.arrived().len(), 0);
    has_failed(&site, &redirecting, 1).await;
    site.close().await;
}

/// docs/operating.md, "Webhooks": kill -9 loses nothing, because how far a receiver was told is in the database.
#[tokio::test]
async fn nothing_is_lost_when_the_server_is_killed() {
    let receiver = Receiver::open("503 Service Unavailable").await;
    let place = Place::new().await;
    place.configure(&receiver.settings(SECRET, "['account.*']"));
    let server = place.serve(&[]).await;
    place.add_person("ada@example.com").await;
    server.signed_in("ada@example.com").await;
    let first = receiver.has(1).await[0].of("webhook-id");
    server.kill().await;
    receiver.says(TAKEN);
    let server = place.serve(&[]).await;
    let arrived = receiver.has(3).await;
    assert_eq!(arrived[1].of("webhook-id"), first, "the one that was not taken, first");
    let mut rest = kinds(&arrived[1..]);
    rest.sort();
    assert_eq!(rest, ["account.created", "account.signed_in"]);
    server.stop().await;
}
