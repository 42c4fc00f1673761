//! One-time links: the first account, a first password, a way back in.

use countersign::flow::account::{self, NewPerson};
use countersign::flow::link;
use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::{state, with_status};
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;
use crate::support::{PASSWORD, Site};

const NEW: &str = "a new password of mine";

async fn first_link(site: &Site) -> String {
    let offered = link::first_account_link(&site.app, site.clock.now()).await.expect("an answer");
    format!("/welcome/{}", offered.expect("a link").reveal())
}

async fn link_for(site: &Site, email: &str) -> String {
    let person = NewPerson { name: "", email, password: "" };
    let link = account::add(&site.app, &person, false, site.clock.now()).await.expect("added");
    format!("/welcome/{}", link.expect("a link").reveal())
}

async fn reset_link(site: &Site, email: &str) -> String {
    let link = link::reset(&site.app, email, site.clock.now()).await.expect("a link");
    format!("/welcome/{}", link.reveal())
}

const FIRST: [(&str, &str); 3] = [("name", "Ada"), ("email", "ada@example.com"), ("password", NEW)];

/// contracts/operator.md: the link that makes the first account works once, also when two
/// browsers race for it, and makes a verified administrator.
#[tokio::test]
async fn the_first_account_link_makes_one_account_however_many_race() {
    let site = Site::open().await;
    let link = first_link(&site).await;
    let mut racers = Vec::new();
    for n in 0..8 {
        let email = format!("racer{n}@example.com");
        let mut person = Person::new(&site, &email);
        let token = form_token(&person.get(&link).await);
        racers.push((person, email, token));
    }
    let requests = racers.into_iter().map(|(person, email, token)| {
        let fields = [("email", email), ("password", NEW.to_owned()), ("csrf", token)];
        let request = site.client.post(format!("{}{link}", site.url));
        let request = request.header("cookie", person.cookie.expect("a cookie"));
        async move { Reply::of(request.form(&fields)).await }
    });
    let replies = join_all(requests).await;
    assert_eq!((with_status(&replies, 303), with_status(&replies, 410)), (1, 7));
    let sql = "SELECT COUNT(*) FROM account";
    assert_eq!(site.count(sql).await, 1);
    let sql = format!("{sql} WHERE administrator AND email_verified_at IS NOT NULL");
    assert_eq!(site.count(&sql).await, 1);
    assert_eq!(site.get(&link).await.status, 410, "a used link says so");
    let again = link::first_account_link(&site.app, site.clock.now()).await.expect("an answer");
    assert!(again.is_none(), "there is an account now");
    site.close().await;
}

/// A start prints a fresh link; the one in an old terminal is withdrawn.
#[tokio::test]
async fn a_second_first_account_link_withdraws_the_first() {
    let site = Site::open().await;
    let (old, new) = (first_link(&site).await, first_link(&site).await);
    assert_eq!(site.get(&old).await.status, 410);
    let mut ada = Person::new(&site, "ada@example.com");
    assert_eq!(ada.post_from(&new, &new, &FIRST).await.status, 303);
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    site.close().await;
}

/// An account made meanwhile, by the operator, closes the door that was left open.
#[tokio::test]
async fn the_first_account_link_dies_when_somebody_has_an_account() {
    let site = Site::open().await;
    let link = first_link(&site).await;
    let mut mallory = Person::new(&site, "mallory@example.com");
    let token = form_token(&mallory.get(&link).await);
    site.add_person("bob@example.com").await;
    let mut fields = FIRST.to_vec();
    fields.push(("csrf", &token));
    assert_eq!(mallory.post_raw(&link, &fields).await.status, 410);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 1);
    site.close().await;
}

