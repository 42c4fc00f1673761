//! The agent sessions of Agent Analytics (contracts/credentials.md, section 1). Its clients are
//! replayed: the documented requests, in order, with their habits.

mod account;
mod answers;
mod habits;
mod journey;
mod pages;
mod races;
mod start;
mod undo;
mod upgrade;
mod user_claimed;

use countersign::protocol::secret::Digest;
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::agent::path_of;
use crate::support::person::Person;
use crate::support::reply::Reply;

/// An API with the scopes of the product (1.10), and its door.
const PROFILE: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example analytics"
introspection = [{ client_id = "api", client_secret = "0123456789abcdef" }]
[[resource.scope]]
name = "account:read"
risk = "read"
default = true
[[resource.scope]]
name = "projects:read"
risk = "read"
default = true
[[resource.scope]]
name = "projects:write"
[[resource.scope]]
name = "analytics:read"
risk = "read"
[[resource.scope]]
name = "live:read"
risk = "read"

[[profile]]
name = "agent-analytics"
[profile.agent_sessions]
"#;

/// What the command line asks for.
const SCOPES: [&str; 5] =
    ["account:read", "projects:read", "projects:write", "analytics:read", "live:read"];

/// 64 hexadecimal digits, as the command line draws them.
const VERIFIER: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Where the command line listens; the port is the system's choice.
const CALLBACK: &str = "http://127.0.0.1:49152/callback";

async fn site() -> Site {
    Site::open_with(PROFILE).await
}

/// A site whose door has further settings.
async fn site_with(settings: &str) -> Site {
    Site::open_with(&format!("{PROFILE}{settings}")).await
}

/// The challenge of a verifier in the dialect of these clients (1.3).
fn challenge(verifier: &str) -> String {
    Digest::of(verifier.as_bytes()).hex()
}

/// The start request of `login` (1.2), with `change` laid over it.
fn login(change: &Value) -> Value {
    let mut body = json!({
        "mode": "interactive",
        "client_type": "cli",
        "client_name": "Agent Analytics CLI",
        "client_instance_id": "pid:4711",
        "callback_url": CALLBACK,
        "scopes": SCOPES,
        "code_challenge": challenge(VERIFIER),
        "metadata": { "runtime": "cli" },
    });
    lay(&mut body, change);
    body
}

/// The start request of `login --detached` (1.2).
fn detached() -> Value {
    json!({
        "mode": "detached",
        "client_type": "cli",
        "client_name": "Agent Analytics CLI",
        "client_instance_id": "pid:4711",
        "scopes": SCOPES,
        "metadata": { "runtime": "cli" },
    })
}

fn lay(body: &mut Value, change: &Value) {
    for (name, value) in change.as_object().expect("members") {
        body[name] = value.clone();
    }
}

/// A client of this family, with the habits that were seen on the wire (1.12): a stale bearer
/// token on everything, and JSON as the type of everything.
struct Client<'a> {
    site: &'a Site,
    /// What stands between the address and the path.
    base: String,
}

impl<'a> Client<'a> {
    fn of(site: &'a Site) -> Self {
        Self { site, base: site.url.clone() }
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        let request = self.site.client.post(format!("{}{path}", self.base));
        let request = request.header("user-agent", "node").bearer_auth("aas_stale");
        Reply::of(request.json(body)).await
    }

    /// A call with the session's own token.
    async fn post_as(&self, token: &str, path: &str, body: &Value) -> Reply {
        let request = self.site.client.post(format!("{}{path}", self.base)).bearer_auth(token);
        Reply::of(request.json(body)).await
    }

    async fn get_as(&self, token: &str, path: &str) -> Reply {
        let request = self.site.client.get(format!("{}{path}", self.base)).bearer_auth(token);
        Reply::of(request.header("content-type", "application/json")).await
    }

    async fn start(&self, body: &Value) -> Request<'_> {
        let reply = self.post("/agent-sessions/start", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        Request { client: self, told: reply.json() }
    }

    /// A request that the person has approved, and its finish code.
    async fn approved(&self, person: &mut Person, body: &Value) -> (Request<'_>, String) {
        let request = self.start(body).await;
        request.approved_by(person).await;
        let code = request.code().await;
        (request, code)
    }

    async fn refresh(&self, token: &str) -> Reply {
        self.post("/agent-sessions/refresh", &json!({ "refresh_token": token })).await
    }
}

/// A request that was started.
struct Request<'a> {
    client: &'a Client<'a>,
    told: Value,
}

impl Request<'_> {
    fn id(&self) -> &str {
        self.told["auth_request_id"].as_str().expect("an identifier")
    }

    /// Follows the link to the approval page.
    async fn opened_by(&self, person: &mut Person) -> String {
        let link = path_of(self.told["authorize_url"].as_str().expect("a link"));
        let reply = person.get(&link).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").expect("a location").to_owned()
    }

    /// Approves every scope for a month; the approval page.
    async fn approved_by(&self, person: &mut Person) -> String {
        let link = self.opened_by(person).await;
        let reply = approve(person, &link, &SCOPES).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        link
    }

    async fn poll(&self) -> Reply {
        let token = self.told["poll_token"].as_str().expect("a token");
        self.poll_with(token).await
    }

    async fn poll_with(&self, token: &str) -> Reply {
        let body = json!({ "auth_request_id": self.id(), "poll_token": token });
        self.client.post("/agent-sessions/poll", &body).await
    }

    async fn exchange(&self, code: &str, verifier: &Value) -> Reply {
        let body = json!({
            "auth_request_id": self.id(), "exchange_code": code, "code_verifier": verifier,
        });
        self.client.post("/agent-sessions/exchange", &body).await
    }

    /// Trades the code of a detached request.
    async fn finish(&self, code: &str) -> Reply {
        self.exchange(code, &Value::Null).await
    }

    /// The finish code, as polling brings it.
    async fn code(&self) -> String {
        let polled = self.poll().await;
        assert_eq!(polled.status, 200, "{}", polled.text);
        polled.json()["exchange_code"].as_str().expect("a code").to_owned()
    }
}

async fn approve(person: &mut Person, link: &str, scopes: &[&str]) -> Reply {
    let mut fields = vec![("decision", "approve"), ("lifetime", "30d")];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    person.answer(link, &fields).await
}

/// A detached request, approved and exchanged: the session's tokens.
async fn session(client: &Client<'_>, person: &mut Person) -> Value {
    let (request, code) = client.approved(person, &detached()).await;
    let reply = request.finish(&code).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["agent_session"].clone()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// What the product's API learns about a token.
async fn introspect(site: &Site, token: &str) -> Value {
    let request = site.client.post(format!("{}/introspect", site.url));
    let request = request.basic_auth("api", Some("0123456789abcdef"));
    Reply::of(request.form(&[("token", token)])).await.json()
}

/// Asserts a refusal in this dialect: both ways of reading it (1.11).
#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    let body = reply.json();
    let said = (reply.status, text(&body, "error"), text(&body, "code"));
    assert_eq!(said, (status, code, code), "{}", reply.text);
    assert!(!text(&body, "message").is_empty());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    if status == 401 {
        let challenge = reply.header("www-authenticate").expect("a challenge");
        let metadata = "https://api.example.com/.well-known/oauth-protected-resource";
        assert!(challenge.contains(&format!(r#"resource_metadata="{metadata}""#)), "{challenge}");
    }
}
