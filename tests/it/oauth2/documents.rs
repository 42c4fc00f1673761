//! Clients named by the URL of their metadata document ([CIMD]).
//!
//! [CIMD]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::domain::id::ClientId;
use countersign::domain::origin::Occasion;
use countersign::flow::client::find;
use countersign::outbound::{Cause, FetchError, Fetched, Fetcher, Names};
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{CALLBACK, UNLIMITED, register, text};
use crate::outbound::addresses::{LITERALS, NAMES, lookup};
use crate::outbound::server::Server;
use crate::support::agent::member;
use crate::support::client::{self, Client};
use crate::support::keys::Key;
use crate::support::reply::Reply;
use crate::support::{START, Site};

const URL: &str = "https://agent.example.com/client.json";

/// What the outside world answers, and how often it was asked.
#[derive(Clone)]
struct World {
    answer: Arc<Mutex<Result<Fetched, FetchError>>>,
    asked: Arc<AtomicUsize>,
}

impl World {
    fn saying(answer: Result<Fetched, FetchError>) -> Self {
        Self { answer: Arc::new(Mutex::new(answer)), asked: Arc::default() }
    }

    fn describing(changes: &Value) -> Self {
        Self::saying(Ok(fetched(&document(changes))))
    }

    fn now_says(&self, answer: Result<Fetched, FetchError>) {
        *self.answer.lock().expect("nobody panicked") = answer;
    }

    #[expect(clippy::unwrap_in_result, reason = "a test that panicked before has failed")]
    fn answer(&self) -> Result<Fetched, FetchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.lock().expect("nobody panicked").clone()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn site(&self, settings: &str) -> Site {
        let world = self.clone();
        let fetch = Fetcher::from_source(move |_| world.answer());
        Site::open_with_fetch(settings, Some(fetch)).await
    }
}

