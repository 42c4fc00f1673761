//! From the form to the last use.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::flow::usage;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{
    PLAIN, PROFILES, ask, ask_as, assert_dead, fill, keys, live, make, press, shown, site,
};
use crate::pages::browser;
use crate::support::reply::Reply;
use crate::support::{START, Site};

/// AS03, AS04, AS11, AV01, AV10, case 236: made, shown once, found good with everything an API
/// asks about it, revoked, and worth nothing on the next request.
#[tokio::test]
async fn a_key_is_made_shown_once_used_and_revoked_at_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let page = fill(&mut ada, "agent-sentinel", &PLAIN).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.text.contains("Authorization: ApiKey as_"), "{}", page.text);
    let key = shown(&page);
    assert!(key.secret.starts_with("as_") && key.secret.len() == 3 + 33 + 6, "{}", key.secret);
    let known = live(&ask(&site, &key.secret).await);
    let account = known["sub"].as_str().expect("a subject").to_owned();
    assert!(account.starts_with("acc_"), "{account}");
    assert_eq!(
        known,
        json!({
            "active": true, "scope": "read", "sub": account, "owner": account,
            "aud": "https://api.example.com", "iss": site.url, "iat": START.0,
            "token_type": "Bearer", "profile": "agent-sentinel", "credential_type": "secret",
            "credential_id": key.id, "mode": "live",
        })
    );
    let begins = format!("{}…", &key.secret[..9]);
    for path in ["/account/keys".to_owned(), format!("/account/keys/{}", key.id)] {
        let page = ada.get(&path).await;
        assert!(page.text.contains(&begins) && page.text.contains("Nightly report"), "{path}");
        assert!(!page.text.contains(&key.secret[..10]), "{path} shows more than the beginning");
    }
    let sure = ada.get(&format!("/account/keys/{}/revoke", key.id)).await;
    assert!(sure.text.contains("cannot be undone"), "{}", sure.text);
    live(&ask(&site, &key.secret).await);
    let gone = press(&mut ada, &key, "revoke").await;
    assert_eq!((gone.status, gone.header("location")), (303, Some("/account/keys?done=revoked")));
    assert_dead(&ask(&site, &key.secret).await);
    let before = keys(&site).await;
    let again = ada.post_from("/", &format!("/account/keys/{}/revoke", key.id), &[]).await;
    assert_eq!(again.status, 303, "twice is fine");
    assert_eq!(keys(&site).await, before);
    let history = ada.get(&format!("/account/keys/{}", key.id)).await;
    for line in ["You created the key", "You revoked the key", "This key is over"] {
        assert!(history.text.contains(line), "{line}");
    }
    site.close().await;
}

/// docs/proxies.md: a proxy asks about a key as it does about a session, however the key comes,
/// and hears that it is one, of which profile, and whether it is for trying things out.
#[tokio::test]
async fn a_proxy_lets_a_key_in_until_it_is_revoked() {
    const QUESTION: &str = "/forward-auth?accept=sandbox";
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let proxy = format!("Basic {}", STANDARD.encode("api:0123456789abcdef"));
    let forward = async |path: &str, header: &str, value: &str| {
        let request = site.client.get(format!("{}{path}", site.url));
        Reply::of(request.header("countersign-proxy", proxy.as_str()).header(header, value)).await
    };
    let sandbox = [PLAIN[0], PLAIN[1], PLAIN[2], ("mode", "sandbox")];
    for (profile, fields, mode) in
        [("agent-sentinel", &PLAIN[..], "live"), ("agentvista", &sandbox[..], "sandbox")]
    {
        let key = make(&mut ada, profile, fields).await;
        let ways = [("authorization", "Bearer "), ("authorization", "apikey "), ("x-api-key", "")];
        for (header, before) in ways {
            let reply = forward(QUESTION, header, &format!("{before}{}", key.secret)).await;
            let said = |name: &str| reply.header(name).expect(name).to_owned();
            assert_eq!(reply.status, 200, "{header}: {}", reply.text);
            assert_eq!(said("countersign-credential"), key.id);
            assert_eq!(said("countersign-credential-type"), "secret");
            assert_eq!(
                (said("countersign-profile"), said("countersign-mode")),
                (profile.to_owned(), mode.to_owned())
            );
            assert_eq!(
                (said("countersign-session"), said("countersign-client")),
                (String::new(), String::new())
            );
            assert!(said("countersign-account").starts_with("acc_"));
        }
        let lacking =
            forward("/forward-auth?accept=sandbox&scope=write", "x-api-key", &key.secret).await;
        assert_eq!(lacking.status, 403, "{}", lacking.text);
        press(&mut ada, &key, "revoke").await;
        assert_eq!(forward("/forward-auth", "x-api-key", &key.secret).await.status, 401);
    }
    site.close().await;
}

