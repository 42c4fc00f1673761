//! Keys that programs manage (docs/credentials.md, "Management"): the routes of five products, and
//! the tokens that people's browsers hand to their scripts.

mod account;
mod console;
mod firewall;
mod input;
mod journeys;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

/// What is shipped.
const FIVE: &str = include_str!("../../../../profiles/five-systems.toml");

const SENTINEL: &str = "/api/v1/api-keys";
const VISTA: &str = "/api/v1/me/api-keys";

async fn site() -> Site {
    Site::open_with(FIVE).await
}

/// The token that the browser of this person hands out.
async fn token(person: &mut Person, profile: &str) -> String {
    let page = "/account/tokens";
    let shown = person.post_from(page, page, &[("profile", profile)]).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    between(&shown.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a token").to_owned()
}

/// A request of a script.
async fn ask(site: &Site, method: Method, path: &str, token: &str) -> Reply {
    let request = site.client.request(method, format!("{}{path}", site.url));
    Reply::of(request.bearer_auth(token)).await
}

async fn post(site: &Site, path: &str, token: &str, body: &Value) -> Reply {
    let request = site.client.post(format!("{}{path}", site.url));
    Reply::of(request.bearer_auth(token).json(body)).await
}

/// A key that was made at a route: its id, and the key.
async fn made(site: &Site, path: &str, token: &str, body: &Value) -> (String, String) {
    let made = post(site, path, token, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text =
        |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned();
    (text("id"), text("key"))
}

/// A key of `agentvista` with these scopes.
async fn vista_key(site: &Site, token: &str, scopes: &[&str]) -> (String, String) {
    made(site, VISTA, token, &json!({ "name": "Reporter", "scopes": scopes })).await
}

/// How many keys there are, and how often one has changed.
async fn keys(site: &Site) -> [i64; 2] {
    let moves = "SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM api_key";
    [site.count("SELECT COUNT(*) FROM api_key").await, site.count(moves).await]
}
