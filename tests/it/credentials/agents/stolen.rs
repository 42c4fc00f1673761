//! A key that somebody else has: what its owner ends, and is told, whatever was done with it
//! meanwhile.

use serde_json::json;

use super::managed::{bearer, full_token, path, rotate};
use super::{AGENT_KEYS, PROFILES, Shown, agent, is_live, make, shown, site};
use crate::support::Site;
use crate::support::person::Person;
use crate::support::reply::Reply;
use reqwest::Method;

/// The thief replaces the key by itself, `times` over; the last one.
async fn replaced(site: &Site, key: &str, times: usize) -> String {
    let mut key = key.to_owned();
    for _ in 0..times {
        let reply = rotate(site, &key).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["data"]["key"].as_str().expect("a key").clone_into(&mut key);
    }
    key
}

async fn report(site: &Site, key: &str) {
    let reply = site.post_json("/leaked-keys", &json!({ "keys": [key] })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn revoke(ada: &mut Person, id: &str) -> Reply {
    let page = format!("/account/keys/{id}");
    ada.post_from("/account/agents", &format!("{page}/revoke"), &[]).await
}

async fn stolen(site: &Site) -> (Person, Shown) {
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let key = make(&mut ada, AGENT_KEYS, &id).await;
    (ada, key)
}

/// AG11, P2: on a page that was opened before, the owner revokes the key that was stolen, and what
/// it put in its own place is dead too, as the page then says; its history never says that she
/// did what the thief did.
#[tokio::test]
async fn whoever_revokes_a_key_ends_what_it_put_in_its_own_place() {
    let site = site().await;
    let second = site.second_node().await;
    let (mut ada, key) = stolen(&site).await;
    let thiefs = replaced(&site, &key.secret, 3).await;
    assert!(is_live(&site, "agrenting", &thiefs).await);
    assert!(is_live(&second, "agrenting", &thiefs).await);
    let page = ada.get(&format!("/account/keys/{}", key.id)).await.text;
    assert!(page.contains("The key replaced itself"), "{page}");
    assert!(!page.contains("You rotated the key"), "{page}");
    let done = revoke(&mut ada, &key.id).await;
    assert_eq!(done.header("location"), Some("/account/keys?done=revoked"));
    assert!(!is_live(&site, "agrenting", &thiefs).await);
    while is_live(&second, "agrenting", &thiefs).await {}
    let refused = rotate(&site, &thiefs).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let good = "SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL";
    assert_eq!(site.count(good).await, 0);
    second.close().await;
    site.close().await;
}

/// The other way round: what its owner put in the place of a key stays, and the page says which
/// key that is.
#[tokio::test]
async fn what_an_owner_put_in_the_place_of_a_key_stays_when_the_old_one_is_revoked_or_reported() {
    let site = site().await;
    let (mut ada, old) = stolen(&site).await;
    let page = format!("/account/keys/{}", old.id);
    let new = shown(&ada.post_from(&page, &format!("{page}/rotate"), &[]).await);
    let done = revoke(&mut ada, &old.id).await;
    assert_eq!(done.header("location"), Some(page.as_str()), "it was over already");
    let text = ada.get(&page).await.text;
    assert!(text.contains(&format!("/account/keys/{}\"", new.id)), "{text}");
    report(&site, &old.secret).await;
    assert!(is_live(&site, "agrenting", &new.secret).await);
    site.close().await;
}

/// AS16: a report of the text that was stolen reaches what the thief made of it meanwhile, and what
/// a stolen user token made.
#[tokio::test]
async fn a_report_ends_everything_that_was_made_with_the_key() {
    let site = site().await;
    let (mut ada, key) = stolen(&site).await;
    let thiefs = replaced(&site, &key.secret, 2).await;
    report(&site, &key.secret).await;
    assert!(!is_live(&site, "agrenting", &thiefs).await);
    let page = ada.get(&format!("/account/keys/{}", key.id)).await.text;
    assert!(page.contains("Somebody who had found the key reported it"), "{page}");

    let id = agent(&mut ada, "other-agent").await;
    let token = full_token(&mut ada).await;
    let wanted = json!({ "name": "Minted", "scopes": ["read"] });
    let made = bearer(&site, Method::POST, &path(&id, ""), &token, &wanted).await.json();
    let minted = made["data"]["key"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let minted = replaced(&site, &minted, 1).await;
    let own = make(&mut ada, AGENT_KEYS, &id).await;
    assert!(is_live(&site, "agrenting", &minted).await);
    report(&site, &token).await;
    assert!(!is_live(&site, "agrenting", &minted).await);
    assert!(is_live(&site, "agrenting", &own.secret).await, "she made that one");
    site.close().await;
}

/// Promise P6: whoever has stolen a key and rotates it all the time keeps its owner from nothing.
#[tokio::test]
async fn what_a_key_makes_of_itself_is_counted_apart_from_what_its_owner_makes() {
    let limits = format!("[limits]\napi_keys_per_account_per_hour = 3\n{PROFILES}");
    let site = Site::open_with(&limits).await;
    let (mut ada, key) = stolen(&site).await;
    let thiefs = replaced(&site, &key.secret, 3).await;
    assert_eq!(rotate(&site, &thiefs).await.status, 429);
    let id = agent(&mut ada, "other-agent").await;
    make(&mut ada, AGENT_KEYS, &id).await;
    make(&mut ada, AGENT_KEYS, &id).await;
    site.close().await;
}

/// AS16, AG06: a session token that was found ends, and the key that it was traded for goes on.
#[tokio::test]
async fn a_session_token_that_was_found_ends_when_it_is_reported() {
    let site = site().await;
    let (_, key) = stolen(&site).await;
    let request = site.client.post(format!("{}/auth/authenticate", site.url));
    let traded = Reply::of(request.header("x-api-key", &key.secret)).await.json();
    let token = traded["data"]["token"].as_str().unwrap_or_else(|| panic!("{traded}")).to_owned();
    assert!(is_live(&site, "agrenting", &token).await);
    report(&site, &token).await;
    assert!(!is_live(&site, "agrenting", &token).await);
    assert!(is_live(&site, "agrenting", &key.secret).await);
    site.close().await;
}
