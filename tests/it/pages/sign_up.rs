//! Signing up: who may, with which address, and what an unverified address is worth.

use super::{counted, is_approval, state};
use crate::support::Site;
use crate::support::person::{Person, form_token};

fn fields<'a>(email: &'a str, password: &'a str) -> [(&'static str, &'a str); 3] {
    [("name", "Ada"), ("email", email), ("password", password)]
}

/// Design decision 17: nobody squats on an address and answers its `login_hint`.
#[tokio::test]
async fn an_address_that_was_only_signed_up_answers_no_login_hint() {
    let site = Site::open().await;
    let mut squatter = Person::new(&site, "ada@example.com");
    let entered = fields("ada@example.com", "a password of mine");
    let reply = squatter.post_from("/sign-up", "/sign-up", &entered).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account/sessions")));
    assert_eq!(squatter.get("/account/sessions").await.status, 200);
    let registered = site.agent().register_for("ada@example.com").await;
    let refused = squatter.get(&registered.link()).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("Test agent"));
    let token = form_token(&refused);
    let code = registered.user_code();
    let answer = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("csrf", token.as_str()),
    ];
    assert_eq!(squatter.post_raw(&registered.link(), &answer).await.status, 403);
    assert!(is_approval(&site, &registered.id, "waiting").await);
    site.close().await;
}

/// contracts/operator.md: `sign_up = "closed"` means only whom the operator adds.
#[tokio::test]
async fn a_closed_server_makes_no_account_for_a_stranger() {
    let site = Site::open_with("[accounts]\nsign_up = \"closed\"").await;
    let mut stranger = Person::new(&site, "ada@example.com");
    assert_eq!(stranger.get("/sign-up").await.status, 403);
    let sign_in = stranger.get("/sign-in").await;
    assert!(!sign_in.text.contains("/sign-up"), "nothing leads there");
    let token = form_token(&sign_in);
    let mut entered = fields("ada@example.com", "a password of mine").to_vec();
    entered.push(("csrf", &token));
    assert_eq!(stranger.post_raw("/sign-up", &entered).await.status, 403);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 0);
    site.close().await;
}

/// WCAG 3.3.1, 3.3.7: what was typed stays, what is wrong stands at its field, and the
/// password is never sent back.
#[tokio::test]
async fn a_form_with_a_mistake_comes_back_with_what_was_typed_but_no_password() {
    let site = Site::open().await;
    site.add_person("taken@example.com").await;
    let before = state(&site).await;
    let cases = [
        ("ada@example.com", "pw12xyz", "Too short"),
        ("ada@example.com", "ada@example.com", "This password is easy to guess"),
        ("no address", "a password of mine", "Write an e-mail address"),
        ("taken@example.com", "a password of mine", "This address cannot be used"),
        ("TAKEN@example.com", "a password of mine", "This address cannot be used"),
    ];
    for (email, password, sentence) in cases {
        let mut person = Person::new(&site, email);
        let reply = person.post_from("/sign-up", "/sign-up", &fields(email, password)).await;
        assert_eq!(reply.status, 422, "{email}");
        assert!(reply.text.contains(sentence), "{sentence}: {}", reply.text);
        assert!(reply.text.contains("aria-invalid=\"true\""));
        assert!(reply.text.contains(&format!("value=\"{email}\"")), "{email} is kept");
        assert!(reply.text.contains("value=\"Ada\""), "the name is kept");
        if password != email {
            assert!(!reply.text.contains(password), "the password is not sent back");
        }
        assert!(reply.header("set-cookie").is_none());
    }
    let long = "x".repeat(257);
    let mut person = Person::new(&site, "ada@example.com");
    let reply = person.post_from("/sign-up", "/sign-up", &fields("ada@example.com", &long)).await;
    assert!(reply.status == 422 && reply.text.contains("Too long"));
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// Case 277: accounts from one address are limited, exactly, and a taken address or a bad
/// password uses none of them up.
#[tokio::test]
async fn sign_ups_from_one_address_are_limited_exactly() {
    let site = Site::open_with("[limits]\nsign_ups_per_address_per_hour = 3").await;
    let mut statuses = Vec::new();
    for n in 0..5 {
        let email = format!("person{n}@example.com");
        let mut person = Person::new(&site, &email);
        let entered = fields(&email, "a password of mine");
        let reply = person.post_from("/sign-up", "/sign-up", &entered).await;
        statuses.push(reply.status);
        if reply.status == 429 {
            assert_eq!(reply.header("retry-after"), Some("3600"));
        }
    }
    assert_eq!(statuses, [303, 303, 303, 429, 429]);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 3);
    assert_eq!(counted(&site, "sign_up:").await, 3);
    site.close().await;
}

/// Case 017: extra members of a sign-up choose nothing that the server chooses.
#[tokio::test]
async fn extra_fields_make_nobody_an_administrator_or_verified() {
    let site = Site::open().await;
    let mut person = Person::new(&site, "ada@example.com");
    let mut entered = fields("ada@example.com", "a password of mine").to_vec();
    entered.extend([
        ("administrator", "true"),
        ("email_verified_at", "1"),
        ("id", "acc_mine"),
        ("user_id", "acc_mine"),
        ("sub", "acc_mine"),
        ("revision", "7"),
        ("status", "claimed"),
        ("trusted", "1"),
    ]);
    assert_eq!(person.post_from("/sign-up", "/sign-up", &entered).await.status, 303);
    let sql = "SELECT COUNT(*) FROM account WHERE NOT administrator \
               AND email_verified_at IS NULL AND id <> 'acc_mine' AND created_at = 1800000000";
    assert_eq!(site.count(sql).await, 1);
    site.close().await;
}
