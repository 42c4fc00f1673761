//! The authorization code grant.

mod authorize;
mod browser;
mod redeem;

use serde_json::json;

use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::{CALLBACK, Callback, Client};

/// RFC 6749 §4.1 with RFC 7636, RFC 8707 and RFC 9207, start to end: an MCP client finds the
/// door, registers, sends a browser, redeems, calls, refreshes, and is disconnected.
#[tokio::test]
async fn a_client_gets_in_through_a_browser() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let back = client.approved_by(&mut ada).await;
    assert!(back.0.as_str().starts_with(CALLBACK), "{}", back.0);
    assert_eq!(back.get("state").as_deref(), Some("af0ifjsldkj"));
    assert_eq!(back.get("iss").as_deref(), Some(site.app.issuer()));

    let tokens = client.redeem(&back.code(), &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let body = tokens.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "demo:read demo:write");
    assert_eq!(body["expires_in"], 3600);
    let access = member(&tokens, "access_token");
    assert_eq!(site.call(&access).await.status, 200);
    let known = site.introspect(&access).await.json();
    assert_eq!(known["client_id"], json!(client.id));
    assert_eq!(known["agent"], "Test client");
    assert_eq!(known["approved_at"], 1_800_000_000);

    let refreshed = client.refresh(&member(&tokens, "refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let access = member(&refreshed, "access_token");
    site.assert_live(&access).await;

    let session = known["session_id"].as_str().expect("a session");
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    site.assert_dead(&access).await;
    client.refresh(&member(&refreshed, "refresh_token")).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// RFC 6749 §4.1.2.1 and RFC 9207 §2: a no goes back to the client, with `iss` and `state`.
#[tokio::test]
async fn a_denial_is_told_to_the_client() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[]).await;
    assert_eq!(ada.deny(&link, "not_now").await.status, 303);
    let page = ada.get(&link).await;
    Callback::of(&page).assert_error(&site, "access_denied");
    let late = ada.answer(&link, &[("decision", "approve"), ("scope", "demo:read")]).await;
    assert_eq!(late.status, 409, "a no is final");
    site.close().await;
}

/// Case 103: an earlier yes, to this client or to another, never answers for the person.
#[tokio::test]
async fn consent_is_asked_for_every_time() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let first = Client::register(&site).await;
    first.approved_by(&mut ada).await;
    let second = Client::register(&site).await;
    for client in [&first, &second] {
        let link = client.send(&mut ada, &[]).await;
        let page = ada.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("name=\"decision\" value=\"approve\""), "{}", page.text);
        assert!(!page.text.contains("http-equiv=\"refresh\""));
    }
    site.close().await;
}

/// Case 099: what was ticked is what is held, and nothing else.
#[tokio::test]
async fn the_client_holds_what_was_ticked() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[]).await;
    let page = ada.get(&link).await;
    for shown in ["127.0.0.1:7777", "Test client", "demo:read", "demo:write"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "once")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let back = Callback::of(&ada.get(&link).await);
    let tokens = client.redeem(&back.code(), &[]).await.json();
    assert_eq!(tokens["scope"], "demo:read");
    assert!(tokens.get("refresh_token").is_none(), "once means once");
    site.close().await;
}