/// Link scanners and previews look first: looking uses nothing up, nor does a mistake.
#[tokio::test]
async fn looking_at_a_link_or_failing_to_fill_it_in_does_not_use_it_up() {
    let site = Site::open().await;
    let link = link_for(&site, "ada@example.com").await;
    let before = state(&site).await;
    for _ in 0..10 {
        assert_eq!(site.get(&link).await.status, 200);
        let head = site.client.head(format!("{}{link}", site.url));
        assert_eq!(Reply::of(head).await.status, 200);
    }
    let mut ada = Person::new(&site, "ada@example.com");
    let short = ada.post_from(&link, &link, &[("password", "short")]).await;
    assert_eq!(short.status, 422);
    assert!(short.text.contains("Too short") && short.text.contains("ada@example.com"));
    assert_eq!(state(&site).await, before);
    assert_eq!(ada.post_from(&link, &link, &[("password", NEW)]).await.status, 303);
    assert_eq!(ada.get("/account/sessions").await.status, 200, "and signed in");
    let gone = ada.get(&link).await;
    assert_eq!(gone.status, 410);
    assert!(gone.text.contains("used or has expired"));
    site.close().await;
}

/// `account reset`: every browser is out at once, the old password dies with the link's use,
/// and an extra field cannot move the link to another account.
#[tokio::test]
async fn a_reset_signs_every_browser_out_and_replaces_the_password() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    site.add_person("bob@example.com").await;
    let link = reset_link(&site, "ada@example.com").await;
    assert_eq!(ada.get("/account/sessions").await.status, 303, "signed out by the reset");
    let mut elsewhere = Person::new(&site, "ada@example.com");
    assert_eq!(elsewhere.sign_in().await.status, 303, "the old password lasts until then");
    let fields = [("password", NEW), ("email", "bob@example.com"), ("account_id", "acc_x")];
    assert_eq!(ada.post_from(&link, &link, &fields).await.status, 303);
    assert_eq!(elsewhere.get("/account/sessions").await.status, 303, "and signed out by it");
    let mut again = Person::new(&site, "ada@example.com");
    assert_eq!(again.sign_in_with(PASSWORD).await.status, 401);
    assert_eq!(again.sign_in_with(NEW).await.status, 303);
    let mut bob = Person::new(&site, "bob@example.com");
    assert_eq!(bob.sign_in_with(PASSWORD).await.status, 303, "nobody else's has changed");
    site.close().await;
}

/// A link waits a day and not a second longer; an unknown one is answered alike.
#[tokio::test]
async fn a_link_is_over_the_second_its_day_is() {
    let site = Site::open().await;
    let link = link_for(&site, "ada@example.com").await;
    let mut ada = Person::new(&site, "ada@example.com");
    site.advance(Seconds(86_399));
    let token = form_token(&ada.get(&link).await);
    site.advance(Seconds(1));
    let over = ada.get(&link).await;
    assert_eq!(over.status, 410);
    let fields = [("password", NEW), ("csrf", token.as_str())];
    assert_eq!(ada.post_raw(&link, &fields).await.status, 410);
    for unknown in ["otl_", "x", "otl_00000000000000000000000000000000000000", "aas_x"] {
        let reply = ada.get(&format!("/welcome/{unknown}")).await;
        assert_eq!((reply.status, &reply.text), (410, &over.text), "{unknown}");
    }
    site.close().await;
}

/// A link that went astray is made worthless by asking for another.
#[tokio::test]
async fn a_reset_withdraws_every_link_handed_out_before() {
    let site = Site::open().await;
    let added = link_for(&site, "ada@example.com").await;
    let others = link_for(&site, "bob@example.com").await;
    let first = reset_link(&site, "ada@example.com").await;
    let second = reset_link(&site, "ada@example.com").await;
    let mut ada = Person::new(&site, "ada@example.com");
    for old in [&added, &first] {
        assert_eq!(ada.get(old).await.status, 410);
        let reply = ada.post_from("/sign-in", old, &[("password", NEW)]).await;
        assert_eq!(reply.status, 410);
    }
    assert_eq!(ada.get(&others).await.status, 200, "other people's stay");
    assert_eq!(ada.post_from(&second, &second, &[("password", NEW)]).await.status, 303);
    site.close().await;
}
