//! From the first request to the last, as the products' own programs make them.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{SENTINEL, VISTA, ask, keys, made, post, site, token, vista_key};
use crate::support::Site;
use crate::support::person::between;
use crate::support::reply::Reply;

/// AS03, AS04, AS06, AS07, AS10, AS12, AS19: with a token of its person a script makes a key that
/// is good at once, finds it in the list without its secret, and revokes it; a slash at the end is
/// as good as none, as is one too many before it, and nothing is redirected.
#[tokio::test]
async fn a_script_makes_lists_and_revokes_keys_with_a_token_of_its_person() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agent-sentinel").await;
    for (before, slash) in [("", "/"), ("", ""), ("/", "")] {
        site.advance(Seconds(1));
        let made =
            post(&site, &format!("{before}{SENTINEL}{slash}"), &token, &json!({ "name": "ci" }))
                .await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let made = made.json();
        let (id, key) = (made["id"].as_str().expect("id"), made["key"].as_str().expect("key"));
        assert!(id.starts_with("key_") && key.starts_with("as_"), "{made}");
        assert_eq!(made["key_prefix"], key[..9]);
        assert_eq!(
            (&made["name"], &made["created_at"]),
            (&json!("ci"), &json!(site.clock.now().iso()))
        );
        let known = site.introspect_sentinel(key).await;
        assert_eq!(known["scope"], "sentinel:read sentinel:write", "{known}");
        let list = ask(&site, Method::GET, &format!("{before}{SENTINEL}{slash}"), &token).await;
        assert!(!list.text.contains(&key[..10]), "{}", list.text);
        let listed = list.json()["results"][0].clone();
        assert_eq!((&listed["id"], &listed["is_active"]), (&json!(id), &json!(true)));
        let revoke = format!("{before}{SENTINEL}/{id}{slash}");
        let revoked = ask(&site, Method::DELETE, &revoke, &token).await;
        assert_eq!((revoked.status, revoked.text.as_str()), (204, ""));
        assert_eq!(site.introspect_sentinel(key).await, json!({ "active": false }));
        let again = ask(&site, Method::DELETE, &revoke, &token).await;
        assert_eq!(again.status, 204, "twice is fine");
        let list = ask(&site, Method::GET, SENTINEL, &token).await.json();
        assert_eq!(list["results"][0]["is_active"], false, "{list}");
    }
    let page = ada.get("/account/keys").await;
    assert_eq!(page.text.matches(">ci<").count(), 3, "people see what their scripts made");
    site.close().await;
}

impl Site {
    async fn introspect_sentinel(&self, text: &str) -> Value {
        let request = self.client.post(format!("{}/introspect", self.url));
        let request = request.basic_auth("sentinel", Some("sentinel-example-secret"));
        Reply::of(request.form(&[("token", text)])).await.json()
    }
}

/// AV02, AV03, AV07, AV09, AV11: a key that may read is told that it is good, and ends any key of
/// its owner's; one that only writes is told 403, and may end itself all the same.
#[tokio::test]
async fn a_key_hears_that_it_is_good_and_ends_its_owners_keys() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agentvista").await;
    let (_, reads) = vista_key(&site, &token, &["read"]).await;
    let (id, writes) = vista_key(&site, &token, &["write"]).await;
    let (other, victim) = vista_key(&site, &token, &["read", "write"]).await;
    let ping = format!("{VISTA}/ping/");
    let good = ask(&site, Method::GET, &ping, &reads).await;
    assert_eq!((good.status, good.json()), (200, json!({ "status": "ok" })));
    let lacks = ask(&site, Method::GET, &ping, &writes).await;
    assert_eq!(lacks.status, 403);
    assert_eq!(lacks.json()["detail"]["reason_code"], "insufficient_scope");
    assert_eq!(ask(&site, Method::GET, VISTA, &writes).await.status, 403, "nor the list");
    assert_eq!(ask(&site, Method::GET, VISTA, &reads).await.json()["count"], 3);
    let gone = ask(&site, Method::DELETE, &format!("{VISTA}/{other}/"), &reads).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    let dead = ask(&site, Method::GET, &ping, &victim).await;
    assert_eq!(dead.status, 401);
    assert_eq!(dead.json()["detail"]["reason_code"], "invalid_credential");
    assert_eq!(ask(&site, Method::DELETE, &format!("{VISTA}/{id}"), &writes).await.status, 204);
    assert_eq!(ask(&site, Method::DELETE, &format!("{VISTA}/{id}"), &writes).await.status, 401);
    site.close().await;
}

