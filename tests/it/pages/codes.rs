//! Codes people carry, and everybody who guesses them.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::{at_once, counted, is_approval, state, with_status};
use crate::support::Site;
use crate::support::agent::{member, path_of};
use crate::support::person::{Person, another_code};

fn guess(code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("decision", "approve".to_owned()),
        ("scope", "demo:read".to_owned()),
        ("lifetime", "8h".to_owned()),
        ("user_code", code.to_owned()),
    ]
}

/// Case 058, sequentially: the page counts down, the fifth ends the attempt, the right code
/// is refused, both sides are told, and a restart changes nothing.
#[tokio::test]
async fn five_wrong_codes_end_an_attempt_and_both_sides_are_told() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let (link, right) = (registered.link(), registered.user_code());
    let wrong = another_code(&right);
    let tries = ["4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"];
    for left in tries {
        let reply = ada.approve_code(&link, &wrong).await;
        assert_eq!(reply.status, 422);
        assert!(reply.text.contains(left), "{left}: {}", reply.text);
        assert!(reply.text.contains("aria-invalid=\"true\""), "the error stands at the field");
    }
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    let last = ada.approve_code(&link, "no code at all").await;
    assert_eq!(last.status, 410, "what cannot be a code spends a try too");
    assert!(last.text.contains("Closed after five wrong codes"));
    assert_eq!(counted(&site, "code:account:").await, 5);

    let site = site.restart().await;
    let cookie = ada.cookie.clone();
    let mut ada = super::browser(&site, "ada@example.com", cookie);
    let page = ada.get(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("Closed after five wrong codes"));
    let token = crate::support::person::form_token(&page);
    let fields = [
        ("decision", "approve"),
        ("user_code", right.as_str()),
        ("scope", "demo:read"),
        ("csrf", token.as_str()),
    ];
    let refused = ada.post_raw(&link, &fields).await;
    assert_eq!(refused.status, 410);
    assert!(refused.text.contains("Closed after five wrong codes"));
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    site.agent().poll(&registered.claim_token).await.assert_error(400, "expired_token");
    let complete = site.agent().complete(&registered.claim_token, &right).await;
    assert_eq!(complete.status, 410, "{}", complete.text);
    let renewed = site.agent().start_claim(&registered.claim_token, "ada@example.com").await;
    assert_eq!(renewed.status, 200, "the agent may ask again: {}", renewed.text);
    site.close().await;
}

/// Case 058, in parallel: exactly five are counted.
#[tokio::test]
async fn a_hundred_parallel_wrong_codes_are_five_tries_and_then_nothing() {
    let site = Site::open_with(
        "[limits]\ncode_guesses_per_account_per_hour = 1000\n\
         code_guesses_per_address_per_hour = 1000",
    )
    .await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, right) = (registered.link(), registered.user_code());
    let wrong = another_code(&right);
    let bodies = (0..100).map(|_| guess(&wrong)).collect();
    let replies = at_once(&site, &mut ada, &link, &link, bodies).await;
    let tries = with_status(&replies, 422);
    assert!(tries <= 4, "{tries} are told that tries are left");
    let over = with_status(&replies, 410);
    assert_eq!(
        over,
        100 - tries,
        "{:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    let sql = "SELECT COUNT(*) FROM event WHERE kind = 'approval.wrong_code'";
    assert_eq!(site.count(sql).await, 5);
    assert_eq!(counted(&site, "code:account:").await, 5);
    assert!(is_approval(&site, &registered.id, "locked").await);
    let refused = ada.get(&link).await;
    assert_eq!(refused.status, 410);
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    site.close().await;
}

