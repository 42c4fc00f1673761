//! Programs give keys to agents and take them away, with a token of the agents' owner.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{AGENT_KEYS, PROFILES, Shown, USER_TOKENS, agent, ask, is_live, make, site};
use crate::support::agent::member;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::{START, Site};

const ROTATE: &str = "/api/v1/auth/rotate-key";

pub(super) fn path(agent: &str, id: &str) -> String {
    let path = format!("/api/v1/agents/{agent}/credentials");
    if id.is_empty() { path } else { format!("{path}/{id}") }
}

pub(super) async fn bearer(
    site: &Site,
    method: Method,
    path: &str,
    token: &str,
    body: &Value,
) -> Reply {
    let request = site.client.request(method, format!("{}{path}", site.url));
    Reply::of(request.bearer_auth(token).json(body)).await
}

pub(super) async fn rotate(site: &Site, key: &str) -> Reply {
    let request = site.client.post(format!("{}{ROTATE}", site.url));
    Reply::of(request.header("x-api-key", key)).await
}

/// A user token with these fields of the form, and an agent.
async fn user_token(person: &mut Person, fields: &[(&str, &str)]) -> Shown {
    let page = format!("/account/keys/new/{USER_TOKENS}");
    let fields = [&[("name", "Mine")], fields].concat();
    super::shown(&person.post_from(&page, &page, &fields).await)
}

pub(super) async fn full_token(person: &mut Person) -> String {
    let fields = [("scope", "read"), ("scope", "write"), ("lifetime", "until_revoked")];
    user_token(person, &fields).await.secret
}

async fn keys(site: &Site) -> [i64; 2] {
    let moves = "SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM api_key";
    [site.count("SELECT COUNT(*) FROM api_key").await, site.count(moves).await]
}

/// AG04, AG11, AG13, AG16, AG17: with a user token of its owner's a key is made for an agent, shown
/// once in the product's envelope, and revoked under that agent.
#[tokio::test]
async fn a_user_token_makes_and_revokes_the_keys_of_its_owners_agents() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let token = full_token(&mut ada).await;
    let wanted = json!({ "name": "Nightly", "environment": "production", "scopes": ["read"] });
    let made = bearer(&site, Method::POST, &path(&id, ""), &token, &wanted).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(made["meta"]["version"], "1");
    let key = made["data"].clone();
    assert_eq!((&key["agent_id"], &key["name"]), (&id.as_str().into(), &"Nightly".into()));
    let secret = key["key"].as_str().expect("a key");
    let known = ask(&site, "agrenting", secret).await.json();
    assert_eq!((&known["agent_id"], &known["scope"]), (&id.as_str().into(), &"read".into()));
    let key_id = key["id"].as_str().expect("an id");
    let page = ada.get(&format!("/account/keys/{key_id}")).await.text;
    assert!(
        page.contains("A program created the key, with another key or token of yours"),
        "{page}"
    );
    assert!(!page.contains(secret));
    let sandbox = json!({ "sandbox": true });
    let trial = bearer(&site, Method::POST, &path(&id, ""), &token, &sandbox).await.json();
    let trial = trial["data"]["key"].as_str().expect("a key").to_owned();
    assert!(trial.starts_with("sk_sandbox_"));
    assert_eq!(ask(&site, "agrenting", &trial).await.json()["scope"], "read write");
    let gone = bearer(&site, Method::DELETE, &path(&id, key_id), &token, &json!({})).await;
    assert_eq!((gone.status, &gone.json()["data"]["id"]), (200, &key_id.into()));
    assert!(!is_live(&site, "agrenting", secret).await);
    assert!(is_live(&site, "agrenting", &trial).await, "another key of the agent's goes on");
    site.close().await;
}

