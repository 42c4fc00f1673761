//! Scopes that spend or delete are approved right after a sign-in (contracts of the pages,
//! point 19).

use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use crate::support::Site;
use crate::support::agent::Registered;
use crate::support::person::Person;

/// A resource with one scope that reads and one that spends.
pub const SHOP: &str = r#"
[[resource]]
identifier = "http://127.0.0.1:9/shop"
name = "Shop"
introspection = [{ client_id = "shop", client_secret = "a secret of the shop" }]
scope = [
    { name = "orders:read", title = "Read your orders", risk = "read", default = true },
    { name = "orders:pay", title = "Pay for orders", risk = "spend" },
    { name = "orders:delete", title = "Delete orders", risk = "delete" },
]
"#;

pub async fn asked(site: &Site, scopes: &[&str]) -> Registered {
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com", "requested_scopes": scopes,
    });
    site.agent().register(&body).await
}

async fn approve(ada: &mut Person, registered: &Registered, scopes: &[&str]) -> String {
    let code = registered.user_code();
    let mut fields = vec![("decision", "approve"), ("user_code", code.as_str())];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let page = ada.get("/").await;
    let token = crate::support::person::form_token(&page);
    fields.push(("csrf", &token));
    let reply = ada.post_raw(&registered.link(), &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.header("location").expect("a way on").to_owned()
}

/// An old sign-in is asked for again before anything that spends is even shown, and the
/// answer to a page that grew old is not taken.
#[tokio::test]
async fn what_spends_asks_for_a_sign_in_of_the_last_five_minutes() {
    let site = Site::open_with(SHOP).await;
    let mut ada = site.person("ada@example.com").await;
    site.advance(Seconds(299));
    let registered = asked(&site, &["orders:read", "orders:pay"]).await;
    assert_eq!(ada.get(&registered.link()).await.status, 200, "four minutes and more are fresh");
    site.advance(Seconds(1));
    let shown = ada.get(&registered.link()).await;
    assert_eq!(shown.status, 303);
    let sign_in = shown.header("location").expect("a way on").to_owned();
    assert!(
        sign_in.starts_with("/sign-in?return_to=") && sign_in.ends_with("&again=1"),
        "{sign_in}"
    );

    let refused = approve(&mut ada, &registered, &["orders:pay"]).await;
    assert_eq!(refused, sign_in);
    let pending = site.agent().poll(&registered.claim_token).await;
    pending.assert_error(400, "authorization_pending");

    let page = ada.get(&sign_in).await;
    assert!(page.text.contains("value=\"ada@example.com\""), "nothing is typed twice");
    assert_eq!(ada.sign_in_again(&sign_in).await.status, 303);
    assert_eq!(ada.get(&registered.link()).await.status, 200);
    let done = approve(&mut ada, &registered, &["orders:pay"]).await;
    assert_eq!(done, registered.link());
    assert_eq!(site.agent().poll(&registered.claim_token).await.json()["scope"], "orders:pay");
    site.close().await;
}

/// pages.md 19: what deletes asks as what spends does.
#[tokio::test]
async fn what_deletes_asks_for_a_sign_in_of_the_last_five_minutes() {
    let site = Site::open_with(SHOP).await;
    let mut ada = site.person("ada@example.com").await;
    let registered = asked(&site, &["orders:read", "orders:delete"]).await;
    assert_eq!(ada.get(&registered.link()).await.status, 200);
    site.advance(Seconds(300));
    let shown = ada.get(&registered.link()).await;
    assert_eq!(shown.status, 303, "nothing is shown before");
    let refused = approve(&mut ada, &registered, &["orders:delete"]).await;
    assert!(refused.ends_with("&again=1"), "{refused}");
    let pending = site.agent().poll(&registered.claim_token).await;
    pending.assert_error(400, "authorization_pending");
    assert_eq!(ada.sign_in_again(&refused).await.status, 303);
    assert_eq!(approve(&mut ada, &registered, &["orders:delete"]).await, registered.link());
    assert_eq!(site.agent().poll(&registered.claim_token).await.json()["scope"], "orders:delete");
    site.close().await;
}

/// What only reads never asks, however old the sign-in, and leaving the payment out is no
/// reason to ask either.
#[tokio::test]
async fn what_only_reads_asks_for_nothing() {
    let site = Site::open_with(SHOP).await;
    let mut ada = site.person("ada@example.com").await;
    site.advance(Seconds::HOUR);
    let registered = asked(&site, &["orders:read"]).await;
    assert_eq!(ada.get(&registered.link()).await.status, 200);
    assert_eq!(approve(&mut ada, &registered, &["orders:read"]).await, registered.link());
    let both = asked(&site, &["orders:read", "orders:pay"]).await;
    assert_eq!(approve(&mut ada, &both, &["orders:read"]).await, both.link());
    site.close().await;
}
