//! What the account's own key opens beside keys (AA08): the account and its connections.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::firewall::session;
use super::{FIVE, SENTINEL, VISTA, keys, made, site, token};
use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

/// A key of Agent Analytics that was made on a page.
async fn key(person: &mut Person, scope: &str) -> String {
    let page = "/account/keys/new/agent-analytics";
    let fields = [("name", "Tracker"), ("scope", scope), ("lifetime", "until_revoked")];
    let made = person.post_from(page, page, &fields).await;
    between(&made.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key").to_owned()
}

fn ask(site: &Site, method: Method, path: &str) -> RequestBuilder {
    site.client.request(method, format!("{}{path}", site.url))
}

/// AA08, AA33 and the contract's 1.1, 1.8: in `X-API-Key` the account's key reads the account with
/// what its plan includes, lists its connections, and ends one, which a connection may do to itself
/// alone.
#[tokio::test]
async fn a_key_reads_its_account_and_ends_its_connections() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = key(&mut ada, "account:read").await;
    let [access, ..] = session(&site, &mut ada).await;
    let account = Reply::of(ask(&site, Method::GET, "/account").header("x-api-key", &key)).await;
    assert_eq!(account.status, 200, "{}", account.text);
    let account = account.json();
    assert_eq!((&account["email"], &account["tier"]), (&json!("ada@example.com"), &json!("free")));
    assert_eq!(account["tier_limits"]["rate_limit_rpm"], 10);
    assert_eq!(account["projects_count"], 0);
    let by_session = Reply::of(ask(&site, Method::GET, "/account").bearer_auth(&access)).await;
    assert_eq!(by_session.json(), account);
    let list = ask(&site, Method::GET, "/account/agent-sessions").header("x-api-key", &key);
    let list = Reply::of(list).await.json();
    let id = list["sessions"][0]["id"].as_str().expect("a session").to_owned();
    assert_eq!(list["sessions"][0]["status"], "active");
    let revoke = |key: &str| {
        let request = ask(&site, Method::POST, "/agent-sessions/revoke").header("x-api-key", key);
        request.json(&json!({ "session_id": id }))
    };
    let done = Reply::of(revoke(&key)).await;
    assert_eq!((done.status, done.json()), (200, json!({ "ok": true, "session_id": id })));
    let dead = Reply::of(ask(&site, Method::GET, "/account").bearer_auth(&access)).await;
    assert_eq!(dead.status, 401);
    site.close().await;
}

/// AA01, AS07: without the scope a key reads nothing, somebody else's ends nothing, and in another
/// place, beside another credential or of another product it is worth nothing.
#[tokio::test]
async fn a_key_opens_its_own_account_where_its_profile_says_and_no_more() {
    let site = site().await;
    let (mut ada, mut bob) =
        (site.person("ada@example.com").await, site.person("bob@example.com").await);
    let [access, ..] = session(&site, &mut ada).await;
    let (blind, bobs) = (key(&mut ada, "live:read").await, key(&mut bob, "account:read").await);
    let adas = key(&mut ada, "account:read").await;
    let list = Reply::of(ask(&site, Method::GET, "/account/agent-sessions").bearer_auth(&access));
    let id = list.await.json()["sessions"][0]["id"].as_str().expect("an id").to_owned();
    let before = keys(&site).await;
    let get = || ask(&site, Method::GET, "/account");
    let revoke = || {
        let request = ask(&site, Method::POST, "/agent-sessions/revoke");
        request.json(&json!({ "session_id": id }))
    };
    for (request, status) in [
        (get().header("x-api-key", &blind), 403),
        (get().bearer_auth(&adas), 401),
        (get().header("x-api-key", &access), 401),
        (get().header("x-api-key", &adas).bearer_auth(&access), 400),
        (get().header("x-api-key", &adas).header("api-key", &bobs), 400),
        (get().header("x-api-key", "aak_x"), 401),
        (revoke().header("x-api-key", &bobs), 404),
        (revoke().bearer_auth(&adas), 401),
        (revoke().header("x-api-key", "as_x"), 401),
    ] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    assert_eq!(Reply::of(get().bearer_auth(&access)).await.status, 200, "it lives on");
    assert_eq!(keys(&site).await, before);
    site.close().await;
}

