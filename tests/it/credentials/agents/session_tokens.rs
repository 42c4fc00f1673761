//! An agent trades its key for a session token (contracts/credentials.md, AG06 to AG08, AG19, AG20).

use std::time::{Duration, Instant};

use countersign::flow::{upkeep, usage};
use countersign::protocol::timestamp::Seconds;
use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use super::{AGENT_KEYS, PROFILES, Shown, USER_TOKENS, agent, ask, forward, is_live, make, remove};
use crate::credentials::api_keys::shown;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::{START, Site};

const AUTHENTICATE: &str = "/api/v1/auth/authenticate";
const LOGOUT: &str = "/api/v1/auth/logout";
const HALF_DAY: Seconds = Seconds::HOUR.times(12);

/// A server behind a proxy that says from where a request came.
async fn site() -> Site {
    Site::open_with(&format!("trusted_proxies = [\"127.0.0.1/32\"]\n{PROFILES}")).await
}

async fn authenticate(site: &Site, key: &str) -> Reply {
    authenticate_from(site, "203.0.113.1", key).await
}

async fn authenticate_from(site: &Site, address: &str, key: &str) -> Reply {
    let request = site.client.post(format!("{}{AUTHENTICATE}", site.url));
    Reply::of(request.header("x-forwarded-for", address).header("x-api-key", key)).await
}

/// The session token that a key is traded for.
async fn token(site: &Site, key: &str) -> String {
    let traded = authenticate(site, key).await;
    assert_eq!(traded.status, 200, "{}", traded.text);
    traded.json()["data"]["token"].as_str().expect("a token").to_owned()
}

async fn with(site: &Site, method: Method, path: &str, token: &str) -> Reply {
    let request = site.client.request(method, format!("{}{path}", site.url));
    Reply::of(request.bearer_auth(token).json(&json!({}))).await
}

/// Ada, an agent of hers and a key of its.
async fn world(site: &Site) -> (Person, String, Shown) {
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let key = make(&mut ada, AGENT_KEYS, &id).await;
    (ada, id, key)
}

/// What could have been a key, with its own checksum wrong.
fn wrong(key: &str, number: usize) -> String {
    let (start, end) = key.split_at(key.len() - 6);
    format!("{start}{}{number:03}", &end[..3])
}

