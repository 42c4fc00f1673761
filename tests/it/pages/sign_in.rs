//! Signing in and out: guesses, cookies, and what a stranger may learn.

use std::time::{Duration, Instant};

use countersign::flow::account::{self, NewPerson};
use countersign::protocol::timestamp::Seconds;

use super::{at_once, browser, counted, with_status};
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;
use crate::support::{PASSWORD, Site};

fn guesses(email: &str, count: usize) -> Vec<Vec<(&'static str, String)>> {
    let guess = |n| vec![("email", email.to_owned()), ("password", format!("guess number {n}"))];
    (0..count).map(guess).collect()
}

/// Design decision 9, case 277: the limit is exact under parallel guessing, outlives a
/// restart, stops the right password too, and touches nobody else.
#[tokio::test]
async fn ten_of_a_hundred_parallel_guesses_are_looked_at_and_a_restart_forgets_none() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    let mut signed_in_before = Person::new(&site, "ada@example.com");
    assert_eq!(signed_in_before.sign_in().await.status, 303);
    let guesses = guesses("ada@example.com", 100);
    let replies = at_once(&site, &mut ada, "/sign-in", "/sign-in", guesses).await;
    assert_eq!((with_status(&replies, 401), with_status(&replies, 429)), (10, 90));
    assert_eq!(counted(&site, "sign_in:account:").await, 10);
    let limited = replies.iter().find(|reply| reply.status == 429).expect("one is limited");
    assert_eq!(limited.header("retry-after"), Some("3600"));
    assert!(limited.text.contains("Too many tries"), "{}", limited.text);
    assert_eq!(ada.sign_in().await.status, 429, "the right password is not looked at either");

    let (cookie, bob) = (signed_in_before.cookie.clone(), site.person("bob@example.com").await);
    assert!(bob.cookie.is_some(), "other accounts are unaffected");
    let site = site.restart().await;
    let mut ada = Person::new(&site, "ada@example.com");
    assert_eq!(ada.sign_in().await.status, 429, "a restart forgets no guess");
    let mut signed_in_before = browser(&site, "ada@example.com", cookie);
    assert_eq!(signed_in_before.get("/account/sessions").await.status, 200);
    site.advance(Seconds::HOUR);
    assert_eq!(ada.sign_in().await.status, 303, "the next hour is a new window");
    site.close().await;
}

/// Design decision 9: one address that tries many accounts is limited across them.
#[tokio::test]
async fn an_address_that_sprays_many_accounts_is_limited_across_them() {
    let site = Site::open_with("[limits]\nsign_in_failures_per_address_per_hour = 7").await;
    let mut ada = site.add_person("ada@example.com").await;
    let bodies = (0..20).flat_map(|n| guesses(&format!("person{n}@example.com"), 1)).collect();
    let mut sprayer = Person::new(&site, "nobody@example.com");
    let replies = at_once(&site, &mut sprayer, "/sign-in", "/sign-in", bodies).await;
    assert_eq!((with_status(&replies, 401), with_status(&replies, 429)), (7, 13));
    assert_eq!(counted(&site, "sign_in:address:").await, 7);
    assert_eq!(ada.sign_in().await.status, 429);
    site.close().await;
}

/// A person who signs in often is no attacker.
#[tokio::test]
async fn a_right_password_takes_its_own_count_back_and_no_other() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    for _ in 0..3 {
        assert_eq!(ada.sign_in_with("not the password").await.status, 401);
    }
    for _ in 0..12 {
        ada.cookie = None;
        assert_eq!(ada.sign_in().await.status, 303);
    }
    assert_eq!(counted(&site, "sign_in:account:").await, 3, "guesses stay counted");
    assert_eq!(counted(&site, "sign_in:address:").await, 3);
    site.close().await;
}

/// Case 149: who has an account is not said, in words or status.
#[tokio::test]
async fn an_unknown_address_is_answered_in_the_words_of_a_wrong_password() {
    let site = Site::open().await;
    site.add_person("ada@example.com").await;
    let linked = NewPerson { name: "", email: "eve@example.com", password: "" };
    account::add(&site.app, &linked, false, site.clock.now()).await.expect("added");
    let mut answers = Vec::new();
    for email in ["ada@example.com", "bob@example.com", "eve@example.com"] {
        let mut person = Person::new(&site, email);
        let reply = person.sign_in_with("not the password").await;
        let token = form_token(&reply);
        let text = reply.text.replace(&token, "TOKEN").replace(email, "ADDRESS");
        answers.push((reply.status, text));
    }
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0], answers[1], "nobody has the address");
    assert_eq!(answers[0], answers[2], "the account has no password yet");
    site.close().await;
}

