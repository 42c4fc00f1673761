//! Broken, oversized, slow and ambiguous input on every route that takes a body.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{PROFILE, SOURCE, agent_of, key_of, project_of, state};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::mail::Mailbox;
use crate::support::person::form_token;

const LIMITS: &str = "[limits]\nbody_seconds = 1\nbody_bytes = 4096\n";
const LIMIT: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// JSON, answered in JSON.
    Json,
    /// A form, answered in JSON.
    Form,
    /// A form of a page, answered with a page.
    Page,
}

/// Every route that takes a body.
const ROUTES: [(&str, Takes); 64] = [
    ("/agent/identity", Takes::Json),
    ("/agent/identity/claim", Takes::Json),
    ("/agent/identity/claim/complete", Takes::Json),
    ("/agent-sessions/start", Takes::Json),
    ("/agent-sessions/poll", Takes::Json),
    ("/agent-sessions/exchange", Takes::Json),
    ("/agent-sessions/refresh", Takes::Json),
    ("/agent-sessions/revoke", Takes::Json),
    ("/agent/auth", Takes::Json),
    ("/agent/auth/claim", Takes::Json),
    ("/agent/auth/claim/complete", Takes::Json),
    ("/agent/auth/revoke", Takes::Json),
    ("/demo/notes", Takes::Json),
    ("/demo/mcp", Takes::Json),
    ("/token", Takes::Form),
    ("/oauth2/token", Takes::Form),
    ("/revoke", Takes::Form),
    ("/oauth2/revoke", Takes::Form),
    ("/introspect", Takes::Form),
    ("/oauth2/introspect", Takes::Form),
    ("/introspect/batch", Takes::Json),
    ("/leaked-keys", Takes::Json),
    ("/register", Takes::Json),
    ("/oauth2/register", Takes::Json),
    ("/par", Takes::Form),
    ("/oauth2/par", Takes::Form),
    ("/device_authorization", Takes::Form),
    ("/oauth2/device_authorization", Takes::Form),
    ("/device", Takes::Page),
    ("/sign-in", Takes::Page),
    ("/sign-up", Takes::Page),
    ("/sign-out", Takes::Page),
    ("/welcome/otl_x", Takes::Page),
    ("/approve/LINK", Takes::Page),
    ("/account/sessions/SESSION/rename", Takes::Page),
    ("/account/sessions/SESSION/disconnect", Takes::Page),
    ("/account/sessions", Takes::Page),
    ("/account/browsers", Takes::Page),
    ("/admin/accounts", Takes::Page),
    ("/sign-in/passkey", Takes::Page),
    ("/account/passkeys/new", Takes::Page),
    ("/account/passkeys/AAAA/remove", Takes::Page),
    ("/account/sessions/SESSION/lower", Takes::Page),
    ("/account/sessions/SESSION/pause", Takes::Page),
    ("/account/sessions/SESSION/resume", Takes::Page),
    ("/account/keys/new/test", Takes::Page),
    ("/account/keys/KEY/rotate", Takes::Page),
    ("/account/keys/KEY/revoke", Takes::Page),
    ("/account/agents", Takes::Page),
    ("/account/agents/AGENT/remove", Takes::Page),
    ("/account/organizations", Takes::Page),
    ("/account/organizations/example/invite", Takes::Page),
    ("/account/organizations/example/invitations/inv_1/withdraw", Takes::Page),
    ("/account/organizations/example/members/acc_1/role", Takes::Page),
    ("/account/organizations/example/members/acc_1/remove", Takes::Page),
    ("/account/organizations/example/dissolve", Takes::Page),
    ("/account/join/otl_x", Takes::Page),
    ("/account/projects", Takes::Page),
    ("/account/tokens", Takes::Page),
    ("/account/address", Takes::Page),
    ("/account/address/otl_x", Takes::Page),
    ("/forgot-password", Takes::Page),
    ("/admin/accounts/acc_1", Takes::Page),
    ("/account/projects/PROJECT/revoke", Takes::Page),
];

