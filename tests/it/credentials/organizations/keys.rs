//! Keys that are an organization's: who makes, sees and ends them, and that they outlast people.

use std::time::{Duration, Instant};

use countersign::flow::organization;
use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PAGE, account, ask, fill, found, is_live, let_in, make, member, shown, site};
use crate::pages::state;
use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;
use crate::support::rounds;

const ROUTE: &str = "/api/keys";

/// The token that the browser of this person hands out.
async fn token(person: &mut Person) -> String {
    let page = "/account/tokens";
    let shown = person.post_from(page, page, &[("profile", "agentvista")]).await;
    between(&shown.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a token").to_owned()
}

async fn send(site: &Site, method: Method, path: &str, (token, body): (&str, Value)) -> Reply {
    let request = site.client.request(method, format!("{}{path}", site.url)).bearer_auth(token);
    let request = if body.is_null() { request } else { request.json(&body) };
    Reply::of(request).await
}

async fn listed(site: &Site, token: &str, query: &str) -> Vec<String> {
    let list = send(site, Method::GET, &format!("{ROUTE}{query}"), (token, Value::Null)).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let list = list.json();
    let keys = list.as_array().or_else(|| list["results"].as_array());
    let keys = keys.unwrap_or_else(|| panic!("{list}"));
    keys.iter().map(|key| key["id"].as_str().expect("an id").to_owned()).collect()
}

/// AV16: what is an organization's says so to the API, is seen by all who belong, changed by those
/// who may, and stays when whoever made it goes.
#[tokio::test]
async fn an_organizations_key_is_nobodys_own_and_outlasts_whoever_made_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let mut cleo = site.person("cleo@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let_in(&site, &mut ada, &slug, &mut ben, "administrator").await;
    let_in(&site, &mut ada, &slug, &mut cleo, "member").await;
    let key = make(&mut ben, &slug).await;
    let own = make(&mut ben, "").await;
    let known = ask(&site, &key.secret).await.json();
    let organization = known["owner"].as_str().expect("an owner").to_owned();
    assert!(organization.starts_with("org_"), "{known}");
    assert_eq!(known["sub"], known["owner"]);
    assert_ne!(ask(&site, &own.secret).await.json()["sub"], known["sub"]);

    let list = |slug: &str| format!("/account/keys?organization={slug}");
    for person in [&mut ada, &mut ben, &mut cleo] {
        let text = person.get(&list(&slug)).await.text;
        assert!(text.contains(&key.id) && !text.contains(&own.id), "{}", person.email);
        assert!(!person.get("/account/keys").await.text.contains(&key.id));
    }
    let page = format!("/account/keys/{}", key.id);
    let seen = cleo.get(&page).await;
    assert!(
        seen.status == 200
            && seen.text.contains("It belongs to")
            && !seen.text.contains("/revoke\"")
    );
    let before = state(&site).await;
    for does in ["rotate", "revoke"] {
        let refused = cleo.post_from("/account/keys", &format!("{page}/{does}"), &[]).await;
        assert_eq!(refused.status, 403, "{does}");
    }
    assert_eq!(fill(&mut cleo, &slug).await.status, 403);
    assert_eq!(state(&site).await, before);

    let ben_id = account(&site, "ben@example.com").await;
    assert_eq!(member(&mut ben, &slug, (&ben_id, "remove"), &[]).await.status, 303);
    assert!(is_live(&site, &key.secret).await, "it is not his");
    assert_eq!(ben.get(&page).await.status, 404);
    assert_eq!(ben.get(&list(&slug)).await.status, 404);
    assert_eq!(fill(&mut ben, &slug).await.status, 404);
    assert_eq!(ben.post_from("/account/keys", &format!("{page}/revoke"), &[]).await.status, 404);
    let rotated = shown(&ada.post_from(&page, &format!("{page}/rotate"), &[]).await);
    assert!(!is_live(&site, &key.secret).await);
    assert_eq!(ask(&site, &rotated.secret).await.json()["owner"], organization.as_str());
    site.close().await;
}

/// AV15, AV16: a program names the organization by its slug, and the routes say no more to it than
/// the pages to its person.
#[tokio::test]
async fn programs_make_and_list_an_organizations_keys_as_their_person_may() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut cleo = site.person("cleo@example.com").await;
    let mut eve = site.person("eve@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let_in(&site, &mut ada, &slug, &mut cleo, "member").await;
    let (ada, cleo, eve) = (token(&mut ada).await, token(&mut cleo).await, token(&mut eve).await);
    let wanted = json!({ "name": "Reporter", "scopes": ["read"], "org_slug": slug });
    let made = send(&site, Method::POST, ROUTE, (&ada, wanted.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let (id, key) = (made.json()["id"].clone(), made.json()["key"].clone());
    let (id, key) = (id.as_str().expect("an id"), key.as_str().expect("a key"));
    assert!(
        ask(&site, key).await.json()["owner"].as_str().is_some_and(|own| own.starts_with("org_"))
    );
    let before = state(&site).await;
    for (token, body, status) in [
        (&cleo, wanted.clone(), 403),
        (&eve, wanted.clone(), 422),
        (&ada, json!({ "scopes": ["read"], "org_slug": "none" }), 422),
        (&ada, json!({ "scopes": ["read"], "org_slug": "../acme" }), 422),
    ] {
        let refused = send(&site, Method::POST, ROUTE, (token, body)).await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert!(status == 403 || refused.text.contains("org_slug"), "{}", refused.text);
    }
    let of = format!("?org_slug={slug}");
    for (token, query, expected) in [(&ada, "", 0), (&ada, of.as_str(), 1), (&cleo, &of, 1)] {
        assert_eq!(listed(&site, token, query).await.len(), expected, "{query}");
    }
    let refused = send(&site, Method::GET, &format!("{ROUTE}{of}"), (&eve, Value::Null)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let path = format!("{ROUTE}/{id}");
    for (token, status) in [(&cleo, 403), (&eve, 404)] {
        let refused = send(&site, Method::DELETE, &path, (token, Value::Null)).await;
        assert_eq!(refused.status, status, "{}", refused.text);
    }
    assert_eq!(state(&site).await, before);
    assert!(send(&site, Method::DELETE, &path, (&ada, Value::Null)).await.status < 300);
    assert!(!is_live(&site, key).await);
    site.close().await;
}

/// AV09, AV16: a key manages those of its owner, and an organization and whoever made its keys are
/// two owners.
#[tokio::test]
async fn a_key_sees_the_keys_of_its_owner_and_of_nobody_else() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (one, two) = (found(&mut ada, "One").await, found(&mut ada, "Two").await);
    let own = make(&mut ada, "").await;
    let first = make(&mut ada, &one).await;
    let second = make(&mut ada, &one).await;
    let other = make(&mut ada, &two).await;
    let mut seen = listed(&site, &first.secret, "").await;
    seen.sort();
    let mut expected = vec![first.id.clone(), second.id.clone()];
    expected.sort();
    assert_eq!(seen, expected);
    assert_eq!(listed(&site, &first.secret, &format!("?org_slug={one}")).await.len(), 2);
    assert_eq!(listed(&site, &own.secret, "").await, std::slice::from_ref(&own.id));
    for (key, query) in [(&first, &two), (&own, &one)] {
        let path = format!("{ROUTE}?org_slug={query}");
        let refused = send(&site, Method::GET, &path, (&key.secret, Value::Null)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    }
    let before = state(&site).await;
    for (key, target) in [(&own, &first), (&first, &own), (&first, &other)] {
        let path = format!("{ROUTE}/{}", target.id);
        let refused = send(&site, Method::DELETE, &path, (&key.secret, Value::Null)).await;
        assert_eq!(refused.status, 404, "{}", refused.text);
    }
    let wanted = json!({ "scopes": ["read"], "org_slug": one });
    let refused = send(&site, Method::POST, ROUTE, (&first.secret, wanted)).await;
    assert_eq!(refused.status, 403, "no key makes another: {}", refused.text);
    assert_eq!(state(&site).await, before);
    let path = format!("{ROUTE}/{}", second.id);
    assert!(send(&site, Method::DELETE, &path, (&first.secret, Value::Null)).await.status < 300);
    assert!(!is_live(&site, &second.secret).await);
    site.close().await;
}

/// AV16, P2: with the organization its keys go, on the next request, on every node; and a key that
/// somebody makes at that moment goes too, or was never made.
#[tokio::test]
async fn an_organization_that_is_dissolved_takes_its_keys_with_it() {
    let site = site().await;
    let second = site.second_node().await;
    let mut ada = site.person("ada@example.com").await;
    for round in 0..rounds(4) {
        let slug = found(&mut ada, &format!("Acme {round}")).await;
        let own = make(&mut ada, "").await;
        let key = make(&mut ada, &slug).await;
        assert!(is_live(&site, &key.secret).await && is_live(&second, &key.secret).await);
        let page = format!("{PAGE}/{slug}");
        let mut other = Person::new(&site, "ada@example.com");
        other.cookie.clone_from(&ada.cookie);
        let path = format!("{page}/dissolve");
        let both = join(ada.post_from(&page, &path, &[]), fill(&mut other, &slug));
        let (gone, made) = both.await;
        assert_eq!(gone.status, 303, "{}", gone.text);
        assert!(!is_live(&site, &key.secret).await && is_live(&site, &own.secret).await);
        if made.status == 200 {
            assert!(!is_live(&site, &shown(&made).secret).await, "it went with the others");
        }
        let limit = Instant::now() + Duration::from_secs(10);
        while is_live(&second, &key.secret).await {
            assert!(Instant::now() < limit, "it is still believed");
        }
        assert_eq!(ada.get(&page).await.status, 404);
    }
    let sql = "SELECT COUNT(*) FROM api_key WHERE organization_id IS NOT NULL AND ended_at IS NULL";
    assert_eq!(site.count(sql).await, 0);
    second.close().await;
    site.close().await;
}

/// AV16: whoever is sent away while they make a key has made it before, or not at all.
#[tokio::test]
async fn somebody_who_was_sent_away_makes_no_key_any_more() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let ben_id = account(&site, "ben@example.com").await;
    for _ in 0..rounds(4) {
        let_in(&site, &mut ada, &slug, &mut ben, "administrator").await;
        let both = join(member(&mut ada, &slug, (&ben_id, "remove"), &[]), fill(&mut ben, &slug));
        let (gone, made) = both.await;
        assert_eq!(gone.status, 303, "{}", gone.text);
        assert!([200, 403, 404].contains(&made.status), "{} {}", made.status, made.text);
        let before = state(&site).await;
        assert_eq!(fill(&mut ben, &slug).await.status, 404);
        assert_eq!(state(&site).await, before);
    }
    site.close().await;
}

/// AA33, AV16: an organization has a plan of its own, and uses up nobody's.
#[tokio::test]
async fn an_organization_has_a_rate_of_its_own() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let (own, key) = (make(&mut ada, "").await, make(&mut ada, &slug).await);
    let asked = |text: String| {
        let request = site.client.get(format!("{}/forward-auth", site.url));
        let request = request.header("countersign-proxy", "Basic dmlzdGE6dmlzdGEtc2VjcmV0LTAwMDE=");
        Reply::of(request.bearer_auth(text))
    };
    for expected in [200, 200, 429] {
        assert_eq!(asked(own.secret.clone()).await.status, expected);
    }
    for expected in [200, 200, 429] {
        assert_eq!(asked(key.secret.clone()).await.status, expected);
    }
    let now = site.clock.now();
    let plan = organization::assign_plan(&site.app, &slug, "pro", now).await;
    plan.expect("assigned");
    let fresh = make(&mut ada, &slug).await;
    assert_eq!(asked(fresh.secret).await.status, 200, "another plan, another rate");
    let fresh = make(&mut ada, "").await;
    assert_eq!(asked(fresh.secret).await.status, 429, "her own is as it was");
    site.close().await;
}

/// Only what the settings say is ever an organization's.
#[tokio::test]
async fn keys_of_a_kind_that_no_organization_owns_are_made_for_none() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let before = state(&site).await;
    let page = "/account/keys/new/agent-sentinel";
    let fields = [
        ("name", "Nightly"),
        ("scope", "read"),
        ("lifetime", "until_revoked"),
        ("organization", slug.as_str()),
    ];
    assert_eq!(ada.post_from(page, page, &fields).await.status, 404);
    assert_eq!(state(&site).await, before);
    site.close().await;
}