/// Promise P3: what the database keeps opens nothing.
#[tokio::test]
async fn the_database_keeps_a_digest_and_the_beginning_alone() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    let whole = format!(
        "SELECT COUNT(*) FROM api_key WHERE beginning = '{}' AND \
         name || environment || profile || scopes NOT LIKE '%{}%'",
        &key.secret[..11],
        &key.secret[11..],
    );
    assert_eq!(site.count(&whole).await, 1);
    let events = format!("SELECT COUNT(*) FROM event WHERE detail LIKE '%{}%'", &key.secret[..11]);
    assert_eq!(site.count(&events).await, 0);
    site.close().await;
}

/// AA01, section 3 of the contract: what a credential is, the profile and its anchored prefix
/// say. One character more in front or less behind is nothing.
#[tokio::test]
async fn what_is_not_wholly_a_key_is_nothing() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agent-sentinel", &PLAIN).await.secret;
    let swapped = key.replacen("as_", "av_", 1);
    let other_case = key.replacen("as_", "AS_", 1);
    for text in [
        &format!("a{key}"),
        &format!(" {key}"),
        &format!("{key}x"),
        &key[..key.len() - 1],
        &key[3..],
        &swapped,
        &other_case,
        "as_",
        "",
    ] {
        let reply = ask(&site, text).await;
        if text.is_empty() {
            assert_eq!(reply.status, 400);
        } else {
            assert_dead(&reply);
        }
    }
    live(&ask(&site, &key).await);
    site.close().await;
}

/// RFC 7662 §4, security.md boundary (e): an API sees the keys that open it, and no others.
#[tokio::test]
async fn another_api_learns_nothing_about_a_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agent-sentinel", &PLAIN).await;
    assert_dead(&ask_as(&site, ("other", "fedcba9876543210"), &key.secret).await);
    live(&ask(&site, &key.secret).await);
    site.close().await;
}

/// AS02: a key lives until it is revoked, or until the end that its owner chose.
#[tokio::test]
async fn a_key_ends_when_its_owner_said_so_and_not_before() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let month = [("name", "For a month"), ("scope", "read"), ("lifetime", "2592000s")];
    let short = make(&mut ada, "agent-sentinel", &month).await;
    let long = make(&mut ada, "agent-sentinel", &PLAIN).await;
    assert_eq!(live(&ask(&site, &short.secret).await)["exp"], START.0 + 2_592_000);
    site.advance(Seconds(30 * 86_400 - 1));
    live(&ask(&site, &short.secret).await);
    site.advance(Seconds(1));
    assert_dead(&ask(&site, &short.secret).await);
    assert_eq!(live(&ask(&site, &long.secret).await)["exp"], json!(null));
    site.close().await;
}

/// AV16, AG16: a sandbox key begins otherwise, and introspection says what it is.
#[tokio::test]
async fn a_sandbox_key_says_so_itself_and_at_introspection() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let fields = [PLAIN[0], PLAIN[1], PLAIN[2], ("mode", "sandbox")];
    let key = make(&mut ada, "agentvista", &fields).await;
    assert!(key.secret.starts_with("avs_"), "{}", key.secret);
    assert_eq!(live(&ask(&site, &key.secret).await)["mode"], "sandbox");
    let page = ada.get(&format!("/account/keys/{}", key.id)).await;
    assert!(page.text.contains("<span class=\"tag\">Sandbox</span>"));
    for (question, status) in [("", 403), ("?accept=sandbox", 200)] {
        let request = site.client.get(format!("{}/forward-auth{question}", site.url));
        let proxy = format!("Basic {}", STANDARD.encode("api:0123456789abcdef"));
        let reply = Reply::of(request.header("countersign-proxy", proxy).bearer_auth(&key.secret));
        assert_eq!(reply.await.status, status, "a place accepts sandbox keys or does not");
    }
    let nowhere = fill(&mut ada, "agent-sentinel", &fields).await;
    assert_eq!(nowhere.status, 400, "its profile has no sandbox");
    site.close().await;
}