/// The contract's 1.1, AO13: at the account's own address only the keys of the profile that opens it
/// count, those that are good for everything, and never without the scope.
#[tokio::test]
async fn no_key_of_another_product_or_with_a_limit_or_without_the_scope_opens_an_account() {
    let other = "\n[[profile]]\nname = \"neighbour\"\nresource = \"http://127.0.0.1:3001\"\n\
                 [[profile.credential]]\nprefix = \"nb_\"\nvia = [\"header:X-API-Key\"]\n\
                 resource_param = \"site\"\n";
    let five = FIVE.replace("prefix = \"aak_\"", "resource_param = \"site\"\nprefix = \"aak_\"");
    let site = Site::open_with(&format!("{five}{other}")).await;
    let mut ada = site.person("ada@example.com").await;
    let [access, ..] = session(&site, &mut ada).await;
    let list = Reply::of(ask(&site, Method::GET, "/account/agent-sessions").bearer_auth(&access));
    let id = list.await.json()["sessions"][0]["id"].as_str().expect("an id").to_owned();
    let mut held = Vec::new();
    for (offer, scope, limited_to, status) in [
        ("neighbour", "account:read", "", 401),
        ("agent-analytics", "account:read", "site_1", 403),
        ("agent-analytics", "live:read", "", 403),
    ] {
        let page = format!("/account/keys/new/{offer}");
        let fields = [
            ("name", "Tracker"),
            ("scope", scope),
            ("limited_to", limited_to),
            ("lifetime", "until_revoked"),
        ];
        let made = ada.post_from(&page, &page, &fields).await;
        let key = between(&made.text, "data-copy-this dir=\"ltr\">", "</output>");
        held.push((key.expect("a key").to_owned(), status));
    }
    for (key, status) in &held {
        for path in ["/account", "/account/agent-sessions"] {
            let reply = Reply::of(ask(&site, Method::GET, path).header("x-api-key", key)).await;
            assert_eq!(reply.status, *status, "{path}: {}", reply.text);
        }
        let revoke = ask(&site, Method::POST, "/agent-sessions/revoke").header("x-api-key", key);
        let reply = Reply::of(revoke.json(&json!({ "session_id": id }))).await;
        assert_eq!(reply.status, *status, "{}", reply.text);
    }
    let own = Reply::of(ask(&site, Method::GET, "/account").bearer_auth(&access)).await;
    assert_eq!(own.status, 200, "the session lives on");
    site.close().await;
}

/// AA09: where its profile says so the key may come in the address, and the answer says that this
/// is on its way out.
#[tokio::test]
async fn a_key_in_the_address_reads_its_account_and_is_told_not_to_come_so() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = key(&mut ada, "account:read").await;
    for path in ["/account", "/account/agent-sessions"] {
        let reply = Reply::of(ask(&site, Method::GET, &format!("{path}?key={key}"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(reply.header("deprecation").is_some());
        let plain = Reply::of(ask(&site, Method::GET, path).header("x-api-key", &key)).await;
        assert!(plain.status == 200 && plain.header("deprecation").is_none());
        let two =
            ask(&site, Method::GET, &format!("{path}?key={key}")).header("x-api-key", "aak_x");
        assert_eq!(Reply::of(two).await.status, 400);
    }
    site.close().await;
}

/// AA13, AO15: a key that a page sends is refused here as it is at a proxy, and its owner is told,
/// once a day.
#[tokio::test]
async fn a_key_out_of_a_page_opens_nothing_here_either_and_its_owner_is_told() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (aak, vista) = (key(&mut ada, "account:read").await, token(&mut ada, "agentvista").await);
    let (_, av) = made(&site, VISTA, &vista, &json!({ "scopes": ["read"] })).await;
    let before = keys(&site).await;
    for request in [
        ask(&site, Method::GET, "/account").header("x-api-key", &aak),
        ask(&site, Method::GET, VISTA).bearer_auth(&av),
    ] {
        let again = request.try_clone().expect("a request");
        assert_eq!(Reply::of(request).await.status, 200);
        for _ in 0..2 {
            let page =
                again.try_clone().expect("a request").header("origin", "https://evil.example");
            assert_eq!(Reply::of(page).await.status, 403);
        }
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM event WHERE kind = 'key.exposed'").await, 2);
    let console = ask(&site, Method::GET, SENTINEL).header("origin", "https://tools.example");
    let sentinel = token(&mut ada, "agent-sentinel").await;
    assert_eq!(Reply::of(console.bearer_auth(&sentinel)).await.status, 200, "which is for scripts");
    assert_eq!(keys(&site).await, before);
    site.close().await;
}