/// Case 058 with the right code among the guesses: it either won before the fifth or lost.
#[tokio::test]
async fn the_right_code_among_parallel_guesses_wins_at_most_once_and_never_late() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, right) = (registered.link(), registered.user_code());
    let wrong = another_code(&right);
    let mut bodies: Vec<_> = (0..15).map(|_| guess(&wrong)).collect();
    bodies.push(guess(&right));
    bodies.push(guess(&right));
    let replies = at_once(&site, &mut ada, &link, &link, bodies).await;
    let won = with_status(&replies, 303);
    let wrong_codes =
        site.count("SELECT COUNT(*) FROM event WHERE kind = 'approval.wrong_code'").await;
    let sessions = site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NULL").await;
    assert!(won <= 1);
    assert_eq!(sessions, i64::try_from(won).expect("a number"));
    assert!(wrong_codes <= if won == 1 { 4 } else { 5 }, "{wrong_codes} wrong, {won} right");
    site.close().await;
}

/// Case 058 in the other direction: five wrong hand-backs end the attempt and its session.
#[tokio::test]
async fn five_wrong_relayed_codes_end_the_attempt_and_its_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    let wrong = another_code(&code);
    let guesses = (0..40).map(|_| agent.complete(&registered.claim_token, &wrong));
    let replies = join_all(guesses).await;
    assert_eq!(with_status(&replies, 401), 5, "five are told that the code is wrong");
    assert_eq!(with_status(&replies, 410), 35);
    let sql = "SELECT COUNT(*) FROM event WHERE kind = 'approval.wrong_code'";
    assert_eq!(site.count(sql).await, 5);
    let right = agent.complete(&registered.claim_token, &code).await;
    right.assert_error(410, "user_code_expired");
    agent.poll(&registered.claim_token).await.assert_error(400, "expired_token");
    let ended = "SELECT COUNT(*) FROM session WHERE ended_at IS NOT NULL";
    assert_eq!(site.count(ended).await, 1);
    assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 0);
    let page = ada.get(&registered.link()).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("Closed after five wrong codes"), "the person is told too");
    assert!(!page.text.contains(&code));
    site.close().await;
}

/// Design decision 9: guesses of one person over many attempts share one limit, and beyond
/// it the right code is not looked at.
#[tokio::test]
async fn one_person_cannot_guess_on_over_many_attempts() {
    let site = Site::open_with("[limits]\ncode_guesses_per_account_per_hour = 7").await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let mut wrong = 0;
    let mut last = agent.register_for("ada@example.com").await;
    for _ in 0..3 {
        for _ in 0..4 {
            let reply = ada.approve_code(&last.link(), &another_code(&last.user_code())).await;
            wrong += usize::from(reply.status == 422);
        }
        last = agent.register_for("ada@example.com").await;
    }
    assert_eq!(wrong, 7);
    assert_eq!(counted(&site, "code:account:").await, 7);
    let reply = ada.approve(&last).await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    assert!(is_approval(&site, &last.id, "waiting").await, "nothing of it was spent");
    let mut bob = site.person("bob@example.com").await;
    let his = agent.register_for("bob@example.com").await;
    assert_eq!(bob.approve(&his).await.status, 303, "case 277: others are unaffected");
    site.advance(Seconds::HOUR);
    let again = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&again).await.status, 303);
    site.close().await;
}

/// Design decision 9: and so do those from one address, whoever is signed in.
#[tokio::test]
async fn one_address_cannot_guess_on_with_many_accounts() {
    let site = Site::open_with("[limits]\ncode_guesses_per_address_per_hour = 6").await;
    let agent = site.agent();
    let mut statuses = Vec::new();
    for email in ["ada@example.com", "bob@example.com"] {
        let mut person = site.person(email).await;
        let registered = agent.register_for(email).await;
        for _ in 0..4 {
            let code = another_code(&registered.user_code());
            statuses.push(person.approve_code(&registered.link(), &code).await.status);
        }
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 429, 429]);
    assert_eq!(counted(&site, "code:address:").await, 6);
    site.close().await;
}

