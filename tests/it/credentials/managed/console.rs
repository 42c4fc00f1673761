//! The tokens that a person's browser hands to the person's scripts.

use countersign::protocol::timestamp::Seconds;
use reqwest::Method;
use serde_json::json;

use super::{SENTINEL, ask, site, token};
use crate::support::Site;
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;

async fn known(site: &Site, text: &str) -> serde_json::Value {
    let request = site.client.post(format!("{}/introspect", site.url));
    let request = request.basic_auth("sentinel", Some("sentinel-example-secret"));
    Reply::of(request.form(&[("token", text)])).await.json()
}

/// The request of the page's own script.
async fn renew(site: &Site, person: &mut Person, earlier: &str) -> Reply {
    let csrf = form_token(&person.get("/account/tokens").await);
    let fields = [("csrf", csrf.as_str()), ("profile", "agent-sentinel"), ("earlier", earlier)];
    let request = site.client.post(format!("{}/account/tokens", site.url));
    let request = request.header("cookie", person.cookie.clone().expect("a cookie"));
    Reply::of(request.header("accept", "application/json").form(&fields)).await
}

/// AS01, AS10: an API learns of a token what it learns of a key, for an hour: whose it is, and that
/// it is a person's own.
#[tokio::test]
async fn an_api_learns_whose_script_it_is_for_an_hour() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agent-sentinel").await;
    let told = known(&site, &token).await;
    let (exp, iat) = (told["exp"].as_i64().expect("exp"), told["iat"].as_i64().expect("iat"));
    assert_eq!(exp - iat, 3_600);
    assert_eq!(
        (&told["credential_type"], &told["profile"]),
        (&json!("console"), &json!("agent-sentinel"))
    );
    assert_eq!(
        (&told["scope"], &told["mode"]),
        (&json!("sentinel:read sentinel:write"), &json!("live"))
    );
    assert_eq!(told["sub"], told["owner"]);
    assert!(told["session_id"].is_null() && told["client_id"].is_null(), "{told}");
    let other = site.client.post(format!("{}/introspect", site.url));
    let other = other.basic_auth("vista", Some("vista-example-secret")).form(&[("token", &token)]);
    assert_eq!(Reply::of(other).await.json(), json!({ "active": false }));
    site.advance(Seconds::HOUR);
    assert_eq!(known(&site, &token).await, json!({ "active": false }));
    site.close().await;
}

/// AS09, P3: a token ends with the sign-in that it came from, on the next request; another browser
/// of the same person's is no help, and goes on.
#[tokio::test]
async fn a_token_ends_when_its_browser_is_signed_out() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut phone = Person::new(&site, "ada@example.com");
    assert_eq!(phone.sign_in().await.status, 303);
    let (desk, pocket) =
        (token(&mut ada, "agent-sentinel").await, token(&mut phone, "agent-sentinel").await);
    assert_eq!(ask(&site, Method::GET, SENTINEL, &desk).await.status, 200);
    assert_eq!(ada.post_from("/account/tokens", "/sign-out", &[]).await.status, 303);
    assert_eq!(ask(&site, Method::GET, SENTINEL, &desk).await.status, 401);
    assert_eq!(known(&site, &desk).await, json!({ "active": false }));
    assert_eq!(ask(&site, Method::GET, SENTINEL, &pocket).await.status, 200);
    site.close().await;
}

/// AS09, case 117: a token takes a sign-in of a moment ago, because it can make keys; a page that
/// is open goes on with the one it has, and with nobody else's.
#[tokio::test]
async fn an_open_page_goes_on_and_nobody_else_does() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut phone = Person::new(&site, "ada@example.com");
    assert_eq!(phone.sign_in().await.status, 303);
    let mut bob = site.person("bob@example.com").await;
    let first = token(&mut ada, "agent-sentinel").await;
    let other = token(&mut ada, "agentvista").await;
    site.advance(Seconds::MINUTE.times(50));
    let page = "/account/tokens";
    let stale = ada.post_from(page, page, &[("profile", "agent-sentinel")]).await;
    let again = "/sign-in?return_to=%2Faccount%2Ftokens&again=1";
    assert_eq!((stale.status, stale.header("location")), (303, Some(again)));
    let renewed = renew(&site, &mut ada, &first).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let second = renewed.json()["token"].as_str().expect("a token").to_owned();
    assert_ne!(second, first);
    for (person, earlier) in [(&mut ada, other.as_str()), (&mut phone, &first), (&mut bob, &first)]
    {
        assert_eq!(renew(&site, person, earlier).await.status, 403, "{earlier}");
    }
    site.advance(Seconds::MINUTE.times(20));
    assert_eq!(ask(&site, Method::GET, SENTINEL, &first).await.status, 401);
    assert_eq!(ask(&site, Method::GET, SENTINEL, &second).await.status, 200);
    assert_eq!(renew(&site, &mut ada, &first).await.status, 403, "what has ended renews nothing");
    site.close().await;
}

/// Point 30 of contracts/pages.md: the page is never stored, and its script may ask this origin
/// and no other.
#[tokio::test]
async fn the_page_is_never_stored_and_asks_nobody_else() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/tokens";
    let shown = ada.post_from(page, page, &[("profile", "agentvista")]).await;
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let policy = shown.header("content-security-policy").expect("a policy");
    assert!(policy.ends_with("; connect-src 'self'") && policy.starts_with("default-src 'none'"));
    let unknown = ada.post_from(page, page, &[("profile", "attractos")]).await;
    assert_eq!(unknown.status, 400);
    let keys = ada.get("/account/keys").await;
    assert!(keys.text.contains("href=\"/account/tokens\""), "{}", keys.text);
    site.close().await;
}