/// The routes above are all there are, so a new one cannot be forgotten.
#[test]
fn every_route_that_takes_a_body_is_here() {
    let takes = SOURCE.split(".service(").skip(1).filter(|service| {
        service.contains(".route(web::post()") || service.contains(".route(web::route()")
    });
    // `/demo/whoami` and `/forward-auth`, alone and with a path, answer every method and read no
    // body, and `/demo/session` reads none.
    assert_eq!(takes.count(), ROUTES.len() + 4);
}

/// A server, the paths of its routes, and headers that pass every gate before the body.
struct World {
    site: Site,
    routes: Vec<(String, Takes)>,
    headers: String,
    token: String,
    access: String,
}

async fn world() -> World {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&format!("{LIMITS}{PROFILE}{}", mailbox.settings())).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let access = member(&agent.poll(&registered.claim_token).await, "access_token");
    let session = super::session_of(&site, &access).await;
    let link = agent.register_for("ada@example.com").await.link();
    let token = form_token(&ada.get("/account/sessions").await);
    let headers = format!(
        "host: x\r\ncookie: {}\r\nauthorization: Bearer {access}\r\n",
        ada.cookie.clone().expect("a cookie"),
    );
    let (key, project) = (key_of(&mut ada).await, project_of(&mut ada).await);
    let account_agent = agent_of(&mut ada).await;
    let path = |route: &str| {
        let route =
            route.replace("/approve/LINK", &link).replace("KEY", &key).replace("PROJECT", &project);
        route.replace("SESSION", &session).replace("AGENT", &account_agent)
    };
    let routes = ROUTES.iter().map(|(route, takes)| (path(route), *takes)).collect();
    World { site, routes, headers, token, access }
}

/// An answer read from the socket.
#[derive(Debug)]
struct Raw {
    status: u16,
    head: String,
    body: String,
    /// The server closed the connection after it.
    closed: bool,
}

impl World {
    async fn connect(&self) -> TcpStream {
        let address = self.site.url.strip_prefix("http://").expect("an address");
        TcpStream::connect(address).await.expect("a connection")
    }

    fn head(&self, path: &str, rest: &str) -> String {
        let headers = if path.contains("introspect") {
            "host: x\r\nauthorization: Basic ZGVtbzpkZW1vLXNlY3JldA==\r\n"
        } else {
            &self.headers
        };
        format!("POST {path} HTTP/1.1\r\n{headers}{rest}\r\n")
    }

    /// Sends bytes as they are; the whole answer, if there is one.
    async fn exchange(&self, bytes: &[u8]) -> Option<Raw> {
        let mut stream = self.connect().await;
        let _closed_early = stream.write_all(bytes).await;
        answer(&mut stream).await
    }

    async fn send(&self, path: &str, kind: &str, body: &[u8]) -> Raw {
        let rest = format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        let mut bytes = self.head(path, &rest).into_bytes();
        bytes.extend_from_slice(body);
        self.exchange(&bytes).await.unwrap_or_else(|| panic!("{path} answers nothing"))
    }

    async fn is_well(&self) {
        self.site.assert_live(&self.access).await;
        assert_eq!(self.site.get("/readyz").await.status, 200);
    }
}

