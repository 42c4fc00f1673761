//! What comes back: bounded in time, size and number, never by a detour, and silent about
//! what is inside.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use countersign::outbound::{Cause, FetchError, Fetched, Fetcher, Limits, NotAdmitted, SetUpError};
use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::server::{Authority, Server};
use super::{allowed_to_loopback, failure, get, with_names};
use crate::support::Site;

const DOCUMENT: &str = "{\"client_name\":\"a\"}";

fn document(stream: &mut dyn Write) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n\
         Cache-Control: max-age=600\r\nContent-Length: {}\r\n\r\n{DOCUMENT}",
        DOCUMENT.len()
    )
}

fn assert_document(fetched: Result<Fetched, FetchError>) {
    let fetched = fetched.unwrap();
    assert_eq!(fetched.body, DOCUMENT.as_bytes());
    assert_eq!(fetched.content_type.as_deref(), Some("application/json; charset=utf-8"));
    assert_eq!(fetched.max_age, Some(Seconds(600)));
}

/// operator.md `outbound.allow`: a loopback host that is allowed answers, in plain http too.
#[tokio::test]
async fn an_allowed_host_is_fetched_from() {
    let server = Server::plain(|path, stream| {
        assert_eq!(path, "/client.json?v=1");
        document(stream)
    });
    let url = format!("http://127.0.0.1:{}/client.json?v=1", server.port);
    assert_document(get(&allowed_to_loopback(), &url).await);
}

/// operator.md `outbound.ca_file`: TLS is verified, against the file's authority as well.
#[tokio::test]
async fn tls_is_believed_only_with_the_authority_and_the_name() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let server = Server::tls(&authority, |_, stream| document(stream));
    let allow = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let trusting = Fetcher::network(Some(&authority.file(folder.path())), &allow).unwrap();
    assert_document(get(&trusting, &format!("https://localhost:{}/", server.port)).await);

    let other_name = failure(&trusting, &format!("https://127.0.0.1:{}/", server.port)).await;
    assert!(other_name.to_string().contains("certificate"), "{other_name}");
    let wary = Fetcher::network(None, &allow).unwrap();
    let unknown = failure(&wary, &format!("https://localhost:{}/", server.port)).await;
    assert!(unknown.to_string().contains("certificate"), "{unknown}");
}

/// A trust anchor that is missing at start would be missed at the worst moment.
#[test]
fn a_ca_file_without_anchors_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("authority.pem");
    assert!(matches!(Fetcher::network(Some(&path), &[]), Err(SetUpError::Unreadable(..))));
    std::fs::write(&path, "not PEM\n").unwrap();
    assert!(matches!(Fetcher::network(Some(&path), &[]), Err(SetUpError::Empty(_))));
    let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&path, text).unwrap();
    assert!(matches!(Fetcher::network(Some(&path), &[]), Err(SetUpError::NotAnAnchor(..))));
}

