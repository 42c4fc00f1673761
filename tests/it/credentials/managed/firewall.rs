//! Who gets nowhere at the routes for programs, whatever they hold.

use countersign::protocol::timestamp::Seconds;
use reqwest::Method;
use serde_json::{Value, json};

use super::{FIVE, SENTINEL, VISTA, ask, keys, post, site, token, vista_key};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

/// Every route for programs of the five products.
const ROUTES: [(Method, &str); 15] = [
    (Method::POST, "/account/revoke-key"),
    (Method::POST, "/api/v1/api-keys/"),
    (Method::GET, "/api/v1/api-keys/"),
    (Method::DELETE, "/api/v1/api-keys/ID"),
    (Method::POST, "/api/v1/me/api-keys/"),
    (Method::GET, "/api/v1/me/api-keys/"),
    (Method::DELETE, "/api/v1/me/api-keys/ID/"),
    (Method::GET, "/api/v1/me/api-keys/ping/"),
    (Method::POST, "/api/v1/agents/AGENT/credentials"),
    (Method::POST, "/api/v1/agents/register"),
    (Method::DELETE, "/api/v1/agents/AGENT/credentials/ID"),
    (Method::POST, "/api/v1/auth/rotate-key"),
    (Method::POST, "/auth/authenticate"),
    (Method::POST, "/api/v1/auth/authenticate"),
    (Method::DELETE, "/api/v1/auth/logout"),
];

/// The routes above are all that are shipped, so a new one cannot be forgotten.
#[test]
fn every_route_for_programs_is_here() {
    // What public tokens open is at their API.
    let shipped = FIVE.lines().filter(|line| !line.starts_with('#') && !line.starts_with("allow"));
    let text: String = shipped.collect::<Vec<_>>().join("\n");
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let count = |method: &str| text.matches(&format!("\"{method} /")).count();
    assert_eq!(methods.map(count).iter().sum::<usize>(), ROUTES.len());
}

/// What an agent of this person's holds: access token, refresh token and assertion.
pub(super) async fn session(site: &Site, person: &mut Person) -> [String; 3] {
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "account:read"),
        ("scope", "projects:read"),
        ("lifetime", "30d"),
    ];
    let answered = person.answer(&registered.link(), &fields).await;
    assert_eq!(answered.status, 303, "{}", answered.text);
    let polled = agent.poll(&registered.claim_token).await;
    ["access_token", "refresh_token", "identity_assertion"].map(|name| member(&polled, name))
}

/// Promise P7, AA19, AA25, case 251: at every one of them an agent's session is refused with 403,
/// live or not, wherever it is put, and no key is read, made, changed or shown.
#[tokio::test]
async fn no_session_manages_keys_wherever_it_is_put() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let console = token(&mut ada, "agentvista").await;
    let (id, _) = vista_key(&site, &console, &["read", "write"]).await;
    let [access, refresh, _] = session(&site, &mut ada).await;
    let unknown = format!("aas_{}", "0".repeat(38));
    let before = keys(&site).await;
    for (method, path) in ROUTES {
        let url = format!("{}{}", site.url, path.replace("ID", &id));
        for text in [&access, &refresh, &unknown] {
            let request =
                || site.client.request(method.clone(), &url).json(&json!({ "scopes": ["read"] }));
            for placed in [
                request().bearer_auth(text),
                request().header("x-api-key", text.as_str()),
                request().header("authorization", format!("DPoP {text}")),
                request().header("authorization", format!("ApiKey {text}")),
            ] {
                let reply = Reply::of(placed).await;
                let told = format!("{method} {path}: {}", reply.text);
                assert_eq!(reply.status, 403, "{told}");
                assert!(!reply.text.contains("key_0") && !reply.text.contains(text), "{told}");
            }
            let cookie = format!("countersign={text}");
            let reply = Reply::of(request().header("cookie", cookie)).await;
            assert_eq!(reply.status, 401, "{method} {path} by cookie: {}", reply.text);
        }
    }
    assert_eq!(keys(&site).await, before);
    site.close().await;
}

/// AS08, AA01, P7: a key manages no keys where people alone do, none of another product's opens
/// anything, and no cookie of a person's counts where programs ask.
#[tokio::test]
async fn a_key_is_refused_where_people_alone_manage_keys() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let sentinel = token(&mut ada, "agent-sentinel").await;
    let made = post(&site, SENTINEL, &sentinel, &json!({ "name": "ci" })).await.json();
    let key = made["key"].as_str().expect("a key");
    let id = made["id"].as_str().expect("an id");
    let vista = token(&mut ada, "agentvista").await;
    let (_, foreign) = vista_key(&site, &vista, &["read", "write"]).await;
    let before = keys(&site).await;
    for text in [key, &foreign, "ak_x", "as_x"] {
        for (method, path) in
            [(Method::GET, SENTINEL.to_owned()), (Method::DELETE, format!("{SENTINEL}/{id}"))]
        {
            let reply = ask(&site, method, &path, text).await;
            assert_eq!(reply.status, 403, "{path} {text}: {}", reply.text);
            assert_eq!(reply.json()["detail"]["reason_code"], "no_access");
        }
        assert_eq!(post(&site, SENTINEL, text, &json!({ "name": "ci" })).await.status, 403);
    }
    let more = post(&site, VISTA, &foreign, &json!({ "scopes": ["read"] })).await;
    assert_eq!(more.status, 403, "a key makes no other: {}", more.text);
    let cookie = ada.cookie.clone().expect("a cookie");
    let request = site.client.get(format!("{}{SENTINEL}", site.url)).header("cookie", cookie);
    assert_eq!(Reply::of(request).await.status, 401);
    assert_eq!(keys(&site).await, before);
    site.close().await;
}