/// The limits are about wrong codes: whoever lets many agents in guesses nothing.
#[tokio::test]
async fn right_codes_take_their_own_count_back() {
    let site = Site::open_with(
        "[limits]\ncode_guesses_per_account_per_hour = 2\n\
         code_guesses_per_address_per_hour = 2",
    )
    .await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for _ in 0..4 {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
    }
    assert_eq!(counted(&site, "code:").await, 0);
    site.close().await;
}

/// Design decision 2: read back without regard to case and separators, and nothing else.
#[tokio::test]
async fn a_code_is_read_however_a_person_types_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let spellings: [fn(&str) -> String; 5] = [
        str::to_lowercase,
        |code| code.replace('-', ""),
        |code| code.replace('-', " "),
        |code| format!("  {code} "),
        |code| code.split("").collect::<Vec<_>>().join(" "),
    ];
    for spell in spellings {
        let registered = agent.register_for("ada@example.com").await;
        let code = spell(&registered.user_code());
        assert_eq!(ada.approve_code(&registered.link(), &code).await.status, 303, "{code:?}");
    }
    site.close().await;
}

/// Two attempts have two codes: one attempt's code is wrong at the other, and a code typed by
/// somebody who was not asked spends nothing.
#[tokio::test]
async fn a_code_belongs_to_one_attempt_and_one_person() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let agent = site.agent();
    let first = agent.register_for("ada@example.com").await;
    let second = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve_code(&first.link(), &second.user_code()).await.status, 422);
    let before = state(&site).await;
    let token = crate::support::person::form_token(&bob.get("/account/sessions").await);
    let code = second.user_code();
    for code in [another_code(&code), code] {
        let fields = [
            ("decision", "approve"),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("csrf", token.as_str()),
        ];
        assert_eq!(bob.post_raw(&second.link(), &fields).await.status, 403);
    }
    assert_eq!(state(&site).await, before);
    assert_eq!(ada.approve(&second).await.status, 303);
    site.close().await;
}

/// pages.md 25: the finish code is useless without the agent's own secret.
#[tokio::test]
async fn a_relayed_code_is_useless_to_another_agent_and_spent_by_its_own() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let other = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    agent.complete(&other.claim_token, &code).await.assert_error(409, "claim_not_confirmed");
    let tokens = agent.complete(&registered.claim_token, &code).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    site.advance(Seconds(31));
    let again = agent.complete(&registered.claim_token, &code).await;
    again.assert_error(409, "already_claimed");
    let page = ada.get(&registered.link()).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains(&code), "a spent code is not shown again");
    site.close().await;
}

/// Renewing an attempt ends the link and the code before it.
#[tokio::test]
async fn a_renewed_attempt_ends_the_old_link_and_its_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let old = agent.register_for("ada@example.com").await;
    let renewed = agent.start_claim(&old.claim_token, "ada@example.com").await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let body = renewed.json();
    let link = path_of(body["attempt"]["verification_uri"].as_str().expect("a link"));
    let code = body["claim_attempt"]["user_code"].as_str().expect("a code").to_owned();
    assert_ne!(link, old.link());
    let page = ada.get(&old.link()).await;
    assert_eq!(page.status, 410);
    assert!(page.text.contains("A newer link has replaced this one"));
    let mut person: Person = ada;
    let mut approve = async |link: &str, code: &str| {
        let token = person.get("/account/sessions").await;
        let token = crate::support::person::form_token(&token);
        let fields = [
            ("decision", "approve"),
            ("user_code", code),
            ("scope", "demo:read"),
            ("csrf", token.as_str()),
        ];
        person.post_raw(link, &fields).await.status
    };
    assert_eq!(approve(&old.link(), &old.user_code()).await, 410);
    assert_eq!(approve(&link, &old.user_code()).await, 422, "the old code at the new link");
    assert_eq!(approve(&link, &code).await, 303);
    member(&agent.poll(&old.claim_token).await, "access_token");
    site.close().await;
}