/// AG04, AG13: another person's agent, another agent's key and what was never there are one answer,
/// 404, and nothing happens.
#[tokio::test]
async fn somebody_elses_agent_and_another_agents_key_do_not_exist() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (one, two) = (agent(&mut ada, "one").await, agent(&mut ada, "two").await);
    let key = make(&mut ada, AGENT_KEYS, &one).await;
    let (hers, his) = (full_token(&mut ada).await, full_token(&mut bob).await);
    let before = keys(&site).await;
    let wanted = json!({ "scopes": ["read"] });
    let mut answers = Vec::new();
    for unknown in [one.as_str(), "agt_x", "%00", "..%2f"] {
        answers.push(bearer(&site, Method::POST, &path(unknown, ""), &his, &wanted).await);
        let revoke = path(unknown, &key.id);
        answers.push(bearer(&site, Method::DELETE, &revoke, &his, &wanted).await);
    }
    for unknown in [path(&two, &key.id), path("agt_x", &key.id), path(&one, "key_x")] {
        answers.push(bearer(&site, Method::DELETE, &unknown, &hers, &wanted).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, 404, "{}", answer.text);
        assert_eq!(answer.json()["errors"], answers[0].json()["errors"]);
    }
    assert_eq!(keys(&site).await, before);
    assert!(is_live(&site, "agrenting", &key.secret).await);
    site.close().await;
}

/// Promise P4: what a user token makes opens no more and lasts no longer than the token itself, and
/// stays in the sandbox where that is one.
#[tokio::test]
async fn a_user_token_makes_nothing_that_opens_more_or_lasts_longer_than_itself() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let month = Seconds::DAY.times(30);
    let span = format!("{}s", month.0);
    let reads = user_token(&mut ada, &[("scope", "read"), ("lifetime", &span)]).await.secret;
    let sandbox = [("scope", "read"), ("lifetime", "until_revoked"), ("mode", "sandbox")];
    let sandbox = user_token(&mut ada, &sandbox).await.secret;
    let before = keys(&site).await;
    for (token, wanted) in [
        (&reads, json!({ "scopes": ["write"] })),
        (&reads, json!({ "scopes": ["read", "write"] })),
        (&sandbox, json!({ "scopes": ["read"] })),
        (&sandbox, json!({})),
    ] {
        let refused = bearer(&site, Method::POST, &path(&id, ""), token, &wanted).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["code"]),
            (403, &"FORBIDDEN".into())
        );
    }
    assert_eq!(keys(&site).await, before);
    for wanted in [json!({}), json!({ "expires_in": month.times(2) .0 })] {
        let made = bearer(&site, Method::POST, &path(&id, ""), &reads, &wanted).await.json();
        let secret = made["data"]["key"].as_str().expect("a key").to_owned();
        let known = ask(&site, "agrenting", &secret).await.json();
        assert_eq!((&known["scope"], &known["exp"]), (&"read".into(), &(START + month).0.into()));
    }
    let own = json!({ "sandbox": true, "expires_in": 86_400 });
    let made = bearer(&site, Method::POST, &path(&id, ""), &sandbox, &own).await;
    assert_eq!(made.status, 201, "{}", made.text);
    site.close().await;
}

/// Promise P4, AO13: a user token that is limited to some things makes keys for those alone.
#[tokio::test]
async fn a_limited_user_token_makes_no_key_beyond_its_limit() {
    let named = |kind: &str| format!("type = \"{kind}\"\n");
    let limited = |kind: &str| format!("{}resource_param = \"site\"\n", named(kind));
    let settings = PROFILES
        .replace(&named("agent-key"), &limited("agent-key"))
        .replace(&named("user-token"), &limited("user-token"));
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let fields = [("scope", "read"), ("lifetime", "until_revoked"), ("limited_to", "a, b")];
    let token = user_token(&mut ada, &fields).await.secret;
    for (wanted, status) in [
        (json!({ "scopes": ["read"] }), 403),
        (json!({ "scopes": ["read"], "limited_to": "c" }), 403),
        (json!({ "scopes": ["read"], "limited_to": "a c" }), 403),
        (json!({ "scopes": ["read"], "limited_to": "a" }), 201),
    ] {
        let made = bearer(&site, Method::POST, &path(&id, ""), &token, &wanted).await;
        assert_eq!(made.status, status, "{wanted}: {}", made.text);
    }
    let made = "SELECT COUNT(*) FROM api_key WHERE kind = 'agent-key'";
    assert_eq!(site.count(made).await, 1);
    site.close().await;
}