async fn answer(stream: &mut TcpStream) -> Option<Raw> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 16_384];
    let mut closed = false;
    loop {
        if let Some(raw) = parse(&bytes) {
            let more = timeout(Duration::from_millis(60), stream.read(&mut buffer)).await;
            closed = closed || matches!(more, Ok(Ok(0) | Err(_)));
            return Some(Raw { closed, ..raw });
        }
        match timeout(Duration::from_secs(5), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => {
                if closed {
                    return None;
                }
                closed = true;
            }
            Ok(Ok(count)) => bytes.extend_from_slice(buffer.get(..count).expect("read")),
            Err(_) => return None,
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Raw> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head = head.to_lowercase();
    let length: usize =
        head.split_once("content-length: ")?.1.lines().next()?.trim().parse().ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    (body.len() >= length).then(|| Raw { status, body: body.to_owned(), head, closed: false })
}

#[track_caller]
fn assert_refused(raw: &Raw, statuses: &[u16], takes: Takes, what: &str) {
    assert!(statuses.contains(&raw.status), "{what}: {raw:?}");
    let kind = if takes == Takes::Page { "text/html" } else { "application/json" };
    assert!(raw.head.contains(&format!("content-type: {kind}")), "{what}: {raw:?}");
    assert!(raw.head.contains("cache-control: no-store"), "{what}: {raw:?}");
    if takes == Takes::Page {
        assert!(raw.body.contains("</html>"), "{what}: {raw:?}");
    } else {
        let body: serde_json::Value = serde_json::from_str(&raw.body).expect("JSON");
        assert!(body["error"].is_string() || body["error"].is_object(), "{what}: {raw:?}");
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Bodies that no endpoint takes as JSON.
fn broken_json() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| [open.repeat(900), close.repeat(900)].concat();
    vec![
        ("nothing", Vec::new()),
        ("white space", b"  \r\n".to_vec()),
        ("no JSON", b"hello".to_vec()),
        ("cut off", br#"{"type":"anony"#.to_vec()),
        ("an array", br#"["type"]"#.to_vec()),
        ("a string", br#""anonymous""#.to_vec()),
        ("null", b"null".to_vec()),
        ("two values", br#"{"type":"anonymous"}{"type":"anonymous"}"#.to_vec()),
        ("a repeated member", br#"{"type":"anonymous","type":"service_auth"}"#.to_vec()),
        ("a repeated unknown member", br#"{"x":1,"type":"anonymous","x":1}"#.to_vec()),
        ("a repeated member inside", br#"{"type":"anonymous","x":{"y":1,"y":2}}"#.to_vec()),
        ("bytes that are not UTF-8", b"{\"type\":\"anonymous\",\"reason\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"type":"anonymous","reason":"\ud800"}"#.to_vec()),
        ("a raw NUL", b"{\"type\":\"anonymous\",\"reason\":\"\x00\"}".to_vec()),
        ("a number beyond numbers", br#"{"type":"anonymous","x":1e400}"#.to_vec()),
        ("deep arrays", deep("[", "]").into_bytes()),
        ("deep ignored members", format!("{{\"type\":\"anonymous\",\"x\":{}}}", deep("[", "]")).into()),
        ("deep objects", format!("{}1{}", "{\"a\":".repeat(600), "}".repeat(600)).into()),
        ("arrays for strings", br#"{"type":["anonymous"],"claim_token":["x"],"text":["x"],"user_code":["x"],"method":["x"]}"#.to_vec()),
        ("objects for strings", br#"{"type":{},"claim_token":{},"text":{},"user_code":{},"method":{}}"#.to_vec()),
        ("numbers for strings", br#"{"type":1,"claim_token":2,"text":3,"user_code":4,"method":5}"#.to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{\"type\":\"anonymous\"}".to_vec()),
        ("a comment", br#"{"type":"anonymous"/**/}"#.to_vec()),
        ("a trailing comma", br#"{"type":"anonymous",}"#.to_vec()),
    ]
}

/// Bodies that no endpoint takes as a form; `SOUND` stands for what it would take.
const BROKEN_FORMS: [(&str, &[u8]); 10] = [
    ("a repeated parameter", b"SOUND&a=1&a=2"),
    ("a repeated known parameter", b"SOUND&token=x&token=y"),
    ("a repeated name in two spellings", b"SOUND&a=1&%61=2"),
    ("bytes that are not UTF-8", b"SOUND&x=\xff\xfe"),
    ("escaped bytes that are not UTF-8", b"SOUND&x=%ff%fe"),
    ("an overlong encoding", b"SOUND&x=%c0%af"),
    ("an escaped NUL", b"SOUND&x=%00"),
    ("a raw NUL", b"SOUND&x=\x00"),
    ("half an escape", b"SOUND&x=%4"),
    ("no escape", b"SOUND&x=%zz"),
];

/// ASVS 2.2.1; case 147: JSON that is broken or ambiguous is refused in JSON, and nothing
/// has happened.
#[tokio::test]
async fn broken_json_is_refused_on_every_route_that_takes_json() {
    let world = world().await;
    let before = state(&world.site).await;
    let notes = world.site.call(&world.access).await.text;
    let mut sent = 0;
    for (path, takes) in world.routes.iter().filter(|(_, takes)| *takes == Takes::Json) {
        for (what, body) in broken_json() {
            let raw = world.send(path, JSON, &body).await;
            assert_refused(&raw, &[400], *takes, &format!("{what} at {path}"));
            sent += 1;
        }
    }
    assert_eq!(sent, 18 * 24);
    assert_eq!(state(&world.site).await, before);
    assert_eq!(world.site.call(&world.access).await.text, notes, "no note was added");
    world.is_well().await;
    world.site.close().await;
}

/// RFC 6749 §3.2, case 147: a form that is broken or ambiguous is refused in the dialect of
/// its endpoint, although its token is right.
#[tokio::test]
async fn broken_forms_are_refused_on_every_route_that_takes_a_form() {
    let world = world().await;
    let before = state(&world.site).await;
    for (path, takes) in world.routes.iter().filter(|(_, takes)| *takes != Takes::Json) {
        let sound = match takes {
            Takes::Page => format!("csrf={}", world.token),
            _ => "grant_type=refresh_token&refresh_token=x".to_owned(),
        };
        for (what, body) in BROKEN_FORMS {
            let body = [sound.as_bytes(), body.strip_prefix(b"SOUND").expect("a body")].concat();
            let raw = world.send(path, FORM, &body).await;
            assert_refused(&raw, &[400], *takes, &format!("{what} at {path}"));
        }
        let nothing = world.send(path, FORM, b"").await;
        assert_refused(&nothing, &[400, 401, 403], *takes, &format!("nothing at {path}"));
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// Another content type is not guessed at, above all `text/plain`, which a foreign page may
/// send without asking. The demo resource reads JSON whatever it is called.
#[tokio::test]
async fn another_content_type_is_refused() {
    let world = world().await;
    let before = state(&world.site).await;
    for (path, takes) in world.routes.iter().filter(|(path, _)| !path.starts_with("/demo")) {
        let body = match takes {
            Takes::Json => r#"{"type":"anonymous"}"#.to_owned(),
            _ => format!("csrf={}&token=x", world.token),
        };
        let other = if *takes == Takes::Json { FORM } else { JSON };
        for kind in
            ["text/plain", "multipart/form-data; boundary=x", "application/xml", other, "\u{e4}"]
        {
            let raw = world.send(path, kind, body.as_bytes()).await;
            assert_refused(&raw, &[415], *takes, &format!("{kind} at {path}"));
        }
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// Case 283: one byte too much is 413 in the right shape, and the connection closes, whether
/// the length was announced or came in chunks.
#[tokio::test]
async fn a_body_just_over_the_limit_is_refused_and_the_connection_closed() {
    let world = world().await;
    let before = state(&world.site).await;
    for (path, takes) in &world.routes {
        let kind = if *takes == Takes::Json { JSON } else { FORM };
        let body = vec![b'a'; LIMIT + 1];
        let raw = world.send(path, kind, &body).await;
        assert_refused(&raw, &[413], *takes, &format!("announced at {path}"));
        assert!(raw.closed || raw.head.contains("connection: close"), "{path}: {raw:?}");
        let rest = format!("content-type: {kind}\r\ntransfer-encoding: chunked\r\n");
        let mut bytes = world.head(path, &rest).into_bytes();
        for chunk in body.chunks(1_000) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        let raw = world.exchange(&bytes).await.expect("an answer");
        assert_refused(&raw, &[413], *takes, &format!("chunked at {path}"));
        assert!(raw.closed || raw.head.contains("connection: close"), "{path}: {raw:?}");
        let huge = format!("content-type: {kind}\r\ncontent-length: 999999999999\r\n");
        let raw = world.exchange(world.head(path, &huge).as_bytes()).await.expect("an answer");
        assert_refused(&raw, &[413], *takes, &format!("a terabyte at {path}"));
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// Case 283: one parameter too many is 413 in the right shape, and the connection closes.
#[tokio::test]
async fn a_form_with_one_parameter_too_many_is_refused_and_the_connection_closed() {
    let world = world().await;
    let before = state(&world.site).await;
    for (path, takes) in world.routes.iter().filter(|(_, takes)| *takes != Takes::Json) {
        let sound = match takes {
            Takes::Page => format!("csrf={}", world.token),
            _ => "token=x".to_owned(),
        };
        for (more, too_many) in [(199, false), (200, true)] {
            let more = (0..more).map(|n| format!("&p{n}=1")).collect::<Vec<_>>().concat();
            let raw = world.send(path, FORM, format!("{sound}{more}").as_bytes()).await;
            if too_many {
                assert_refused(&raw, &[413], *takes, path);
                assert!(raw.closed && raw.head.contains("connection: close"), "{path}: {raw:?}");
            } else {
                assert_ne!(raw.status, 413, "{path}: {raw:?}");
            }
        }
    }
    assert_ne!(state(&world.site).await, before, "just below, the forms are read");
    world.site.close().await;
}

/// Every path of the router, whatever it takes.
fn every_path() -> Vec<String> {
    let (before, after) = SOURCE.split_once("pub fn metrics_routes(").expect("a part apart");
    let routes = before.split_once("pub fn routes(").expect("the routes").1;
    let offered = after.split_once("\n}").expect("its end").1;
    let routes = format!("{routes}{offered}");
    let paths = routes.split("\"/").skip(1).map(|rest| rest.split('"').next().expect("a path"));
    let named = paths.map(|path| {
        let mut parts: Vec<&str> = path.split('/').collect();
        parts.iter_mut().filter(|part| part.starts_with('{')).for_each(|part| *part = "x");
        format!("/{}", parts.join("/"))
    });
    named.collect()
}

/// A URL of so many bytes.
fn url(path: &str, bytes: usize) -> String {
    format!("{path}?a={}", "a".repeat(bytes - path.len() - "?a=".len()))
}

/// Header lines of so many bytes in all, in so many lines.
fn headers(accept: &str, lines: usize, bytes: usize) -> String {
    let more = (3..lines).map(|line| format!("x-{line}: 1\r\n")).collect::<Vec<_>>().concat();
    let text = format!("host: x\r\naccept: {accept}\r\n{more}");
    let rest = bytes.saturating_sub(text.len() + "x-long: \r\n".len());
    format!("{text}x-long: {}\r\n", "a".repeat(rest))
}

/// Case 283: a URL just over 8,192 bytes is 414; headers just over 32,768 bytes or 64 lines
/// are 431; on every route, with either method, as JSON or as a page for whoever takes pages,
/// and the connection closes.
#[tokio::test]
async fn a_head_just_over_a_limit_is_refused_in_words_on_every_route() {
    let world = world().await;
    let before = state(&world.site).await;
    let mut paths = every_path();
    assert!(paths.len() > ROUTES.len() && paths.contains(&"/readyz".to_owned()), "{paths:?}");
    paths.push("/nowhere".to_owned());
    for path in &paths {
        for (accept, takes) in [("*/*", Takes::Json), ("text/html", Takes::Page)] {
            for (status, url, headers) in [
                (414, url(path, 8_193), headers(accept, 3, 0)),
                (431, path.clone(), headers(accept, 3, 32_769)),
                (431, path.clone(), headers(accept, 65, 0)),
            ] {
                for method in ["GET", "POST"] {
                    let request = format!("{method} {url} HTTP/1.1\r\n{headers}\r\n");
                    let raw = world.exchange(request.as_bytes()).await.expect("an answer");
                    assert_refused(&raw, &[status], takes, &format!("{method} {path}"));
                    assert!(
                        raw.closed && raw.head.contains("connection: close"),
                        "{path}: {raw:?}"
                    );
                    let guarded = raw.head.contains("content-security-policy");
                    assert_eq!(guarded, takes == Takes::Page, "{path}: {raw:?}");
                }
            }
        }
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// The limits of a head are limits and not one byte less.
#[tokio::test]
async fn a_head_of_exactly_every_limit_is_read() {
    let world = world().await;
    for path in ["/healthz", "/sign-in", "/auth.md"] {
        let (url, headers) = (url(path, 8_192), headers("*/*", 64, 32_768));
        let request = format!("GET {url} HTTP/1.1\r\n{headers}\r\n");
        let raw = world.exchange(request.as_bytes()).await.expect("an answer");
        assert_eq!((raw.status, raw.closed), (200, false), "{path}");
    }
    world.site.close().await;
}

/// The body limit is a limit and not one byte less.
#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let world = world().await;
    let start = br#"{"type":"anonymous","reason":""#;
    let mut body = start.to_vec();
    body.resize(LIMIT - 2, b'r');
    body.extend_from_slice(b"\"}");
    let raw = world.send("/agent/identity", JSON, &body).await;
    assert_eq!((raw.status, body.len()), (200, LIMIT));
    world.site.close().await;
}

/// A slow body is closed within `body_seconds`, on every route at once, while others are served.
#[tokio::test]
async fn a_slow_body_is_closed_in_time_on_every_route() {
    let world = world().await;
    let before = state(&world.site).await;
    let slow = world.routes.iter().map(|(path, takes)| {
        let world = &world;
        async move {
            let kind = if *takes == Takes::Json { JSON } else { FORM };
            let rest = format!("content-type: {kind}\r\ncontent-length: 100\r\n");
            let mut stream = world.connect().await;
            let head = world.head(path, &rest);
            stream.write_all(head.as_bytes()).await.expect("sent");
            let began = Instant::now();
            let drip = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    let sent = stream.write_all(b"a").await;
                    if sent.is_err() || began.elapsed().as_millis() > 900 {
                        break;
                    }
                }
            };
            drip.await;
            let raw = answer(&mut stream).await.unwrap_or_else(|| panic!("{path} answers nothing"));
            assert_refused(&raw, &[408], *takes, &format!("a slow body at {path}"));
            let took = began.elapsed();
            assert!(took < Duration::from_secs(4), "{path} took {took:?}");
            assert!(raw.closed || raw.head.contains("connection: close"), "{path}: {raw:?}");
        }
    });
    let served = async {
        for _ in 0..10 {
            world.is_well().await;
        }
    };
    futures_util::future::join(join_all(slow), served).await;
    assert_eq!(state(&world.site).await, before);
    world.site.close().await;
}

/// A body that ends before its announced length changes nothing.
#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_changes_nothing() {
    let world = world().await;
    let before = state(&world.site).await;
    for (path, takes) in &world.routes {
        let (kind, body) = match takes {
            Takes::Json => (JSON, r#"{"type":"anonymous"}"#.to_owned()),
            _ => (FORM, format!("csrf={}&decision=deny&label=x", world.token)),
        };
        let rest = format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len() + 1);
        let mut stream = world.connect().await;
        let bytes = format!("{}{body}", world.head(path, &rest));
        stream.write_all(bytes.as_bytes()).await.expect("sent");
        stream.shutdown().await.expect("half closed");
        if let Some(raw) = answer(&mut stream).await {
            assert!((400..500).contains(&raw.status), "{path}: {raw:?}");
        }
    }
    world.is_well().await;
    assert_eq!(state(&world.site).await, before);
    world.site.close().await;
}

/// Case 283: heads that are too long, or framed in two ways, are refused and closed.
#[tokio::test]
async fn heads_beyond_limits_or_framed_twice_are_refused() {
    let world = world().await;
    let before = state(&world.site).await;
    let long = "a".repeat(200_000);
    let many = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect::<Vec<_>>().concat();
    let cases = [
        format!("GET /sign-in HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"),
        format!("GET /sign-in?{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET /sign-in HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
            .to_owned(),
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "POST /token HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\na".to_owned(),
        "POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        "GET /sign\0-in HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        "NONSENSE\r\n\r\n".to_owned(),
    ];
    for case in cases {
        let raw = world.exchange(case.as_bytes()).await;
        let shown: String = case.chars().take(60).collect();
        let raw = raw.unwrap_or_else(|| panic!("{shown} is answered with nothing"));
        assert!(matches!(raw.status, 400 | 413 | 414 | 431), "{shown}: {raw:?}");
        assert!(raw.closed || raw.head.contains("connection: close"), "{shown}: {raw:?}");
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// Paths, queries and cookies with bytes that mean something elsewhere.
#[tokio::test]
async fn odd_paths_and_cookies_are_answered_without_fault() {
    let world = world().await;
    let before = state(&world.site).await;
    for path in [
        "/approve/%00",
        "/approve/%ff",
        "/approve/..%2f..%2f",
        "/welcome/%00",
        "/welcome/%e2%80%ae",
        "/account/sessions/%00",
        "/account/sessions/%27%20OR%201=1--",
        "/account/sessions/%ff",
        "/static/..%2fCargo.toml",
        "/static/%00",
        "/static/countersign.css%00",
        "//sign-in",
        "/sign-in?return_to=%00",
        "/sign-in?return_to=%ff",
        "/sign-in?return_to=a&return_to=b",
        "/.well-known/oauth-protected-resource/%00",
        "/.well-known/oauth-protected-resource/%ff",
        "/demo/notes/%00",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        for headers in [
            world.headers.as_str(),
            "host: x\r\n",
            "host: x\r\ncookie: countersign=\u{e4}; ;;=\r\n",
        ] {
            let request = format!("GET {path} HTTP/1.1\r\n{headers}accept: text/html\r\n\r\n");
            let raw = world.exchange(request.as_bytes()).await;
            let raw = raw.unwrap_or_else(|| panic!("{path} answers nothing"));
            assert!((200..500).contains(&raw.status), "{path}: {raw:?}");
            assert!(!raw.body.contains("root:") && !raw.body.contains("[package]"));
        }
    }
    assert_eq!(state(&world.site).await, before);
    world.is_well().await;
    world.site.close().await;
}

/// RFC 7592 §2.2: a client that is changed is read as strictly as one that is made, and nothing of
/// what cannot be read is stored.
#[tokio::test]
async fn a_client_is_changed_by_a_sound_body_only() {
    let world = world().await;
    let metadata = serde_json::json!({
        "client_name": "Test client", "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    });
    let told = world.site.post_json("/register", &metadata).await.json();
    let member_of = |name: &str| told[name].as_str().expect(name).to_owned();
    let path = crate::support::agent::path_of(&member_of("registration_client_uri"));
    let revision = "SELECT CAST(SUM(revision) AS BIGINT) FROM client";
    let before = world.site.count(revision).await;
    let put = async |kind: &str, body: &[u8]| {
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\n\r\n",
            member_of("registration_access_token"),
            body.len()
        );
        world.exchange(&[head.as_bytes(), body].concat()).await.expect("an answer")
    };
    for (what, body) in broken_json() {
        assert_refused(&put(JSON, &body).await, &[400], Takes::Json, what);
    }
    let large = format!("{{\"client_name\":\"{}\"}}", "x".repeat(LIMIT));
    assert_refused(&put(JSON, large.as_bytes()).await, &[413], Takes::Json, "too much");
    let sound = serde_json::json!({
        "client_id": member_of("client_id"), "client_name": "Changed",
        "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
    });
    let sound = sound.to_string();
    assert_refused(&put("text/plain", sound.as_bytes()).await, &[415], Takes::Json, "a type");
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {JSON}\r\n\
         content-length: 100\r\n\r\n{{",
        member_of("registration_access_token"),
    );
    let slow = world.exchange(head.as_bytes()).await.expect("an answer");
    assert_refused(&slow, &[408], Takes::Json, "a slow body");
    assert!(slow.head.contains("connection: close"), "{slow:?}");
    assert_eq!(world.site.count(revision).await, before);
    assert_eq!(put(JSON, sound.as_bytes()).await.status, 200);
    assert_ne!(world.site.count(revision).await, before);
    world.is_well().await;
    world.site.close().await;
}