/// A document for [`URL`]; a null leaves a member out.
fn document(changes: &Value) -> Value {
    let mut document = json!({
        "client_id": URL, "client_name": "Test client", "redirect_uris": [client::CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    for (name, value) in changes.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    document
}

fn fetched(document: &Value) -> Fetched {
    let content_type = Some("application/json".to_owned());
    Fetched { body: document.to_string().into_bytes(), content_type, max_age: None }
}

/// A token request as this client: `invalid_grant` if it is known, `invalid_client` if not.
async fn redeem(site: &Site, id: &str) -> Reply {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", id),
        ("code", "never-was"),
        ("code_verifier", client::VERIFIER),
    ];
    site.post_form("/token", &form).await
}

async fn is_known(site: &Site) -> bool {
    let reply = redeem(site, URL).await;
    match reply.status {
        400 => reply.assert_error(400, "invalid_grant"),
        _ => reply.assert_error(401, "invalid_client"),
    }
    reply.status == 400
}

/// The authorization endpoint refuses with a page of ours and sends the browser nowhere.
async fn assert_page(site: &Site, id: &str) {
    let client = Client { site, id: id.to_owned(), secret: None };
    let reply = site.get(&client.request(&[])).await;
    assert_eq!(reply.status, 400, "{id}: {}", reply.text);
    assert_eq!(reply.header("location"), None, "{id}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{id}");
}

/// CIMD §1, start to end: no registration, a yes, tokens, a refresh; the document is fetched
/// once.
#[tokio::test]
async fn a_client_gets_in_with_nothing_but_its_document() {
    let world = World::describing(&json!({ "redirect_uris": ["http://127.0.0.1/callback"] }));
    let site = world.site("").await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    let mut ada = site.person("ada@example.com").await;
    let agent = Client { site: &site, id: URL.to_owned(), secret: None };
    let link = agent.send(&mut ada, &[]).await;
    let page = ada.get(&link).await.text;
    assert!(page.contains("Test client") && page.contains("agent.example.com"), "{page}");
    client::approve(&mut ada, &link).await;
    let code = client::Callback::of(&ada.get(&link).await).code();
    let tokens = agent.redeem(&code, &[]).await;
    let known = site.introspect(&member(&tokens, "access_token")).await.json();
    assert_eq!(known["client_id"], URL);
    assert_eq!(agent.refresh(&member(&tokens, "refresh_token")).await.status, 200);
    assert_eq!(world.asked(), 1);
    assert_eq!(super::clients(&site).await, 0, "nothing is registered");
    site.close().await;
}

/// Case 042; CIMD §4: one byte, case, slash or port of difference is another client; a page
/// of ours, no redirect, and nothing is remembered.
#[tokio::test]
async fn a_document_that_names_another_client_describes_nobody() {
    let world = World::describing(&json!({}));
    let site = world.site(UNLIMITED).await;
    for other in [
        json!("https://agent.example.com/client.jsoN"),
        json!("https://agent.example.com/client.json/"),
        json!("https://agent.example.com/client.jso"),
        json!("https://Agent.example.com/client.json"),
        json!("https://agent.example.com:443/client.json"),
        json!("https://agent.example.com:8443/client.json"),
        json!("http://agent.example.com/client.json"),
        json!("https://agent.example.com/./client.json"),
        json!("https://agent.example.com/client.json#"),
        json!(""),
        json!([URL]),
        Value::Null,
    ] {
        world.now_says(Ok(fetched(&document(&json!({ "client_id": other })))));
        let before = world.asked();
        assert_page(&site, URL).await;
        assert!(!is_known(&site).await, "{other}");
        assert_eq!(world.asked(), before + 2, "{other}: asked again, so nothing was remembered");
    }
    world.now_says(Ok(fetched(&document(&json!({})))));
    assert!(is_known(&site).await, "the real one is not held responsible");
    site.close().await;
}

/// CIMD §3: what is no client identifier is never fetched.
#[tokio::test]
async fn a_url_that_is_no_client_identifier_makes_nobody_ask() {
    let world = World::describing(&json!({}));
    let site = world.site(UNLIMITED).await;
    for id in [
        "https://agent.example.com",
        "https://agent.example.com/",
        "https://agent.example.com/a/../client.json",
        "https://agent.example.com/./client.json",
        "https://agent.example.com/%2e%2e/client.json",
        "https://agent.example.com/client.json#fragment",
        "https://ada@agent.example.com/client.json",
        "https://ada:secret@agent.example.com/client.json",
        "https://agent.example.com:443/client.json",
        "https://Agent.example.com/client.json",
        "HTTPS://agent.example.com/client.json",
        "http://agent.example.com/client.json",
        "ftp://agent.example.com/client.json",
        "file:///etc/passwd",
        "https://agent.example.com\\client.json",
        "https://agent.example.com/client.json ",
        "https://agent.example.com/cli\tent.json",
        "data:application/json,{}",
    ] {
        redeem(&site, id).await.assert_error(401, "invalid_client");
        assert_page(&site, id).await;
    }
    assert_eq!(world.asked(), 0);
    site.close().await;
}

/// CIMD §4, §5: whatever else is wrong with a document, it describes nobody.
#[tokio::test]
async fn an_unsound_document_describes_nobody() {
    let world = World::describing(&json!({}));
    let site = world.site(UNLIMITED).await;
    let as_type = |content_type: Option<&str>| Fetched {
        content_type: content_type.map(ToOwned::to_owned),
        ..fetched(&document(&json!({})))
    };
    let saying = |body: &str| Fetched {
        body: body.as_bytes().to_vec(),
        ..as_type(Some("application/json"))
    };
    let changed = |changes: Value| fetched(&document(&changes));
    for answer in [
        changed(json!({ "token_endpoint_auth_method": "client_secret_basic" })),
        changed(json!({ "token_endpoint_auth_method": "client_secret_post" })),
        changed(json!({ "token_endpoint_auth_method": "client_secret_jwt" })),
        changed(json!({ "client_secret": "hush" })),
        changed(json!({ "client_secret_expires_at": 0 })),
        changed(json!({ "token_endpoint_auth_method": "private_key_jwt" })),
        changed(json!({ "redirect_uris": [] })),
        changed(json!({ "redirect_uris": ["javascript:alert(1)"] })),
        changed(json!({ "redirect_uris": ["http://evil.example.com/"] })),
        changed(json!({ "logo_uri": "https://169.254.169.254/latest" })),
        changed(json!({ "jwks_uri": "https://localhost/keys" })),
        changed(json!({ "grant_types": ["client_credentials"] })),
        as_type(Some("text/html")),
        as_type(Some("text/plain")),
        as_type(None),
        saying(""),
        saying("null"),
        saying("[]"),
        saying("{}"),
        saying(&format!(r#"{{"client_id":"{URL}","client_id":"{URL}"}}"#)),
    ] {
        let shown = String::from_utf8_lossy(&answer.body).into_owned();
        world.now_says(Ok(answer));
        assert!(!is_known(&site).await, "{shown}");
        assert_page(&site, URL).await;
    }
    site.close().await;
}

/// CIMD §5.2: what the answer says about its age counts, within bounds of ours.
#[tokio::test]
async fn a_document_is_believed_for_as_long_as_it_says_within_bounds() {
    let day = Seconds::DAY.0;
    for (said, believed) in
        [(None, 600), (Some(0), 60), (Some(5), 60), (Some(300), 300), (Some(10 * day), day)]
    {
        let answer = Fetched { max_age: said.map(Seconds), ..fetched(&document(&json!({}))) };
        let world = World::saying(Ok(answer));
        let site = world.site("").await;
        assert!(is_known(&site).await);
        site.advance(Seconds(believed - 1));
        assert!(is_known(&site).await);
        assert_eq!(world.asked(), 1, "{said:?}: believed until {believed}");
        site.advance(Seconds(1));
        assert!(is_known(&site).await);
        assert_eq!(world.asked(), 2, "{said:?}: asked again at {believed}");
        site.close().await;
    }
}

/// CIMD §5.2: failures are not remembered, and a host that is out of order for a while does
/// not end the sessions of its clients; one that says no does.
#[tokio::test]
async fn a_host_out_of_order_is_forgiven_for_a_day_and_a_no_is_not() {
    let failed = |cause| Err(FetchError::Failed(cause));
    let world = World::saying(failed(Cause::TimedOut));
    let site = world.site("").await;
    assert!(!is_known(&site).await, "nothing is known yet");
    world.now_says(Ok(fetched(&document(&json!({})))));
    assert!(is_known(&site).await, "the failure was not remembered");

    site.advance(Seconds(600));
    for cause in [Cause::TimedOut, Cause::Status(503), Cause::Exchange("reset".to_owned())] {
        world.now_says(failed(cause));
        assert!(is_known(&site).await, "out of order");
    }
    for cause in [Cause::Status(404), Cause::Status(410), Cause::TooLarge] {
        world.now_says(failed(cause));
        assert!(!is_known(&site).await, "a no");
    }
    world.now_says(Ok(fetched(&document(&json!({ "client_id": "https://other.example/" })))));
    assert!(!is_known(&site).await, "another client's");
    world.now_says(failed(Cause::TimedOut));
    site.advance(Seconds::DAY);
    assert!(!is_known(&site).await, "a day is enough");
    site.close().await;
}

/// CIMD §5.2: many who ask at once are one fetch.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_ask_together_share_one_fetch() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let fetch = Fetcher::from_source(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(200));
        Ok(fetched(&document(&json!({}))))
    });
    let site = Site::open_with_fetch("", Some(fetch)).await;
    let ask = || {
        let app = Arc::clone(&site.app);
        tokio::spawn(async move {
            let id = ClientId(URL.to_owned());
            find(&app, &id, &Occasion::at_the_machine(START)).await.expect("an answer")
        })
    };
    let tasks: Vec<_> = (0..8).map(|_| ask()).collect();
    for task in tasks {
        assert!(task.await.expect("no panic").is_some());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    site.close().await;
}

/// Somebody who makes this server ask others is stopped; documents that are known go on.
#[tokio::test]
async fn fetches_from_one_address_are_limited() {
    let world = World::saying(Err(FetchError::Failed(Cause::Status(404))));
    let site = world.site("[limits]\nclient_documents_per_address_per_hour = 3\n").await;
    world.now_says(Ok(fetched(&document(&json!({})))));
    assert!(is_known(&site).await);
    world.now_says(Err(FetchError::Failed(Cause::Status(404))));
    for n in 0..2 {
        let id = format!("https://agent.example.com/{n}.json");
        redeem(&site, &id).await.assert_error(401, "invalid_client");
    }
    let refused = redeem(&site, "https://agent.example.com/3.json").await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert!(is_known(&site).await, "what is known costs nothing");
    assert_eq!(world.asked(), 3);
    site.close().await;
}

/// RFC 8414 §2: switched off, nothing is fetched and metadata says so.
#[tokio::test]
async fn documents_can_be_switched_off() {
    let world = World::describing(&json!({}));
    let site = world.site("[clients]\ndocuments = false\n").await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], false);
    assert!(!is_known(&site).await);
    assert_page(&site, URL).await;
    assert_eq!(world.asked(), 0);
    site.close().await;
}