/// Case 149: one password is hashed whether or not anybody has the address. The fastest tries
/// are compared, and as many are made as a busy machine needs to show its best.
#[tokio::test]
async fn an_unknown_address_costs_as_much_work_as_a_wrong_password() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    let mut nobody = Person::new(&site, "bob@example.com");
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for tried in 1..=40 {
        known = known.min(time_of_guess(&site, &mut ada).await);
        unknown = unknown.min(time_of_guess(&site, &mut nobody).await);
        if tried >= 6 && unknown * 2 > known && known * 2 > unknown {
            break;
        }
        // Guesses are limited by the hour.
        site.clock.advance(Seconds::HOUR);
    }
    assert!(unknown * 2 > known, "unknown took {unknown:?}, known {known:?}");
    assert!(known * 2 > unknown, "unknown took {unknown:?}, known {known:?}");
    site.close().await;
}

async fn time_of_guess(site: &Site, person: &mut Person) -> Duration {
    let token = form_token(&person.get("/sign-in").await);
    let email = person.email.clone();
    let fields = [("email", email.as_str()), ("password", "not the password"), ("csrf", &token)];
    let cookie = person.cookie.clone().expect("a cookie");
    let request = site.client.post(format!("{}/sign-in", site.url)).header("cookie", cookie);
    let began = Instant::now();
    let reply = Reply::of(request.form(&fields)).await;
    assert_eq!(reply.status, 401);
    began.elapsed()
}

/// Case 082: a cookie planted before sign-in never becomes a signed-in one.
#[tokio::test]
async fn a_planted_cookie_stays_anonymous_after_its_victim_signs_in() {
    let site = Site::open().await;
    let mut attacker = Person::new(&site, "mallory@example.com");
    attacker.get("/sign-in").await;
    let planted = attacker.cookie.clone().expect("a cookie");
    let mut ada = site.add_person("ada@example.com").await;
    ada.cookie = Some(planted.clone());
    assert_eq!(ada.sign_in().await.status, 303);
    let signed_in = ada.cookie.clone().expect("a cookie");
    assert_ne!(signed_in, planted);
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    attacker.cookie = Some(planted);
    assert_eq!(attacker.get("/account/sessions").await.status, 303, "still anonymous");
    site.close().await;
}

/// Case 082: signing in again in the same browser ends what its cookie was worth before.
#[tokio::test]
async fn a_second_sign_in_kills_the_cookie_of_the_first() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    site.add_person("bob@example.com").await;
    let first = ada.cookie.clone();
    let token = form_token(&ada.get("/account/sessions").await);
    let fields = [("email", "bob@example.com"), ("password", PASSWORD), ("csrf", token.as_str())];
    assert_eq!(ada.post_raw("/sign-in", &fields).await.status, 303);
    assert_ne!(ada.cookie, first);
    let mut thief = browser(&site, "mallory@example.com", first);
    assert_eq!(thief.get("/account/sessions").await.status, 303, "the old value is anonymous");
    assert_eq!(site.count("SELECT COUNT(*) FROM browser_session").await, 1);
    site.close().await;
}

/// Signing out ends the session on the server, so a copied cookie is worth nothing.
#[tokio::test]
async fn signing_out_kills_the_cookie_on_the_server_and_no_other() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut elsewhere = Person::new(&site, "ada@example.com");
    assert_eq!(elsewhere.sign_in().await.status, 303);
    let copied = ada.cookie.clone();
    let reply = ada.post_from("/account/sessions", "/sign-out", &[]).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/sign-in")));
    let mut thief = browser(&site, "mallory@example.com", copied);
    assert_eq!(thief.get("/account/sessions").await.status, 303);
    assert_eq!(elsewhere.get("/account/sessions").await.status, 200, "another browser stays");
    site.close().await;
}

/// A signed-in browser is one for a day and not a second longer.
#[tokio::test]
async fn a_browser_is_signed_out_the_second_its_day_is_over() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    site.advance(Seconds(86_399));
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    site.advance(Seconds(1));
    assert_eq!(ada.get("/account/sessions").await.status, 303);
    site.close().await;
}

/// pages.md "sign-in": one form, one e-mail field, exactly one password field, `autocomplete`.
#[tokio::test]
async fn the_sign_in_form_is_one_a_password_manager_understands() {
    let site = Site::open().await;
    let page = Person::new(&site, "ada@example.com").get("/sign-in").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.text.matches("<form").count(), 1);
    assert_eq!(page.text.matches("type=\"password\"").count(), 1);
    assert_eq!(page.text.matches("type=\"email\"").count(), 1);
    assert!(page.text.contains("autocomplete=\"current-password\""));
    assert!(page.text.contains("autocomplete=\"username\""), "{}", page.text);
    site.close().await;
}
