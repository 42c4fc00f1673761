//! Keys that are no secret any more.

use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{PROFILES, at, dies, is_live, key, project, site};
use crate::support::Site;
use crate::support::reply::Reply;

async fn report(site: &Site, body: &Value) -> Reply {
    Reply::of(site.client.post(format!("{}/leaked-keys", site.url)).json(body)).await
}

/// Another text of the same length.
fn changed(key: &str) -> String {
    let other = if key.ends_with('x') { 'y' } else { 'x' };
    format!("{}{other}", &key[..key.len() - 1])
}

/// AA13, AO15: a secret key out of a page in a browser, or where public tokens go, is refused
/// though it is good, and its owner reads of it, once a day.
#[tokio::test]
async fn a_secret_key_that_others_can_read_is_refused_and_its_owner_is_told() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    for (asked, origin, words) in [
        ("GET /stats", Some("https://shop.example"), "a web page in a browser sent the key"),
        ("GET /stats", Some("null"), "a web page in a browser sent the key"),
        ("POST /track", None, "the key came where public tokens belong"),
        ("POST /track/batch/", None, "the key came where public tokens belong"),
    ] {
        let (id, aak) = key(&mut ada, "agent-analytics").await;
        let mut headers = vec![("x-api-key", aak.as_str())];
        assert_eq!(at(&site, "GET /stats", &headers).await.status, 200);
        headers.extend(origin.map(|origin| ("origin", origin)));
        for _ in 0..3 {
            let reply = at(&site, asked, &headers).await;
            assert_eq!((reply.status, &reply.json()["code"]), (403, &"FORBIDDEN".into()));
            assert!(reply.header("countersign-account").is_none());
        }
        let page = ada.get(&format!("/account/keys/{id}")).await.text;
        assert_eq!(page.matches(words).count(), 1, "{asked} {origin:?}");
        assert!(page.contains("Others may have read this key"));
        assert!(is_live(&site, &aak).await, "a stranger's page ends no key");
        site.advance(Seconds::DAY);
        ada.sign_in().await;
        at(&site, asked, &headers).await;
        let page = ada.get(&format!("/account/keys/{id}")).await.text;
        assert_eq!(page.matches(words).count(), 2);
    }
    site.close().await;
}

/// AA13, W3C Fetch Metadata §2: what a page loads with a key in its address, as an image, has no
/// `Origin`, and is in the page for everybody to read all the same; a program is no browser for one
/// such header, and neither is a person who opens the address.
#[tokio::test]
async fn a_key_in_the_address_of_an_image_comes_from_a_page() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (id, aak) = key(&mut ada, "agent-analytics").await;
    let asked = format!("GET /stats?key={aak}");
    for (headers, status) in [
        (vec![("sec-fetch-mode", "cors")], 200),
        (vec![("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")], 200),
        (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 200),
        (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], 403),
        (vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")], 403),
        (vec![("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], 403),
    ] {
        let reply = at(&site, &asked, &headers).await;
        assert_eq!(reply.status, status, "{headers:?}: {}", reply.text);
    }
    let page = ada.get(&format!("/account/keys/{id}")).await.text;
    assert_eq!(page.matches("a web page in a browser sent the key").count(), 1);
    site.close().await;
}

/// AA13: an unknown key tells nobody anything, and a session or a public token is no secret key.
#[tokio::test]
async fn only_secret_keys_are_kept_out_of_browsers() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    let origin = ("origin", "https://shop.example");
    let public = at(&site, &format!("POST /track?token={token}"), &[origin]).await;
    assert_eq!(public.status, 200, "{}", public.text);
    let registered = site.agent().register_anonymous().await;
    let exchanged = site.agent().exchange(&registered.assertion()).await;
    let access = crate::support::agent::member(&exchanged, "access_token");
    let bearer = format!("Bearer {access}");
    let session = at(&site, "POST /track", &[origin, ("authorization", &bearer)]).await;
    assert_eq!(session.status, 200);
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let unknown = changed(&aak);
    let reply = at(&site, "POST /track", &[origin, ("x-api-key", &unknown)]).await;
    assert_eq!(reply.status, 401);
    assert_eq!(site.count("SELECT COUNT(*) FROM event WHERE kind = 'key.exposed'").await, 0);
    site.close().await;
}

/// AO15: a setting, for programs that run in a window of their own.
#[tokio::test]
async fn an_operator_may_let_keys_come_out_of_browsers() {
    let accepts = PROFILES.replace("\"query:key\"]\n", "\"query:key\"]\nbrowsers = \"accept\"\n");
    let site = Site::open_with(&accepts).await;
    let mut ada = site.person("ada@example.com").await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let headers = [("x-api-key", aak.as_str()), ("origin", "https://shop.example")];
    assert_eq!(at(&site, "GET /stats", &headers).await.status, 200);
    assert_eq!(at(&site, "POST /track", &headers).await.status, 403, "which no setting opens");
    site.close().await;
}

/// AS16, promise P2: whoever holds keys ends them, many at a time, on every node and for good,
/// and their owners read when and how.
#[tokio::test]
async fn a_reported_key_is_dead_on_the_next_request_and_its_owner_reads_why() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (id, hers) = key(&mut ada, "agent-sentinel").await;
    let (_, his) = key(&mut bob, "agent-analytics").await;
    let (_, stays) = key(&mut bob, "agent-analytics").await;
    let other = site.second_node().await;
    for text in [&hers, &his, &stays] {
        assert!(is_live(&site, text).await && is_live(&other, text).await);
    }
    let reply = report(&site, &json!({ "keys": [hers, format!(" {his}\n"), hers] })).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "received": 3 })));
    for text in [&hers, &his] {
        assert!(!is_live(&site, text).await);
        dies(&other, text).await;
    }
    assert!(is_live(&site, &stays).await);
    let page = ada.get(&format!("/account/keys/{id}")).await.text;
    for words in ["Ended: somebody found it", "reported it, and it ended", "This key is over"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let again = report(&site, &json!({ "keys": [hers] })).await;
    assert_eq!(again.status, 200);
    assert_eq!(site.count("SELECT COUNT(*) FROM event WHERE kind = 'key.leaked'").await, 2);
    other.close().await;
    site.close().await;
}