/// RFC 7591 §2, RFC 7517 §5: keys at a `jwks_uri` are fetched when they are needed, and again
/// when a signature is by a key that is new, once a minute at most.
#[tokio::test]
async fn keys_at_an_address_may_change() {
    const KEYS: &str = "https://agent.example.com/keys.json";
    let (first, second) = (Key::p256(), Key::ed25519());
    let set = |key: &Key| fetched(&json!({ "keys": [key.jwk()] }));
    let keys = World::saying(Ok(set(&first)));
    let described = fetched(&document(&json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS,
    })));
    let world = keys.clone();
    let fetch =
        Fetcher::from_source(
            move |url| {
                if url == KEYS { world.answer() } else { Ok(described.clone()) }
            },
        );
    let site = Site::open_with_fetch("", Some(fetch)).await;
    let counter = AtomicUsize::new(0);
    let proves = async |key: &Key| {
        let now = site.clock.now().0;
        let claims = json!({
            "iss": URL, "sub": URL, "aud": site.url, "iat": now, "exp": now + 60,
            "jti": counter.fetch_add(1, Ordering::SeqCst).to_string(),
        });
        let assertion = key.sign(&json!({ "alg": key.algorithm() }), &claims);
        let form = [
            ("grant_type", "authorization_code"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
            ("code", "never-was"),
            ("code_verifier", client::VERIFIER),
        ];
        site.post_form("/token", &form).await.status == 400
    };
    assert!(proves(&first).await && proves(&first).await);
    assert_eq!(keys.asked(), 1, "known keys are not fetched again");
    keys.now_says(Ok(set(&second)));
    assert!(!proves(&second).await, "not within the minute");
    assert_eq!(keys.asked(), 1);
    site.advance(Seconds(60));
    assert!(proves(&second).await, "the new key, at once");
    assert!(!proves(&first).await, "the old one is gone");
    assert_eq!(keys.asked(), 2);
    site.advance(Seconds(600));
    keys.now_says(Err(FetchError::Failed(Cause::Status(404))));
    assert!(!proves(&second).await, "no keys, no proof");
    site.close().await;
}

