//! Where everything is (see ../world.mjs), and the person who is asked.

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

pub const CALLBACK: &str = "http://127.0.0.1:53686/callback";
pub const READ: &[&str] = &["demo:read"];
pub const BOTH: &[&str] = &["demo:read", "demo:write"];

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run this with world.mjs"))
}

pub fn origin() -> String {
    variable("INTEROP_ORIGIN")
}

pub fn mcp() -> String {
    format!("{}/demo/mcp", origin())
}

/// The id of a client whose metadata document is published.
pub fn document(name: &str) -> String {
    format!("{}/{name}.json", variable("INTEROP_DOCUMENTS"))
}

/// Follows no redirect, as an OAuth client should not.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// A person opens the link and decides; where their browser is then.
pub async fn decide(decision: Value) -> Value {
    let answer = http().post(variable("INTEROP_PERSON")).json(&decision).send().await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("text");
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

/// A person opens the link and approves; the callback that their browser is sent to.
pub async fn approve(url: &str, scopes: &[&str]) -> Url {
    let arrived = decide(json!({ "url": url, "scopes": scopes })).await;
    let location = arrived["location"].as_str();
    let location = location.unwrap_or_else(|| panic!("the browser stayed on a page: {arrived}"));
    assert!(location.starts_with(&format!("{CALLBACK}?")), "{location}");
    Url::parse(location).expect("a URL")
}

/// One parameter of a callback.
pub fn parameter(callback: &Url, name: &str) -> Option<String> {
    let mut pairs = callback.query_pairs();
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// What the demo's resource server learns of a token (RFC 7662).
pub async fn introspect(token: &str) -> Value {
    let asked = http().post(format!("{}/introspect", origin()));
    let asked = asked.basic_auth("demo", Some("demo-secret")).form(&[("token", token)]);
    asked.send().await.expect("an answer").json().await.expect("JSON")
}

/// A client id, and a secret unless the client is public (RFC 7591).
pub async fn register(metadata: Value) -> (String, Option<String>) {
    let asked = http().post(format!("{}/register", origin())).json(&metadata);
    let answer = asked.send().await.expect("an answer");
    assert_eq!(answer.status(), 201);
    let client: Value = answer.json().await.expect("JSON");
    let text = |name: &str| client[name].as_str().map(ToOwned::to_owned);
    (text("client_id").expect("a client id"), text("client_secret"))
}
