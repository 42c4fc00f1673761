//! security.md 309: a server that is told to stop finishes what it has begun.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::load::{Ledger, Load, assert_kept, assert_whole};
use crate::support::process::{GENEROUS, Place, Process};

/// Asks for readiness on a connection of its own, as a load balancer does; none when refused.
async fn readiness(server: &Process) -> Option<u16> {
    let request = server.client.get(format!("{}/readyz", server.url)).header("connection", "close");
    request.send().await.ok().map(|answer| answer.status().as_u16())
}

/// 309, for SIGTERM and SIGINT: readiness says no before anything is refused; whoever stops
/// asking then has lost no request and seen no 5xx; the exit is 0 within 30 seconds; and what
/// was acknowledged is still true afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_request_and_nothing_acknowledged() {
    let place = Place::new().await;
    place.configure(GENEROUS);
    place.add_person("ada@example.com").await;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    for signal in ["TERM", "INT", "TERM"] {
        let mut server = place.serve(&[]).await;
        let load = Load::begin(&server, Arc::clone(&ledger)).await;
        let before = load.acknowledged();
        let began = Instant::now();
        while load.acknowledged() < before + 20 {
            assert!(began.elapsed() < Duration::from_mins(1), "there is no load");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(readiness(&server).await, Some(200));
        let told = Instant::now();
        server.signal(signal);
        while readiness(&server).await.expect("readiness says no before connections are refused")
            == 200
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        load.hush();
        assert_eq!(load.end().await, 0, "SIG{signal}: requests without an answer");
        let status = server.ended().await;
        assert_eq!(status.code(), Some(0), "{}", server.stderr());
        assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
        assert!(!server.stderr().contains("\"ERROR\""), "{}", server.stderr());
        let server = place.serve(&[]).await;
        assert_kept(&server, &ledger).await;
        assert_whole(&place).await;
        server.stop().await;
    }
}

/// 309: a request whose body is still arriving when the signal comes is answered, also after
/// new connections are refused; and only then does the process end.
#[tokio::test]
async fn a_request_that_had_begun_is_answered_after_new_ones_are_refused() {
    let place = Place::new().await;
    place.configure("");
    let mut server = place.serve(&[]).await;
    let body = r#"{"type":"anonymous","client_name":"Slow agent"}"#;
    let (first, second) = body.split_at(20);
    let mut slow = TcpStream::connect(("127.0.0.1", place.port)).expect("connected");
    slow.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    write!(
        slow,
        "POST /agent/identity HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{first}",
        body.len()
    )
    .expect("sent");
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.signal("TERM");
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", place.port)).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(5), "it goes on accepting");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= Duration::from_millis(400), "whoever looks now still sees the no");
    slow.write_all(second.as_bytes()).expect("sent");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("an answer, then the end");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"assertion\""), "{answer}");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.stderr());
    assert_eq!(place.database.count("SELECT COUNT(*) FROM registration").await, 1);
}

/// 309, for whoever does not look at readiness: each request is answered as ever or not at
/// all; nobody sees a 5xx, and every answer arrives whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_on_asking_is_answered_as_ever_or_refused() {
    let place = Place::new().await;
    place.configure("");
    let mut server = place.serve(&[]).await;
    let mut asking = Vec::new();
    for _client in 0..8 {
        let request = server.client.get(format!("{}/demo/notes", server.url));
        asking.push(tokio::spawn(async move {
            let mut answers = 0_u32;
            while let Ok(answer) = request.try_clone().expect("no body").send().await {
                assert_eq!(answer.status(), 401);
                assert!(answer.text().await.expect("a whole answer").contains("error"));
                answers += 1;
            }
            answers
        }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let told = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.stderr());
    assert!(told.elapsed() < Duration::from_secs(10), "busy connections do not delay the end");
    for client in asking {
        assert!(client.await.expect("answered well") > 0);
    }
}

/// 309, operator.md "Health": where readiness is watched, it says 503 for about five seconds
/// while other requests are answered, so that a load balancer which asks every two seconds
/// hears it twice before a connection is refused.
#[tokio::test]
async fn readiness_says_no_for_five_seconds_where_somebody_looks() {
    let place = Place::new().await;
    place.configure("");
    let mut server = place.serve(&[]).await;
    assert_eq!(readiness(&server).await, Some(200));
    let told = Instant::now();
    server.signal("TERM");
    let mut refusals = 0;
    while told.elapsed() < Duration::from_millis(4_500) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(readiness(&server).await, Some(503), "after {:?}", told.elapsed());
        assert_eq!(server.get("/demo/notes").await.status, 401);
        refusals += 1;
    }
    assert!(refusals > 5, "{refusals}");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.stderr());
    let took = told.elapsed();
    assert!(Duration::from_secs(5) <= took && took < Duration::from_secs(10), "{took:?}");
}

/// Whoever asks twice does not want to wait for load balancers: requests under way are still
/// finished, and the exit is the same.
#[tokio::test]
async fn a_second_signal_ends_the_notice() {
    let place = Place::new().await;
    place.configure("");
    let mut server = place.serve(&[]).await;
    assert_eq!(readiness(&server).await, Some(200));
    let told = Instant::now();
    server.signal("TERM");
    server.logged(0, "stopping").await;
    server.signal("INT");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.stderr());
    assert!(told.elapsed() < Duration::from_secs(4), "{:?}", told.elapsed());
}

/// A connection that asks nothing does not hold the process up.
#[tokio::test]
async fn idle_connections_do_not_delay_the_end() {
    let place = Place::new().await;
    place.configure("");
    let mut server = place.serve(&[]).await;
    let mut idle = TcpStream::connect(("127.0.0.1", place.port)).expect("connected");
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").expect("sent");
    let mut bytes = [0; 1024];
    assert!(idle.read(&mut bytes).expect("an answer") > 0);
    let silent = TcpStream::connect(("127.0.0.1", place.port)).expect("connected");
    let told = Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    drop(silent);
}

/// A supervisor may stop the server the moment it has read that it listens.
#[tokio::test]
async fn a_signal_right_after_the_start_ends_it_well() {
    let place = Place::new().await;
    place.configure("");
    for _again in 0..5 {
        let mut server = place.serve(&[]).await;
        server.signal("TERM");
        assert_eq!(server.ended().await.code(), Some(0), "{}", server.stderr());
    }
}