/// A server whose names lead where the table says, over the real guarded way out.
async fn guarded() -> Site {
    let fetch = Fetcher::with_names(None, &[], Names::from_source(lookup)).expect("a fetcher");
    let settings = format!("{UNLIMITED}client_documents_per_address_per_hour = 100000\n");
    Site::open_with_fetch(&settings, Some(fetch)).await
}

/// Case 259; CIMD §8.6: special-use addresses in every spelling, and names that lead there,
/// as a client id: refused at both endpoints, and nobody is connected to.
#[tokio::test]
async fn a_client_id_never_makes_this_server_connect_to_a_special_use_address() {
    let canary = Server::canary();
    let site = guarded().await;
    let names = NAMES.iter().map(|(name, _)| *name);
    let hosts: Vec<&str> = LITERALS.iter().copied().chain(names).collect();
    assert!(hosts.len() >= 45, "{}", hosts.len());
    for host in hosts {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{host}:{}/client.json", canary.port);
            redeem(&site, &id).await.assert_error(401, "invalid_client");
            assert_page(&site, &id).await;
        }
    }
    canary.assert_silent();
    site.close().await;
}

/// Case 259: the same hosts in every member of a registration that names a URL: an address is
/// refused as it is written, and no name is even looked up.
#[tokio::test]
async fn a_registration_never_makes_this_server_connect_to_a_special_use_address() {
    let canary = Server::canary();
    let site = guarded().await;
    for member in ["jwks_uri", "logo_uri", "client_uri", "tos_uri", "policy_uri"] {
        for host in LITERALS.iter().chain(&["localhost", "localhost.", "agent.localhost"]) {
            for scheme in ["https", "http"] {
                let url = format!("{scheme}://{host}:{}/x", canary.port);
                let metadata = json!({ "redirect_uris": [CALLBACK], member: url });
                let reply = register(&site, &metadata).await;
                reply.assert_error(400, "invalid_client_metadata");
            }
        }
        for (name, _) in NAMES {
            let url = format!("https://{name}:{}/x", canary.port);
            let metadata = json!({ "redirect_uris": [CALLBACK], member: url });
            let reply = register(&site, &metadata).await;
            assert!(matches!(reply.status, 201 | 400), "{url}: {}", reply.text);
        }
    }
    canary.assert_silent();
    site.close().await;
}