/// AG01, AG06, AG07, AG17: at both addresses the key is traded for a token, in the envelope; the API
/// learns of it what it learns of the key, and its end; after that it is worth nothing. Its uses are
/// the key's.
#[tokio::test]
async fn a_key_is_traded_for_a_token_that_opens_what_the_key_opens_for_a_while() {
    let site = site().await;
    let (mut ada, id, key) = world(&site).await;
    let old_place = site.client.post(format!("{}/auth/authenticate", site.url));
    let old_place = Reply::of(old_place.header("api-key", &key.secret)).await;
    assert_eq!(old_place.status, 200, "{}", old_place.text);
    let traded = authenticate(&site, &key.secret).await.json();
    assert_eq!(traded["data"]["agent"], json!({ "id": id, "name": "billing-agent" }));
    assert_eq!(traded["meta"]["version"], "1");
    let token = traded["data"]["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("ags_") && token != key.secret);
    let known = ask(&site, "agrenting", &token).await.json();
    let of_key = ask(&site, "agrenting", &key.secret).await.json();
    for member in ["sub", "owner", "scope", "agent_id", "agent", "mode", "profile", "aud"] {
        assert_eq!(known[member], of_key[member], "{member}");
    }
    assert_eq!(known["credential_type"], "session-token");
    assert_eq!(
        (&known["credential_id"], &known["exp"]),
        (&key.id.as_str().into(), &(START + HALF_DAY).0.into())
    );
    let bearer = format!("Bearer {token}");
    let reply = forward(&site, "agrenting", &[("authorization", &bearer)]).await;
    assert_eq!((reply.status, reply.header("countersign-agent-id")), (200, Some(id.as_str())));
    assert_eq!(reply.header("countersign-credential-type"), Some("session-token"));
    let elsewhere = forward(&site, "agrenting", &[("x-api-key", &token)]).await;
    assert_eq!(elsewhere.status, 401, "only as Bearer");
    assert!(!is_live(&site, "sentinel", &token).await, "another API learns nothing");
    usage::write(&site.app).await.expect("written");
    let page = ada.get(&format!("/account/keys/{}", key.id)).await.text;
    assert!(page.contains("3 uses"), "the token's two and its own: {page}");
    site.advance(Seconds(HALF_DAY.0 - 1));
    assert!(is_live(&site, "agrenting", &token).await);
    site.advance(Seconds(1));
    assert!(!is_live(&site, "agrenting", &token).await);
    assert_eq!(forward(&site, "agrenting", &[("authorization", &bearer)]).await.status, 401);
    site.advance(Seconds::DAY.times(3));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(site.count("SELECT COUNT(*) FROM session_token").await, 0);
    site.close().await;
}

/// AG08: logging out ends that token on the next request, on every node; the key and its other
/// tokens go on, and what has ended ends no more.
#[tokio::test]
async fn logging_out_ends_one_token_on_every_node() {
    let site = site().await;
    let (_, _, key) = world(&site).await;
    let (one, two) = (token(&site, &key.secret).await, token(&site, &key.secret).await);
    let second = site.second_node().await;
    assert!(is_live(&site, "agrenting", &one).await && is_live(&second, "agrenting", &one).await);
    let ended = with(&site, Method::DELETE, LOGOUT, &one).await;
    assert_eq!((ended.status, &ended.json()["data"]), (200, &json!({})));
    assert!(!is_live(&site, "agrenting", &one).await);
    let limit = Instant::now() + Duration::from_secs(10);
    while is_live(&second, "agrenting", &one).await {
        assert!(Instant::now() < limit, "it is still believed");
    }
    assert_eq!(with(&site, Method::DELETE, LOGOUT, &one).await.status, 401);
    assert!(
        is_live(&site, "agrenting", &two).await && is_live(&site, "agrenting", &key.secret).await
    );
    second.close().await;
    site.close().await;
}

/// AG12, promises P1 and P2: whatever ends the key ends its tokens with the next request, also those
/// that are issued in the same moment.
#[tokio::test]
async fn a_token_ends_with_its_key_whatever_ends_that() {
    let site = site().await;
    let (mut ada, id, key) = world(&site).await;
    let page = format!("/account/keys/{}", key.id);
    let rotated = token(&site, &key.secret).await;
    assert!(is_live(&site, "agrenting", &rotated).await);
    let new = shown(&ada.post_from(&page, &format!("{page}/rotate"), &[]).await);
    assert!(!is_live(&site, "agrenting", &rotated).await, "rotated");
    let revoked = token(&site, &new.secret).await;
    assert!(is_live(&site, "agrenting", &revoked).await);
    let page = format!("/account/keys/{}", new.id);
    let traded = join_all((0..6).map(|_| authenticate(&site, &new.secret)));
    let path = format!("{page}/revoke");
    let revoke = ada.post_from(&page, &path, &[]);
    let (traded, gone) = join(traded, revoke).await;
    assert_eq!(gone.status, 303);
    for traded in traded.iter().filter(|traded| traded.status == 200) {
        let meanwhile = traded.json()["data"]["token"].as_str().expect("a token").to_owned();
        assert!(!is_live(&site, "agrenting", &meanwhile).await, "issued meanwhile");
    }
    assert!(!is_live(&site, "agrenting", &revoked).await, "revoked");
    for end in ["leaked", "removed"] {
        let key = make(&mut ada, AGENT_KEYS, &id).await;
        let token = token(&site, &key.secret).await;
        assert!(is_live(&site, "agrenting", &token).await);
        if end == "leaked" {
            let report = json!({ "keys": [key.secret] });
            assert_eq!(site.post_json("/leaked-keys", &report).await.status, 200);
        } else {
            assert_eq!(remove(&mut ada, &id).await.status, 303);
        }
        assert!(!is_live(&site, "agrenting", &token).await, "{end}");
    }
    site.close().await;
}

/// Promise P4: no token outlives its key.
#[tokio::test]
async fn a_token_ends_no_later_than_its_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let page = format!("/account/keys/new/{AGENT_KEYS}");
    let month = Seconds::DAY.times(30);
    let lifetime = format!("{}s", month.0);
    let fields =
        [("name", "x"), ("scope", "read"), ("lifetime", lifetime.as_str()), ("agent", id.as_str())];
    let key = shown(&ada.post_from(&page, &page, &fields).await);
    site.advance(Seconds(month.0 - Seconds::HOUR.0));
    let token = token(&site, &key.secret).await;
    assert_eq!(ask(&site, "agrenting", &token).await.json()["exp"], (START + month).0);
    site.advance(Seconds::HOUR);
    assert!(!is_live(&site, "agrenting", &token).await);
    site.close().await;
}

