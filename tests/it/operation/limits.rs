//! `[limits]`, as countersign.default.toml describes them.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::agent::{JWT_BEARER, member};
use crate::support::client::Client;
use crate::support::keys::Key;
use crate::support::person::Person;
use crate::support::person::another_code;
use crate::support::process::Place;
use crate::support::{Site, free_port, proof};

/// "Wrong codes by one person over all approvals": right ones are held against nobody, and
/// once the limit is reached a right one is refused too, so that it answers no guess.
#[tokio::test]
async fn only_wrong_codes_count_and_beyond_the_limit_no_code_is_looked_at() {
    let limits =
        "[limits]\ncode_guesses_per_account_per_hour = 3\ncode_guesses_per_address_per_hour = 3";
    let site = Site::open_with(limits).await;
    let (agent, mut ada) = (site.agent(), site.person("ada@example.com").await);
    for _approval in 0..5 {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
    }
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let wrong = another_code(&code);
    for _guess in 0..3 {
        assert_eq!(ada.approve_code(&registered.link(), &wrong).await.status, 422);
    }
    let refused = ada.approve(&registered).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    site.close().await;
}

/// Every limit at one, by the names that the settings have for them.
fn one_of_each() -> String {
    let settings = include_str!("../../../countersign.default.toml");
    let names = settings.lines().filter_map(|line| line.split_once("_per_hour = "));
    let lines: Vec<String> = names.map(|(name, _)| format!("{name}_per_hour = 1\n")).collect();
    assert!(lines.len() > 15, "the settings are not read as they are written any more");
    format!("[limits]\n{}", lines.concat())
}

/// Everything there is, but for the figures of the limits themselves.
async fn rows(site: &Site) -> i64 {
    const TABLES: [&str; 10] = [
        "account",
        "approval",
        "browser_session",
        "client",
        "event",
        "pushed_request",
        "registration",
        "replay",
        "session",
        "token",
    ];
    let mut sum = 0;
    for table in TABLES {
        sum += site.count(&format!("SELECT COUNT(*) FROM {table}")).await;
    }
    sum
}

/// Case 277 and docs/operating.md, "What strangers can make this server keep": with every limit
/// at one, whatever a stranger sends leaves rows once at most, however often it is sent.
#[tokio::test]
async fn whatever_a_stranger_repeats_leaves_rows_within_its_limit_only() {
    let site = Site::open_with(&one_of_each()).await;
    let client = Client::register(&site).await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let access = member(&agent.exchange(&registered.assertion()).await, "access_token");
    let authorize = client.request(&[]);
    let (_, pushed) = authorize.split_once('?').expect("a query");
    let pushed: Vec<(String, String)> =
        url::form_urlencoded::parse(pushed.as_bytes()).into_owned().collect();
    let key = Key::p256();
    let before = rows(&site).await;
    let mut after = Vec::new();
    for round in 0..4 {
        for body in [
            json!({ "type": "anonymous" }),
            json!({ "type": "service_auth", "login_hint": "ada@example.com" }),
            json!({ "type": "refresh", "refresh_token": "aar_none" }),
        ] {
            agent.post("/agent/identity", &body).await;
        }
        agent.start_claim(&registered.claim_token, "ada@example.com").await;
        agent.complete(&registered.claim_token, "BBBB-BBBB").await;
        agent.poll(&registered.claim_token).await;
        agent.exchange(&registered.assertion()).await;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", access.as_str()),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ];
        agent.token(&fields).await;
        let assertion = registered.assertion();
        let bearer = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
        proof::ask(&site, &bearer, &[&proof::for_token(&site, &key)]).await;
        site.post_json("/register", &json!({ "redirect_uris": ["https://c.example.com"] })).await;
        site.get(&authorize).await;
        let form: Vec<_> =
            pushed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        site.post_form("/par", &form).await;
        site.post_form("/device_authorization", &[("client_id", &client.id)]).await;
        let wrong = [("client_id", client.id.as_str()), ("client_secret", "wrong")];
        site.post_form("/token", &wrong).await;
        agent.revoke("aas_unknown").await;
        let email = format!("eve{round}@example.com");
        let mut eve = Person::new(&site, &email);
        eve.sign_in().await;
        let fields = [("name", ""), ("email", &email), ("password", "one of many passwords")];
        eve.post_from("/sign-up", "/sign-up", &fields).await;
        after.push(rows(&site).await - before);
    }
    let first = after[0];
    assert!(first > 10, "the first of each leaves what it should: {after:?}");
    assert!(after.iter().all(|rows| *rows == first), "{after:?}");
    site.close().await;
}

/// Sends what is too large and hears the answer, or the end of the connection.
async fn refused(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    let mut answer = [0; 256];
    let said = async {
        let _closed_early = stream.write_all(request).await;
        stream.read(&mut answer).await.unwrap_or(0)
    };
    let length = timeout(Duration::from_secs(10), said).await.expect("an answer in time");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

/// Case 283: "memory flat", on both listeners, whatever is too large and however many come at
/// once; and good requests are answered afterwards.
#[tokio::test]
async fn memory_stays_flat_under_what_is_too_large() {
    let place = Place::new().await;
    let metrics = free_port();
    place.configure(&format!("metrics_listen = \"127.0.0.1:{metrics}\""));
    let server = place.serve(&[]).await;
    let filler = |bytes: usize| "a".repeat(bytes);
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, filler(65_536));
    let form = "POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded";
    let requests = [
        (place.port, "414", format!("GET /?{} HTTP/1.1\r\nhost: x\r\n\r\n", filler(60_000))),
        (place.port, "431", format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", filler(120_000))),
        (place.port, "431", format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", filler(500_000))),
        (place.port, "413", format!("{form}\r\ncontent-length: 900000\r\n\r\n{}", filler(900_000))),
        (
            place.port,
            "413",
            format!("{form}\r\ntransfer-encoding: chunked\r\n\r\n{}", chunk.repeat(12)),
        ),
        (metrics, "414", format!("GET /metrics?{} HTTP/1.1\r\nhost: x\r\n\r\n", filler(60_000))),
        (
            metrics,
            "431",
            format!("GET /metrics HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", filler(60_000)),
        ),
    ];
    let round = || async {
        let all = requests.iter().cycle().take(70);
        let answers = all.map(|(port, _, request)| refused(*port, request.as_bytes()));
        for ((_, status, _), answer) in requests.iter().cycle().zip(join_all(answers).await) {
            // A reset may overtake the answer of whoever goes on sending.
            let as_promised = answer.starts_with(&format!("HTTP/1.1 {status} "));
            assert!(as_promised || answer.is_empty(), "{status}: {answer}");
        }
    };
    for _warming in 0..3 {
        round().await;
    }
    let before = server.most_memory();
    for _more in 0..20 {
        round().await;
    }
    let grown = server.most_memory() - before;
    assert!(grown < 16_384, "{grown} kB more for 1,400 requests of up to 900 kB");
    println!("{before} kB at most, then {grown} kB more");
    assert_eq!(server.get("/healthz").await.status, 200);
    let log = server.stderr();
    assert!(!log.contains("\"ERROR\""), "a refused request is no error of the operator's: {log}");
    server.stop().await;
}
