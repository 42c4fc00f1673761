//! A real nginx with the configuration of docs/proxies.md, before a small API.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use super::{Heard, Running};
use crate::support::agent::member;
use crate::support::person::Person;
use crate::support::{EVENTS_API, Site, free_port};

/// nginx in a folder of its own; stopped when dropped.
struct Nginx {
    process: Child,
    folder: TempDir,
    url: String,
}

impl Nginx {
    /// Starts it with the configuration that people copy, its three addresses aside.
    async fn before(api: u16, site: &Site) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let countersign = site.url.strip_prefix("http://").expect("an address");
        let [included, server] = copied();
        let place = folder.path().display();
        fs::write(folder.path().join("countersign.conf"), included).expect("written");
        let server = server
            .replace("/etc/nginx/", &format!("{place}/"))
            .replace("127.0.0.1:8000", &format!("127.0.0.1:{port}"))
            .replace("127.0.0.1:8080", countersign)
            .replace("127.0.0.1:3000", &format!("127.0.0.1:{api}"));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
            .concat();
        let all = format!(
            "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log {place}/log;\n\
             events {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), all).expect("written");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf"));
        let said = fs::File::create(folder.path().join("said")).expect("a file");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        command.env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin:/sbin");
        let process = command.spawn().expect("nginx runs (tests/run installs it)");
        let nginx = Self { process, folder, url: format!("http://127.0.0.1:{port}") };
        nginx.listening(port).await
    }

    async fn listening(mut self, port: u16) -> Self {
        let began = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = self.process.try_wait().expect("a child");
            assert!(ended.is_none() && began.elapsed() < Duration::from_mins(1), "{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self
    }

    fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        [read("said"), read("log")].concat()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The blocks of docs/proxies.md that people copy: the file that each place includes, and the
/// server.
fn copied() -> [String; 2] {
    let page = include_str!("../../../docs/proxies.md");
    let mut blocks = page.split("```nginx\n").skip(1);
    [(); 2].map(|()| {
        let block = blocks.next().expect("a block for nginx");
        block.split("```").next().expect("its end").to_owned()
    })
}

/// An API that says what reached it.
async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    let headers: serde_json::Map<String, Value> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").into()))
        .collect();
    HttpResponse::Ok().json(serde_json::json!({
        "headers": headers, "method": request.method().as_str(), "path": request.path(),
        "query": request.query_string(), "body": String::from_utf8_lossy(&body),
    }))
}

struct World {
    site: Site,
    nginx: Nginx,
    _api: Running,
    ada: Person,
    access: String,
}

impl World {
    /// An agent that may read events and not write any, and all that stands between.
    async fn new() -> Self {
        Self::with("").await
    }

    async fn with(profiles: &str) -> Self {
        let site = Site::open_with(&format!("{EVENTS_API}{profiles}")).await;
        let port = free_port();
        let api = Running::on(port, |routes| {
            routes.default_service(web::to(echo));
        })
        .await;
        let nginx = Nginx::before(port, &site).await;
        let mut ada = site.person("ada@example.com").await;
        let body = serde_json::json!({
            "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Zo\u{eb}",
            "resource": "https://api.example.com", "requested_scopes": ["events:read"],
        });
        let registered = site.agent().register(&body).await;
        let code = registered.user_code();
        let fields = [("decision", "approve"), ("user_code", &code), ("scope", "events:read")];
        assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
        let tokens = site.agent().poll(&registered.claim_token).await;
        Self { site, nginx, _api: api, ada, access: member(&tokens, "access_token") }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.site.client.request(method, format!("{}{path}", self.nginx.url))
    }

    async fn let_in(&self, request: RequestBuilder) -> Value {
        let heard = Heard::from(request.bearer_auth(&self.access)).await;
        assert_eq!(heard.status, 200, "{}\n{}", heard.text, self.nginx.log());
        serde_json::from_str(&heard.text).expect("what reached the API")
    }

    async fn refused(&self, request: RequestBuilder, status: u16) -> Heard {
        let heard = Heard::from(request).await;
        assert_eq!(heard.status, status, "{}\n{}", heard.text, self.nginx.log());
        assert_eq!(heard.header("content-type"), Some("application/json"));
        assert_eq!(heard.header("countersign-subject"), None);
        heard
    }
}

/// docs/proxies.md, nginx: a session passes with its request as it is, body and query included,
/// the token stays at the proxy, and what the request says about who it is does not survive.
#[tokio::test]
async fn behind_nginx_the_api_learns_who_it_is_and_nothing_forged() {
    let world = World::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let sent = "a body with = and & \u{1f4a5}".repeat(5_000);
        let request = world
            .request(method.clone(), "/events/1?scope=events:write&page=2")
            .header("countersign-subject", "acc_of_somebody_else")
            .header("countersign-account", "acc_of_somebody_else")
            .header("countersign-scope", "events:write")
            .header("countersign-approved", "1")
            .header("countersign-proxy", "Basic ZGVtbzpkZW1vLXNlY3JldA==")
            .header("countersign_subject", "acc_of_somebody_else")
            .header("x-forwarded-uri", "/elsewhere")
            .header("x-original-uri", "/elsewhere");
        let reached = world.let_in(request.body(sent.clone())).await;
        assert_eq!(reached["method"], method.as_str());
        assert_eq!(reached["path"], "/events/1");
        assert_eq!(reached["query"], "scope=events:write&page=2");
        assert!(reached["body"] == sent, "the body is not what was sent");
        let known = world.site.introspect_as("example-api", &world.access).await.json();
        let headers = &reached["headers"];
        assert_eq!(headers["countersign-subject"], known["sub"]);
        assert_eq!(headers["countersign-account"], known["sub"]);
        assert_eq!(headers["countersign-session"], known["session_id"]);
        assert_eq!(headers["countersign-scope"], "events:read");
        assert_eq!(headers["countersign-agent"], "Zo%C3%AB");
        assert_eq!(headers["countersign-approved"], "1800000000");
        assert!(headers.get("authorization").is_none() && headers.get("dpop").is_none());
        assert!(!reached["headers"].to_string().contains("acc_of_somebody_else"));
    }
    world.site.close().await;
}