/// AV15: the list is a page of twenty unless another size is asked for, newest first, and finds
/// keys by their beginning (AV08).
#[tokio::test]
async fn the_list_comes_in_pages() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agentvista").await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(vista_key(&site, &token, &["read"]).await);
        site.advance(Seconds(1));
    }
    let list = async |query: &str| {
        let list = ask(&site, Method::GET, &format!("{VISTA}/{query}"), &token).await;
        assert_eq!(list.status, 200, "{}", list.text);
        list.json()
    };
    let all = list("").await;
    assert_eq!(
        (&all["count"], &all["page"], &all["page_size"]),
        (&json!(5), &json!(1), &json!(20))
    );
    let third = list("?page=3&page_size=2").await;
    let found: Vec<&Value> =
        third["results"].as_array().expect("a list").iter().map(|key| &key["id"]).collect();
    assert_eq!((found, &third["count"]), (vec![&json!(ids[0].0)], &json!(5)));
    assert_eq!(list("?page=4&page_size=2").await["results"], json!([]));
    let one = list(&format!("?prefix={}", &ids[2].1[..11])).await;
    assert_eq!((&one["count"], &one["results"][0]["id"]), (&json!(1), &json!(ids[2].0)));
    assert_eq!(list("?prefix=av_%25").await["count"], 0, "nothing in it is a wildcard");
    site.close().await;
}

/// AG16: a key in the sandbox sees and ends nothing of what is real.
#[tokio::test]
async fn a_sandbox_key_sees_sandbox_keys_alone() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agentvista").await;
    let (live, _) = vista_key(&site, &token, &["read"]).await;
    let asked = json!({ "scopes": ["read"], "sandbox": true });
    let (id, sandbox) = made(&site, VISTA, &token, &asked).await;
    assert!(sandbox.starts_with("avs_"), "{sandbox}");
    let list = ask(&site, Method::GET, VISTA, &sandbox).await.json();
    assert_eq!((&list["count"], &list["results"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(list["results"][0]["name"], "agentvista", "called after its profile");
    let before = keys(&site).await;
    let foreign = ask(&site, Method::DELETE, &format!("{VISTA}/{live}"), &sandbox).await;
    assert_eq!((foreign.status, keys(&site).await), (404, before));
    site.close().await;
}

/// AA30: the old key is dead with the answer that says the new one, and of many who ask at once
/// with the same key one gets it.
#[tokio::test]
async fn a_key_replaces_itself_and_of_many_at_once_one_gets_the_new_one() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/keys/new/agent-analytics";
    let fields = [("name", "Tracker"), ("scope", "account:read"), ("lifetime", "until_revoked")];
    let made = ada.post_from(page, page, &fields).await;
    let mut key =
        between(&made.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key").to_owned();
    let url = format!("{}/account/revoke-key", site.url);
    let replace = |key: String| {
        let request = site.client.post(&url).header("x-api-key", key);
        Reply::of(request.header("content-type", "application/json"))
    };
    for _ in 0..2 {
        let before = keys(&site).await;
        let answers = join_all((0..8).map(|_| replace(key.clone()))).await;
        let (won, lost): (Vec<Reply>, Vec<Reply>) =
            answers.into_iter().partition(|one| one.status == 200);
        assert_eq!(won.len(), 1);
        for one in lost {
            assert!([401, 409].contains(&one.status), "{}", one.text);
        }
        let said = won[0].json();
        assert_eq!(said["ok"], true);
        let new = said["api_key"].as_str().expect("a key").to_owned();
        assert!(new.starts_with("aak_") && new != key, "{said}");
        assert_eq!(keys(&site).await[0], before[0] + 1);
        assert_eq!(replace(key).await.status, 401, "the old one is dead");
        key = new;
    }
    site.close().await;
}

/// Promise P4: a key that replaces itself ends when its owner said that it ends, however often it
/// does; its owner who replaces it means another such life.
#[tokio::test]
async fn a_key_that_replaces_itself_lives_no_longer() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = "/account/keys/new/agent-analytics";
    let fields = [("name", "Tracker"), ("scope", "account:read"), ("lifetime", "2592000s")];
    let made = ada.post_from(page, page, &fields).await;
    let key = between(&made.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key");
    let mut key = key.to_owned();
    let end = site.clock.now() + Seconds::DAY.times(30);
    for _ in 0..2 {
        site.advance(Seconds::DAY.times(10));
        let request = site.client.post(format!("{}/account/revoke-key", site.url));
        let said = Reply::of(request.header("x-api-key", &key)).await.json();
        assert_eq!(said["expires_at"], end.iso(), "{said}");
        key = said["api_key"].as_str().expect("a key").to_owned();
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL").await, 1);
    site.advance(Seconds::DAY.times(5));
    assert_eq!(ada.sign_in().await.status, 303);
    let page = ada.get("/account/keys").await.text;
    let id = between(&page, "<a href=\"/account/keys/", "\"").expect("a key").to_owned();
    let page = format!("/account/keys/{id}");
    let rotated = ada.post_from(&page, &format!("{page}/rotate"), &[]).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    let ends_at = site.count("SELECT expires_at FROM api_key WHERE ended_at IS NULL").await;
    assert!(ends_at > end.0, "the person has begun another life");
    site.close().await;
}