/// P7, AA01, ADR 25: an agent's key makes no key, revokes no other and no other's, an agent's
/// session is nobody, and so is whatever is dead, of another product or in another place.
#[tokio::test]
async fn no_agent_manages_keys_whatever_it_holds() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let (own, other) =
        (make(&mut ada, AGENT_KEYS, &id).await, make(&mut ada, AGENT_KEYS, &id).await);
    let sentinel = make(&mut ada, "agent-sentinel", &id).await;
    let revoked = user_token(&mut ada, &[("scope", "read"), ("lifetime", "until_revoked")]).await;
    let page = format!("/account/keys/{}", revoked.id);
    assert_eq!(ada.post_from(&page, &format!("{page}/revoke"), &[]).await.status, 303);
    let registered = site.agent().register_anonymous().await;
    let session = member(&site.agent().exchange(&registered.assertion()).await, "access_token");
    let before = keys(&site).await;
    for (header, value, status) in [
        ("x-api-key", own.secret.clone(), [403, 404, 409]),
        ("authorization", format!("Bearer {}", own.secret), [401, 401, 401]),
        ("authorization", format!("Bearer {}", sentinel.secret), [403, 403, 403]),
        ("authorization", format!("Bearer {session}"), [403, 403, 403]),
        ("x-api-key", session.clone(), [403, 403, 403]),
        ("authorization", format!("Bearer {}", revoked.secret), [401, 401, 401]),
        ("x-other", String::new(), [401, 401, 401]),
    ] {
        let ask = async |method, path: &str| {
            let request = site.client.request(method, format!("{}{path}", site.url));
            Reply::of(request.header(header, &value).json(&json!({ "scopes": ["read"] }))).await
        };
        let made = ask(Method::POST, &path(&id, "")).await;
        let gone = ask(Method::DELETE, &path(&id, &other.id)).await;
        let told = format!("{header}: {value}");
        assert_eq!((made.status, gone.status), (status[0], status[1]), "{told}: {}", gone.text);
        if status[2] != 409 {
            assert_eq!(ask(Method::POST, ROTATE).await.status, status[2], "{told}");
        }
    }
    assert_eq!(keys(&site).await, before);
    let cookie = ada.cookie.clone().expect("a cookie");
    let request = site.client.post(format!("{}{}", site.url, path(&id, "")));
    let by_cookie = Reply::of(request.header("cookie", cookie).json(&json!({}))).await;
    assert_eq!(by_cookie.status, 401, "no cookie counts here");
    let token = full_token(&mut ada).await;
    assert_eq!(bearer(&site, Method::POST, ROTATE, &token, &json!({})).await.status, 404);
    site.close().await;
}

/// AG12, promise P1: an agent's key puts another in its own place, once, and is dead at once; of
/// many at once one wins. The new one is the same agent's.
#[tokio::test]
async fn an_agents_key_replaces_itself_once_and_is_dead_at_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "one").await;
    let old = make(&mut ada, AGENT_KEYS, &id).await;
    assert!(is_live(&site, "agrenting", &old.secret).await);
    let replies = join_all((0..6).map(|_| rotate(&site, &old.secret))).await;
    let won: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(won.len(), 1);
    let lost = replies.iter().filter(|reply| matches!(reply.status, 401 | 409)).count();
    assert_eq!(lost, 5, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    let new = won[0].json()["data"]["key"].as_str().expect("a key").to_owned();
    assert!(!is_live(&site, "agrenting", &old.secret).await);
    assert_eq!(ask(&site, "agrenting", &new).await.json()["agent_id"], id.as_str());
    assert_eq!(rotate(&site, &old.secret).await.status, 401);
    let live = "SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL";
    assert_eq!(site.count(live).await, 1);
    site.close().await;
}

const REGISTER: &str = "/api/v1/agents/register";