/// Promises P3 and P7, AA01: a session token is no key and no agent's session: it makes, rotates,
/// revokes and trades nothing, opens no page, and the database has its digest alone. What is no
/// agent's key is not traded.
#[tokio::test]
async fn a_session_token_is_no_key_and_nothing_else_is_traded_for_one() {
    let site = site().await;
    let (mut ada, id, key) = world(&site).await;
    let other = make(&mut ada, AGENT_KEYS, &id).await;
    let mine = make(&mut ada, USER_TOKENS, "").await;
    let bound = make(&mut ada, "agent-sentinel", &id).await;
    let token = token(&site, &key.secret).await;
    let credentials = format!("/api/v1/agents/{id}/credentials");
    let revoke = format!("{credentials}/{}", other.id);
    let before = "SELECT CAST(COUNT(*) + SUM(revision) AS BIGINT) FROM api_key";
    let moved = site.count(before).await;
    for (method, path) in [
        (Method::POST, credentials.as_str()),
        (Method::DELETE, &revoke),
        (Method::POST, "/api/v1/auth/rotate-key"),
        (Method::POST, AUTHENTICATE),
    ] {
        assert_eq!(with(&site, method.clone(), path, &token).await.status, 403, "{path}");
        let request = site.client.request(method, format!("{}{path}", site.url));
        assert_eq!(Reply::of(request.header("x-api-key", &token)).await.status, 403, "{path}");
    }
    for path in ["/account/keys", "/account/agents", "/demo/whoami"] {
        let status = with(&site, Method::GET, path, &token).await.status;
        assert!(status == 303 || status == 401, "{path}: {status}");
    }
    for (text, status) in [(&mine.secret, 403), (&bound.secret, 403), (&"aas_x".to_owned(), 403)] {
        assert_eq!(authenticate(&site, text).await.status, status, "{text}");
    }
    assert_eq!(authenticate(&site, "agk_x").await.status, 401);
    let nothing = site.client.post(format!("{}{AUTHENTICATE}", site.url));
    assert_eq!(Reply::of(nothing).await.status, 401);
    let elsewhere = with(&site, Method::POST, AUTHENTICATE, &key.secret).await;
    assert_eq!(elsewhere.status, 401, "a key counts where its profile says");
    assert_eq!(with(&site, Method::DELETE, LOGOUT, &key.secret).await.status, 403);
    assert_eq!(with(&site, Method::DELETE, LOGOUT, "ags_x").await.status, 401);
    assert_eq!(site.count(before).await, moved);
    let length = "SELECT COUNT(*) FROM session_token WHERE LENGTH(digest) = 32";
    assert_eq!(site.count(length).await, 1);
    site.close().await;
}