/// RFC 6750 §3, RFC 9728 §5.1: the challenge and the words reach the agent through nginx, for
/// every method, and lead on to a document that is there.
#[tokio::test]
async fn behind_nginx_a_refusal_reaches_the_agent_whole() {
    let world = World::new().await;
    let metadata = "https://api.example.com/.well-known/oauth-protected-resource";
    for method in [Method::GET, Method::POST, Method::PUT] {
        let request = world.request(method, "/events?scope=x").body("a body".repeat(50_000));
        let heard = world.refused(request, 401).await;
        let challenge = format!(r#"Bearer resource_metadata="{metadata}", scope="events:read""#);
        assert_eq!(heard.challenge(), challenge);
        assert!(heard.text.contains(r#""error":"unauthorized""#), "{}", heard.text);
    }
    let looked = Heard::from(world.request(Method::HEAD, "/events")).await;
    assert_eq!((looked.status, looked.challenge().contains(metadata)), (401, true));
    let garbage = world.request(Method::GET, "/events").bearer_auth("aas_garbage");
    let heard = world.refused(garbage, 401).await;
    assert!(heard.challenge().contains(r#"error="invalid_token""#), "{}", heard.challenge());
    let document = world.request(Method::GET, "/.well-known/oauth-protected-resource");
    assert_eq!(Heard::from(document).await.status, 200);
    world.site.close().await;
}

/// RFC 6750 §3.1: what lacks a scope is 403 with the scopes it takes; two credentials are 400,
/// although nginx knows neither that nor any body of its question.
#[tokio::test]
async fn behind_nginx_what_lacks_a_scope_is_not_what_is_unknown() {
    let world = World::new().await;
    let asks_for_less = world
        .request(Method::POST, "/admin/users")
        .header("countersign-required-scope", "events:read")
        .bearer_auth(&world.access);
    let heard = world.refused(asks_for_less, 403).await;
    let challenge = heard.challenge();
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="events:read events:write""#), "{challenge}");
    assert!(heard.text.contains("insufficient_scope"), "{}", heard.text);
    let two = world.request(Method::GET, "/events").bearer_auth(&world.access);
    let heard = world.refused(two.header("x-api-key", "another"), 400).await;
    assert_eq!(heard.header("www-authenticate"), None);
    for hidden in ["/_countersign", "/_refused", "/_refused?answer=refusal"] {
        let request = world.request(Method::GET, hidden).bearer_auth(&world.access);
        assert_eq!(Heard::from(request).await.status, 404, "{hidden}");
    }
    world.site.close().await;
}

/// AO11: behind nginx, too, a session that its person disconnects is refused at the next request.
#[tokio::test]
async fn behind_nginx_a_disconnected_session_is_refused_at_once() {
    let mut world = World::new().await;
    let reached = world.let_in(world.request(Method::GET, "/events")).await;
    let session = reached["headers"]["countersign-session"].as_str().expect("a session").to_owned();
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(world.ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    let again = world.request(Method::GET, "/events").bearer_auth(&world.access);
    let heard = world.refused(again, 401).await;
    assert!(heard.challenge().contains(r#"error="invalid_token""#));
    world.site.close().await;
}

/// AO18; docs/proxies.md, nginx: whoever asks reads what is left of the rate, and the 429 beyond it
/// arrives whole, though nginx knows no such answer to its question.
#[tokio::test]
async fn behind_nginx_what_is_left_of_a_rate_reaches_whoever_asks() {
    let profile = "[[profile]]\nname = \"events\"\nresource = \"https://api.example.com\"\n\
                   rate_headers = true\n[[profile.plan]]\nname = \"free\"\nrate = \"2/min\"\n";
    let world = World::with(profile).await;
    for remaining in ["1", "0"] {
        let request = world.request(Method::GET, "/events").bearer_auth(&world.access);
        let heard = Heard::from(request.header("x-ratelimit-remaining", "1000")).await;
        assert_eq!((heard.status, heard.header("x-ratelimit-remaining")), (200, Some(remaining)));
        assert_eq!(heard.header("x-ratelimit-limit"), Some("2"));
        assert_eq!(heard.header("x-ratelimit-reset"), Some("1800000060"));
        assert_eq!(heard.header("deprecation"), None);
    }
    let request = world.request(Method::GET, "/events").bearer_auth(&world.access);
    let beyond = world.refused(request, 429).await;
    assert_eq!(beyond.header("retry-after"), Some("60"));
    assert_eq!(beyond.header("x-ratelimit-remaining"), Some("0"));
    assert!(beyond.text.contains("rate_limit_exceeded"), "{}", beyond.text);
    world.site.close().await;
}

/// AO10: where a key was last used from is what nginx heard, at both places that ask, and never what
/// the client says of itself.
#[test]
fn the_files_that_people_copy_write_the_clients_address_themselves() {
    let [_, server] = copied();
    let asking = server.matches("proxy_pass http://countersign/forward-auth;").count();
    let own =
        "proxy_set_header X-Forwarded-For $remote_addr;\n        proxy_set_header Forwarded \"\";";
    assert_eq!((asking, server.matches(own).count()), (2, 2), "{server}");
}