/// AG22: with a user token an agent registers and gets its key in the same answer, this once; the
/// page names it as any other, and the token's end ends the key.
#[tokio::test]
async fn an_agent_registers_with_a_user_token_and_gets_its_key_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = full_token(&mut ada).await;
    let wanted = json!({ "name": "Invoice <b>bot</b>", "scopes": ["read"] });
    let made = bearer(&site, Method::POST, REGISTER, &token, &wanted).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let key = made.json()["data"].clone();
    let (id, secret) =
        (key["agent_id"].as_str().expect("an id"), key["key"].as_str().expect("a key"));
    assert!(id.starts_with("agt_") && secret.starts_with("agk_"), "{key}");
    let known = ask(&site, "agrenting", secret).await.json();
    assert_eq!((&known["agent_id"], &known["scope"]), (&id.into(), &"read".into()));
    let list = ada.get("/account/agents").await.text;
    assert!(list.contains(id) && list.contains("Invoice &#60;b&#62;bot"), "{list}");
    let event = format!(
        "SELECT COUNT(*) FROM event WHERE kind = 'agent.created' AND agent = '{id}' \
         AND cause LIKE 'key:key_%'"
    );
    assert_eq!(site.count(&event).await, 1, "the history says that a token did it");
    site.post_json("/leaked-keys", &json!({ "keys": [token] })).await;
    assert!(!is_live(&site, "agrenting", secret).await, "what a leaked token made ends with it");
    site.close().await;
}

/// AG22, P4, P7: an agent comes by a user token alone, with a name, within the token's reach and
/// the account's limit; whatever is refused leaves neither agent nor key.
#[tokio::test]
async fn no_agent_comes_without_its_key_and_none_by_anything_but_a_user_token() {
    let site = Site::open_with(&format!("{PROFILES}\n[limits]\nagents_per_account = 2\n")).await;
    let mut ada = site.person("ada@example.com").await;
    let id = agent(&mut ada, "billing-agent").await;
    let own = make(&mut ada, AGENT_KEYS, &id).await.secret;
    let narrow = [("scope", "read"), ("lifetime", "until_revoked")];
    let (full, narrow) = (full_token(&mut ada).await, user_token(&mut ada, &narrow).await.secret);
    let registered = site.agent().register_for("ada@example.com").await;
    let yes = [
        ("decision", "approve"),
        ("user_code", &registered.user_code()),
        ("scope", "read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&registered.link(), &yes).await.status, 303);
    let session = member(&site.agent().poll(&registered.claim_token).await, "access_token");
    let rows =
        "SELECT (SELECT COUNT(*) FROM account_agent) + 1000 * (SELECT COUNT(*) FROM api_key)";
    let before = site.count(rows).await;
    let named = json!({ "name": "another" });
    for (text, body, status) in [
        (&full, json!({}), 422),
        (&full, json!({ "name": "\u{202e}" }), 422),
        (&full, json!({ "name": "x".repeat(81) }), 422),
        (&full, json!({ "name": "x", "scopes": [] }), 422),
        (&narrow, json!({ "name": "x", "scopes": ["read", "write"] }), 403),
        (&session, named.clone(), 403),
        (&"ap_nothing".to_owned(), named.clone(), 401),
    ] {
        let refused = bearer(&site, Method::POST, REGISTER, text, &body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text);
        assert_eq!(site.count(rows).await, before, "{body}");
    }
    let by_key = site.client.post(format!("{}{REGISTER}", site.url)).header("x-api-key", &own);
    assert_eq!(Reply::of(by_key.json(&named)).await.status, 403);
    let all = (0..8).map(|_| bearer(&site, Method::POST, REGISTER, &full, &named));
    let statuses: Vec<u16> = join_all(all).await.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(site.count(rows).await, before + 1_001, "one agent, with one key");
    let full_house = bearer(&site, Method::POST, REGISTER, &full, &named).await;
    assert_eq!(full_house.status, 409, "{}", full_house.text);
    site.close().await;
}