/// AS07: somebody else's key does not exist, and neither does one of another product's or kind.
#[tokio::test]
async fn somebody_elses_key_does_not_exist() {
    let site = site().await;
    let (mut ada, mut bob) =
        (site.person("ada@example.com").await, site.person("bob@example.com").await);
    let adas = token(&mut ada, "agentvista").await;
    let (id, key) = vista_key(&site, &adas, &["read"]).await;
    let bobs = token(&mut bob, "agentvista").await;
    let (_, bobs_key) = vista_key(&site, &bobs, &["read"]).await;
    let other = token(&mut ada, "agent-sentinel").await;
    let before = keys(&site).await;
    for (path, text) in [
        (format!("{VISTA}/{id}"), &bobs),
        (format!("{VISTA}/{id}"), &bobs_key),
        (format!("{SENTINEL}/{id}"), &other),
        (format!("{VISTA}/key_unknown"), &adas),
        (format!("{VISTA}/%00"), &adas),
        (format!("{VISTA}/{}", "x".repeat(2_000)), &adas),
    ] {
        let reply = ask(&site, Method::DELETE, &path, text).await;
        assert_eq!((reply.status, keys(&site).await), (404, before), "{path}: {}", reply.text);
        assert_eq!(reply.json()["detail"]["reason_code"], "not_found");
    }
    assert_eq!(ask(&site, Method::GET, VISTA, &bobs).await.json()["count"], 1);
    assert_eq!(ask(&site, Method::GET, VISTA, &key).await.json()["count"], 1);
    site.close().await;
}

/// RFC 8725 §3.11, AS13: a token is good at its profile, of its kind, in its hour and in its whole,
/// and nowhere else; the answer says what opens the route, and not what was wrong.
#[tokio::test]
async fn no_other_token_passes_for_one_of_a_console() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (good, elsewhere) =
        (token(&mut ada, "agent-sentinel").await, token(&mut ada, "agentvista").await);
    let [_, _, assertion] = session(&site, &mut ada).await;
    let mut forged: Vec<String> = good.split('.').map(str::to_owned).collect();
    forged[2] = forged[2].chars().rev().collect();
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiY29uc29sZStqd3QifQ.{}.", forged[1]);
    let texts =
        [&elsewhere, &assertion, &forged.join("."), &unsigned, &"x".to_owned(), &String::new()];
    let mut said: Option<Value> = None;
    for text in texts {
        let reply = ask(&site, Method::GET, SENTINEL, text).await;
        assert_eq!(reply.status, 401, "{text}: {}", reply.text);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        let told = reply.json()["detail"]["message"].clone();
        assert!(told.as_str().is_some_and(|told| told.contains("/account/tokens")), "{told}");
        assert_eq!(*said.get_or_insert(told.clone()), told);
    }
    let nothing = Reply::of(site.client.get(format!("{}{SENTINEL}", site.url))).await;
    assert_eq!((nothing.status, nothing.header("www-authenticate")), (401, Some("Bearer")));
    for (path, fields) in [
        (
            "/token",
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", good.as_str()),
            ],
        ),
        ("/token", vec![("grant_type", "refresh_token"), ("refresh_token", good.as_str())]),
    ] {
        assert_eq!(site.post_form(path, &fields).await.status, 400, "{fields:?}");
    }
    assert_eq!(
        Reply::of(site.client.get(format!("{}/account", site.url)).bearer_auth(&good)).await.status,
        401
    );
    assert_eq!(ask(&site, Method::GET, SENTINEL, &good).await.status, 200);
    site.advance(Seconds(3_599));
    assert_eq!(ask(&site, Method::GET, SENTINEL, &good).await.status, 200);
    site.advance(Seconds(1));
    assert_eq!(ask(&site, Method::GET, SENTINEL, &good).await.status, 401, "its hour is over");
    site.close().await;
}

/// contracts/credentials.md section 3: two credentials in one request must be equal.
#[tokio::test]
async fn of_two_credentials_nobody_can_say_which_is_meant() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/keys/new/agent-analytics";
    let fields = [("name", "Tracker"), ("scope", "account:read"), ("lifetime", "until_revoked")];
    let page = ada.post_from(page, page, &fields).await;
    let key = between(&page.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key");
    let url = format!("{}/account/revoke-key", site.url);
    let before = keys(&site).await;
    for second in ["aak_x", "aas_x", ""] {
        let request = site.client.post(&url).header("x-api-key", key).header("api-key", second);
        let reply = Reply::of(request).await;
        assert_eq!((reply.status, keys(&site).await), (400, before), "{second}: {}", reply.text);
    }
    let elsewhere = Reply::of(site.client.post(&url).bearer_auth(key)).await;
    assert_eq!((elsewhere.status, keys(&site).await), (401, before), "X-API-Key alone");
    let query = Reply::of(site.client.post(format!("{url}?key={key}"))).await;
    assert_eq!((query.status, keys(&site).await), (401, before), "nor in the address");
    assert_eq!(Reply::of(site.client.post(&url).header("x-api-key", key)).await.status, 200);
    site.close().await;
}