/// AG19, AG20: three wrong keys within a minute from one address, however often each is sent, and
/// nobody there is listened to until five minutes after it, with a good key or not, on any node and
/// after a restart; another address is.
#[tokio::test]
async fn whoever_brings_too_many_wrong_keys_is_locked_out_everywhere_for_a_while() {
    let site = site().await;
    let (_, _, key) = world(&site).await;
    site.advance(Seconds(10));
    for number in 0..3 {
        assert_eq!(authenticate(&site, &key.secret).await.status, 200, "{number} are too few");
        for again in 0..4 {
            let refused = authenticate(&site, &wrong(&key.secret, number)).await;
            let status = if (number, again) < (2, 1) { 401 } else { 429 };
            assert_eq!(refused.status, status, "{number}, {again}: {}", refused.text);
        }
    }
    let second = site.second_node().await;
    for node in [&site, &second] {
        for text in [&key.secret, &wrong(&key.secret, 7)] {
            let locked = authenticate(node, text).await;
            assert_eq!((locked.status, locked.header("retry-after")), (429, Some("350")));
            assert_eq!(locked.json()["errors"][0]["code"], "RATE_LIMIT_EXCEEDED");
        }
    }
    assert_eq!(authenticate_from(&site, "203.0.113.2", &key.secret).await.status, 200);
    assert!(is_live(&site, "agrenting", &key.secret).await, "the key itself is as good as before");
    second.close().await;
    let site = site.restart().await;
    site.advance(Seconds(349));
    assert_eq!(authenticate(&site, &key.secret).await.status, 429);
    site.advance(Seconds(1));
    assert_eq!(authenticate(&site, &key.secret).await.status, 200);
    site.close().await;
}

/// AG19: of many wrong keys at once no more are looked at than may be wrong.
#[tokio::test]
async fn wrong_keys_at_once_are_counted_exactly() {
    let site = site().await;
    let (_, _, key) = world(&site).await;
    let guesses = (0..12).map(|number| wrong(&key.secret, number)).collect::<Vec<_>>();
    let replies = join_all(guesses.iter().map(|text| authenticate(&site, text))).await;
    let with = |status| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with(401), with(429)), (3, 9));
    assert_eq!(authenticate(&site, &key.secret).await.status, 429);
    site.close().await;
}

/// Each token leaves a row, so they are limited.
#[tokio::test]
async fn nobody_trades_a_key_without_end() {
    let limit = format!("[limits]\nsession_tokens_per_key_per_hour = 2\n{PROFILES}");
    let site = Site::open_with(&limit).await;
    let (_, _, key) = world(&site).await;
    let statuses = join_all((0..4).map(|_| authenticate(&site, &key.secret))).await;
    let traded = statuses.iter().filter(|reply| reply.status == 200).count();
    let limited = statuses.iter().find(|reply| reply.status == 429).expect("too many");
    assert_eq!((traded, limited.header("retry-after")), (2, Some("3600")));
    assert_eq!(site.count("SELECT COUNT(*) FROM session_token").await, 2);
    site.close().await;
}

/// AO13, P4: what an agent's key is limited to, its session tokens are limited to; an API that asks
/// is told so.
#[tokio::test]
async fn a_token_is_limited_to_what_its_key_is_limited_to() {
    let kind = "type = \"agent-key\"\n";
    let limited = PROFILES.replace(kind, &format!("{kind}resource_param = \"site\"\n"));
    let site = Site::open_with(&limited).await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let page = format!("/account/keys/new/{AGENT_KEYS}");
    let fields = [
        ("name", "Nightly"),
        ("scope", "read"),
        ("lifetime", "until_revoked"),
        ("agent", id.as_str()),
        ("limited_to", "site_1"),
    ];
    let key = shown(&ada.post_from(&page, &page, &fields).await);
    let token = token(&site, &key.secret).await;
    let bearer = format!("Bearer {token}");
    for (uri, status) in [("/x?site=site_1", 200), ("/x?site=site_2", 403), ("/x", 403)] {
        let headers = [("authorization", bearer.as_str()), ("x-forwarded-uri", uri)];
        assert_eq!(forward(&site, "agrenting", &headers).await.status, status, "{uri}");
    }
    let known = ask(&site, "agrenting", &token).await.json();
    assert_eq!(known["limited_to"], json!(["site_1"]));
    site.close().await;
}