/// CIMD §8.6: a redirect would lead past admission. Nobody follows it, wherever it leads.
#[tokio::test]
async fn a_redirect_is_refused_and_not_followed() {
    let canary = Server::canary();
    let target = canary.port;
    let server = Server::plain(move |path, stream| {
        let status = path.trim_start_matches('/');
        let to = format!("http://127.0.0.1:{target}/");
        write!(stream, "HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
    });
    for status in [301, 302, 303, 307, 308] {
        let url = format!("http://127.0.0.1:{}/{status}", server.port);
        assert_eq!(failure(&allowed_to_loopback(), &url).await, Cause::Status(status));
    }
    canary.assert_silent();
}

/// oauth.md row 14: status 200 only, whatever the body.
#[tokio::test]
async fn any_status_but_200_is_refused() {
    let server = Server::plain(|path, stream| {
        let status = path.trim_start_matches('/');
        write!(stream, "HTTP/1.1 {status} Status\r\nContent-Length: 2\r\n\r\n{{}}")
    });
    for status in [201, 203, 206, 300, 400, 401, 404, 410, 429, 500, 503] {
        let url = format!("http://127.0.0.1:{}/{status}", server.port);
        assert_eq!(failure(&allowed_to_loopback(), &url).await, Cause::Status(status));
    }
}

/// CIMD §8.7: 5 kB and not a byte more, declared or not.
#[tokio::test]
async fn a_body_up_to_the_limit_passes_and_one_byte_more_does_not() {
    let server = Server::plain(|path, stream| {
        let (kind, length) = path.trim_start_matches('/').split_once('/').unwrap();
        let length: usize = length.parse().unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n")?;
        if kind == "declared" {
            write!(stream, "Content-Length: {length}\r\n")?;
        }
        write!(stream, "\r\n{}", "x".repeat(length))
    });
    let fetcher = allowed_to_loopback();
    for kind in ["declared", "open"] {
        let url = |length| format!("http://127.0.0.1:{}/{kind}/{length}", server.port);
        assert_eq!(get(&fetcher, &url(5_120)).await.unwrap().body.len(), 5_120, "{kind}");
        assert_eq!(failure(&fetcher, &url(5_121)).await, Cause::TooLarge, "{kind}");
        let wider = Limits { body: 6_000, ..Limits::default() };
        assert!(fetcher.get(&url(5_121), wider).await.is_ok(), "{kind}");
    }
}

/// CIMD §8.7; case 283: reading stops at the limit; the sender is hung up on.
#[tokio::test]
async fn an_endless_body_is_hung_up_on() {
    const ENDLESS: u64 = 256 * 1_024 * 1_024;
    let sent = Arc::new(AtomicU64::new(0));
    let sending = Arc::clone(&sent);
    let server = Server::plain(move |_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while sending.load(Ordering::SeqCst) < ENDLESS {
            stream.write_all(chunk.as_bytes())?;
            sending.fetch_add(0x10000, Ordering::SeqCst);
        }
        Ok(())
    });
    let url = format!("http://127.0.0.1:{}/", server.port);
    assert_eq!(failure(&allowed_to_loopback(), &url).await, Cause::TooLarge);
    let before = Instant::now();
    while server.open() > 0 {
        assert!(before.elapsed() < Duration::from_secs(5), "still sending");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(sent.load(Ordering::SeqCst) < ENDLESS / 4, "{sent:?} bytes were taken");
}

/// A declared length is refused as declared: nobody waits for the bytes.
#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_the_body_comes() {
    let server = Server::plain(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5121\r\n\r\n")?;
        stream.flush()?;
        std::thread::sleep(Duration::from_secs(2));
        Ok(())
    });
    let url = format!("http://127.0.0.1:{}/", server.port);
    assert_eq!(failure(&allowed_to_loopback(), &url).await, Cause::TooLarge);
}