/// Case 259: a `jwks_uri` is fetched when its client authenticates, through the same guard.
#[tokio::test]
async fn a_jwks_uri_never_makes_this_server_connect_to_a_special_use_address() {
    let canary = Server::canary();
    let site = guarded().await;
    let mut fetched = 0;
    for (name, _) in NAMES {
        let metadata = json!({
            "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": format!("https://{name}:{}/keys", canary.port),
        });
        let reply = register(&site, &metadata).await;
        if reply.status != 201 {
            continue;
        }
        fetched += 1;
        let answer = reply.json();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", text(&answer, "client_id")),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"),
            ("code", "never-was"),
            ("code_verifier", client::VERIFIER),
        ];
        site.post_form("/token", &form).await.assert_error(401, "invalid_client");
    }
    assert!(fetched > 10, "{fetched}");
    canary.assert_silent();
    site.close().await;
}

/// Case 259: the same hosts wherever else a request may name a URL. None of these is ever fetched,
/// whatever becomes of the request.
#[tokio::test]
async fn no_other_input_makes_this_server_connect_to_a_special_use_address() {
    let canary = Server::canary();
    let fetch = Fetcher::with_names(None, &[], Names::from_source(lookup)).expect("a fetcher");
    let settings = format!(
        "{UNLIMITED}authorization_requests_per_address_per_hour = 100000\n\
         [[profile]]\nname = 'test'\n[profile.agent_sessions]\n"
    );
    let site = Site::open_with_fetch(&settings, Some(fetch)).await;
    let metadata = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none" });
    let client = register(&site, &metadata).await.json();
    let (id, token) = (text(&client, "client_id"), text(&client, "registration_access_token"));
    let own = crate::support::agent::path_of(text(&client, "registration_client_uri"));
    let names = NAMES.iter().map(|(name, _)| *name);
    for host in LITERALS.iter().copied().chain(names) {
        let url = format!("https://{host}:{}/x", canary.port);
        let mut replies = Vec::new();
        for name in ["redirect_uri", "resource", "request_uri", "login_hint", "id_token_hint"] {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("client_id", id), ("response_type", "code"), (name, &url)])
                .finish();
            replies.push(site.get(&format!("/authorize?{query}")).await);
            replies.push(site.post_form("/par", &[("client_id", id), (name, &url)]).await);
        }
        for name in ["resource", "audience", "code", "subject_token", "client_assertion"] {
            let form = [("grant_type", "authorization_code"), ("client_id", id), (name, &url)];
            replies.push(site.post_form("/token", &form).await);
        }
        let form = [("client_id", id), ("resource", url.as_str())];
        replies.push(site.post_form("/device_authorization", &form).await);
        replies.push(register(&site, &json!({ "redirect_uris": [url] })).await);
        for member in ["redirect_uris", "jwks_uri", "logo_uri", "initiate_login_uri"] {
            let value = if member == "redirect_uris" { json!([url]) } else { json!(url) };
            let mut body = json!({ "client_id": id, "redirect_uris": [CALLBACK] });
            body[member] = value;
            let request = site.client.put(format!("{}{own}", site.url)).bearer_auth(token);
            replies.push(Reply::of(request.json(&body)).await);
        }
        let door = json!({
            "client_type": "cli", "mode": "interactive", "callback_url": url,
            "metadata": { "setup_help_url": url },
        });
        replies.push(site.post_json("/agent-sessions/start", &door).await);
        for body in [
            json!({ "type": "anonymous", "resource": url, "client_uri": url }),
            json!({ "type": "identity_assertion", "assertion": foreign(&url) }),
        ] {
            replies.push(site.post_json("/agent/identity", &body).await);
        }
        let worst = replies.iter().map(|reply| reply.status).max();
        assert!(worst < Some(500), "{url}: {worst:?}");
    }
    canary.assert_silent();
    site.close().await;
}

/// An assertion that says this issuer, signed by nobody.
fn foreign(issuer: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({ "alg": "ES256", "typ": "oauth-id-jag+jwt", "kid": "1", "jku": issuer });
    format!("{}.{}.AAAA", part(head), part(json!({ "iss": issuer, "sub": "x" })))
}