/// AS14, AS15, AO10, AO14, AG14, AV08: people find a key by how it begins, and see where it is
/// used, how often and how lately, how old it is, and when it should be replaced.
#[tokio::test]
async fn the_list_says_what_a_person_must_know_about_each_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let used = [PLAIN[0], PLAIN[1], PLAIN[2], ("environment", "production")];
    let used = make(&mut ada, "agent-sentinel", &used).await;
    let unused = [("name", "Unused"), PLAIN[1], PLAIN[2]];
    let unused = make(&mut ada, "agentvista", &unused).await;
    site.advance(Seconds::DAY.times(2));
    for _ in 0..3 {
        live(&ask(&site, &used.secret).await);
    }
    written(&site).await;
    assert_eq!(ada.sign_in().await.status, 303, "a browser is not signed in for ever");
    let list = ada.get("/account/keys").await.text;
    for words in ["production", "3 uses", "2 days ago", "Never", "When you revoke it"] {
        assert!(list.contains(words), "{words}");
    }
    assert!(!list.contains("Time to rotate"), "two days are no age");
    let found = ada.get(&format!("/account/keys?beginning={}", &used.secret[..7])).await.text;
    assert!(found.contains(&used.id) && !found.contains(&unused.id));
    for nothing in ["as%25", "AS_", "x", "%E2%80%AE"] {
        let none = ada.get(&format!("/account/keys?beginning={nothing}")).await;
        assert_eq!(none.status, 200);
        assert!(none.text.contains("None of your keys is like that"), "{nothing}");
    }
    site.advance(Seconds::DAY.times(88));
    assert_eq!(ada.sign_in().await.status, 303);
    assert_eq!(ada.get("/account/keys").await.text.matches("Time to rotate").count(), 2);
    site.close().await;
}

async fn written(site: &Site) {
    usage::write(&site.app).await.expect("written");
}

/// AS14: every use counts, also those that memory answers, and none twice.
#[tokio::test]
async fn every_use_is_counted_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agent-sentinel", &PLAIN).await;
    for round in 1..=3_i64 {
        for _ in 0..5 {
            live(&ask(&site, &key.secret).await);
        }
        written(&site).await;
        written(&site).await;
        assert_eq!(site.count("SELECT uses FROM api_key").await, 5 * round);
        site.advance(Seconds::MINUTE);
    }
    assert_eq!(site.count("SELECT last_used_at FROM api_key").await, START.0 + 120);
    site.close().await;
}

/// A key is good while the operator offers its kind, and its owner is told when that is over.
#[tokio::test]
async fn a_key_of_a_kind_that_is_offered_no_more_is_nothing() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let gone = make(&mut ada, "agent-sentinel", &PLAIN).await;
    let stays = make(&mut ada, "agentvista", &PLAIN).await;
    live(&ask(&site, &gone.secret).await);
    for (before, after) in [("\"as_\"", "\"at_\""), ("\"agent-sentinel\"", "\"sentinel\"")] {
        let site = site.second_node_with(&PROFILES.replace(before, after)).await;
        assert_dead(&ask(&site, &gone.secret).await);
        live(&ask(&site, &stays.secret).await);
        let mut ada = browser(&site, "ada@example.com", ada.cookie.clone());
        let page = ada.get(&format!("/account/keys/{}", gone.id)).await.text;
        assert!(page.contains("takes no keys of this kind") && !page.contains("/rotate\""));
        site.close().await;
    }
    live(&ask(&site, &gone.secret).await);
    site.close().await;
}

/// Where no profile offers keys there is no page, no route and no link.
#[tokio::test]
async fn without_a_profile_there_are_no_keys_at_all() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for path in ["/account/keys", "/account/keys/new/example", "/account/keys/key_1"] {
        assert_eq!(ada.get(path).await.status, 404, "{path}");
    }
    assert!(!ada.get("/account/sessions").await.text.contains("/account/keys"));
    site.close().await;
}

/// Section 3 of the contract: one verifier, so a session is told apart by the same members.
#[tokio::test]
async fn sessions_say_what_they_are_too() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let tokens = agent.poll(&registered.claim_token).await.json();
    let known = site.introspect(tokens["access_token"].as_str().expect("a token")).await.json();
    assert_eq!(known["credential_type"], "session");
    assert_eq!(known["credential_id"], known["session_id"]);
    assert_eq!((&known["mode"], &known["owner"]), (&json!("live"), &known["sub"]));
    assert_eq!(known["profile"], json!(null));
    site.close().await;
}