/// oauth.md row 14, time limit: silence, a slow header and a dripping body all end in time.
#[tokio::test]
async fn a_slow_answer_is_given_up_in_time() {
    let server = Server::plain(|path, stream| {
        if path == "/body" {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        } else if path == "/header" {
            write!(stream, "HTTP/1.1 200 OK\r\nX-Slow: ")?;
        }
        for _ in 0..60 {
            if path != "/silent" {
                stream.write_all(b"x")?;
                stream.flush()?;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    });
    for path in ["/silent", "/header", "/body"] {
        let before = Instant::now();
        let url = format!("http://127.0.0.1:{}{path}", server.port);
        assert_eq!(failure(&allowed_to_loopback(), &url).await, Cause::TimedOut, "{path}");
        assert!(before.elapsed() < Duration::from_secs(2), "{path}: {:?}", before.elapsed());
    }
}

/// security.md case 259, promise P6: a stranger cannot tell a closed port from an open one,
/// nor a private name from one that does not exist.
#[tokio::test]
async fn every_failure_says_the_same_to_a_stranger() {
    let server = Server::plain(|path, stream| match path {
        "/missing" => write!(stream, "HTTP/1.1 404 Secret\r\nContent-Length: 0\r\n\r\n"),
        "/large" => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"),
        "/noise" => write!(stream, "SSH-2.0-OpenSSH\r\n\r\n"),
        _ => {
            std::thread::sleep(Duration::from_secs(2));
            Ok(())
        }
    });
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (allowed, names) = (
        allowed_to_loopback(),
        with_names(|name| match name {
            "private.example.com" => Ok(vec!["10.0.0.1".parse().unwrap()]),
            "empty.example.com" => Ok(Vec::new()),
            _ => Err(io::Error::other("no such name")),
        }),
    );
    let own = |path: &str| format!("http://127.0.0.1:{}{path}", server.port);
    let mut causes = Vec::new();
    for (fetcher, url) in [
        (&allowed, own("/missing")),
        (&allowed, own("/large")),
        (&allowed, own("/noise")),
        (&allowed, own("/silent")),
        (&allowed, format!("http://{closed}/")),
        (&allowed, format!("https://127.0.0.1:{}/", server.port)),
        (&names, "https://private.example.com/".to_owned()),
        (&names, "https://empty.example.com/".to_owned()),
        (&names, "https://nowhere.example.com/".to_owned()),
    ] {
        let cause = failure(fetcher, &url).await;
        let shown = FetchError::Failed(cause.clone()).to_string();
        assert_eq!(shown, "nothing could be fetched from this URL", "{url}");
        assert!(!cause.to_string().is_empty());
        causes.push(cause.to_string());
    }
    causes.sort();
    causes.dedup();
    assert!(causes.len() >= 6, "the log is told little: {causes:?}");
}

/// One document asked for by many at once is one request.
#[tokio::test]
async fn one_url_asked_for_by_many_is_fetched_once() {
    let server = Server::plain(|_, stream| {
        std::thread::sleep(Duration::from_millis(100));
        document(stream)
    });
    let fetcher = allowed_to_loopback();
    let url = format!("http://127.0.0.1:{}/", server.port);
    for fetched in join_all((0..20).map(|_| get(&fetcher, &url))).await {
        assert_document(fetched);
    }
    assert_eq!(server.connections(), 1);
    assert_document(get(&fetcher, &url).await);
    assert_eq!(server.connections(), 2, "an answer was kept");
}

/// security.md T1: strangers cannot make this server hold more than a few connections.
#[tokio::test]
async fn no_more_than_32_fetches_are_under_way() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::plain(move |_, stream| {
        peak.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(100));
        counted.fetch_sub(1, Ordering::SeqCst);
        document(stream)
    });
    let fetcher = allowed_to_loopback();
    let urls: Vec<String> =
        (0..80).map(|number| format!("http://127.0.0.1:{}/{number}", server.port)).collect();
    for fetched in join_all(urls.iter().map(|url| get(&fetcher, url))).await {
        assert_document(fetched);
    }
    assert_eq!(server.connections(), 80);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=32).contains(&most), "{most} at once");
}

/// A request tells the other side nothing but what it asks for.
#[tokio::test]
async fn nothing_is_kept_between_two_fetches() {
    let server = Server::plain(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")?;
        stream.flush()?;
        // A kept connection would bring its second request here, and be answered otherwise.
        std::thread::sleep(Duration::from_millis(50));
        write!(stream, "HTTP/1.1 500 Kept\r\nContent-Length: 0\r\n\r\n")
    });
    let fetcher = allowed_to_loopback();
    for _ in 0..3 {
        assert!(get(&fetcher, &format!("http://127.0.0.1:{}/", server.port)).await.is_ok());
    }
    assert_eq!(server.connections(), 3);
}

/// design.md section 4: the way out is built from the settings.
#[tokio::test]
async fn the_server_goes_out_by_its_settings() {
    let server = Server::plain(|_, stream| document(stream));
    let url = format!("http://127.0.0.1:{}/", server.port);
    let closed = Site::open().await;
    assert_eq!(
        get(&closed.app.fetch, &url).await,
        Err(FetchError::NotAdmitted(NotAdmitted::Scheme))
    );
    assert_eq!(server.connections(), 0);
    closed.close().await;
    let open = Site::open_with("[outbound]\nallow = [\"127.0.0.1\"]\n").await;
    assert_document(get(&open.app.fetch, &url).await);
    open.close().await;
}

/// design.md section 4: the outside world is injected, and admission stays in front of it.
#[tokio::test]
async fn a_test_may_answer_for_the_outside_world_but_not_admit() {
    let fetch = Fetcher::from_source(|url| {
        Ok(Fetched { body: url.as_bytes().to_vec(), content_type: None, max_age: None })
    });
    let site = Site::open_with_fetch("", Some(fetch)).await.restart().await;
    let fetched = get(&site.app.fetch, "https://agent.example.com/client.json").await.unwrap();
    assert_eq!(fetched.body, b"https://agent.example.com/client.json");
    assert_eq!(
        get(&site.app.fetch, "https://127.0.0.1/client.json").await,
        Err(FetchError::NotAdmitted(NotAdmitted::Address))
    );
    site.close().await;
}