/// AS16: the answer tells nobody whether a key was known, good or long over, and nothing but a
/// whole key ends one.
#[tokio::test]
async fn a_report_says_the_same_whatever_is_in_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (id, good) = key(&mut ada, "agent-sentinel").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    let known = report(&site, &json!({ "keys": [key(&mut ada, "agent-sentinel").await.1] })).await;
    let beginning = good[..9].to_owned();
    let changed = changed(&good);
    for text in
        [beginning, changed, id, token.clone(), "\0".to_owned(), String::new(), "x".repeat(9_000)]
    {
        let reply = report(&site, &json!({ "keys": [text] })).await;
        assert_eq!((reply.status, &reply.text), (known.status, &known.text));
    }
    assert!(is_live(&site, &good).await && is_live(&site, &token).await);
    site.close().await;
}

#[tokio::test]
async fn a_report_that_cannot_be_read_ends_nothing() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, good) = key(&mut ada, "agent-sentinel").await;
    let many: Vec<&str> = (0..101).map(|_| good.as_str()).collect();
    for body in [
        json!({ "keys": [] }),
        json!({ "keys": many }),
        json!({ "keys": good }),
        json!({ "keys": [1] }),
        json!({ "tokens": [good] }),
        json!([good]),
    ] {
        assert_eq!(report(&site, &body).await.status, 400, "{body}");
    }
    let url = format!("{}/leaked-keys", site.url);
    let twice = format!(r#"{{"keys":["x"],"keys":["{good}"]}}"#);
    let request = site.client.post(&url).header("content-type", "application/json").body(twice);
    assert_eq!(Reply::of(request).await.status, 400, "a repeated member");
    assert!(is_live(&site, &good).await);
    site.close().await;
}

/// AS16: one address reports so often an hour; what it reports after that is not heard, and the
/// key stays as it is.
#[tokio::test]
async fn reports_from_one_address_are_limited() {
    let limit = format!("[limits]\nleak_reports_per_address_per_hour = 2\n{PROFILES}");
    let site = Site::open_with(&limit).await;
    let mut ada = site.person("ada@example.com").await;
    let (_, good) = key(&mut ada, "agent-sentinel").await;
    for _ in 0..2 {
        assert_eq!(report(&site, &json!({ "keys": ["unknown"] })).await.status, 200);
    }
    let third = report(&site, &json!({ "keys": [good] })).await;
    assert_eq!((third.status, third.header("retry-after")), (429, Some("3600")));
    assert!(is_live(&site, &good).await);
    site.close().await;
}
