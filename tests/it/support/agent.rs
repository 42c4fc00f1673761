//! An agent in both dialects of auth.md.

use serde_json::{Value, json};

use super::Site;
use super::reply::Reply;

pub const CLAIM_GRANT: &str = "urn:workos:agent-auth:grant-type:claim";
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

pub struct Agent {
    url: String,
    client: reqwest::Client,
}

/// What an agent remembers of its registration.
pub struct Registered {
    pub body: Value,
    pub id: String,
    pub claim_token: String,
}

impl Registered {
    /// Path and query of the approval link.
    pub fn link(&self) -> String {
        path_of(self.body["claim"]["attempt"]["verification_uri"].as_str().expect("a link"))
    }

    pub fn user_code(&self) -> String {
        self.body["claim"]["user_code"].as_str().expect("a code").to_owned()
    }

    pub fn assertion(&self) -> String {
        self.body["identity"]["assertion"].as_str().expect("an assertion").to_owned()
    }
}

/// The path of an absolute URL.
pub fn path_of(url: &str) -> String {
    let url = url::Url::parse(url).expect("a URL");
    url[url::Position::BeforePath..].to_owned()
}

impl Agent {
    pub fn new(site: &Site) -> Self {
        Self::at(&site.url, &site.client)
    }

    /// An agent of a server that runs as a process of its own.
    pub fn at(url: &str, client: &reqwest::Client) -> Self {
        Self { url: url.to_owned(), client: client.clone() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::of(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    pub async fn register(&self, body: &Value) -> Registered {
        let reply = self.post("/agent/identity", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let body = reply.json();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (id, claim_token) = (text(&body["id"]), text(&body["claim"]["token"]));
        Registered { body, id, claim_token }
    }

    pub async fn register_anonymous(&self) -> Registered {
        self.register(&json!({ "type": "anonymous", "client_name": "Test agent" })).await
    }

    /// Registers for a person, asking for both demo scopes.
    pub async fn register_for(&self, email: &str) -> Registered {
        let body = json!({
            "type": "service_auth", "login_hint": email, "client_name": "Test agent",
            "client_type": "test", "reason": "to see whether it works",
            "requested_scopes": ["demo:read", "demo:write"],
        });
        self.register(&body).await
    }

    /// Starts or renews an attempt in dialect D3; the reply as it is.
    pub async fn start_claim(&self, claim_token: &str, email: &str) -> Reply {
        let body =
            json!({ "type": "service_auth", "claim_token": claim_token, "login_hint": email });
        self.post("/agent/identity/claim", &body).await
    }

    pub async fn token(&self, fields: &[(&str, &str)]) -> Reply {
        Reply::of(self.client.post(format!("{}/token", self.url)).form(fields)).await
    }

    pub async fn poll(&self, claim_token: &str) -> Reply {
        self.token(&[("grant_type", CLAIM_GRANT), ("claim_token", claim_token)]).await
    }

    pub async fn complete(&self, claim_token: &str, code: &str) -> Reply {
        let body = json!({ "claim_token": claim_token, "user_code": code });
        self.post("/agent/identity/claim/complete", &body).await
    }

    pub async fn exchange(&self, assertion: &str) -> Reply {
        self.token(&[("grant_type", JWT_BEARER), ("assertion", assertion)]).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Reply {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn revoke(&self, token: &str) -> Reply {
        Reply::of(self.client.post(format!("{}/revoke", self.url)).form(&[("token", token)])).await
    }
}

/// The member of a token reply.
pub fn member(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()[name].as_str().unwrap_or_else(|| panic!("{name} in {}", reply.text)).to_owned()
}
