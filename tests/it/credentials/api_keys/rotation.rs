//! One key in the place of another.

use countersign::protocol::timestamp::Seconds;

use super::{PLAIN, ask, assert_dead, keys, live, make, press, shown, site};
use crate::pages::{at_once, with_status};

/// AG12, AA30: where the profile says so, the old key ends with the statement that makes the new.
#[tokio::test]
async fn an_atomic_rotation_leaves_one_good_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let old = make(&mut ada, "agentvista", &PLAIN).await;
    live(&ask(&site, &old.secret).await);
    let page = press(&mut ada, &old, "rotate").await;
    assert!(page.text.contains("The old key has ended"), "{}", page.text);
    let new = shown(&page);
    assert_ne!(new.secret, old.secret);
    assert_dead(&ask(&site, &old.secret).await);
    let known = live(&ask(&site, &new.secret).await);
    assert_eq!((&known["credential_id"], &known["scope"]), (&new.id.into(), &"read".into()));
    let history = ada.get(&format!("/account/keys/{}", old.id)).await.text;
    assert!(history.contains("You rotated the key") && history.contains("Replaced"));
    site.close().await;
}

/// AS14: where the profile says so, both are good for a day, and then the new one alone.
#[tokio::test]
async fn an_overlapping_rotation_leaves_time_to_change_programs_over() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let old = make(&mut ada, "agent-sentinel", &PLAIN).await;
    let page = press(&mut ada, &old, "rotate").await;
    assert!(page.text.contains("The old key goes on until"), "{}", page.text);
    let new = shown(&page);
    live(&ask(&site, &old.secret).await);
    live(&ask(&site, &new.secret).await);
    let page = ada.get(&format!("/account/keys/{}", old.id)).await.text;
    assert!(page.contains("Another key has taken its place") && !page.contains("/rotate\""));
    site.advance(Seconds::DAY);
    assert_dead(&ask(&site, &old.secret).await);
    live(&ask(&site, &new.secret).await);
    site.close().await;
}

/// Promise P1: of many that rotate one key at once, one gets another; the rest are told that it
/// has been done.
#[tokio::test]
async fn of_many_rotations_at_once_one_succeeds() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let old = make(&mut ada, "agentvista", &PLAIN).await;
    let path = format!("/account/keys/{}/rotate", old.id);
    let page = format!("/account/keys/{}", old.id);
    let replies = at_once(&site, &mut ada, &page, &path, vec![Vec::new(); 12]).await;
    assert_eq!(with_status(&replies, 200), 1);
    let others = with_status(&replies, 409) + with_status(&replies, 503);
    assert_eq!(others, 11);
    assert_eq!(keys(&site).await[0], 2);
    assert_eq!(site.count("SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL").await, 1);
    site.close().await;
}

/// What has been revoked is not brought back by rotating it, nor is what was rotated before.
#[tokio::test]
async fn what_is_over_is_not_rotated() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    assert_eq!(press(&mut ada, &key, "revoke").await.status, 303);
    let before = keys(&site).await;
    let path = format!("/account/keys/{}/rotate", key.id);
    assert_eq!(ada.post_from("/", &path, &[]).await.status, 409);
    assert_eq!(keys(&site).await, before);
    site.close().await;
}
